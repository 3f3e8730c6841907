import { expect, test } from 'vitest'
import { asUint16, bf16ToF32, f16ToF32, f32ToBf16, f32ToF16, roundToBf16 } from '../../src/lib/bf16.ts'
import { seeded } from './helpers.ts'

const every = Uint16Array.from({ length: 65536 }, (_, i) => i)

/** The value of a 16-bit float, from its definition. */
function value(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> 15 ? -1 : 1
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1)
  const fraction = bits & (2 ** fractionBits - 1)
  const bias = 2 ** (exponentBits - 1) - 1
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Infinity
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits)
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias)
}

test.each([
  ['bf16', bf16ToF32, f32ToBf16, 8, 7],
  ['f16', f16ToF32, f32ToF16, 5, 10],
] as const)('every %s widens to its value and comes back', (_, widen, narrow, exponentBits, fractionBits) => {
  const wide = widen(every)
  const back = narrow(wide as Float32Array)
  for (let bits = 0; bits < 65536; bits++) {
    const expected = value(bits, exponentBits, fractionBits)
    if (!Object.is(wide[bits], expected)) throw new Error(`${bits} is ${wide[bits]}, not ${expected}`)
    // A NaN may come back as another NaN.
    if (Number.isNaN(expected)) expect(value(back[bits]!, exponentBits, fractionBits)).toBeNaN()
    else if (back[bits] !== bits) throw new Error(`${bits} came back as ${back[bits]}`)
  }
})

test.each([
  ['bf16', bf16ToF32, f32ToBf16, 8, 7],
  ['f16', f16ToF32, f32ToF16, 5, 10],
] as const)('%s rounds to the nearest, ties to even', (_, widen, narrow, exponentBits, fractionBits) => {
  const random = seeded(1)
  const infinity = ((1 << exponentBits) - 1) << fractionBits
  for (let i = 0; i < 20_000; i++) {
    const low = Math.floor(random() * (infinity - 1))
    const [a, b] = [value(low, exponentBits, fractionBits), value(low + 1, exponentBits, fractionBits)]
    const middle = a + (b - a) / 2
    const even = low % 2 === 0 ? low : low + 1
    const step = (b - a) / 64
    const inputs = Float32Array.of(middle, -middle, middle - step, middle + step)
    if (inputs[0] !== middle || inputs[2] === middle) continue // f32 cannot tell them apart (bf16 subnormals)
    expect([...narrow(inputs)]).toEqual([even, even | 0x8000, low, low + 1])
  }
  expect(widen(narrow(Float32Array.of(3.4e38, -3.4e38)))).toEqual(Float32Array.of(Infinity, -Infinity))
})

test('one number, and unaligned bytes', () => {
  expect(roundToBf16(Math.sqrt(640))).toBe(25.25)
  const bytes = Uint8Array.of(9, 1, 2, 3, 4).subarray(1)
  expect([...asUint16(bytes)]).toEqual([0x0201, 0x0403])
})
