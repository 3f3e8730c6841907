import { type Failure, fail, LapidaryError } from '../../protocol/errors.ts'
import { giveBack } from '../../protocol/exported.ts'

/** Files written to a place that the person chooses, where the browser has the File System Access API. */

/** In `navigator.storage.getDirectory()`: files on their way to the browser's downloads. What the studio stores begins with this name. */
export const DISK_FOLDER = 'lapidary-downloads'

/** What is here of it; no browser but Chromium's has a picker. */
export interface ChosenFile extends FileSystemFileHandle {
  /** https://fs.spec.whatwg.org/#api-filesystemhandle, with what Chromium adds. */
  remove?(): Promise<void>
}

/** What is used of a folder that a person has chosen: https://fs.spec.whatwg.org/#api-filesystemdirectoryhandle */
export interface ChosenFolder {
  readonly name: string
  getFileHandle(name: string, options: { create: boolean }): Promise<ChosenFile>
}

type Picker = (options: { suggestedName: string }) => Promise<ChosenFile>

/**
 * Asks where a file is to go. Only right after a press of a button.
 * @returns null where the browser cannot ask: it has no picker, or allows none in this frame
 * @throws DOMException `AbortError` where the person chose none
 */
export async function chooseFile(suggestedName: string): Promise<ChosenFile | null> {
  const { showSaveFilePicker: pick } = window as { showSaveFilePicker?: Picker }
  if (!pick) return null
  try {
    return await pick.call(window, { suggestedName })
  } catch (error) {
    if (nameOf(error) === 'AbortError') throw error
    return null
  }
}

/**
 * Writes all of a stream, whose pieces are its own. Until its end the chosen file is what it was: where the stream fails or is stopped, nothing of it
 * is left.
 * @param name what it is called where it could not be written
 * @throws LapidaryError `quota_exceeded`, `not_saved`; and what the stream fails with
 */
export async function writeAll(
  file: ChosenFile,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  name = file.name,
): Promise<void> {
  const own = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw new LapidaryError(refused(error, name), { cause: error })
    })
  const reader = stream.getReader()
  /** The picker has made an empty file where there was none. */
  let fresh = false
  let writable: FileSystemWritableFileStream | null = null
  try {
    fresh = (await own(file.getFile())).size === 0
    writable = await own(file.createWritable())
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      await own(writable.write(part.value))
      giveBack(part.value)
    }
    await own(writable.close())
  } catch (error) {
    await Promise.allSettled([reader.cancel(error), writable?.abort(error)])
    if (fresh) await removed(file)
    throw error
  }
}

/** Removes a file, where the browser can. Writing that was given up may hold it for a moment more. */
async function removed(file: ChosenFile): Promise<void> {
  for (const pause of [0, 50, 200, 1000]) {
    await new Promise((resolve) => setTimeout(resolve, pause))
    const failed = await file.remove?.().then(
      () => null,
      (error: unknown) => nameOf(error),
    )
    if (failed !== 'NoModificationAllowedError') return
  }
}

const nameOf = (error: unknown) => (error instanceof DOMException ? error.name : '')

/** @throws LapidaryError `quota_exceeded` */
export function failFull(name: string, bytes: number): never {
  fail(
    'quota_exceeded',
    `The browser found no room to make ${name}.`,
    'Free space on this machine’s disk, or choose a smaller format, and download again. Your runs are kept.',
    { name, bytes },
  )
}

/** What a browser says of a file that it cannot write, for a person. */
function refused(error: unknown, name: string): Failure {
  const detail = { name }
  const why = nameOf(error)
  if (why === 'QuotaExceededError')
    return {
      code: 'quota_exceeded',
      message: `There is no room left where ${name} was to go.`,
      hint: 'Nothing of it was kept. Free space there or choose another place, and download again.',
      detail,
    }
  if (why === 'NotAllowedError' || why === 'SecurityError')
    return {
      code: 'not_saved',
      message: `The browser may not write ${name} any more: its permission was withdrawn.`,
      hint: 'Nothing of it was kept. Download again, and allow the page to save the file when asked.',
      detail,
    }
  if (why === 'NotFoundError')
    return {
      code: 'not_saved',
      message: `The place that was chosen for ${name} is not there any more.`,
      hint: 'The folder was moved or removed, or the disk was taken out. Download again, and choose another place.',
      detail,
    }
  const said = error instanceof Error && error.message ? ` (${error.message})` : ''
  return {
    code: 'not_saved',
    message: `${name} could not be written${said}.`,
    hint: 'Nothing of it was kept. Another program may have the file open: download again, under another name or in another place.',
    detail,
  }
}
