import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../src/files/bytes.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from '../../src/lib/bf16.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { BLOCK_BYTES, GROUP } from '../../src/lib/storage.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { quantise, ROUNDING } from '../../src/model/quantise.ts'
import { plainArithmetic } from '../../src/model/quantise-arithmetic.ts'
import { pairArithmetic } from '../../src/model/quantise-simd.ts'
import { quantisedTypes, quantisedWeights } from '../../src/model/quantised-weights.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { tensorTable } from '../../src/model/tensors.ts'
import { resolveWeights, widen } from '../../src/model/weights.ts'
import type { BlockedType } from '../../src/protocol/model.ts'
import { repositoryFile, repositoryJson } from '../support/files.ts'
import { seeded } from './helpers.ts'

const half = (value: number) => f32ToF16(Float32Array.of(value))[0]!

function rounded(type: BlockedType, values: Float32Array) {
  const blocks = new Uint8Array((values.length / GROUP) * BLOCK_BYTES[type])
  const cost = quantise(type, values, blocks)
  return { blocks, cost, values: widen(blocks, type) }
}

const squaredError = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0)
const weightedError = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, x, i) => sum + (x * (x - b[i]!)) ** 2, 0)

/** Blocks of any steps, one of them `furthest`, under scales as small and as large as weights have. */
function drawn(type: BlockedType, count: number, furthest: readonly number[]): Uint8Array<ArrayBuffer> {
  const random = seeded(7)
  const whole = (below: number) => Math.floor(random() * below)
  const bytes = BLOCK_BYTES[type]
  const blocks = new Uint8Array(count * bytes)
  for (let block = 0; block < count; block++) {
    const most = furthest[whole(furthest.length)]!
    const least = Math.abs(most)
    const steps = Array.from({ length: GROUP }, () => whole(2 * least - 1) - (least - 1))
    steps[whole(GROUP)] = most
    // One more, so that the steps have no common divisor.
    if (least > 1) steps[steps[0] === most ? 1 : 0] = 1
    const bits = half((random() + 0.5) * 2 ** (-4 - whole(12)) * (type === 'Q4_0' && random() < 0.5 ? -1 : 1))
    blocks[block * bytes] = bits & 255
    blocks[block * bytes + 1] = bits >> 8
    for (const [i, q] of steps.entries())
      if (type === 'Q8_0') blocks[block * bytes + 2 + i] = q & 255
      else blocks[block * bytes + 2 + (i % 16)]! |= (q + 8) << (i < 16 ? 0 : 4)
  }
  return blocks
}

test.each(['Q8_0', 'Q4_0'] as const)('two blocks side by side come out as one by itself: %s', (type) => {
  const random = seeded(11)
  // An odd number of blocks: normal ones, of few values, of halves of a step, and so small or large that their scale is at an end of f16.
  const values = Float32Array.from({ length: 2001 * GROUP }, (_, i) => {
    const kind = Math.floor(i / GROUP) % 9
    const x = random() - 0.5
    if (kind === 0) return x * 2 ** -Math.floor(random() * 40)
    if (kind === 1) return 0
    if (kind === 2) return (x < 0 ? -1 : 1) * 2 ** -25
    if (kind === 3) return x * 2 ** -22
    if (kind === 4) return x * 2 ** 27
    if (kind === 5) return Math.round(x * 30) / 2
    if (kind === 6) return Math.round(x * 14) / 64
    return x * random()
  })
  const of = (arithmetic: ReturnType<typeof plainArithmetic>) => {
    const blocks = new Uint8Array((values.length / GROUP) * BLOCK_BYTES[type])
    return { cost: quantise(type, values, blocks, arithmetic), blocks }
  }
  const pairs = pairArithmetic()
  expect(pairs?.lanes).toBe(2)
  const [two, one] = [of(pairs!), of(plainArithmetic())]
  expect(two.cost).toEqual(one.cost)
  expect(Buffer.compare(two.blocks, one.blocks)).toBe(0)
})

// Blocks are kept from visit to visit: what comes of rounding may not change under a version.
test('the blocks of this version of rounding', async () => {
  const random = seeded(5)
  const values = Float32Array.from(
    { length: 4000 * GROUP },
    (_, i) => (random() - 0.5) * random() * 2 ** -((i >> 5) % 12),
  )
  const blocks = (type: BlockedType) => sha256Hex(rounded(type, values).blocks)
  expect([ROUNDING, await blocks('Q8_0'), await blocks('Q4_0')]).toMatchInlineSnapshot(`
    [
      1,
      "19265ac03b8fe8035cdc5b267ee449b2134617547d50328d42f13595a8b00201",
      "0cfbef620e017c4b34d136557c94691edf64efb8eb3472d80feff4327f4c9830",
    ]
  `)
})

