import { describe, expect, test } from 'vitest'
import { changeSummary } from '../../src/evaluation/changes.ts'
import { frobenius, productNorm } from '../../src/metrics/index.ts'
import { adapterTensors } from '../../src/model/lora.ts'
import { loraScaling } from '../../src/protocol/run-config.ts'
import type { LayerCell } from '../../src/protocol/studio.ts'
import { layerView, type ViewParts } from '../../src/workers/evaluation-views.ts'
import { openGolden } from '../support/golden.ts'

/** B A, formed. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, rank: number): Float64Array {
  const [width, height] = [a.length / rank, b.length / rank]
  const made = new Float64Array(width * height)
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++)
      for (let k = 0; k < rank; k++) made[i * width + j]! += b[i * rank + k]! * a[k * width + j]!
  return made
}

describe('the norm of a product that is never formed', () => {
  test.each([1, 3, 8])('of rank %i is that of the product', (rank) => {
    const values = (n: number, by: number) =>
      Float32Array.from({ length: n }, (_, i) => Math.sin(i * by + by))
    const [a, b] = [values(rank * 13, 1.7), values(7 * rank, 0.9)]
    expect(productNorm(a, b, rank)).toBeCloseTo(frobenius(product(a, b, rank)), 10)
  })

  test('of nothing is nothing, and what cancels is not negative', () => {
    expect(productNorm(new Float32Array(8), Float32Array.of(1, 2, 3, 4), 2)).toBe(0)
    expect(productNorm(Float32Array.of(1, 1), Float32Array.of(1, -1), 2)).toBe(0)
    expect(() => productNorm(new Float32Array(5), new Float32Array(4), 2)).toThrow('rank of 2')
  })
})

test('every matrix of a golden adapter is held against its base', async () => {
  const { model, lora, state } = await openGolden('gemma3-tiny')
  const subject = {
    model: { info: { config: model.config, hash: 'golden' }, weights: async () => model.weights },
    ...{ config: { lora }, quantization: null, adapter: { state, key: '' } },
  }
  const parts = {
    subject: async () => ({ record: { config: { lora } }, subject, step: 4 }),
  } as unknown as ViewParts
  const view = await layerView(parts, 'run', 'last')
  expect(view.step).toBe(4)
  const tensors = adapterTensors(model.config, lora).filter(({ matrix }) => matrix === 'A')
  expect(view.cells).toHaveLength(tensors.length)
  for (const [i, { name, layer, projection }] of tensors.entries()) {
    const [a, b] = [state.lora[name]!, state.lora[name.replace('lora_A', 'lora_B')]!]
    const cell = view.cells[i]!
    expect([cell.layer, cell.module]).toEqual([layer, projection])
    expect(cell.change).toBeCloseTo(loraScaling(lora) * frobenius(product(a.data, b.data, lora.r)), 8)
    expect(cell.weight).toBeGreaterThan(0)
  }
})

describe('in a sentence', () => {
  const cells = (changes: [attention: number, mlp: number][]): LayerCell[] =>
    changes.flatMap(([attention, mlp], layer) => [
      { layer, module: 'q_proj' as const, change: attention, weight: 10 },
      { layer, module: 'up_proj' as const, change: mlp, weight: 10 },
    ])

  test('layers that changed about as far are named together, and the part that changed more', () => {
    const found = changeSummary(cells([[1, 1], [1, 1], [1, 4], [1, 3.9], [1, 1]])) // biome-ignore format: a line
    expect(found).toMatchObject({ most: [2, 3], alike: false, part: { name: 'mlp' } })
    expect(found.part!.share).toBeCloseTo((1 * 3 + 16 + 15.21) / (1 * 3 + 16 + 15.21 + 5), 10)
  })

  test('where all changed alike that is said, and nothing where nothing has changed', () => {
    expect(changeSummary(cells([[2, 1], [2, 1]]))).toMatchObject({ alike: true, part: { name: 'attention' } }) // biome-ignore format: a line
    expect(changeSummary(cells([[0, 0]]))).toEqual({ most: [], alike: false, part: null })
    const attention = cells([[2, 0], [1, 0]]).filter(({ module }) => module === 'q_proj') // biome-ignore format: a line
    expect(changeSummary(attention)).toMatchObject({ most: [0], part: null })
  })
})
