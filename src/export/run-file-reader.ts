import { blobSource } from '../files/bytes.ts'
import { type ZipEntry, zipEntries } from '../files/zip.ts'
import { concatBytes } from '../lib/concat.ts'
import { sha256Stream } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import { parseRunConfig } from '../protocol/run-config.ts'
import { RUN_FILE_LIST, type RunFileContents, type RunFileEvaluation } from '../protocol/run-file.ts'
import {
  notRunFile,
  parseRunFileEvaluation,
  parseRunFileEvents,
  parseRunFileManifest,
  parseRunFileRecord,
} from '../protocol/run-file-schema.ts'
import type { Call } from '../protocol/studio.ts'

/** Texts of more than this are none of a run's. */
const MOST_TEXT = 64 * 2 ** 20
/** Bytes of a beginning that tells a ZIP. */
const ZIP = [0x50, 0x4b]

/** A run's file, every length and hash of which was found right. */
export interface RunFile extends RunFileContents {
  /** What it holds, in order. */
  paths: string[]
  /** @throws LapidaryError `bad_file` where it holds none of this path, or the file has changed since */
  stream(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array>
  bytes(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}

/** Whether a file is a ZIP at all, by its first bytes. */
export async function looksZipped(file: Blob): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, ZIP.length).arrayBuffer())
  return ZIP.every((byte, i) => start[i] === byte)
}

/**
 * Reads a run's file and holds every entry against its length and hash. Nothing is stored.
 * @param name of the file, for a person
 * @throws LapidaryError `unsupported_format` for what is no run file, or one of a later version; `bad_file` for one that was cut off or
 * altered, that names places outside of its folder, or claims more than there is; `bad_config`
 */
export async function readRunFile(file: Blob, name: string, call: Call = {}): Promise<RunFile> {
  const { signal } = call
  if (!(await looksZipped(file))) notRunFile(name)
  const found = await zipEntries(blobSource(file), name, signal)
  const first = found[0]
  if (first?.name !== RUN_FILE_LIST) notRunFile(name)
  const list = parseRunFileManifest(await jsonOf(first, name, signal), name)
  const entries = await checked(found, list.entries, file.size, name, call)
  const bytes = (path: string, stop = signal) => bytesOf(need(entries, path, name), name, stop)
  const json = async (path: string) => parsed(text(await bytes(path), path, name), path, name)
  const config = parseRunConfig(await json('run.json'))
  const record = parseRunFileRecord(await json('record.json'), name)
  const events = parseRunFileEvents(await lines(need(entries, 'metrics.jsonl', name), name, signal), name)
  const evaluations: RunFileEvaluation[] = []
  for (const path of entries.keys())
    if (/^evaluations\/[^/]+\.json$/.test(path))
      evaluations.push(parseRunFileEvaluation(await json(path), path, name))
  for (const { step } of record.checkpoints) await requireCounted(step, events, json, name)
  return {
    manifest: list,
    config,
    record,
    events,
    evaluations,
    paths: [...entries.keys()],
    stream: (path, stop) => need(entries, path, name).stream(stop),
    bytes,
  }
}

