import type { NamedSource } from '../dataset/open.ts'
import { readAddress } from '../dataset/sources/address.ts'
import { driveFile } from '../dataset/sources/drive.ts'
import * as hub from '../dataset/sources/hub.ts'
import { remoteFile } from '../files/remote.ts'
import { LapidaryError } from '../protocol/errors.ts'
import { approve } from '../protocol/gate.ts'
import type {
  Finding,
  HubChoice,
  HubConfigs,
  HubDataset,
  ReadOptions,
  SourceAccess,
} from '../protocol/studio.ts'

/** Rows that were found somewhere, opened but not read. */
export interface FoundRows {
  /** What they are called, where not by their files. */
  name?: string
  sources: NamedSource[]
  findings: Finding[]
}

/** How long what had come is kept for another try, in ms. */
export const KEPT_MS = 60_000

/**
 * Opens sources so that the same ones, asked for again after the connection broke or the reading was stopped, go on with what
 * had come. Only the last ones are kept, until they are read, others are opened, or `KEPT_MS` have gone by: a stop gives memory and
 * disk back.
 * @param key tells what was asked for, and with which access
 */
export function resumingOpener() {
  let begun: { key: string; found: FoundRows } | null = null
  return async <T>(
    key: string,
    find: () => Promise<FoundRows>,
    read: (found: FoundRows) => Promise<T>,
  ): Promise<T> => {
    const found = begun?.key === key ? begun.found : await find()
    // Another object for each try: one that is under way is not forgotten for the one before.
    const tried = (begun = { key, found })
    try {
      const result = await read(found)
      if (begun === tried) begun = null
      return result
    } catch (error) {
      const goesOn =
        error instanceof LapidaryError ? error.code === 'network' : (error as Error)?.name === 'AbortError'
      const forget = () => {
        if (begun === tried) begun = null
      }
      if (goesOn) setTimeout(forget, KEPT_MS)
      else forget()
      throw error
    }
  }
}

type Progress = ((bytes: number, total: number) => void) | undefined

/** @throws LapidaryError `bad_data` for what is no address; see `remoteFile`, `driveFile`, `hubFiles` */
export async function sourcesOfUrl(
  text: string,
  access: SourceAccess = {},
  signal?: AbortSignal,
  onProgress?: Progress,
  { max_gigabytes }: ReadOptions = {},
): Promise<FoundRows> {
  const address = readAddress(text)
  if (address.kind === 'hub') return sourcesOfHub(address, access, signal)
  if (address.kind === 'file') approve(address.url)
  // A server without Range sends all of it while it is being opened.
  let received = 0
  const onBytes = (bytes: number, total: number) => {
    received += bytes
    onProgress?.(received, total)
  }
  const most = typeof max_gigabytes === 'number' ? max_gigabytes * 2 ** 30 : undefined
  const options = { ...access, signal, onBytes, most }
  const file =
    address.kind === 'drive'
      ? await driveFile(address.id, address.what, options)
      : await remoteFile(address.url, options)
  return { sources: [file], findings: [] }
}

export async function sourcesOfHub(
  { dataset, config, split }: HubChoice,
  access: SourceAccess = {},
  signal?: AbortSignal,
): Promise<FoundRows> {
  return hub.hubFiles(dataset.trim(), config, split, { token: access.token, signal })
}

export function searchHub(query: string, access?: SourceAccess, signal?: AbortSignal): Promise<HubDataset[]> {
  return hub.searchHub(query, { token: access?.token, signal })
}

export function hubConfigs(
  dataset: string,
  access?: SourceAccess,
  signal?: AbortSignal,
): Promise<HubConfigs> {
  return hub.hubConfigs(dataset.trim(), { token: access?.token, signal })
}
