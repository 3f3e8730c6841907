/** Kernels over rows of activations, 128 bits at a time: norms, turns, softmax' gradient, and how left operands are packed. */
import { type Code, f32, get, i32, type Kernel, repeat, set, v128, when } from '../../lib/wasm/assembler.ts'
import { advance, advanceBy, range, storeTransposed } from './pieces.ts'

const VECTOR = 16

/** Sum of the lanes. */
const lanes = (of: number): Code =>
  [1, 2, 3].reduce<Code>((all, i) => f32.add(all, v128.lane(get(of), i)), v128.lane(get(of), 0))

/** Of pieces behind one another, [count, width]: r [count] = 1 / sqrt(mean x^2 + eps), y = x r scale (+ base, where it is not 0). */
const norm: Kernel = {
  name: 'norm',
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f32'],
  body([x, y, scale, r, base, count, width, eps], local) {
    const [left, from, factors] = [local('i32'), local('i32'), local('i32')]
    const [value, sum, all] = [local('v128'), local('v128'), local('v128')]
    const inverse = local('f32')
    const each = (more: boolean): Code =>
      repeat(left, 4, [
        set(value, v128.mul(v128.mul(v128.load(get(x!)), get(all)), v128.load(get(factors)))),
        more ? set(value, v128.add(get(value), v128.load(get(base!)))) : [],
        v128.store(get(y!), get(value)),
        [x!, y!, factors, ...(more ? [base!] : [])].map((pointer) => advanceBy(pointer, VECTOR)),
      ])
    return repeat(count!, 1, [
      set(sum, v128.const(0)),
      set(from, get(x!)),
      set(left, get(width!)),
      repeat(left, 4, [
        set(value, v128.load(get(from))),
        set(sum, v128.add(get(sum), v128.mul(get(value), get(value)))),
        advanceBy(from, VECTOR),
      ]),
      set(
        inverse,
        f32.div(f32.const(1), f32.sqrt(f32.add(f32.div(lanes(sum), f32.fromInt(get(width!))), get(eps!)))),
      ),
      f32.store(get(r!), get(inverse)),
      advanceBy(r!, 4),
      set(all, v128.splat(get(inverse))),
      set(factors, get(scale!)),
      set(left, get(width!)),
      when(get(base!), each(true), each(false)),
    ])
  },
}

/** dx = r (g - x r^2 mean(g x)), g = dy scale (+ base, where it is not 0); see `norm`. dx may be dy or base. */
const normGrad: Kernel = {
  name: 'normGrad',
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([dy, x, dx, scale, r, base, count, width], local) {
    const [left, a, b, factors] = range(4).map(() => local('i32')) as [number, number, number, number]
    const [value, sum, all, shift] = range(4).map(() => local('v128')) as [number, number, number, number]
    const inverse = local('f32')
    const each = (more: boolean): Code =>
      repeat(left, 4, [
        set(value, v128.mul(v128.load(get(dy!)), v128.load(get(factors)))),
        set(value, v128.mul(v128.sub(get(value), v128.mul(v128.load(get(x!)), get(shift))), get(all))),
        more ? set(value, v128.add(get(value), v128.load(get(base!)))) : [],
        v128.store(get(dx!), get(value)),
        [dy!, x!, dx!, factors, ...(more ? [base!] : [])].map((pointer) => advanceBy(pointer, VECTOR)),
      ])
    return repeat(count!, 1, [
      set(sum, v128.const(0)),
      set(a, get(dy!)),
      set(b, get(x!)),
      set(factors, get(scale!)),
      set(left, get(width!)),
      repeat(left, 4, [
        set(value, v128.mul(v128.load(get(a)), v128.load(get(factors)))),
        set(sum, v128.add(get(sum), v128.mul(get(value), v128.load(get(b))))),
        [a, b, factors].map((pointer) => advanceBy(pointer, VECTOR)),
      ]),
      set(inverse, f32.load(get(r!))),
      advanceBy(r!, 4),
      set(all, v128.splat(get(inverse))),
      set(
        shift,
        v128.splat(
          f32.mul(f32.div(lanes(sum), f32.fromInt(get(width!))), f32.mul(get(inverse), get(inverse))),
        ),
      ),
      set(factors, get(scale!)),
      set(left, get(width!)),
      when(get(base!), each(true), each(false)),
    ])
  },
}

/**
 * One row's heads turned in place: (a, b) to (a cos - b sin, b cos + a sin), `back`: the other way. `angles`: cosines [half],
 * then sines [half]; half a multiple of 4.
 */
