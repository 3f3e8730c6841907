import { expect, test } from 'vitest'
import { GEMMA_2_2B, PEBBLE } from '../../bench/shapes.ts'
import { answerCases } from '../../src/engine/check/answer-cases.ts'
import { attentionReference } from '../../src/engine/check/attention.ts'
import type { OperationCase } from '../../src/engine/check/operation.ts'
import { planEngine } from '../../src/engine/plan.ts'
import type { ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const ROOM = 90
const SEQUENCES = 3
/** Pebble, and two layers of Gemma 2 with its soft-caps, one of them with a narrow window. */
const GEMMA_2: ModelConfig = {
  ...GEMMA_2_2B,
  vocabSize: 512,
  layers: GEMMA_2_2B.layers.slice(0, 2).map((layer, i) => ({ ...layer, window: i === 0 ? 11 : null })),
}

function casesOf(model: ModelConfig, operation: string): OperationCase[] {
  const plan = planEngine({
    model,
    lora: parseRunConfig({}).lora,
    maxTokens: ROOM,
    maxSupervised: ROOM,
    recompute: 'nothing',
    decode: { sequences: SEQUENCES, positions: ROOM },
  })
  return answerCases(plan).flatMap(({ operations }) =>
    operations.filter(({ name }) => name === operation).flatMap(({ cases }) => cases),
  )
}

/** Of a case's inputs, all of them given. */
const arraysOf = ({ inputs }: OperationCase) =>
  Object.fromEntries(Object.entries(inputs).map(([name, { values }]) => [name, Float64Array.from(values!)]))

/**
 * What row t of a case should come to: full attention over the cache rows that lead to it, the last of them asking.
 * @param path cache rows, in order
 * @param written cache row of each row of the case
 */
function lastOf(
  { numHeads: heads, queryScale: scale, attentionSoftCap: softCap }: ModelConfig,
  { kvHeads, headDim, window }: ModelConfig['layers'][number],
  arrays: Record<string, Float64Array>,
  t: number,
  path: readonly number[],
  written: readonly number[],
): Float64Array {
  const [width, size] = [kvHeads * headDim, heads * headDim]
  const gathered = (cache: Float64Array, fresh: Float64Array) =>
    Float64Array.from(
      path.flatMap((row) => {
        const own = written.indexOf(row)
        const at = (own >= 0 ? own : row) * width
        return Array.from(
          { length: width },
          (_, i) => (own >= 0 ? fresh : cache)[own >= 0 ? at + i : (at + i) % cache.length]!,
        )
      }),
    )
  const q = new Float64Array(path.length * size)
  q.set(arrays.q!.subarray(t * size, (t + 1) * size), (path.length - 1) * size)
  const { out } = attentionReference({ heads, kvHeads, headDim, scale, window, softCap })({
    q,
    k: gathered(arrays.cacheK!, arrays.k!),
    v: gathered(arrays.cacheV!, arrays.v!),
    segmentStart: new Float64Array(path.length),
  })
  return out!.subarray((path.length - 1) * size)
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

test.each([
  ['Pebble', PEBBLE],
  ['Gemma 2', GEMMA_2],
] as const)(
  '%s: what is expected of attention over a cache and over a tree is full attention along each path',
  (_, model) => {
    const kinds = [...new Map(model.layers.map((own) => [`${own.window}`, own])).values()]
    for (const operation of ['Attention over a cache', 'Attention over a tree of choices']) {
      const cases = casesOf(model, operation)
      expect(cases).toHaveLength(kinds.length)
      for (const [i, c] of cases.entries()) {
        const arrays = arraysOf(c)
        const got = c.reference(arrays)
        const { positions, sequenceOf, slots, before } = arrays
        const written = slots ? [...slots] : Array.from(positions!, (p, t) => sequenceOf![t]! * ROOM + p)
        expect(written.length).toBeGreaterThan(1)
        const size = model.numHeads * kinds[i]!.headDim
        for (const [t, place] of written.entries()) {
          let path = upTo(positions![t]! + 1, place - positions![t]!)
          if (before) {
            path = [place]
            while (path.length <= positions![t]!) path.unshift(before[path[0]!]!)
          }
          const want = lastOf(model, kinds[i]!, arrays, t, path, written)
          const own = got.out!.subarray(t * size, (t + 1) * size)
          expect(Math.max(...own.map((value, j) => Math.abs(value - want[j]!)))).toBeLessThan(1e-9)
        }
        // What was written stands in the cache, in front of what it repeats.
        const width = kinds[i]!.kvHeads * kinds[i]!.headDim
        expect([...got.cacheK!.subarray(written[0]! * width, (written[0]! + 1) * width)]).toEqual([
          ...arrays.k!.subarray(0, width),
        ])
      }
    }
  },
)
