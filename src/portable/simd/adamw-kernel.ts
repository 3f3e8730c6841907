import { f64x2, get, type Kernel, repeat, set, v128 } from '../../lib/wasm/assembler.ts'
import { advanceBy } from './pieces.ts'

/** What a step of AdamW multiplies by, f64 behind one another, see `updateParameters`. */
export const FACTORS = [
  'clip',
  'beta1',
  'rest1',
  'beta2',
  'rest2',
  'rate',
  'bias2',
  'decay',
  'epsilon',
] as const
export type UpdateFactors = Record<(typeof FACTORS)[number], number>

/** `updateParameters`, two at a time, to the same bits; `count` even. */
export const adamw: Kernel = {
  name: 'adamw',
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  body([value, gradient, m, v, factors, count], local) {
    const own = FACTORS.map(() => local('v128'))
    const [clip, beta1, rest1, beta2, rest2, rate, bias2, decay, epsilon] = own.map(get)
    const [g, mean, square] = [local('v128'), local('v128'), local('v128')]
    const two = (at: number) => f64x2.promote(v128.load8(get(at)))
    const { add, sub, mul, div, sqrt, demote, promote } = f64x2
    return [
      own.map((factor, i) => set(factor, f64x2.loadSplat(get(factors!), i * 8))),
      repeat(count!, 2, [
        set(g, mul(two(gradient!), clip!)),
        set(mean, demote(add(mul(beta1!, two(m!)), mul(rest1!, get(g))))),
        set(square, demote(add(mul(beta2!, two(v!)), mul(mul(rest2!, get(g)), get(g))))),
        v128.store8(get(m!), get(mean)),
        v128.store8(get(v!), get(square)),
        v128.store8(
          get(value!),
          demote(
            sub(
              mul(two(value!), decay!),
              div(mul(rate!, promote(get(mean))), add(sqrt(div(promote(get(square)), bias2!)), epsilon!)),
            ),
          ),
        ),
        [value!, gradient!, m!, v!].map((pointer) => advanceBy(pointer, 8)),
      ]),
    ]
  },
}
