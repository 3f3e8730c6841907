import { concatBytes } from '../lib/concat.ts'
import { lookup3 } from '../lib/lookup3.ts'
import { typeBytes } from '../lib/storage.ts'

/** A data set of f32: row-major and contiguous, little-endian. */
export interface Hdf5Dataset {
  /** Names of its groups and its own, with `/` between them. */
  name: string
  shape: readonly number[]
}

export interface Hdf5Layout {
  /** Everything before the data. */
  header: Uint8Array<ArrayBuffer>
  /** Where each data set's bytes lie, in the order given; between two of them are at most 7 zeros. */
  offsets: number[]
  /** Bytes of the file in all. */
  size: number
}

/** Texts by the path of their group; '' is the root. */
export type Hdf5Attributes = Readonly<Record<string, Readonly<Record<string, string>>>>

const UNDEFINED = 'ffffffffffffffff'
/** Data begins on multiples of so many bytes. */
const ALIGNMENT = 8
const SUPERBLOCK_BYTES = 48
const MESSAGE = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fill: 5,
  link: 6,
  layout: 8,
  groupInfo: 10,
  attribute: 12,
}

interface Group {
  attributes: Readonly<Record<string, string>>
  entries: Map<string, Group | number>
}

/**
 * An HDF5 file's structure (The HDF Group, File Format Specification 3.0): superblock 2, an object header 2 for each group and data set,
 * groups with their links inside, data contiguous behind all of them. Every size is known before a byte of the data is there.
 */
export function hdf5Layout(datasets: readonly Hdf5Dataset[], attributes: Hdf5Attributes = {}): Hdf5Layout {
  const root = tree(datasets, attributes)
  // Addresses are of a fixed width: where things lie is found by writing them once with none.
  const sizes = new Map<Group | number, number>()
  for (const [node, bytes] of written(
    root,
    datasets,
    () => 0,
    () => 0,
  ))
    sizes.set(node, bytes.length)
  const places = new Map<Group | number, number>()
  let at = SUPERBLOCK_BYTES
  for (const [node, size] of sizes) {
    places.set(node, at)
    at += size
  }
  const bytesOf = ({ shape }: Hdf5Dataset) => typeBytes('F32', elements(shape))
  const offsets: number[] = []
  at = aligned(at)
  const begin = at
  for (const dataset of datasets) {
    offsets.push(at)
    at = aligned(at + bytesOf(dataset))
  }
  const last = datasets.length - 1
  const size = last < 0 ? begin : offsets[last]! + bytesOf(datasets[last]!)
  const parts = [
    ...written(
      root,
      datasets,
      (node) => places.get(node)!,
      (i) => offsets[i]!,
    ),
  ]
  const header = new Uint8Array(begin)
  header.set(superblock(places.get(root)!, size))
  for (const [node, bytes] of parts) header.set(bytes, places.get(node)!)
  return { header, offsets, size }
}

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

function tree(datasets: readonly Hdf5Dataset[], attributes: Hdf5Attributes): Group {
  const root: Group = { attributes: attributes[''] ?? {}, entries: new Map() }
  for (const [i, { name }] of datasets.entries()) {
    const path = name.split('/')
    let group = root
    for (const [depth, part] of path.slice(0, -1).entries()) {
      const own = path.slice(0, depth + 1).join('/')
      const next = group.entries.get(part) ?? { attributes: attributes[own] ?? {}, entries: new Map() }
      if (typeof next === 'number') throw new RangeError(`${own} is a data set and a group`)
      group.entries.set(part, next)
      group = next
    }
    if (group.entries.has(path.at(-1)!)) throw new RangeError(`data set ${name} is given twice`)
    group.entries.set(path.at(-1)!, i)
  }
  return root
}

