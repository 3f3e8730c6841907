/**
 * Kernels of the head in WebAssembly, 128 bits wide. A product is made of panels, as Goto and van de Geijn (2008, "Anatomy of
 * high-performance matrix multiplication") lay it out: `ROWS` rows of the left operand and `COLUMNS` columns of the right one,
 * each packed so that a step of the inner product is read in one piece. The right operand is widened while it is packed, so that
 * a matrix of 16 bits is never held in 32.
 */
import {
  assemble,
  type Code,
  f32,
  get,
  i32,
  type Kernel,
  repeat,
  set,
  v128,
  when,
} from '../../lib/wasm/assembler.ts'
import { adamw } from './adamw-kernel.ts'
import { exponential } from './exponential.ts'
import { advance, range } from './pieces.ts'
import { ROW_KERNELS, type RowKernels } from './row-kernels.ts'
import { addProduct, BYTE_LAYOUTS, type ByteLayout, type VectorKernels, vectorKernels } from './vectors.ts'

/** Measured: with more rows, or the loop unrolled, V8 runs out of registers, and the product takes up to twice as long. */
export const ROWS = 4
export const COLUMNS = 8

/** C [panels * ROWS, COLUMNS] (+)= A B over packed panels; `stride`: bytes from a row of C to the next. */
const multiply = (fma: boolean): Kernel => ({
  name: 'multiply',
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([a, b, c, depth, panels, stride, fresh], local) {
    const [right, left, row] = [local('i32'), local('i32'), local('i32')]
    const quarters = range(COLUMNS / 4)
    const sums = range(ROWS).map(() => quarters.map(() => local('v128')))
    const factors = quarters.map(() => local('v128'))
    const own = local('v128')
    const eachRow = (body: (row: number[]) => Code): Code => [
      set(row, get(c!)),
      sums.map((sum) => [body(sum), advance(row, get(stride!))]),
    ]
    const step: Code = [
      factors.map((factor, i) => set(factor, v128.load(get(right), i * 16))),
      sums.map((row, i) => [
        set(own, v128.loadSplat(get(a!), i * 4)),
        row.map((sum, j) => set(sum, addProduct(fma, get(own), get(factors[j]!), get(sum)))),
      ]),
    ]
    return repeat(panels!, 1, [
      when(
        get(fresh!),
        sums.map((row) => row.map((sum) => set(sum, v128.const(0)))),
        eachRow((sum) => sum.map((part, i) => set(part, v128.load(get(row), i * 16)))),
      ),
      set(right, get(b!)),
      set(left, get(depth!)),
      repeat(left, 1, [step, advance(a!, i32.const(ROWS * 4)), advance(right, i32.const(COLUMNS * 4))]),
      eachRow((sum) => sum.map((part, i) => v128.store(get(row), get(part), i * 16))),
      set(c!, get(row)),
    ])
  },
})

/** ROWS rows of f32, `stride` bytes apart, beside one another: [depth, ROWS]. */
const packLeft: Kernel = {
  name: 'packLeft',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  body([source, target, depth, stride], local) {
    const at = local('i32')
    return repeat(depth!, 1, [
      set(at, get(source!)),
      range(ROWS).map((i) => [i32.store(get(target!), i32.load(get(at)), i * 4), advance(at, get(stride!))]),
      advance(source!, i32.const(4)),
      advance(target!, i32.const(ROWS * 4)),
    ])
  },
}

/** An element as it is stored, as the bits of an f32. The matrix begins at 0; `scales` is the address of the first one's. */
const widened: Record<ByteLayout, (address: Code, bits: number, scales: number) => Code> = {
  // 32 neighbours share a scale.
  steps: (address, _, scales) =>
    i32.fromBits(
      f32.mul(
        f32.fromInt(i32.load8(address)),
        f32.load(i32.add(get(scales), i32.shl(i32.shr(address, i32.const(5)), i32.const(2)))),
      ),
    ),
  F32: (address) => i32.load(address),
  BF16: (address) => i32.shl(i32.load16(address), i32.const(16)),
  // The exponent is moved by a product, which makes subnormals normal; infinities and NaN are no weights.
  F16: (address, bits) => [
    set(bits, i32.load16(address)),
    i32.or(
      i32.fromBits(
        f32.mul(
          f32.fromBits(i32.shl(i32.and(get(bits), i32.const(0x7fff)), i32.const(13))),
          f32.const(2 ** 112),
        ),
      ),
      i32.shl(i32.and(get(bits), i32.const(0x8000)), i32.const(16)),
    ),
  ],
}

