/**
 * Kernels that read rows of a matrix as they are stored, 128 bits at a time: products with few rows, which memory bounds, panels
 * for products with many, and what decoding does between them.
 */

import { type Code, f32, get, i32, type Kernel, repeat, set, v128, when } from '../../lib/wasm/assembler.ts'
import type { PlainType } from '../../protocol/model.ts'
import { exponential } from './exponential.ts'
import { advance, advanceBy, range, storeTransposed } from './pieces.ts'

/**
 * How the elements of a matrix lie in memory. 32 neighbours of a row share a scale where they are `steps`, signed bytes, or `nibbles`, of
 * four bits with a sign: a byte holds element i of the 32 and above it i + 16, as in blocks of Q4_0, where they are eight more.
 */
export type Layout = ByteLayout | 'nibbles'
/** Whose elements are whole bytes. */
export type ByteLayout = PlainType | 'steps'

export const BYTE_LAYOUTS = ['F32', 'BF16', 'F16', 'steps'] as const satisfies readonly ByteLayout[]
export const LAYOUTS = [...BYTE_LAYOUTS, 'nibbles'] as const
/** Rows that a product with few takes together; so many times fewer outputs. */
export const TOGETHER = [4, 2, 1] as const
/** Elements that rows of operands are filled up to with zeros. */
export const UNIT = 16
const PANEL = 8

/** a b + c, rounded once or twice. */
export const addProduct = (fma: boolean, a: Code, b: Code, c: Code): Code =>
  fma ? v128.multiplyAdd(a, b, c) : v128.add(c, v128.mul(a, b))

export const elementSize = (type: Layout): number =>
  type === 'nibbles' ? 0.5 : type === 'steps' ? 1 : type === 'F32' ? 4 : 2

export const isScaled = (type: Layout): boolean => type === 'steps' || type === 'nibbles'

/** Of the 32: elements of four bits below, and above. */
const HALF = 16

/** Four stored elements as f32. `scale`: local of the splat scale, of steps. */
function widened(type: ByteLayout, address: Code, bits: number, scale: number, offset: number): Code {
  if (type === 'F32') return v128.load(address, offset)
  if (type === 'BF16') return v128.ishl(v128.load16x4u(address, offset), 16)
  if (type === 'steps')
    return v128.mul(v128.convert(v128.widenLow(v128.widenBytes(v128.load4(address, offset)))), get(scale))
  // See `widened` in kernels.ts.
  return [
    set(bits, v128.load16x4u(address, offset)),
    v128.or(
      v128.mul(v128.ishl(v128.and(get(bits), v128.iconst(0x7fff)), 13), v128.const(2 ** 112)),
      v128.ishl(v128.and(get(bits), v128.iconst(0x8000)), 16),
    ),
  ]
}

/** Four elements of four bits, of those below or above. */
const four = (address: Code, above: boolean, scale: number): Code => {
  const bytes = v128.load4(address)
  const own = v128.shr8(above ? bytes : v128.shl8(bytes, i32.const(4)), i32.const(4))
  return v128.mul(v128.convert(v128.widenLow(v128.widenBytes(own))), get(scale))
}

/** Eight 16-bit steps of `bits`, as two times four floats. */
function scaled8(bits: number, steps: Code, scale: number): [Code, Code] {
  const half = (widen: (a: Code) => Code) => v128.mul(v128.convert(widen(get(bits))), get(scale))
  return [[set(bits, steps), half(v128.widenLow)], half(v128.widenHigh)]
}

/** Eight elements of four bits as 16-bit steps; `up`: how far their sign is from the highest bit, 12 below and 8 above. */
const nibbles8 = (address: Code, up: Code, offset = 0): Code =>
  v128.shr16(v128.shl16(v128.load8x8(address, offset), up), i32.const(12))