/** Each object's header, groups before what is in them. */
function* written(
  group: Group,
  datasets: readonly Hdf5Dataset[],
  placeOf: (node: Group | number) => number,
  dataOf: (dataset: number) => number,
): Generator<[Group | number, Uint8Array]> {
  yield [
    group,
    objectHeader([
      // No heap and no index: links lie in this header.
      [MESSAGE.linkInfo, [u8(0, 0), hex(UNDEFINED), hex(UNDEFINED)]],
      [MESSAGE.groupInfo, [u8(0, 0)]],
      ...Object.entries(group.attributes).map(([name, value]) => attribute(name, value)),
      ...[...group.entries].map(([name, node]) => link(name, placeOf(node))),
    ]),
  ]
  for (const node of group.entries.values())
    if (typeof node === 'number') yield [node, datasetHeader(datasets[node]!, dataOf(node))]
    else yield* written(node, datasets, placeOf, dataOf)
}

type Message = [type: number, parts: Uint8Array[]]

function datasetHeader({ shape }: Hdf5Dataset, at: number): Uint8Array {
  return objectHeader([
    [MESSAGE.dataspace, [u8(2, shape.length, 0, 1), ...shape.map(u64)]],
    [MESSAGE.datatype, [FLOAT32]],
    // Space is given late, and filled where a value is set, which none is.
    [MESSAGE.fill, [u8(3, 0x0a)]],
    [MESSAGE.layout, [u8(3, 1), u64(at), u64(typeBytes('F32', elements(shape)))]],
  ])
}

function attribute(name: string, value: string): Message {
  const [key, text] = [utf8(`${name}\0`), utf8(value)]
  // Version 1 of class 3, text of a fixed length: filled with zeros, UTF-8. HDF5 has no text of no bytes.
  const type = concatBytes([u8(0x13, 0x11, 0, 0), u32(Math.max(1, text.length))])
  const scalar = u8(2, 0, 0, 0)
  const data = text.length === 0 ? u8(0) : text
  return [
    MESSAGE.attribute,
    [u8(3, 0), u16(key.length, type.length, scalar.length), u8(1), key, type, scalar, data],
  ]
}

function link(name: string, to: number): Message {
  const bytes = utf8(name)
  // A hard one; with a set of characters, UTF-8, and two bytes for the length of the name.
  return [MESSAGE.link, [u8(1, 0x11, 1), u16(bytes.length), bytes, u64(to)]]
}

function objectHeader(messages: readonly Message[]): Uint8Array {
  const body = concatBytes(
    messages.flatMap(([type, parts]) => {
      const data = concatBytes(parts)
      if (data.length > 0xffff) throw new RangeError(`a message of ${data.length} bytes is too long`)
      return [u8(type), u16(data.length), u8(0), data]
    }),
  )
  // Version 2; the size in four bytes.
  return checked(concatBytes([utf8('OHDR'), u8(2, 2), u32(body.length), body]))
}

function superblock(root: number, size: number): Uint8Array {
  return checked(
    concatBytes([
      hex('894844460d0a1a0a'),
      // Version 2; offsets and lengths of 8 bytes.
      u8(2, 8, 8, 0),
      u64(0),
      hex(UNDEFINED),
      u64(size),
      u64(root),
    ]),
  )
}

const checked = (bytes: Uint8Array) => concatBytes([bytes, u32(lookup3(bytes))])
const utf8 = (text: string) => new TextEncoder().encode(text)
const hex = (digits: string) => Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16))
const u8 = (...values: number[]) => Uint8Array.from(values)
const u16 = (...values: number[]) => u8(...values.flatMap((value) => [value & 255, value >>> 8]))
const u32 = (value: number) => u8(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24)
const u64 = (value: number) => concatBytes([u32(value >>> 0), u32(Math.floor(value / 2 ** 32))])

/**
 * Version 1 of class 1, IEEE: little-endian, the mantissa's first bit left out, the sign the highest bit; 4 bytes, 32 bits; exponent
 * of 8 bits from 23 on, mantissa of 23 from 0 on; what is added to the exponent.
 */
const FLOAT32 = concatBytes([u8(0x11, 0x20, 31, 0), u32(4), u16(0, 32), u8(23, 8, 0, 23), u32(127)])
