import { unzlibSync } from 'fflate'
import { fail } from '../protocol/errors.ts'
import { type Example, type ExampleValues, shortFloat } from './tf-example.ts'

/**
 * `features.json` of TFDS (tensorflow_datasets/core/proto/feature.proto as JSON): which columns a serialised example
 * becomes, and how. Nested dictionaries become columns named as in the files (`translation/en`); a sequence of dictionaries
 * becomes a list of objects; labels become their names. Columns that no text can be learnt from are left out and named.
 */
export interface TfdsSchema {
  columns: TfdsColumn[]
  /** Columns left out, with what they hold: `images`, `audio` ... */
  left: { name: string; what: string }[]
}

export interface TfdsColumn {
  name: string
  /** @throws RangeError where the example does not hold what features.json promises. */
  read(example: Example): unknown
}

/** Bytes that are no UTF-8 text, as a cell. */
export interface Base64 {
  base64: string
}

type Json = Record<string, unknown>

/** How the values of one key become one cell; `ranks` sequences lie around it. */
interface Leaf {
  key: string
  /** Sizes of the tensor's own dimensions, -1 where the example decides. */
  shape: number[]
  optional: boolean
  /** `bytes` and `zlib`: a value is a whole tensor as bytes. */
  encoding: 'none' | 'bytes' | 'zlib'
  dtype: string
  convert(value: number | bigint | Uint8Array): unknown
}

type Node =
  | { kind: 'leaf'; leaf: Leaf }
  | { kind: 'dict'; members: [string, Node][] }
  | { kind: 'sequence'; inner: Node }
  | { kind: 'left'; what: string }

/**
 * @param features parsed features.json
 * @param labels names of the classes of `<key with '-' for '/'>.labels.txt`, where there is such a file
 * @throws LapidaryError `bad_file`, naming the field.
 */
export function tfdsSchema(features: unknown, labels: (file: string) => string[] | undefined): TfdsSchema {
  const columns: TfdsColumn[] = []
  const left: TfdsSchema['left'] = []
  const add = (name: string, node: Node): void => {
    if (node.kind === 'dict')
      for (const [member, inner] of node.members) add(name ? `${name}/${member}` : member, inner)
    else {
      const what = unreadable(node)
      if (what) left.push({ name, what })
      else columns.push({ name: name || 'value', read: (example) => readNode(node, example) })
    }
  }
  add('', parseNode(features, '', labels))
  return { columns, left }
}

function parseNode(value: unknown, key: string, labels: (file: string) => string[] | undefined): Node {
  const feature = record(value, key)
  const member = (name: string) => (key ? `${key}/${name}` : name)
  if (feature.featuresDict) {
    const inner = record(record(feature.featuresDict, key).features, key)
    return {
      kind: 'dict',
      members: Object.entries(inner).map(([name, part]) => [name, parseNode(part, member(name), labels)]),
    }
  }
  if (feature.sequence && /\.Sequence$/.test(String(feature.pythonClassName))) {
    const sequence = record(feature.sequence, key)
    return { kind: 'sequence', inner: parseNode(sequence.feature, key, labels) }
  }
  if (feature.translation) return translation(record(feature.translation, key), key)
  if (feature.text) return leaf(key, 'string')
  if (feature.classLabel) {
    const names = labels(`${key.replaceAll('/', '-')}.labels.txt`)
    return leaf(key, 'int64', { convert: (value) => className(value, names) })
  }
  if (feature.tensor) return tensor(record(feature.tensor, key), key)
  if (feature.boundingBox) return leaf(key, 'float32', { shape: [4] })
  const what = ['image', 'video', 'audio'].find((name) => feature[name])
  const own = String(feature.pythonClassName ?? 'an unknown kind of feature').replace(/^.*\./, '')
  return { kind: 'left', what: what === 'audio' ? what : what ? `${what}s` : own }
}

function tensor(spec: Json, key: string): Node {
  const { dimensions = [] } = record(spec.shape ?? {}, key)
  if (!Array.isArray(dimensions)) badFeature(key, 'its shape is no list')
  const shape = dimensions.map(Number)
  const encoding = String(spec.encoding ?? 'none').toLowerCase()
  if (encoding !== 'none' && encoding !== 'bytes' && encoding !== 'zlib')
    return { kind: 'left', what: `tensors encoded as ${encoding}` }
  if (encoding !== 'none' && !PACKED[String(spec.dtype)])
    return { kind: 'left', what: `bytes of numbers of type ${spec.dtype}` }
  return leaf(key, String(spec.dtype), { shape, encoding, optional: spec.optional === true })
}

