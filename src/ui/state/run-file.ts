import { blobOf } from '../../protocol/exported.ts'
import { type LeftOut, RUN_FILE_LIST, type RunFileManifest } from '../../protocol/run-file.ts'
import type { ExportedFile } from '../../protocol/studio.ts'

/** What a run's file says that it does not hold. */
export async function leftOutOf(files: readonly ExportedFile[]): Promise<LeftOut> {
  const list = files.find(({ path }) => path === RUN_FILE_LIST)!
  return (JSON.parse(await (await blobOf(list)).text()) as RunFileManifest).left_out
}
