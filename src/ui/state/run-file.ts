import { blobOf } from '../../protocol/exported.ts'
import { RUN_FILE_LIST, type RunFileManifest } from '../../protocol/run-file.ts'
import type { ExportedFile } from '../../protocol/studio.ts'

/** What a run's file says that it holds, and that it does not. */
export async function countsOf(
  files: readonly ExportedFile[],
): Promise<Pick<RunFileManifest, 'holds' | 'left_out'>> {
  const list = files.find(({ path }) => path === RUN_FILE_LIST)!
  return JSON.parse(await (await blobOf(list)).text()) as RunFileManifest
}