/** One text a language, or, where languages differ from example to example, a list of them. */
function translation(spec: Json, key: string): Node {
  const text = (name: string): [string, Node] => [name, leaf(`${key}/${name}`, 'string')]
  if (spec.variableLanguagesPerExample)
    return { kind: 'sequence', inner: { kind: 'dict', members: [text('language'), text('translation')] } }
  const { languages } = spec
  if (!Array.isArray(languages)) badFeature(key, 'it names no languages')
  return { kind: 'dict', members: languages.map((language) => text(String(language))) }
}

function leaf(key: string, dtype: string, parts: Partial<Leaf> = {}): Node {
  const convert = converter(dtype)
  if (!convert) return { kind: 'left', what: `numbers of type ${dtype}` }
  return {
    kind: 'leaf',
    leaf: { key, dtype, shape: [], optional: false, encoding: 'none', convert, ...parts },
  }
}

function converter(dtype: string): Leaf['convert'] | null {
  if (dtype === 'string' || dtype === 'object' || dtype === 'str')
    return (value) => textOrBase64(value as Uint8Array)
  if (/^bool/.test(dtype)) return (value) => Number(value) !== 0
  // tf.train.Example has no unsigned numbers: TFDS stores their bits.
  if (dtype === 'uint64')
    return (value) => ((value as number) < 0 ? exact(BigInt.asUintN(64, BigInt(value as number))) : value)
  if (/^u?int\d+$/.test(dtype)) return (value) => value
  if (/^b?float\d+$/.test(dtype)) return (value) => shortFloat(value as number)
  return null
}

function exact(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

/** TFDS writes -1 where an example has no label. */
function className(value: number | bigint | Uint8Array, names: string[] | undefined): unknown {
  const index = Number(value)
  if (index < 0) return null
  if (!names) return index
  return names[index] ?? outOfRange(`label ${index} of ${names.length}`)
}

/** What of a node cannot be read, null where all can. */
function unreadable(node: Node): string | null {
  if (node.kind === 'left') return node.what
  if (node.kind === 'dict') return node.members.map(([, inner]) => unreadable(inner)).find(Boolean) ?? null
  if (node.kind === 'leaf') return null
  return unreadable(node.inner) ?? (hasOpenShape(node.inner) ? 'lists of tensors of unknown shapes' : null)
}

/** Sequences of such tensors are stored without what would tell them apart. */
function hasOpenShape(node: Node): boolean {
  if (node.kind === 'leaf') {
    const open = node.leaf.shape.filter((size) => size < 0).length
    return open > 1 || (open === 1 && node.leaf.encoding === 'none')
  }
  if (node.kind === 'dict') return node.members.some(([, inner]) => hasOpenShape(inner))
  return node.kind === 'sequence' && hasOpenShape(node.inner)
}

function readNode(node: Node, example: Example, rank = 0): unknown {
  if (node.kind === 'leaf') return readLeaf(node.leaf, example, rank)
  if (node.kind === 'sequence') return readNode(node.inner, example, rank + 1)
  if (node.kind === 'left') return null
  const columns = node.members.map(([name, inner]) => [name, readNode(inner, example, rank)] as const)
  return transposed(columns, rank)
}

/** Columns of nested lists as nested lists of objects. */
function transposed(columns: readonly (readonly [string, unknown])[], rank: number): unknown {
  if (rank === 0) return Object.fromEntries(columns)
  const lists = columns.map(([, value]) => value as unknown[])
  const length = lists[0]?.length ?? 0
  const other = lists.findIndex((list) => list.length !== length)
  if (other >= 0)
    outOfRange(
      `"${columns[0]![0]}" with ${length} items and "${columns[other]![0]}" with ${lists[other]!.length}`,
    )
  return Array.from({ length }, (_, i) =>
    transposed(
      columns.map(([name], column) => [name, lists[column]![i]] as const),
      rank - 1,
    ),
  )
}

/** Cell of a leaf: a value, a tensor, or lists of these, `rank` deep. */
function readLeaf(leaf: Leaf, example: Example, rank: number): unknown {
  const { key, shape, encoding } = leaf
  const dynamic = shape.filter((size) => size < 0).length > 1
  const stored = example.get(rank > 1 ? `${key}/ragged_flat_values` : dynamic ? `${key}/value` : key)
  if (!stored && rank === 0) return leaf.optional ? null : outOfRange(`no "${key}"`)
  const values = stored ? checkKind(stored, leaf) : []
  if (rank === 0) {
    if (encoding === 'none') return shaped(values.map(leaf.convert), shape, key)
    const sizes = dynamic ? (example.get(`${key}/shape`)?.values.map(Number) ?? []) : shape
    if (values.length !== 1) outOfRange(`${values.length} values in "${key}"`)
    return shaped(unpacked(values[0] as Uint8Array, leaf), sizes, key)
  }
  let items: unknown[] =
    encoding === 'none'
      ? grouped(values.map(leaf.convert), shape, key)
      : values.map((value) => shaped(unpacked(value as Uint8Array, leaf), shape, key))
  for (let level = rank - 2; level >= 0; level--) {
    const lengths = example.get(`${key}/ragged_row_lengths_${level}`)?.values.map(Number) ?? []
    items = splitBy(items, lengths, key)
  }
  return items
}

function checkKind(stored: ExampleValues, leaf: Leaf): (number | bigint | Uint8Array)[] {
  const text = leaf.encoding !== 'none' || /^(string|object|str)$/.test(leaf.dtype)
  const wanted = text ? 'bytes' : /^b?float/.test(leaf.dtype) ? 'float' : 'int'
  if (stored.kind === wanted || stored.kind === 'none') return stored.values
  return outOfRange(`${stored.kind} in "${leaf.key}", which is of type ${leaf.dtype}`)
}

/** Values in row-major order as nested lists; one size may be -1. */
function shaped(values: unknown[], shape: readonly number[], key: string): unknown {
  const known = shape.reduce((product, size) => (size < 0 ? product : product * size), 1)
  const open = shape.some((size) => size < 0)
  if (open ? known > 0 && values.length % known : values.length !== known)
    outOfRange(
      `${values.length} values in "${key}", whose shape is (${shape.join(', ').replace(/-\d+/, '?')})`,
    )
  if (shape.length === 0) return values[0]
  let items = values
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const size = shape[axis]! < 0 ? values.length / (known || 1) : shape[axis]!
    const count =
      size > 0 ? items.length / size : shape.slice(0, axis).reduce((a, b) => a * Math.max(b, 0), 1)
    items = Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size))
  }
  return items
}