/** Eight, as two times four; `from`: the element of them that is first, of four bits one of the 32. */
function widened8(type: Layout, address: Code, bits: number, scale: number, from: number): [Code, Code] {
  if (type === 'nibbles')
    return scaled8(
      bits,
      from < HALF
        ? nibbles8(address, i32.const(12), from)
        : v128.shr16(v128.load8x8(address, from - HALF), i32.const(4)),
      scale,
    )
  const offset = from * elementSize(type)
  if (type === 'steps') return scaled8(bits, v128.load8x8(address, offset), scale)
  const at = (i: number) => widened(type, address, bits, scale, offset + i * 4 * elementSize(type))
  return [at(0), at(1)]
}

/**
 * y [rows, outputs] = x Wᵀ for `together` rows; `count` groups of 4 / together outputs. Every output is summed in the same order,
 * however many rows there are: eight sums, of the elements by their place modulo 8.
 */
const dots = (type: Layout, together: number, fma: boolean): Kernel => ({
  name: `dots${type}${together}`,
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([w, x, y, count, depth, wStride, xStride, yStride, scales, scaleStride], local) {
    const outputs = 4 / together
    const step = isScaled(type) ? 32 : UNIT
    const ws = range(outputs).map(() => local('i32'))
    const ss = range(outputs).map(() => local('i32'))
    const xs = range(together).map(() => local('i32'))
    const sums = range(together).map(() => range(outputs).map(() => [local('v128'), local('v128')] as const))
    const [left, at, bits, scale, value] = [
      local('i32'),
      local('i32'),
      local('v128'),
      local('v128'),
      local('v128'),
    ]
    const inputs = range(together).map(() => [local('v128'), local('v128')] as const)
    const pointers = (of: number[], from: number, stride: number): Code => [
      set(at, get(from)),
      of.map((pointer) => [set(pointer, get(at)), advance(at, get(stride))]),
    ]
    const eight = (e: number): Code => [
      inputs.map((pair, row) => pair.map((half, i) => set(half, v128.load(get(xs[row]!), (e + 4 * i) * 4)))),
      ws.map((pointer, out) => [
        // A group's scale is read anew for each output: registers are few.
        isScaled(type) ? set(scale, v128.loadSplat(get(ss[out]!))) : [],
        widened8(type, get(pointer), bits, scale, e).map((code, i) => [
          set(value, code),
          inputs.map((pair, row) => {
            const sum = sums[row]![out]![i]!
            return set(sum, addProduct(fma, get(value), get(pair[i]!), get(sum)))
          }),
        ]),
      ]),
    ]
    return repeat(count!, 1, [
      pointers(ws, w!, wStride!),
      set(w!, get(at)),
      isScaled(type) ? [pointers(ss, scales!, scaleStride!), set(scales!, get(at))] : [],
      pointers(xs, x!, xStride!),
      sums.flat(2).map((sum) => set(sum, v128.const(0))),
      set(left, get(depth!)),
      repeat(left, step, [
        range(step / 8).map((i) => eight(i * 8)),
        ws.map((pointer) => advanceBy(pointer, step * elementSize(type))),
        isScaled(type) ? ss.map((pointer) => advanceBy(pointer, 4)) : [],
        xs.map((pointer) => advanceBy(pointer, step * 4)),
      ]),
      set(at, get(y!)),
      sums.map((row) => [
        row.map(([a, b], out) => [
          set(a, v128.add(get(a), get(b))),
          i32.store(get(at), i32.fromBits(lanes(a)), out * 4),
        ]),
        advance(at, get(yStride!)),
      ]),
      advanceBy(y!, outputs * 4),
    ])
  },
})

/** Sum of the lanes. */
const lanes = (of: number): Code =>
  f32.add(
    f32.add(v128.lane(get(of), 0), v128.lane(get(of), 1)),
    f32.add(v128.lane(get(of), 2), v128.lane(get(of), 3)),
  )