/** @returns the entries by path. @throws LapidaryError `bad_file`, naming what is not as the list says */
async function checked(
  found: readonly ZipEntry[],
  listed: readonly { path: string; bytes: number; sha256: string }[],
  size: number,
  name: string,
  { signal, onProgress }: Call,
): Promise<Map<string, ZipEntry>> {
  const entries = new Map<string, ZipEntry>()
  for (const entry of found) {
    if (!isInside(entry.name))
      refuse(
        name,
        entry.name,
        `its entry "${entry.name.slice(0, 120)}" would leave the folder that it is unpacked to`,
      )
    // Systems that take upper and lower case for the same would put one over the other.
    const key = entry.name.toLowerCase()
    if ([...entries.keys()].some((other) => other.toLowerCase() === key))
      refuse(name, entry.name, `its entry "${entry.name}" is there twice`)
    entries.set(entry.name, entry)
  }
  entries.delete(RUN_FILE_LIST)
  const claimed = listed.reduce((sum, { bytes }) => sum + bytes, 0)
  const unpacked = [...entries.values()].reduce((sum, entry) => sum + entry.size, 0)
  if (Math.max(claimed, unpacked) > size)
    refuse(name, RUN_FILE_LIST, `it claims to hold ${Math.max(claimed, unpacked)} bytes and has ${size}`)
  for (const { path } of listed) {
    if (!isInside(path))
      refuse(
        name,
        path,
        `its list names "${path.slice(0, 120)}", which would leave the folder that it is unpacked to`,
      )
    if (!entries.has(path)) refuse(name, path, `"${path}", which its list names, is missing`)
  }
  const known = new Set(listed.map(({ path }) => path))
  if (known.size !== listed.length) refuse(name, RUN_FILE_LIST, 'its list names something twice')
  for (const path of entries.keys())
    if (!known.has(path)) refuse(name, path, `its list does not name "${path}"`)
  let done = 0
  for (const { path, bytes, sha256 } of listed) {
    const entry = entries.get(path)!
    if (entry.size !== bytes)
      refuse(name, path, `"${path}" has ${entry.size} bytes, and ${bytes} when it was written`)
    const before = done
    const onBytes = (read: number) => {
      done = before + read
      onProgress?.({ share: done / Math.max(1, claimed), note: `Checking ${name}` })
    }
    const hash = await sha256Stream(entry.stream(signal), { ...(signal && { signal }), onBytes })
    if (hash !== sha256) refuse(name, path, `"${path}" is not what was written, by its SHA-256`)
  }
  return entries
}

/** Whether a path stays in the folder that it is unpacked to, on every system. */
function isInside(path: string): boolean {
  const parts = path.split('/')
  return parts.every((part) => /^[^\\:\0]+$/.test(part) && !/^\.\.?$/.test(part))
}

/** A checkpoint counts the events before it: without them a run cannot be gone on with from it. */
async function requireCounted(
  step: number,
  events: readonly RunEvent[],
  json: (path: string) => Promise<unknown>,
  name: string,
): Promise<void> {
  const path = `checkpoints/step-${step}.json`
  const { event_count: count } = (await json(path)) as { event_count?: number }
  const last = typeof count === 'number' ? events[count - 1] : undefined
  if (last?.type !== 'checkpoint' || last.step !== step)
    refuse(name, path, `its log and its checkpoint of step ${step} do not belong together`)
}

function need(entries: ReadonlyMap<string, ZipEntry>, path: string, name: string): ZipEntry {
  return entries.get(path) ?? refuse(name, path, `"${path}" is missing`)
}

async function bytesOf(
  entry: ZipEntry,
  name: string,
  signal?: AbortSignal,
  most = Number.POSITIVE_INFINITY,
): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.size > most) refuse(name, entry.name, `"${entry.name}" is too large to be what it is called`)
  const pieces: Uint8Array[] = []
  for await (const piece of entry.stream(signal)) pieces.push(piece)
  return new Uint8Array(concatBytes(pieces))
}

const jsonOf = async (entry: ZipEntry, name: string, signal?: AbortSignal): Promise<unknown> =>
  parsed(text(await bytesOf(entry, name, signal, MOST_TEXT), entry.name, name), entry.name, name)

function text(bytes: Uint8Array, path: string, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse(name, path, `"${path}" is no text`)
  }
}

function parsed(json: string, path: string, name: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return refuse(name, path, `"${path}" is no JSON`)
  }
}

/** A log, of which a line is in memory at a time. */
async function lines(entry: ZipEntry, name: string, signal?: AbortSignal): Promise<unknown[]> {
  const found: unknown[] = []
  const decoder = new TextDecoder()
  let rest = ''
  const take = (more: string) => {
    const parts = (rest + more).split('\n')
    rest = parts.pop()!
    for (const line of parts) if (line !== '') found.push(parsed(line, entry.name, name))
  }
  for await (const piece of entry.stream(signal)) take(decoder.decode(piece, { stream: true }))
  take(`${decoder.decode()}\n`)
  return found
}

function refuse(file: string, entry: string, why: string): never {
  fail(
    'bad_file',
    `${file} cannot be opened: ${why}.`,
    'It was cut off, changed after it was written, or not written by Lapidary. Fetch it again, or save the run again. Nothing was stored.',
    { file, entry: entry.slice(0, 200) },
  )
}
