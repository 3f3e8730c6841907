import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { collate } from '../../src/batches/collate.ts'
import { packBestFit } from '../../src/batches/packing.ts'
import { TrainingBatches } from '../../src/batches/sampler.ts'
import { type Batch, type Example, IGNORE } from '../../src/protocol/batch.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { failure, seeded } from './helpers.ts'

const golden = JSON.parse(readFileSync(new URL('../golden/trl/packing.json', import.meta.url), 'utf8'))
const sft = JSON.parse(readFileSync(new URL('../golden/trl/sft.json', import.meta.url), 'utf8'))

/** An example whose tokens tell row and place apart: row * 1000 + place. */
function example(row: number, length: number, supervisedFrom = 1): Example {
  return {
    tokens: Uint32Array.from({ length }, (_, i) => row * 1000 + i),
    supervised: Uint8Array.from({ length }, (_, i) => (i >= supervisedFrom ? 1 : 0)),
    row,
  }
}

describe('packing', () => {
  test('gives the bins of TRL', () => {
    expect(golden.cases.length).toBeGreaterThan(4)
    for (const { lengths, max_length, bins } of golden.cases)
      expect(packBestFit(lengths, max_length)).toEqual(bins)
  })

  test('always: each example once, no bin too full, as good as a plain search', () => {
    const random = seeded(9)
    for (let round = 0; round < 200; round++) {
      const capacity = 1 + Math.floor(random() * 70)
      const lengths = Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 80))
      const bins = packBestFit(lengths, capacity)
      const kept = lengths.flatMap((length, i) => (length > 0 ? [i] : []))
      expect(bins.flat().sort((a, b) => a - b)).toEqual(kept)
      for (const bin of bins)
        expect(bin.reduce((sum, i) => sum + Math.min(lengths[i]!, capacity), 0)).toBeLessThanOrEqual(capacity)
      // Best fit by brute force opens as many bins.
      const rooms: number[] = []
      for (const i of kept.sort((a, b) => lengths[b]! - lengths[a]! || a - b)) {
        const length = Math.min(lengths[i]!, capacity)
        let best = -1
        rooms.forEach((room, j) => {
          if (room >= length && (best < 0 || room < rooms[best]!)) best = j
        })
        if (best < 0) rooms.push(capacity - length)
        else rooms[best]! -= length
      }
      expect(bins.length).toBe(rooms.length)
    }
  })

  // Searching bins one by one would outlast the test's time limit.
  test('fills bins to the brim with many examples', () => {
    const random = seeded(2)
    const lengths = Array.from({ length: 50_000 }, () => 1 + Math.floor(random() * 1024))
    const bins = packBestFit(lengths, 1024)
    const used = lengths.reduce((a, b) => a + b)
    expect(used / (bins.length * 1024)).toBeGreaterThan(0.99)
  })
})

describe('collation', () => {
  test('joins segments, restarts positions, shifts labels inside each', () => {
    const batch = collate([example(1, 4, 2), example(2, 0), example(3, 3, 1)])
    expect([...batch.tokens]).toEqual([1000, 1001, 1002, 1003, 3000, 3001, 3002])
    expect([...batch.positions]).toEqual([0, 1, 2, 3, 0, 1, 2])
    expect([...batch.segmentStart]).toEqual([0, 0, 0, 0, 4, 4, 4])
    expect([...batch.labels]).toEqual([IGNORE, 1002, 1003, IGNORE, 3001, 3002, IGNORE])
    expect([...batch.supervisedRows]).toEqual([1, 2, 4, 5])
  })

  test('a supervised first token predicts nothing, nor does it leak into the segment before', () => {
    const batch = collate([example(1, 2, 0), example(2, 2, 0)])
    expect([...batch.labels]).toEqual([1001, IGNORE, 2001, IGNORE])
  })

  test('supervises as many rows as TRL', () => {
    for (const one of sft.conversational) {
      const batch = collate([
        { tokens: Uint32Array.from(one.tokens), supervised: Uint8Array.from(one.supervised), row: 0 },
      ])
      expect(batch.supervisedRows.length).toBe(one.supervised_in_batch)
      expect(batch.tokens.length).toBe(one.tokens_in_batch)
    }
  })
})