/** PANEL rows of a matrix beside one another, [depth, PANEL]; depth a multiple of 4; of what is scaled the 32 that share scales. */
const packAcross = (type: Layout): Kernel => ({
  name: `packAcross${type}`,
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([source, target, depth, stride, scales, scaleStride], local) {
    const rows = range(PANEL).map(() => local('i32'))
    const own = range(PANEL).map(() => local('v128'))
    const [a, b, c, d] = range(4).map(() => local('v128')) as [number, number, number, number]
    const [low, high, bits] = [local('v128'), local('v128'), local('v128')]
    const half = (from: number, above: boolean): Code => [
      [a, b, c, d].map((value, i) => {
        const [row, scale] = [get(rows[from + i]!), own[from + i]!]
        return set(value, type === 'nibbles' ? four(row, above, scale) : widened(type, row, bits, scale, 0))
      }),
      storeTransposed([a, b, c, d], [low, high], get(target!), (column) => column * PANEL * 4 + from * 4),
    ]
    const along = (above: boolean): Code =>
      repeat(depth!, 4, [
        half(0, above),
        half(4, above),
        rows.map((row) => advanceBy(row, type === 'nibbles' ? 4 : 4 * elementSize(type))),
        advanceBy(target!, 4 * PANEL * 4),
      ])
    return [
      rows.map((row, i) => [
        set(row, get(source!)),
        advance(source!, get(stride!)),
        isScaled(type)
          ? [set(own[i]!, v128.loadSplat(get(scales!))), advance(scales!, get(scaleStride!))]
          : [],
      ]),
      type === 'nibbles'
        ? [
            [set(depth!, i32.const(HALF)), along(false)],
            rows.map((row) => advanceBy(row, -HALF)),
            [set(depth!, i32.const(HALF)), along(true)],
          ]
        : along(false),
    ]
  },
})

/** PANEL columns of a matrix, [depth, PANEL]; of what is scaled all within 32; `up`: see `nibbles8`. */
const packAlong = (type: Layout): Kernel => ({
  name: `packAlong${type}`,
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([source, target, depth, stride, scales, scaleStride, up], local) {
    const [bits, scale, value] = [local('v128'), local('v128'), local('v128')]
    const eight =
      type === 'nibbles'
        ? scaled8(bits, nibbles8(get(source!), get(up!)), scale)
        : widened8(type, get(source!), bits, scale, 0)
    return repeat(depth!, 1, [
      isScaled(type) ? [set(scale, v128.loadSplat(get(scales!))), advance(scales!, get(scaleStride!))] : [],
      eight.map((half, i) => [set(value, half), v128.store(get(target!), get(value), i * 16)]),
      advance(source!, get(stride!)),
      advanceBy(target!, PANEL * 4),
    ])
  },
})

/** out [width] (+)= sum of p[t] v[t]; width a multiple of UNIT, `stride`: bytes from a row of v to the next. */
const mix = (fma: boolean): Kernel => ({
  name: 'mix',
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([p, v, out, count, width, stride, fresh], local) {
    const sums = range(UNIT / 4).map(() => local('v128'))
    const [left, row, factor, own] = [local('i32'), local('i32'), local('i32'), local('v128')]
    return repeat(width!, UNIT, [
      when(
        get(fresh!),
        sums.map((sum) => set(sum, v128.const(0))),
        sums.map((sum, i) => set(sum, v128.load(get(out!), i * 16))),
      ),
      set(left, get(count!)),
      set(row, get(v!)),
      set(factor, get(p!)),
      repeat(left, 1, [
        set(own, v128.loadSplat(get(factor))),
        sums.map((sum, i) => set(sum, addProduct(fma, get(own), v128.load(get(row), i * 16), get(sum)))),
        advance(row, get(stride!)),
        advanceBy(factor, 4),
      ]),
      sums.map((sum, i) => v128.store(get(out!), get(sum), i * 16)),
      advanceBy(out!, UNIT * 4),
      advanceBy(v!, UNIT * 4),
    ])
  },
})

const SLOPE = Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

type Local = (type: 'v128') => number

