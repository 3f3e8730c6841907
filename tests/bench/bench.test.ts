import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { comparisonTable, withComparison } from '../../bench/comparison.ts'
import { HostClock } from '../../bench/host-clock.ts'
import { readOptions } from '../../bench/options.ts'
import { processorTable } from '../../bench/processor/table.ts'
import { byTurns, ratioOf } from '../../bench/processor/turns.ts'
import type { Contender } from '../../bench/processor/types.ts'
import { noise, randomWeights } from '../../bench/random.ts'
import { attentionPairs, GEMMA_1B, GEMMA_270M, matmulShapes, PEBBLE } from '../../bench/shapes.ts'
import { benchTable, si } from '../../bench/table.ts'
import { summary } from '../../bench/timer.ts'
import type { BenchReport, Compared } from '../../bench/types.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { parameterCount } from '../../src/model/tensors.ts'

const ROOT = join(import.meta.dirname, '../..')

describe('shapes', () => {
  test('Pebble is the Pebble that is served', () => {
    const json = JSON.parse(readFileSync(join(ROOT, 'public/models/pebble/config.json'), 'utf8'))
    const { eosTokenIds: _, ...served } = readModelConfig(json)
    const { eosTokenIds: __, ...ours } = PEBBLE
    expect(ours).toEqual(served)
  })

  test('Gemma 3 270M has its 268,098,176 parameters', () => {
    expect(parameterCount(GEMMA_270M)).toBe(268_098_176)
    const inMatmuls = matmulShapes(GEMMA_270M).reduce((n, s) => n + s.out * s.in * s.projections.length, 0)
    const vocabulary = GEMMA_270M.vocabSize * GEMMA_270M.hiddenSize
    const layers = GEMMA_270M.layers.length
    const norms = layers * (4 * GEMMA_270M.hiddenSize + 2 * GEMMA_270M.layers[0]!.headDim)
    expect(inMatmuls * layers + vocabulary + norms + GEMMA_270M.hiddenSize).toBe(268_098_176)
  })

  test('Gemma 3 1B has its 999,885,952 parameters', () => {
    expect(parameterCount(GEMMA_1B)).toBe(999_885_952)
  })

  test.each([
    [7, null],
    [7, 3],
    [7, 7],
    [3, 9],
  ])('pairs of %i tokens, window %s', (tokens, window) => {
    let pairs = 0
    for (let t = 0; t < tokens; t++)
      for (let s = 0; s <= t; s++) if (window === null || t - s < window) pairs++
    expect(attentionPairs(tokens, window)).toBe(pairs)
  })
})

describe('random weights', () => {
  test('are what they were, wherever a read begins', async () => {
    const source = randomWeights(PEBBLE)
    const name = 'model.layers.3.mlp.up_proj.weight'
    const bytes = 320 * 128 * 2
    const whole = await source.read(name, 0, bytes)
    const again = await randomWeights(PEBBLE).read(name, 1000, 3000)
    expect(again).toEqual(whole.subarray(1000, 3000))
    // Past the end of the block, which is a prime number of values.
    const big = await randomWeights(GEMMA_270M).read('model.embed_tokens.weight', 0, 6 << 20)
    const values = new Uint16Array(big.buffer)
    expect(values[1_048_573]).toBe(values[0])
    expect(values[1_048_574]).toBe(values[1])
    expect(new Set(values.subarray(0, 1000)).size).toBeGreaterThan(500)
  })

  test('noise has deviation 1', () => {
    const values = noise(20_000)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })
})

test('medians and spread', () => {
  expect(summary([3, 1, 2])).toEqual({ seconds: 2, fastest: 1, samples: 3, spread: 1 })
  expect(summary([4, 1, 2, 3]).seconds).toBe(2.5)
})

test('options: an unknown suite is said, everything by default', () => {
  expect(() => readOptions({ only: ['matmul', 'matmull'] })).toThrow(/matmull/)
  expect(readOptions({})).toEqual({ only: undefined, full: false, peers: true })
})

test('the host clock counts from encoder to submit, and leaves no trace', () => {
  class Queue {
    submit() {}
  }
  class Device {
    queue = new Queue()
    createCommandEncoder() {}
  }
  const device = new Device() as unknown as GPUDevice
  const clock = new HostClock(device)
  for (let i = 0; i < 2; i++) {
    device.createCommandEncoder()
    const end = performance.now() + 5
    while (performance.now() < end);
    device.queue.submit([])
  }
  expect(clock.submits).toBe(2)
  expect(clock.seconds).toBeGreaterThan(0.0099)
  expect(clock.seconds).toBeLessThan(1)
  clock.dispose()
  expect(device.createCommandEncoder).toBe(Device.prototype.createCommandEncoder)
  expect(device.queue.submit).toBe(Queue.prototype.submit)
})

test('numbers', () => {
  expect(si(12_345_678)).toBe('12.3 M')
  expect(si(0.000_123)).toBe('123 µ')
  expect(si(999.9)).toBe('1.00 k')
  expect(si(0)).toBe('0 ')
})

