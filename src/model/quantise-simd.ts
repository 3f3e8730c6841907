/**
 * Arithmetic of rounding in WebAssembly: two blocks at a time, a lane each, in the very operations and order that one takes in
 * `quantise-arithmetic.ts`, so that the blocks that come of it are the same.
 */

import { GROUP } from '../lib/storage.ts'
import {
  assemble,
  type Code,
  f64x2,
  get,
  i32,
  type Kernel,
  repeat,
  set,
  v128,
} from '../lib/wasm/assembler.ts'
import type { Arithmetic } from './quantise-arithmetic.ts'

const LANES = 2
const SIZE = 16
/** Places in the memory: values as they come, then pairs of doubles. */
const PLACE = {
  values: 0,
  x: 256,
  squares: 256 + GROUP * SIZE,
  cubes: 256 + 2 * GROUP * SIZE,
  found: 256 + 3 * GROUP * SIZE,
  steps: 256 + 3 * GROUP * SIZE + 8 * SIZE,
}
/** Behind `found`. */
const [FURTHEST, SQUARE, PRODUCT, SQUARES, ERROR] = [0, 1, 2, 3, 4]
const place = (index: number) => i32.const(PLACE.found + index * SIZE)

/** For each of the group's elements; `at`: a local that begins at zero and is 16 bytes further each time. */
const each = (left: number, at: number, body: Code): Code => [
  set(left, i32.const(GROUP)),
  set(at, i32.const(0)),
  repeat(left, 1, [body, set(at, i32.add(get(at), i32.const(SIZE)))]),
]

const load: Kernel = {
  name: 'load',
  parameters: [],
  body(_, local) {
    const [left, at, from] = [local('i32'), local('i32'), local('i32')]
    const [x, square, sum, furthest] = [local('v128'), local('v128'), local('v128'), local('v128')]
    return [
      each(left, at, [
        set(
          x,
          f64x2.promote(
            v128.shuffle(
              v128.load4(get(from), PLACE.values),
              v128.load4(get(from), PLACE.values + GROUP * 4),
              [0, 4, 0, 4],
            ),
          ),
        ),
        set(from, i32.add(get(from), i32.const(4))),
        set(square, f64x2.mul(get(x), get(x))),
        set(sum, f64x2.add(get(sum), get(square))),
        v128.store(get(at), get(x), PLACE.x),
        v128.store(get(at), get(square), PLACE.squares),
        v128.store(get(at), f64x2.mul(get(square), get(x)), PLACE.cubes),
        set(
          furthest,
          v128.select(get(x), get(furthest), f64x2.greater(f64x2.abs(get(x)), f64x2.abs(get(furthest)))),
        ),
      ]),
      v128.store(place(FURTHEST!), get(furthest)),
      v128.store(place(SQUARE!), get(sum)),
    ]
  },
}

/** q = round(x perStep), halves upwards, within the grid. */
const rounded = (at: number, t: number, q: number, perStep: number, least: number, most: number): Code => [
  set(t, f64x2.mul(v128.load(get(at), PLACE.x), get(perStep))),
  set(q, f64x2.floor(get(t))),
  set(
    q,
    f64x2.add(get(q), v128.and(f64x2.atLeast(f64x2.sub(get(t), get(q)), f64x2.const(0.5)), f64x2.const(1))),
  ),
  set(q, f64x2.max(f64x2.min(get(q), get(most)), get(least))),
]

const attempt: Kernel = {
  name: 'attempt',
  parameters: ['f64', 'f64', 'f64', 'f64'],
  body([first, second, fewest, greatest], local) {
    const [left, at] = [local('i32'), local('i32')]
    const [t, q, perStep, least, most] = [0, 1, 2, 3, 4].map(() => local('v128')) as [
      number,
      number,
      number,
      number,
      number,
    ]
    const [product, squares] = [local('v128'), local('v128')]
    return [
      set(perStep, f64x2.of(get(first!), get(second!))),
      set(least, f64x2.splat(get(fewest!))),
      set(most, f64x2.splat(get(greatest!))),
      each(left, at, [
        rounded(at, t, q, perStep, least, most),
        set(product, f64x2.add(get(product), f64x2.mul(v128.load(get(at), PLACE.cubes), get(q)))),
        set(
          squares,
          f64x2.add(get(squares), f64x2.mul(f64x2.mul(v128.load(get(at), PLACE.squares), get(q)), get(q))),
        ),
      ]),
      v128.store(place(PRODUCT!), get(product)),
      v128.store(place(SQUARES!), get(squares)),
    ]
  },
}

const settle: Kernel = {
  name: 'settle',
  parameters: ['f64', 'f64', 'f64', 'f64', 'f64', 'f64'],
  body([first, second, firstScale, secondScale, fewest, greatest], local) {
    const [left, at, to] = [local('i32'), local('i32'), local('i32')]
    const [t, q, perStep, least, most] = [0, 1, 2, 3, 4].map(() => local('v128')) as [
      number,
      number,
      number,
      number,
      number,
    ]
    const [d, off, error] = [local('v128'), local('v128'), local('v128')]
    return [
      set(perStep, f64x2.of(get(first!), get(second!))),
      set(d, f64x2.of(get(firstScale!), get(secondScale!))),
      set(least, f64x2.splat(get(fewest!))),
      set(most, f64x2.splat(get(greatest!))),
      each(left, at, [
        rounded(at, t, q, perStep, least, most),
        set(off, f64x2.sub(v128.load(get(at), PLACE.x), f64x2.mul(get(d), get(q)))),
        set(error, f64x2.add(get(error), f64x2.mul(get(off), get(off)))),
        set(q, f64x2.toInt(get(q))),
        i32.store8(get(to), f64x2.intLane(get(q), 0), PLACE.steps),
        i32.store8(get(to), f64x2.intLane(get(q), 1), PLACE.steps + GROUP),
        set(to, i32.add(get(to), i32.const(1))),
      ]),
      v128.store(place(ERROR!), get(error)),
    ]
  },
}

interface Kernels {
  load(): void
  attempt(first: number, second: number, least: number, most: number): void
  settle(
    first: number,
    second: number,
    firstScale: number,
    secondScale: number,
    least: number,
    most: number,
  ): void
}

/** Null where WebAssembly, or its SIMD, is missing. */
export function pairArithmetic(): Arithmetic | null {
  if (typeof WebAssembly === 'undefined') return null
  const bytes = assemble([load, attempt, settle])
  if (!WebAssembly.validate(bytes)) return null
  const memory = new WebAssembly.Memory({ initial: 1 })
  const module = new WebAssembly.Module(bytes)
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
  const values = new Float32Array(memory.buffer, PLACE.values, LANES * GROUP)
  const found = (index: number) => new Float64Array(memory.buffer, PLACE.found + index * SIZE, LANES)
  return {
    lanes: LANES,
    furthest: found(FURTHEST!),
    square: found(SQUARE!),
    product: found(PRODUCT!),
    squares: found(SQUARES!),
    error: found(ERROR!),
    steps: new Int8Array(memory.buffer, PLACE.steps, LANES * GROUP),
    load(source, from) {
      const last = Math.min(values.length, source.length - from)
      for (let i = 0; i < last; i++) values[i] = source[from + i]!
      if (last < values.length) values.fill(0, last)
      kernels.load()
    },
    attempt: (perStep, least, most) => kernels.attempt(perStep[0]!, perStep[1]!, least, most),
    settle: (perStep, d, least, most) => kernels.settle(perStep[0]!, perStep[1]!, d[0]!, d[1]!, least, most),
  }
}
