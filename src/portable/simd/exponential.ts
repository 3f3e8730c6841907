import { type Code, get, set, v128 } from '../../lib/wasm/assembler.ts'

/** What is further below the top than this is counted as 0: less than 1e-27 of it, and no product with it is subnormal. */
const DEEPEST = -64

/** exp(x) for DEEPEST <= x <= 0, 0 below. Source: Moshier's Cephes, `expf`; two units in the last place. */
export function exponential(x: number, n: number, power: number, seen: number): Code {
  const polynomial = [
    1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  ]
  return [
    set(seen, v128.atLeast(get(x), v128.const(DEEPEST))),
    set(x, v128.max(get(x), v128.const(DEEPEST))),
    set(n, v128.nearest(v128.mul(get(x), v128.const(Math.LOG2E)))),
    set(x, v128.sub(get(x), v128.mul(get(n), v128.const(0.693359375)))),
    set(x, v128.add(get(x), v128.mul(get(n), v128.const(2.1219444e-4)))),
    set(power, v128.const(polynomial[0]!)),
    polynomial.slice(1).map((c) => set(power, v128.add(v128.mul(get(power), get(x)), v128.const(c)))),
    set(power, v128.mul(v128.mul(get(power), get(x)), get(x))),
    set(power, v128.add(v128.add(get(power), get(x)), v128.const(1))),
    set(n, v128.ishl(v128.iadd(v128.truncate(get(n)), v128.iconst(127)), 23)),
    set(power, v128.and(v128.mul(get(power), get(n)), get(seen))),
  ]
}
