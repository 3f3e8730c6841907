import { first } from './1.ts'
import { layersAndDatasets } from './2.ts'
import { sharedFiles } from './3.ts'
import { evaluations } from './4.ts'
import { queues } from './5.ts'
import type { Migration, OldDatabase, VersionChange } from './migration.ts'

export type { OldDatabase, VersionChange } from './migration.ts'

/** From version 0 (no database) on: the nth leads to version n. What has shipped is never changed. */
const MIGRATIONS: readonly Migration[] = [first, layersAndDatasets, sharedFiles, evaluations, queues]

export const VERSION = MIGRATIONS.length

/** @param to for tests: a version to stop at */
export async function migrate(
  database: OldDatabase,
  change: VersionChange,
  from: number,
  to: number = VERSION,
): Promise<void> {
  for (const migration of MIGRATIONS.slice(from, to)) await migration(database, change)
}