/** `columns` columns of a stored matrix beside one another, widened: [depth, COLUMNS]; strides in bytes. */
const packRight = (type: ByteLayout): Kernel => ({
  name: `packRight${type}`,
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([source, target, depth, depthStride, columnStride, columns, scales], local) {
    const [from, to, left, bits] = [local('i32'), local('i32'), local('i32'), local('i32')]
    return repeat(columns!, 1, [
      set(from, get(source!)),
      set(to, get(target!)),
      set(left, get(depth!)),
      repeat(left, 1, [
        i32.store(get(to), widened[type](get(from), bits, scales!)),
        advance(from, get(depthStride!)),
        advance(to, i32.const(COLUMNS * 4)),
      ]),
      advance(source!, get(columnStride!)),
      advance(target!, i32.const(4)),
    ])
  },
})

/** The largest of `count` floats, a multiple of 4. */
const largest: Kernel = {
  name: 'largest',
  parameters: ['i32', 'i32'],
  result: 'f32',
  body([source, count], local) {
    const most = local('v128')
    return [
      set(most, v128.const(-1e30)),
      repeat(count!, 4, [
        set(most, v128.max(get(most), v128.load(get(source!)))),
        advance(source!, i32.const(16)),
      ]),
      [1, 2, 3].reduce<Code>((sum, i) => f32.max(sum, v128.lane(get(most), i)), v128.lane(get(most), 0)),
    ]
  },
}

/** `count` floats x to exp(x - top), a multiple of 4; their sum. */
const exponentials: Kernel = {
  name: 'exponentials',
  parameters: ['i32', 'i32', 'f32'],
  result: 'f32',
  body([source, count, top], local) {
    const [x, n, power] = [local('v128'), local('v128'), local('v128')]
    const [seen, sum] = [local('v128'), local('v128')]
    return [
      repeat(count!, 4, [
        set(x, v128.sub(v128.load(get(source!)), v128.splat(get(top!)))),
        exponential(x, n, power, seen),
        v128.store(get(source!), get(power)),
        set(sum, v128.add(get(sum), get(power))),
        advance(source!, i32.const(16)),
      ]),
      [1, 2, 3].reduce<Code>((all, i) => f32.add(all, v128.lane(get(sum), i)), v128.lane(get(sum), 0)),
    ]
  },
}

type PackRight = (
  source: number,
  target: number,
  depth: number,
  depthStride: number,
  columnStride: number,
  columns: number,
  /** Of steps alone. */
  scales: number,
) => void

export interface Kernels extends VectorKernels, RowKernels {
  multiply(
    a: number,
    b: number,
    c: number,
    depth: number,
    panels: number,
    stride: number,
    fresh: number,
  ): void
  packLeft(source: number, target: number, depth: number, stride: number): void
  packRightF32: PackRight
  packRightBF16: PackRight
  packRightF16: PackRight
  packRightsteps: PackRight
  largest(source: number, count: number): number
  exponentials(source: number, count: number, top: number): number
  adamw(value: number, gradient: number, m: number, v: number, factors: number, count: number): void
}

const compiled = new Map<string, WebAssembly.Module>()

/**
 * @param fma whether products are added with one rounding, see `hasFma`; to be true only where that is so
 * @throws CompileError where the browser's WebAssembly has no SIMD, see `hasSimd`
 */
export function kernelsOver(memory: WebAssembly.Memory, fma = false): Kernels {
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
  const key = `${shared} ${fma}`
  const module = compiled.get(key) ?? new WebAssembly.Module(binary(shared, fma))
  compiled.set(key, module)
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
}

/** Whether WebAssembly here has what these functions are made of. */
export const hasSimd = (): boolean => compiled.size > 0 || WebAssembly.validate(binary())

let fused: boolean | null = null

/** Whether relaxed SIMD is here, and its multiply-add rounds once: (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 then, else 0. */
export function hasFma(): boolean {
  fused ??= roundsOnce()
  return fused
}

function roundsOnce(): boolean {
  const probe: Kernel = {
    name: 'probe',
    parameters: ['f32', 'f32'],
    result: 'f32',
    body: ([a, c]) =>
      v128.lane(v128.multiplyAdd(v128.splat(get(a!)), v128.splat(get(a!)), v128.splat(get(c!))), 0),
  }
  const bytes = assemble([probe])
  if (!WebAssembly.validate(bytes)) return false
  const memory = new WebAssembly.Memory({ initial: 0 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  return (exports.probe as (a: number, c: number) => number)(1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24
}

function binary(shared = false, fma = false): Uint8Array<ArrayBuffer> {
  const packs = BYTE_LAYOUTS.map(packRight)
  return assemble(
    [multiply(fma), packLeft, ...packs, largest, exponentials, adamw, ...ROW_KERNELS, ...vectorKernels(fma)],
    shared,
  )
}
