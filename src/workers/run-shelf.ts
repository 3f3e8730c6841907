import { fail } from '../protocol/errors.ts'
import type { RunRecord } from '../runs/record.ts'
import type { Database } from '../storage/database.ts'
import { getCheckpoint, readCheckpoint } from '../storage/runs.ts'
import { type Checkpoint, parseMeta } from '../trainer/checkpoint.ts'
import { readCheckpointFiles } from './checkpoint-files.ts'

/** Stored runs and their checkpoints. */
export class RunShelf {
  readonly #database: () => Promise<Database>

  constructor(database: () => Promise<Database>) {
    this.#database = database
  }

  /** @throws LapidaryError `missing_file` */
  async find(run: string): Promise<RunRecord> {
    const record = await (await this.#database()).get('runs', run)
    return record ?? fail('missing_file', `There is no run "${run}".`, 'Choose one of the list.', { run })
  }

  async checkpoint(run: string): Promise<Checkpoint | null> {
    const database = await this.#database()
    const stored = await getCheckpoint(database, run)
    if (!stored) return null
    return readCheckpointFiles(parseMeta(stored.meta), await readCheckpoint(database, stored))
  }

  /** @throws LapidaryError `missing_file` */
  async needCheckpoint(run: string): Promise<Checkpoint> {
    return (
      (await this.checkpoint(run)) ??
      fail(
        'missing_file',
        'This run has no checkpoint yet.',
        'Let it train on, or stop it: a stop saves one.',
        { run },
      )
    )
  }
}