describe('sampling', () => {
  const random = seeded(4)
  const train = Array.from({ length: 23 }, (_, row) => example(row, 3 + Math.floor(random() * 30)))
  const held = Array.from({ length: 5 }, (_, row) => example(100 + row, 6))
  const config = (fields: object) =>
    parseRunConfig({ training: { per_device_train_batch_size: 4, max_length: 32, ...fields } }).training
  const rowsOf = (batch: Batch) =>
    Array.from(new Set(batch.segmentStart), (start) => Math.floor(batch.tokens[start]! / 1000))
  const epochOf = (batches: TrainingBatches, epoch: number) =>
    Array.from({ length: batches.batchesPerEpoch }, (_, i) => rowsOf(batches.batch(epoch, i)))

  test('takes every example once an epoch, in an order of its own, and keeps the last few', () => {
    const batches = new TrainingBatches({ train }, config({}))
    expect(batches.batchesPerEpoch).toBe(6)
    const [first, second] = [epochOf(batches, 0), epochOf(batches, 1)]
    expect(first.map((rows) => rows.length)).toEqual([4, 4, 4, 4, 4, 3])
    const sorted = (epoch: number[][]) => epoch.flat().sort((a, b) => a - b)
    expect(sorted(first)).toEqual(train.map((one) => one.row))
    expect(sorted(second)).toEqual(sorted(first))
    expect(second).not.toEqual(first)
    expect(epochOf(new TrainingBatches({ train }, config({ seed: 1 })), 0)).not.toEqual(first)
  })

  test('a micro-batch is the same whenever it is asked for', () => {
    const one = new TrainingBatches({ train }, config({ packing: true }))
    const other = new TrainingBatches({ train }, config({ packing: true }))
    const asked = [other.batch(3, 1), other.batch(0, 0), other.batch(3, 0)]
    for (let epoch = 0; epoch < 3; epoch++) epochOf(one, epoch)
    expect([one.batch(3, 1), one.batch(0, 0), one.batch(3, 0)]).toEqual(asked)
  })

  test('packs bins of max_length, which count as rows', () => {
    const batches = new TrainingBatches({ train }, config({ packing: true, per_device_train_batch_size: 1 }))
    expect(batches.units).toBe(batches.batchesPerEpoch)
    expect(batches.units).toBeLessThan(23)
    const all = Array.from({ length: batches.units }, (_, i) => batches.batch(0, i))
    for (const batch of all) expect(batch.tokens.length).toBeLessThanOrEqual(32)
    expect(all.flatMap(rowsOf).sort((a, b) => a - b)).toEqual(train.map((one) => one.row))
    const pairs = new TrainingBatches({ train }, config({ packing: true, per_device_train_batch_size: 2 }))
    expect(pairs.batchesPerEpoch).toBe(Math.ceil(batches.units / 2))
  })

  test('gives validation in its own order, in batches of the same size', () => {
    const batches = new TrainingBatches({ train, validation: held }, config({}))
    expect(Array.from(batches.validation(), rowsOf)).toEqual([[100, 101, 102, 103], [104]])
    expect([...new TrainingBatches({ train }, config({})).validation()]).toEqual([])
  })

  test('maxima bound every micro-batch of every epoch', () => {
    for (const packing of [false, true]) {
      const batches = new TrainingBatches({ train, validation: held }, config({ packing }))
      const { tokens, supervised } = batches.maxima()
      for (let epoch = 0; epoch < 20; epoch++)
        for (let i = 0; i < batches.batchesPerEpoch; i++) {
          const batch = batches.batch(epoch, i)
          expect(batch.tokens.length).toBeLessThanOrEqual(tokens)
          expect(batch.supervisedRows.length).toBeLessThanOrEqual(supervised)
        }
    }
    const single = new TrainingBatches(
      { train: [example(0, 9, 4), example(1, 5, 1)], validation: [example(2, 20, 19)] },
      config({ per_device_train_batch_size: 1 }),
    )
    expect(single.maxima()).toEqual({ tokens: 20, supervised: 5 })
  })

  test('cuts at max_length and leaves out what then teaches nothing', async () => {
    const long = [example(0, 100), example(1, 100, 50), example(2, 1, 0)]
    const batches = new TrainingBatches({ train: long }, config({}))
    expect(batches.units).toBe(1)
    expect(batches.batch(0, 0).tokens.length).toBe(32)
    await failure(() => new TrainingBatches({ train: long.slice(1) }, config({})), 'nothing_to_learn')
    await failure(() => new TrainingBatches({ train: [] }, config({})), 'nothing_to_learn')
  })
})
