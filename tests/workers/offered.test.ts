import { describe, expect, test } from 'vitest'
import { GEMMA_1B, GEMMA_270M } from '../../bench/shapes.ts'
import { parseModelAddress } from '../../src/protocol/read-address.ts'
import type { DeviceInfo, MeasuredSpeed } from '../../src/protocol/studio.ts'
import { expectedSpeed, sizeFactor } from '../../src/runs/speed.ts'
import { offeredModels } from '../../src/workers/offered.ts'

describe('models on offer', () => {
  const offered = offeredModels()

  test('have as many weights as their repositories say, and are in the order of their size', () => {
    // As huggingface.co shows them for google/gemma-3-270m-it, functiongemma-270m-it, 3-1b-it, 2-2b-it and 3-4b-it.
    expect(offered.map(({ parameters, unused }) => parameters + unused)).toEqual([
      268_098_176, 268_098_176, 999_885_952, 2_614_341_888, 4_300_079_472,
    ])
    for (const { parameters, unused, bytes } of offered) {
      expect(bytes).toBeGreaterThan((parameters + unused) * 2)
      expect(bytes).toBeLessThan((parameters + unused) * 2 + 4e7)
    }
  })

  test('need no account with the first of their repositories, each of which reads as an address', () => {
    for (const { repos } of offered) {
      expect(repos.map(({ gated }) => gated)).toEqual([false, true])
      for (const { repo } of repos) expect(parseModelAddress(repo)).toEqual({ kind: 'hub', repo })
    }
  })

  test('are the shapes that benches run', () => {
    expect(GEMMA_270M.layers).toHaveLength(18)
    expect(GEMMA_1B.layers).toHaveLength(26)
  })
})

describe('the speed that is expected of a model', () => {
  const measured = (model: string, parameters: number | undefined, tokensPerSecond: number, more = {}) =>
    ({
      engine: 'webgpu',
      model,
      tokensPerSecond,
      ...(parameters && { parameters }),
      ...more,
    }) as MeasuredSpeed
  const device = (...speeds: MeasuredSpeed[]): DeviceInfo => ({
    engine: 'webgpu',
    description: 'card',
    software: false,
    speeds,
    check: null,
  })
  const gemma = { name: 'Gemma 3 1B', parameters: 1e9 }

  test('is its own where it was measured, else that of the nearest in size', () => {
    const [small, near, own] = [
      measured('Pebble', 1e6, 9000),
      measured('Gemma 3 270M', 268e6, 800),
      measured('Gemma 3 1B', 1e9, 150),
    ]
    expect(expectedSpeed(device(small, near, own), gemma, 'auto')).toEqual({
      tokensPerSecond: 150,
      from: 'Gemma 3 1B',
      scaled: false,
    })
    const scaled = expectedSpeed(device(small, near), gemma, 'auto')!
    expect(scaled).toMatchObject({ from: 'Gemma 3 270M', scaled: true })
    expect(scaled.tokensPerSecond).toBeCloseTo(800 / sizeFactor(268e6, 1e9), 9)
  })

  test('is never made up: not from another engine or backend, and not from nothing', () => {
    expect(expectedSpeed(device(), gemma, 'auto')).toBeNull()
    expect(expectedSpeed(device(measured('Old', undefined, 5)), gemma, 'auto')).toBeNull()
    const wasm = measured('Pebble', 1e6, 900, { engine: 'portable', backend: 'wasm' })
    expect(expectedSpeed(device(wasm), gemma, 'auto')).toBeNull()
    const portable: DeviceInfo = { ...device(wasm), engine: 'portable' }
    expect(expectedSpeed(portable, gemma, 'auto')).toMatchObject({ from: 'Pebble' })
    expect(expectedSpeed(portable, gemma, 'cpu')).toBeNull()
  })
})
