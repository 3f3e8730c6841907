import { readJson } from '../../files/bytes.ts'
import { fetchRemote, type RemoteOptions } from '../../files/remote.ts'

/** Parsed JSON of an API. @throws LapidaryError as `fetchRemote`, `bad_file` for what is no JSON. */
export async function getJson(url: string, options: RemoteOptions): Promise<unknown> {
  const { onProgress: _, ...quiet } = options
  const { source } = await fetchRemote(url, quiet)
  const { host, pathname } = new URL(url)
  return readJson(source, `The answer of ${host}${pathname}`, options.signal)
}
