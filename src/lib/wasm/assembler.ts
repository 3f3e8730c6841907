/**
 * Just enough of WebAssembly's binary format to write kernels in: instructions are arrays of bytes that nest, operands before
 * their operation. Source: WebAssembly Core Specification 2.0, "Binary Format".
 */
export type Code = readonly (number | Code)[]
export type ValueType = keyof typeof TYPES

const TYPES = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const

/** A function in the making: its locals are numbered as they are asked for. */
export interface Kernel {
  name: string
  parameters: readonly ValueType[]
  result?: ValueType
  body(parameters: readonly number[], local: (type: ValueType) => number): Code
}

function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value >>> 0; ; ) {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest ? low | 0x80 : low)
    if (!rest) return bytes
  }
}

function signed(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value | 0; ; ) {
    const low = rest & 0x7f
    rest >>= 7
    const last = (rest === 0 && !(low & 0x40)) || (rest === -1 && (low & 0x40) !== 0)
    bytes.push(last ? low : low | 0x80)
    if (last) return bytes
  }
}

const float = (value: number) => [...new Uint8Array(Float32Array.of(value).buffer)]
const vector = (opcode: number): Code => [0xfd, unsigned(opcode)]
/** Alignment is a hint: none is promised. */
const access = (offset: number): Code => [0, unsigned(offset)]
const binary =
  (opcode: Code | number) =>
  (a: Code, b: Code): Code => [a, b, opcode]
const unary =
  (opcode: Code | number) =>
  (a: Code): Code => [a, opcode]

export const get = (local: number): Code => [0x20, unsigned(local)]
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)]
export const when = (condition: Code, then: Code, otherwise: Code): Code => [
  [condition, 0x04, 0x40],
  then,
  0x05,
  [otherwise, 0x0b],
]

export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  load: (address: Code, offset = 0): Code => [address, 0x28, access(offset)],
  load16: (address: Code, offset = 0): Code => [address, 0x2f, access(offset)],
  /** Of a signed byte. */
  load8: (address: Code, offset = 0): Code => [address, 0x2c, access(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x36, access(offset)],
  store8: (address: Code, value: Code, offset = 0): Code => [address, value, 0x3a, access(offset)],
  add: binary(0x6a),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shr: binary(0x76),
  fromBits: unary(0xbc),
}

