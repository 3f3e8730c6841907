import { fail } from '../protocol/errors.ts'
import { blobFile } from '../protocol/exported.ts'
import { gatedFetch } from '../protocol/gate.ts'
import type { ExportedFile } from '../protocol/studio.ts'

/** Folder of a build that holds a chat page, and the list of its files. */
export const CHAT_PAGE = 'chat-page'
export const CHAT_PAGE_LIST = 'files.json'

/**
 * The files of a chat page as this build of the studio has them.
 * @param base address that bundled files lie under
 * @throws LapidaryError `missing_file`
 */
export async function chatPageAt(base: string, signal?: AbortSignal): Promise<ExportedFile[]> {
  const missing = (path: string) =>
    fail(
      'missing_file',
      'This studio’s chat page cannot be fetched.',
      'Go online and try again. A studio that you build yourself has it after npm run build, not while it is developed.',
      { path: `${CHAT_PAGE}/${path}` },
    )
  const fetched = async (path: string) => {
    const url = new URL(`${CHAT_PAGE}/${path}`, base)
    const response = await gatedFetch(url, signal ? { signal } : {}).catch(() => null)
    signal?.throwIfAborted()
    return response?.ok ? response : missing(path)
  }
  const list: unknown = await (await fetched(CHAT_PAGE_LIST)).json().catch(() => null)
  // Development servers answer a missing file with their start page.
  const paths: string[] = Array.isArray(list) ? list : missing(CHAT_PAGE_LIST)
  return Promise.all(paths.map(async (path) => blobFile(path, await (await fetched(path)).blob())))
}