describe('what lies on a grid is found', () => {
  test.each([
    ['Q4_0', [-8]],
    ['Q8_0', [127, -127]],
  ] as const)('%s: the very blocks', (type, furthest) => {
    const blocks = drawn(type, 300, furthest)
    const again = rounded(type, widen(blocks, type))
    expect([...again.blocks]).toEqual([...blocks])
    expect(again.cost.error).toBe(0)
  })

  test('Q4_0 that no value uses to its end, or that is written with the other sign: the very values', () => {
    const values = widen(drawn('Q4_0', 400, [-8, 7, -7, 6, -5, 3, -2, 1, -1]), 'Q4_0')
    const again = rounded('Q4_0', values)
    expect(again.cost.error).toBe(0)
    // A zero may have the other sign.
    expect(again.values.every((value, i) => value === values[i])).toBe(true)
  })

  test('Q4_0 that was rounded to bf16: the steps, to within the rounding', () => {
    const values = widen(drawn('Q4_0', 300, [-8]), 'Q4_0')
    const again = rounded('Q4_0', bf16ToF32(f32ToBf16(values)))
    values.forEach((value, i) => {
      expect(Math.abs(again.values[i]! - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -8)
    })
  })

  test('blocks of zeros', () => {
    for (const type of ['Q8_0', 'Q4_0'] as const) {
      const zeros = new Float32Array(64)
      expect([...rounded(type, zeros).values].every((value) => value === 0)).toBe(true)
    }
  })
})

/** As llama.cpp rounds to Q4_0 (`quantize_row_q4_0_ref`). */
function referenceQ4(values: Float32Array): Float32Array {
  const out = new Float32Array(values.length)
  for (let from = 0; from < values.length; from += GROUP) {
    const own = values.subarray(from, from + GROUP)
    const furthest = own.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0)
    const d = Math.fround(furthest / -8)
    const perStep = d === 0 ? 0 : Math.fround(1 / d)
    const kept = f16ToF32(Uint16Array.of(half(d)))[0]!
    own.forEach((x, i) => {
      const q = Math.min(15, Math.trunc(Math.fround(Math.fround(x * perStep) + 8.5)))
      out[from + i] = kept * (q - 8)
    })
  }
  return out
}

describe('Pebble', async () => {
  const config = readModelConfig(await repositoryJson('public/models/pebble/config.json'))
  const file = bufferSource(await repositoryFile('public/models/pebble/model.safetensors'))
  const weights = resolveWeights(config, await openWeights(new Map([['model.safetensors', file]])))
  const matrices = tensorTable(config).filter(({ shape }) => shape.length === 2)

  test('each matrix in 4 bits is nearer to the original than by the rounding of llama.cpp', async () => {
    for (const { name } of matrices) {
      const { data } = await readTensor(weights, name)
      const ours = rounded('Q4_0', data)
      const error = squaredError(data, ours.values)
      expect(ours.cost.error).toBeCloseTo(error, 6)
      const theirs = referenceQ4(data)
      expect(error).toBeLessThan(squaredError(data, theirs))
      // What is searched for: each error counted by the square of its value.
      expect(weightedError(data, ours.values) / weightedError(data, theirs)).toBeLessThan(0.92)
    }
  })

  test('is read rounded, whatever range is asked for, and says what it cost', async () => {
    const narrow = quantisedWeights(config, weights, 'int4')
    const role = new Map(tensorTable(config).map(({ name, role: of }) => [name, of]))
    for (const [name, { dtype, shape }] of narrow.tensors)
      expect(dtype).toBe(shape.length === 1 ? 'BF16' : role.get(name) === 'embedding' ? 'Q8_0' : 'Q4_0')
    expect(narrow.kept).toEqual([])
    const name = 'model.layers.1.mlp.down_proj.weight'
    const { data } = await readTensor(weights, name)
    const want = rounded('Q4_0', data).blocks
    expect([...(await narrow.read(name, 0, want.length))]).toEqual([...want])
    for (const [start, end] of [
      [0, 1],
      [17, 19],
      [100, 4000],
      [want.length - 5, want.length],
    ] as const)
      expect([...(await narrow.read(name, start, end))]).toEqual([...want.subarray(start, end)])
    const known = Math.sqrt(
      squaredError(data, widen(want, 'Q4_0')) / data.reduce((sum, value) => sum + value * value, 0),
    )
    // Read in pieces, it is counted once.
    for (let at = 0; at < want.length; at += 1800)
      await narrow.read(name, at, Math.min(want.length, at + 1800))
    expect(narrow.errors().Q4_0).toBeCloseTo(known, 6)
    const embedding = 'model.embed_tokens.weight'
    await readTensor(narrow, embedding)
    expect(narrow.errors().Q8_0).toBeGreaterThan(0.001)
    expect(narrow.errors().Q8_0).toBeLessThan(0.008)
  })

  test('plans know the same types, and what is as narrow already stays', async () => {
    const eight = quantisedWeights(config, weights, 'int8')
    for (const quantization of ['int8', 'int4'] as const) {
      const made = quantisedWeights(config, weights, quantization)
      expect(quantisedTypes(config, storedTypes(weights), quantization)).toEqual(storedTypes(made))
      expect(storedTypes(quantisedWeights(config, made, quantization))).toEqual(storedTypes(made))
      expect(storedTypes(quantisedWeights(config, made, 'int8'))).toEqual(storedTypes(made))
    }
    const name = 'model.layers.0.self_attn.q_proj.weight'
    const four = quantisedWeights(config, eight, 'int4')
    expect(four.tensors.get(name)?.dtype).toBe('Q4_0')
    const { data } = await readTensor(eight, name)
    expect([...(await readTensor(four, name)).data]).toEqual([...rounded('Q4_0', data).values])
  })
})