export const f32 = {
  const: (value: number): Code => [0x43, float(value)],
  load: (address: Code, offset = 0): Code => [address, 0x2a, access(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x38, access(offset)],
  fromInt: unary(0xb2),
  sqrt: unary(0x91),
  add: binary(0x92),
  mul: binary(0x94),
  div: binary(0x95),
  max: binary(0x97),
  fromBits: unary(0xbe),
}

/** Four floats (or 32-bit integers, `i`) at a time. */
export const v128 = {
  load: (address: Code, offset = 0): Code => [address, vector(0), access(offset)],
  loadSplat: (address: Code, offset = 0): Code => [address, vector(9), access(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, vector(11), access(offset)],
  const: (value: number): Code => [vector(12), [0, 1, 2, 3].map(() => float(value))],
  iconst: (value: number): Code => [
    vector(12),
    [0, 1, 2, 3].map(() => [...new Uint8Array(Int32Array.of(value).buffer)]),
  ],
  splat: unary(vector(19)),
  /** Eight signed bytes as 16-bit integers, four unsigned 16-bit as 32-bit; four bytes, and zeros. */
  load8x8: (address: Code, offset = 0): Code => [address, vector(1), access(offset)],
  load16x4u: (address: Code, offset = 0): Code => [address, vector(4), access(offset)],
  load4: (address: Code, offset = 0): Code => [address, vector(92), access(offset)],
  /** Eight bytes, and zeros; the first eight of sixteen. */
  load8: (address: Code, offset = 0): Code => [address, vector(93), access(offset)],
  store8: (address: Code, value: Code, offset = 0): Code => [address, value, vector(91), access(offset), 0],
  /** 16-bit integers, and bytes, moved by so many bits; to the right with their sign. */
  shl16: (value: Code, bits: Code): Code => [value, bits, vector(139)],
  shr16: (value: Code, bits: Code): Code => [value, bits, vector(140)],
  shl8: (value: Code, bits: Code): Code => [value, bits, vector(107)],
  shr8: (value: Code, bits: Code): Code => [value, bits, vector(108)],
  /** Lanes of 32 bits, 0..3 of a and 4..7 of b. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    a,
    b,
    vector(13),
    lanes.map((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
  widenBytes: unary(vector(135)),
  widenLow: unary(vector(167)),
  widenHigh: unary(vector(168)),
  convert: unary(vector(250)),
  or: binary(vector(80)),
  /** Bits of a where those of the mask are set, else of b. */
  select: (a: Code, b: Code, mask: Code): Code => [a, b, mask, vector(82)],
  abs: unary(vector(224)),
  negative: unary(vector(225)),
  div: binary(vector(231)),
  /** a b + c, rounded once where the processor can: relaxed SIMD. */
  multiplyAdd: (a: Code, b: Code, c: Code): Code => [a, b, c, vector(261)],
  lane: (value: Code, lane: number): Code => [value, vector(31), lane],
  atLeast: binary(vector(70)),
  and: binary(vector(78)),
  nearest: unary(vector(106)),
  ishl: (value: Code, bits: number): Code => [value, i32.const(bits), vector(171)],
  iadd: binary(vector(174)),
  add: binary(vector(228)),
  sub: binary(vector(229)),
  mul: binary(vector(230)),
  max: binary(vector(233)),
  truncate: unary(vector(248)),
}

/** Two doubles at a time; loads, stores and bits are those of `v128`. */
export const f64x2 = {
  /** The first two of four floats. */
  promote: unary(vector(95)),
  /** As the first two of four floats, with zeros behind them. */
  demote: unary(vector(94)),
  loadSplat: (address: Code, offset = 0): Code => [address, vector(10), access(offset)],
  const: (value: number): Code => {
    const bytes = [...new Uint8Array(Float64Array.of(value).buffer)]
    return [vector(12), bytes, bytes]
  },
  splat: unary(vector(20)),
  /** Of two scalars. */
  of: (a: Code, b: Code): Code => [a, vector(20), b, vector(34), 1],
  floor: unary(vector(117)),
  greater: binary(vector(74)),
  atLeast: binary(vector(76)),
  abs: unary(vector(236)),
  add: binary(vector(240)),
  sub: binary(vector(241)),
  mul: binary(vector(242)),
  div: binary(vector(243)),
  sqrt: unary(vector(239)),
  min: binary(vector(244)),
  max: binary(vector(245)),
  /** As 32-bit integers, and one of them. */
  toInt: unary(vector(252)),
  intLane: (value: Code, lane: number): Code => [value, vector(27), lane],
}

/** `body` again and again, at least once, until `left` (a local, lowered by `step` each time) is zero. */
export const repeat = (left: number, step: number, body: Code): Code => [
  [0x03, 0x40],
  body,
  [get(left), i32.const(step), 0x6b, 0x22, unsigned(left)],
  [0x0d, 0, 0x0b],
]

/** 4 GiB. */
const MOST_PAGES = 65_536

/** A module of kernels over one imported memory, `env.memory`; `shared`: one that threads have in common. */
export function assemble(kernels: readonly Kernel[], shared = false): Uint8Array<ArrayBuffer> {
  const text = (name: string) => sized([...new TextEncoder().encode(name)])
  const section = (id: number, items: Code[]): Code => [id, sized([unsigned(items.length), items])]
  const types = kernels.map(
    ({ parameters, result }): Code => [
      [0x60, unsigned(parameters.length)],
      parameters.map((type) => TYPES[type]),
      result ? [1, TYPES[result]] : [0],
    ],
  )
  const bodies = kernels.map((kernel) => {
    const locals: ValueType[] = []
    const local = (type: ValueType) => kernel.parameters.length + locals.push(type) - 1
    const code = kernel.body(
      kernel.parameters.map((_, i) => i),
      local,
    )
    return sized([unsigned(locals.length), locals.map((type) => [1, TYPES[type]]), code, 0x0b])
  })
  const bytes: Code = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, types),
    section(2, [[text('env'), text('memory'), 2, shared ? [3, 0, unsigned(MOST_PAGES)] : [0, 0]]]),
    section(
      3,
      kernels.map((_, i) => unsigned(i)),
    ),
    section(
      7,
      kernels.map(({ name }, i) => [text(name), 0, unsigned(i)]),
    ),
    section(10, bodies),
  ]
  return Uint8Array.from(flat(bytes))
}

function sized(code: Code): Code {
  const bytes = flat(code)
  return [unsigned(bytes.length), bytes]
}

function flat(code: Code): number[] {
  return (code as unknown[]).flat(Number.POSITIVE_INFINITY) as number[]
}