const turn: Kernel = {
  name: 'turn',
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32'],
  body([x, angles, heads, half, back], local) {
    const [left, at, bytes, second] = range(4).map(() => local('i32')) as [number, number, number, number]
    const [a, b, cosine, sine] = range(4).map(() => local('v128')) as [number, number, number, number]
    const straight = (of: number, other: number, minus: boolean): Code => {
      const [one, two] = [v128.mul(get(of), get(cosine)), v128.mul(get(other), get(sine))]
      return minus ? v128.sub(one, two) : v128.add(one, two)
    }
    const each = (turned: boolean): Code =>
      repeat(left, 4, [
        set(second, i32.add(get(x!), get(bytes))),
        set(a, v128.load(get(x!))),
        set(b, v128.load(get(second))),
        set(cosine, v128.load(get(at))),
        set(sine, v128.load(i32.add(get(at), get(bytes)))),
        v128.store(get(x!), straight(a, b, !turned)),
        v128.store(get(second), straight(b, a, turned)),
        [x!, at].map((pointer) => advanceBy(pointer, VECTOR)),
      ])
    return [
      set(bytes, i32.shl(get(half!), i32.const(2))),
      repeat(heads!, 1, [
        set(at, get(angles!)),
        set(left, get(half!)),
        when(get(back!), each(true), each(false)),
        advance(x!, get(bytes)),
      ]),
    ]
  },
}

/** x += more; `count` a multiple of 4. */
const plus: Kernel = {
  name: 'plus',
  parameters: ['i32', 'i32', 'i32'],
  body: ([x, more, count]) =>
    repeat(count!, 4, [
      v128.store(get(x!), v128.add(v128.load(get(x!)), v128.load(get(more!)))),
      [x!, more!].map((pointer) => advanceBy(pointer, VECTOR)),
    ]),
}

/** x *= factor; `count` a multiple of 4. */
const scaled: Kernel = {
  name: 'scaled',
  parameters: ['i32', 'i32', 'f32'],
  body: ([x, count, factor], local) => {
    const all = local('v128')
    return [
      set(all, v128.splat(get(factor!))),
      repeat(count!, 4, [v128.store(get(x!), v128.mul(v128.load(get(x!)), get(all))), advanceBy(x!, VECTOR)]),
    ]
  },
}

/** A row of softmax' gradient: dp = p (dp - sum(dp p)) scale; `count` a multiple of 4. */
const slopes: Kernel = {
  name: 'slopes',
  parameters: ['i32', 'i32', 'i32', 'f32'],
  body([p, dp, count, scale], local) {
    const [a, b, left] = [local('i32'), local('i32'), local('i32')]
    const [sum, all, factor] = [local('v128'), local('v128'), local('v128')]
    return [
      set(a, get(p!)),
      set(b, get(dp!)),
      set(left, get(count!)),
      repeat(left, 4, [
        set(sum, v128.add(get(sum), v128.mul(v128.load(get(a)), v128.load(get(b))))),
        [a, b].map((pointer) => advanceBy(pointer, VECTOR)),
      ]),
      set(all, v128.splat(lanes(sum))),
      set(factor, v128.splat(get(scale!))),
      repeat(count!, 4, [
        v128.store(
          get(dp!),
          v128.mul(v128.mul(v128.load(get(p!)), v128.sub(v128.load(get(dp!)), get(all))), get(factor)),
        ),
        [p!, dp!].map((pointer) => advanceBy(pointer, VECTOR)),
      ]),
    ]
  },
}

/** As `packLeft` packs four rows; depth a multiple of 4. */
const packFour: Kernel = {
  name: 'packFour',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  body([source, target, depth, stride], local) {
    const rows = range(4).map(() => local('i32'))
    const [a, b, c, d, low, high] = range(6).map(() => local('v128')) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    return [
      rows.map((row) => [set(row, get(source!)), advance(source!, get(stride!))]),
      repeat(depth!, 4, [
        [a, b, c, d].map((value, i) => [set(value, v128.load(get(rows[i]!))), advanceBy(rows[i]!, VECTOR)]),
        storeTransposed([a, b, c, d], [low, high], get(target!), (column) => column * VECTOR),
        advanceBy(target!, 4 * VECTOR),
      ]),
    ]
  },
}

/** Four columns of a matrix as a left operand's four rows: [depth, 4]. */
const packTurned: Kernel = {
  name: 'packTurned',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  body: ([source, target, depth, stride]) =>
    repeat(depth!, 1, [
      v128.store(get(target!), v128.load(get(source!))),
      advance(source!, get(stride!)),
      advanceBy(target!, VECTOR),
    ]),
}

type Pack = (source: number, target: number, depth: number, stride: number) => void

export interface RowKernels {
  norm(
    x: number,
    y: number,
    scale: number,
    r: number,
    base: number,
    count: number,
    width: number,
    eps: number,
  ): void
  normGrad(
    dy: number,
    x: number,
    dx: number,
    scale: number,
    r: number,
    base: number,
    count: number,
    width: number,
  ): void
  turn(x: number, angles: number, heads: number, half: number, back: number): void
  plus(x: number, more: number, count: number): void
  scaled(x: number, count: number, factor: number): void
  slopes(p: number, dp: number, count: number, scale: number): void
  packFour: Pack
  packTurned: Pack
}

export const ROW_KERNELS: readonly Kernel[] = [
  norm,
  normGrad,
  turn,
  plus,
  scaled,
  slopes,
  packFour,
  packTurned,
]