test('the table says what was busy, what was measured and what was not', () => {
  const report: BenchReport = {
    version: 1,
    environment: {
      date: '2026-01-01 00:00:00',
      commit: 'abc',
      runtime: 'Test/1',
      host: 'somewhere',
      load: 3,
      driver: null,
    },
    adapter: 'adapter',
    software: true,
    features: [],
    limits: {},
    peak: { flops: 1e10, bandwidth: 1e9 },
    full: false,
    seconds: 12,
    compared: [],
    rows: [
      {
        suite: 'step',
        name: 'a step',
        seconds: 0.5,
        fastest: 0.4,
        samples: 3,
        spread: 0.1,
        clock: 'wall',
        flops: 1e9,
        bytes: 1e8,
        peakFraction: 0.2,
        bandwidthFraction: 0.2,
        detail: { tokensPerSecond: 128, dispatches: 40, plannedBytes: 1e9, liveBytes: 1.01e9 },
      },
    ],
    figures: [{ name: 'share', value: 20, unit: '%' }],
    skipped: [{ name: 'a head', why: 'no time was left' }],
  }
  const table = benchTable(report)
  expect(table).toContain('the machine was busy (load 3.0 a core)')
  expect(table).toMatch(
    /step +a step +500 ms +1\.00 G +2\.00 G +20\.0% +100 MB +20\.0% +wall x3 +128 tokens\/s, 40/,
  )
  expect(table).toContain('1.00 GB planned, 1.01 GB live')
  expect(table).toContain('share: 20 %')
  expect(table).toContain('a head: no time was left')
})

describe('the comparison', () => {
  const one = { what: 'a step', where: 'here', unit: 'tokens/s' as const, note: '' }
  const compared: Compared[] = [
    { ...one, peer: 'ours', seconds: 0.5, rate: 200 },
    { ...one, peer: 'slower 1.2', seconds: 2, rate: 50 },
    { ...one, peer: 'broken', seconds: null, rate: null, note: 'needs a | thing' },
  ]

  test('gives every one as a share of ours, and says what was not measured', () => {
    const [, ours, slower, broken] = comparisonTable(compared).split('\n')
    expect(ours).toMatch(/^a step +ours +here +500 ms +200 tokens\/s +1×/)
    expect(slower).toMatch(/^ +slower 1\.2 +here +2 s +50 tokens\/s +0\.25×/)
    expect(broken).toMatch(/broken +here +not measured +needs a \| thing/)
  })

  test('is put between its marks, again and again', () => {
    const marked = `before\n${[
      '<!-- peers: made by `npm run bench -- --peers --markdown README.md` -->',
      'old',
      '<!-- /peers -->',
    ].join('\n')}\nafter`
    const once = withComparison(marked, compared, 'Here, today:')
    expect(once).toContain('|  | broken | here |  | not measured |  | needs a \\| thing |')
    expect(once).not.toContain('old')
    expect(withComparison(once, compared, 'Here, today:')).toBe(once)
    expect(() => withComparison('no marks', compared, '')).toThrow(/has no lines/)
  })
})

describe('contenders on the processor', () => {
  const contender = (name: string, rates: number[]): Contender & { turns: number[] } => ({
    name,
    threads: 2,
    turns: [],
    async round(index) {
      this.turns.push(index)
      if (rates[index] === undefined) throw new Error('it has stopped')
      return { decoding: rates[index] }
    },
    memory: () => 2e9,
    notes: () => 'the same tokens',
    close: async () => {},
  })

  test('are asked by turns, the round that warms up is not counted, and ratios are those of the same rounds', async () => {
    const [ours, other] = [contender('Lapidary', [1, 30, 10, 40]), contender('other', [900, 10, 10, 10])]
    let timed = 0
    const found = await byTurns(
      'work',
      [ours, other],
      3,
      (name) => expect.fail(name),
      (run) => {
        timed++
        return run()
      },
    )
    expect(timed).toBe(6)
    expect(ours.turns).toEqual([0, 1, 2, 3])
    expect(found.map(({ rates }) => rates)).toEqual([
      [30, 10, 40],
      [10, 10, 10],
    ])
    expect(ratioOf(found[0]!, found[1]!)).toMatchObject({
      ours: 'Lapidary, 2 threads',
      median: 3,
      lowest: 1,
      highest: 4,
    })
  })

  test('one that fails is left out and told of, and the table says so', async () => {
    const missing: { what: string; why: string }[] = []
    const measured = await byTurns(
      'work',
      [contender('Lapidary', [1, 30, 10]), contender('other', [5, 5])],
      2,
      (what, error) => missing.push({ what, why: (error as Error).message }),
    )
    expect(measured.map(({ name }) => name)).toEqual(['Lapidary'])
    const environment = { date: 'today', commit: 'c', runtime: 'Chromium', host: 'h', load: 2, driver: null }
    const table = processorTable({
      version: 1,
      environment,
      asked: {},
      seconds: 9,
      measured,
      ratios: [],
      missing,
    })
    expect(table).toMatch(/Lapidary +2 +decoding +20 \(10 to 30\) +2\.00 GB/)
    expect(table).toContain('not measured:\n  work: other, 2 threads: it has stopped')
  })
})
