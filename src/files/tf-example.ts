import { ProtoReader } from './protobuf.ts'

/** One named feature of a `tf.train.Example` (tensorflow/core/example/feature.proto). */
export type ExampleValues =
  | { kind: 'bytes'; values: Uint8Array[] }
  | { kind: 'float'; values: number[] }
  | { kind: 'int'; values: (number | bigint)[] }
  /** A feature of which not even the kind was written. */
  | { kind: 'none'; values: never[] }

export type Example = Map<string, ExampleValues>

const [BYTES_LIST, FLOAT_LIST, INT64_LIST] = [1, 2, 3]

/**
 * A serialised `tf.train.Example`. Bytes are views of `record`; 64-bit numbers are exact (a bigint beyond 2^53); floats are
 * f32 as stored.
 * @throws RangeError where the bytes are no such message.
 */
export function parseExample(record: Uint8Array): Example {
  const example: Example = new Map()
  const reader = new ProtoReader(record)
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip()
      continue
    }
    const features = reader.message()
    while (features.next()) {
      if (features.field === 1) readEntry(features.message(), example)
      else features.skip()
    }
  }
  return example
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A map's entry: key 1, value 2. */
function readEntry(entry: ProtoReader, example: Example): void {
  let name = ''
  let values: ExampleValues = { kind: 'none', values: [] }
  while (entry.next()) {
    if (entry.field === 1) {
      const [start, end] = entry.span()
      name = decodeName(entry.bytes.subarray(start, end))
    } else if (entry.field === 2) values = readFeature(entry.message())
    else entry.skip()
  }
  example.set(name, values)
}

function decodeName(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new RangeError('the name of a feature is not UTF-8')
  }
}

function readFeature(feature: ProtoReader): ExampleValues {
  let found: ExampleValues = { kind: 'none', values: [] }
  while (feature.next()) {
    const { field } = feature
    if (field === BYTES_LIST) found = { kind: 'bytes', values: readBytes(feature.message()) }
    else if (field === FLOAT_LIST) found = { kind: 'float', values: readFloats(feature.message()) }
    else if (field === INT64_LIST) found = { kind: 'int', values: readInts(feature.message()) }
    else feature.skip()
  }
  return found
}

function readBytes(list: ProtoReader): Uint8Array[] {
  const values: Uint8Array[] = []
  while (list.next()) {
    if (list.field !== 1) {
      list.skip()
      continue
    }
    const [start, end] = list.span()
    values.push(list.bytes.subarray(start, end))
  }
  return values
}

/** Packed, as every writer does now, or one by one. */
function readFloats(list: ProtoReader): number[] {
  const values: number[] = []
  const view = new DataView(list.bytes.buffer, list.bytes.byteOffset, list.bytes.byteLength)
  while (list.next()) {
    const at = list.at
    if (list.field === 1 && list.wire === 5) {
      list.skip()
      values.push(view.getFloat32(at, true))
    } else if (list.field === 1 && list.wire === 2) {
      const [start, end] = list.span()
      if ((end - start) % 4) throw new RangeError(`a list of floats has ${end - start} bytes`)
      for (let i = start; i < end; i += 4) values.push(view.getFloat32(i, true))
    } else list.skip()
  }
  return values
}

function readInts(list: ProtoReader): (number | bigint)[] {
  const values: (number | bigint)[] = []
  while (list.next()) {
    if (list.field === 1 && list.wire === 0) values.push(list.int64())
    else if (list.field === 1 && list.wire === 2) {
      const packed = list.message()
      while (packed.at < packed.end) values.push(packed.int64())
    } else list.skip()
  }
  return values
}

/**
 * The shortest decimal number that is the same f32: 0.1 rather than 0.10000000149011612, as NumPy writes it. What was
 * stored is its f32.
 */
export function shortFloat(value: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}