/** Tensors of one shape, end to end. */
function grouped(values: unknown[], shape: readonly number[], key: string): unknown[] {
  if (shape.length === 0) return values
  const size = shape.reduce((a, b) => a * b, 1)
  if (size === 0 || values.length % size) outOfRange(`${values.length} values in "${key}", ${size} an item`)
  return Array.from({ length: values.length / size }, (_, i) =>
    shaped(values.slice(i * size, (i + 1) * size), shape, key),
  )
}

function splitBy(items: unknown[], lengths: readonly number[], key: string): unknown[][] {
  let at = 0
  const lists = lengths.map((length) => items.slice(at, (at += length)))
  if (at !== items.length) outOfRange(`${items.length} values in "${key}", but lengths that add up to ${at}`)
  return lists
}

/** Numbers of a tensor that was stored as its bytes, little endian. */
function unpacked(bytes: Uint8Array, { encoding, dtype, key }: Leaf): unknown[] {
  const raw = encoding === 'zlib' ? inflate(bytes, key) : bytes
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const size = dtype === 'bool' ? 1 : Number(/\d+$/.exec(dtype)![0]) / 8
  if (raw.length % size) outOfRange(`${raw.length} bytes of ${dtype} in "${key}"`)
  return Array.from({ length: raw.length / size }, (_, i) => PACKED[dtype]!(view, i * size))
}

function inflate(bytes: Uint8Array, key: string): Uint8Array {
  try {
    return unzlibSync(bytes)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return outOfRange(`zlib-compressed bytes in "${key}" that cannot be inflated (${reason})`)
  }
}

/** How numbers of a type lie in bytes. */
const PACKED: Record<string, (view: DataView, at: number) => unknown> = {
  bool: (view, at) => view.getUint8(at) !== 0,
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  float32: (view, at) => shortFloat(view.getFloat32(at, true)),
  float64: (view, at) => view.getFloat64(at, true),
  int64: (view, at) => signed(view.getBigInt64(at, true)),
  uint64: (view, at) => exact(view.getBigUint64(at, true)),
}

function signed(value: bigint): number | bigint {
  return value >= -Number.MAX_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text where the bytes are UTF-8, else their base64. */
export function textOrBase64(bytes: Uint8Array): string | Base64 {
  try {
    return decoder.decode(bytes)
  } catch {
    let binary = ''
    for (const byte of bytes) binary += String.fromCharCode(byte)
    return { base64: btoa(binary) }
  }
}

function record(value: unknown, key: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    badFeature(key, 'it is no JSON object')
  return value as Json
}

function badFeature(key: string, what: string): never {
  fail(
    'bad_file',
    `features.json cannot be read at "${key || 'its top'}": ${what}.`,
    'Use the features.json that TFDS wrote next to the shards.',
    { file: 'features.json', field: key },
  )
}

/** What is found, for a message that says where. */
function outOfRange(found: string): never {
  throw new RangeError(found)
}
