import { grouped } from '../lib/counted.ts'
import { duplicateKey } from '../lib/json-keys.ts'
import { jsonReason } from '../lib/json-reason.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { PlainType } from '../protocol/model.ts'
import type { ByteSource } from './bytes.ts'

/** Reader of safetensors (github.com/huggingface/safetensors, format section of its README). */

/** Bits of one element, of every type that the format has. */
const ELEMENT_BITS: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
}

/** The reference implementation's own limit. */
const MAX_HEADER_BYTES = 100_000_000

/** The largest mixtures of experts have some ten thousand. */
const MAX_TENSORS = 200_000

export interface SafetensorsEntry {
  /** As in the file; only BF16, F16 and F32 can be read as weights. */
  dtype: string
  shape: number[]
  /** Bytes [start, end) in the file. */
  start: number
  end: number
}

export interface SafetensorsFile {
  name: string
  metadata: Record<string, string>
  entries: Map<string, SafetensorsEntry>
  /** Bytes [start, end) of one tensor's own data. */
  read(
    tensor: string,
    start: number,
    end: number,
    signal?: AbortSignal,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>
}

export function isWeightType(dtype: string): dtype is PlainType {
  return dtype === 'BF16' || dtype === 'F16' || dtype === 'F32'
}

/**
 * Reads and checks the header; tensor data stays where it is.
 * @throws LapidaryError `bad_file`, with the tensor or byte, where the file is not valid safetensors.
 */
export async function openSafetensors(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): Promise<SafetensorsFile> {
  const bad = (what: string, detail: Record<string, string | number> = {}): never =>
    fail(
      'bad_file',
      `${name} is not a valid safetensors file: ${what}.`,
      'It is damaged or was cut off while being copied; fetch or export it again.',
      { file: name, ...detail },
    )
  if (source.size < 8) bad(`it has ${source.size} bytes, fewer than the 8 of its header length`)
  const prefix = new DataView((await source.read(0, 8, signal)).slice().buffer)
  const headerBytes = prefix.getUint32(0, true) + prefix.getUint32(4, true) * 2 ** 32
  if (headerBytes > MAX_HEADER_BYTES)
    bad(`its header would be ${headerBytes} bytes, above the most allowed, ${MAX_HEADER_BYTES}`, { byte: 0 })
  const dataStart = 8 + headerBytes
  if (dataStart > source.size)
    bad(`its header ends at byte ${dataStart}, but the file at byte ${source.size}`, { byte: source.size })
  const header = parseHeader(await source.read(8, dataStart, signal), bad)
  const metadata = checkMetadata(header.__metadata__, bad)
  const entries = new Map<string, SafetensorsEntry>()
  for (const [tensor, value] of Object.entries(header))
    if (tensor !== '__metadata__') entries.set(tensor, checkEntry(tensor, value, dataStart, source.size, bad))
  checkLayout(entries, dataStart, source.size, bad)
  return {
    name,
    metadata,
    entries,
    async read(tensor, start, end, readSignal, into) {
      const entry = entries.get(tensor)
      if (!entry)
        fail('missing_tensor', `${name} holds no tensor ${tensor}.`, 'Use the files of the whole model.', {
          file: name,
          tensor,
        })
      if (start < 0 || start > end || end > entry.end - entry.start)
        fail(
          'internal',
          `Bytes ${start} to ${end} were asked of ${tensor}, which has ${entry.end - entry.start}.`,
          'Please report this.',
          { tensor, start, end },
        )
      return source.read(entry.start + start, entry.start + end, readSignal, into)
    },
  }
}

type Bad = (what: string, detail?: Record<string, string | number>) => never

function parseHeader(bytes: Uint8Array, bad: Bad): Record<string, unknown> {
  let text = ''
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (moreThan(MAX_TENSORS, text, '"data_offsets"'))
      bad(`its header names more than ${grouped(MAX_TENSORS)} tensors`, { byte: 8 })
    header = JSON.parse(text)
  } catch (error) {
    if (error instanceof LapidaryError) throw error
    const reason = error instanceof TypeError ? 'it is not UTF-8' : jsonReason(error, text)
    bad(`its header is not JSON: ${reason}`, { byte: 8 })
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return bad('its header is not a JSON object', { byte: 8 })
  const twice = duplicateKey(text)
  if (twice !== null) bad(`its header names "${twice}" twice`, { tensor: twice })
  return header as Record<string, unknown>
}

/** Counted before it is parsed: a million objects take a gigabyte. */
function moreThan(most: number, text: string, part: string): boolean {
  let at = -1
  for (let count = 0; count <= most; count++) if ((at = text.indexOf(part, at + 1)) < 0) return false
  return true
}

function checkMetadata(value: unknown, bad: Bad): Record<string, string> {
  if (value === undefined || value === null) return {}
  const isTextMap =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((x) => typeof x === 'string')
  if (!isTextMap) bad('its metadata is not a map from text to text')
  return value as Record<string, string>
}

function checkEntry(
  tensor: string,
  value: unknown,
  dataStart: number,
  fileSize: number,
  bad: Bad,
): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>
  if (typeof dtype !== 'string') return bad(`tensor ${tensor} has no type`, { tensor })
  if (!isCountList(shape)) return bad(`tensor ${tensor} has no valid shape`, { tensor })
  if (!isCountList(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return bad(`tensor ${tensor} has no valid data offsets`, { tensor })
  const [start, end] = [dataStart + offsets[0]!, dataStart + offsets[1]!]
  if (end > fileSize)
    bad(`tensor ${tensor} ends at byte ${end}, but the file at byte ${fileSize}`, { tensor, byte: end })
  const bits = Object.hasOwn(ELEMENT_BITS, dtype) ? ELEMENT_BITS[dtype]! : null
  if (bits === null)
    return bad(`tensor ${tensor} is of type ${dtype}, which the format does not have`, { tensor })
  const expected = (shape.reduce((product, size) => product * size, 1) * bits) / 8
  if (expected !== end - start)
    bad(`tensor ${tensor} of type ${dtype} and shape [${shape}] has ${end - start} bytes`, {
      tensor,
      expected,
      found: end - start,
    })
  return { dtype, shape, start, end }
}

/** The format leaves no gaps: tensors cover all bytes after the header, each exactly once. */
function checkLayout(entries: Map<string, SafetensorsEntry>, start: number, end: number, bad: Bad): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  let at = start
  let previous = 'the header'
  for (const [tensor, entry] of sorted) {
    if (entry.start < at) bad(`tensors ${previous} and ${tensor} overlap`, { tensor, byte: entry.start })
    if (entry.start > at)
      bad(`bytes ${at} to ${entry.start} before tensor ${tensor} belong to none`, { tensor, byte: at })
    at = entry.end
    previous = tensor
  }
  if (at !== end) bad(`its last ${end - at} bytes belong to no tensor`, { byte: at })
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((x) => Number.isSafeInteger(x) && x >= 0)
}