/** s of `Gated`, of what lies in `g`, into `x`. sigmoid(z) from exp(-|z|), which cannot overflow. */
function gateSigmoid(g: number, x: number, local: Local): Code {
  const [n, power, seen, twice] = range(4).map(() => local('v128')) as [number, number, number, number]
  return [
    set(
      twice,
      v128.mul(
        get(g),
        v128.add(v128.mul(v128.mul(get(g), get(g)), v128.const(2 * SLOPE * CUBIC)), v128.const(2 * SLOPE)),
      ),
    ),
    set(x, v128.negative(v128.abs(get(twice)))),
    exponential(x, n, power, seen),
    // 1 / (1 + e) of what is not negative, else e / (1 + e).
    set(
      x,
      v128.div(
        v128.select(v128.const(1), get(power), v128.atLeast(get(twice), v128.const(0))),
        v128.add(v128.const(1), get(power)),
      ),
    ),
  ]
}

/** out = gelu(gate) up, see `geglu` in pieces.ts; `count` a multiple of 4; `out` may be one of the two. */
const geglu: Kernel = {
  name: 'geglu',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  body([gate, up, out, count], local) {
    const [g, s] = [local('v128'), local('v128')]
    return repeat(count!, 4, [
      set(g, v128.load(get(gate!))),
      gateSigmoid(g, s, local),
      v128.store(get(out!), v128.mul(v128.mul(get(g), get(s)), v128.load(get(up!)))),
      [gate!, up!, out!].map((pointer) => advanceBy(pointer, 16)),
    ])
  },
}

/**
 * See `gegluGrad` in pieces.ts: of the gradient in `inner` that of gate, in the place of gate, and of up, in the place of up; in its
 * own place gelu(gate) up again. `count` a multiple of 4.
 */
const gegluGrad: Kernel = {
  name: 'gegluGrad',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  body([gate, up, inner, count], local) {
    const [g, s, u, dy, gelu, bend] = range(6).map(() => local('v128')) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    return repeat(count!, 4, [
      set(g, v128.load(get(gate!))),
      set(u, v128.load(get(up!))),
      set(dy, v128.load(get(inner!))),
      gateSigmoid(g, s, local),
      set(gelu, v128.mul(get(g), get(s))),
      set(
        bend,
        v128.mul(
          v128.mul(get(gelu), v128.sub(v128.const(1), get(s))),
          v128.add(v128.mul(v128.mul(get(g), get(g)), v128.const(6 * SLOPE * CUBIC)), v128.const(2 * SLOPE)),
        ),
      ),
      v128.store(get(gate!), v128.mul(v128.mul(get(dy), get(u)), v128.add(get(s), get(bend)))),
      v128.store(get(up!), v128.mul(get(dy), get(gelu))),
      v128.store(get(inner!), v128.mul(get(gelu), get(u))),
      [gate!, up!, inner!].map((pointer) => advanceBy(pointer, 16)),
    ])
  },
}

type Dots = (
  w: number,
  x: number,
  y: number,
  count: number,
  depth: number,
  wStride: number,
  xStride: number,
  yStride: number,
  scales: number,
  scaleStride: number,
) => void
type Pack = (
  source: number,
  target: number,
  depth: number,
  stride: number,
  scales: number,
  scaleStride: number,
) => void

export type VectorKernels = Record<`dots${Layout}${(typeof TOGETHER)[number]}`, Dots> &
  Record<`packAcross${Layout}`, Pack> &
  Record<`packAlong${Layout}`, (...of: [...Parameters<Pack>, up: number]) => void> & {
    mix(p: number, v: number, out: number, count: number, width: number, stride: number, fresh: number): void
    geglu(gate: number, up: number, out: number, count: number): void
    gegluGrad(gate: number, up: number, inner: number, count: number): void
  }

export function vectorKernels(fma: boolean): Kernel[] {
  return [
    ...LAYOUTS.flatMap((type) => [
      ...TOGETHER.map((rows) => dots(type, rows, fma)),
      packAcross(type),
      packAlong(type),
    ]),
    mix(fma),
    geglu,
    gegluGrad,
  ]
}
