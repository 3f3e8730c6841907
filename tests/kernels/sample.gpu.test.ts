import { describe, expect, test } from 'vitest'
import { drawingWeights, sampleCase } from '../../src/engine/check/sample.ts'
import { normals } from '../../src/engine/check/values.ts'
import type { Dims } from '../../src/gpu/kernel.ts'
import { planMemory, tensorBytes } from '../../src/gpu/memory.ts'
import { type Place, Program, Workspace } from '../../src/gpu/program.ts'
import type { Scalars } from '../../src/gpu/scalars.ts'
import { Tape, type Tensor } from '../../src/gpu/tape.ts'
import { advance, sample } from '../../src/kernels/sample.ts'
import { SITE, uniform } from '../../src/lib/threefry.ts'
import { readBuffer, sharedContext } from '../support/gpu.ts'
import { checkOperation } from '../support/operation.ts'

interface Drawing {
  vocab: number
  rows: number
  /** [rows, vocab], or one row for all. */
  logits: Float32Array
  positions?: number[]
  maxPositions?: number
  /** Draws from the same logits, one after another, without a word from the host. */
  steps?: number
  stop?: number[]
  scalars: Partial<Scalars>
}

interface Drawn {
  /** [rows][steps], oldest first. */
  ids: number[][]
  tokens: number[]
  positions: number[]
  done: number[]
}

const SEED = 1234
const RING_FILL = 0xabcdef

async function draw(d: Drawing, ring = d.steps ?? 1): Promise<Drawn> {
  const context = await sharedContext()
  const { gpu } = context
  const steps = d.steps ?? 1
  const capacity: Dims = { tokens: 0, supervised: 0, sequences: d.rows + 2 }
  const live: Dims = { ...capacity, sequences: d.rows }
  const tape = new Tape({}, capacity)
  const places = new Map<Tensor, Place>()
  const buffers: GPUBuffer[] = []
  const input = (name: string, shape: Tensor['shape'], values: Uint32Array | Float32Array, rest: number) => {
    const t = tape.input(name, shape, values instanceof Float32Array ? 'f32' : 'u32')
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffer = gpu.createBuffer(name, tensorBytes(t, capacity), usage)
    gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(rest))
    gpu.device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>)
    buffers.push(buffer)
    places.set(t, { buffer, offset: 0 })
    return t
  }
  const rows = (fill: (row: number) => number) => Uint32Array.from({ length: d.rows }, (_, i) => fill(i))
  const all = new Float32Array(d.rows * d.vocab)
  if (d.logits.length > d.vocab) all.set(d.logits)
  else for (let r = 0; r < d.rows; r++) all.set(d.logits, r * d.vocab)
  const logits = input('logits', ['sequences', d.vocab], all, 0x7fc00000)
  const positions = input(
    'positions',
    ['sequences'],
    rows((r) => d.positions?.[r] ?? r * 100),
    7,
  )
  const tokens = input(
    'tokens',
    ['sequences'],
    rows(() => RING_FILL),
    7,
  )
  const ids = input('ids', ['sequences', ring], new Uint32Array(d.rows * ring).fill(RING_FILL), 7)
  const drawn = input(
    'drawn',
    ['sequences'],
    rows(() => 0),
    0,
  )
  const done = input(
    'done',
    ['sequences'],
    rows(() => 0),
    9,
  )
  const stopTokens = new Uint32Array(8).fill(0xffffffff)
  stopTokens.set(d.stop ?? [])
  const stop = input('stop', [8], stopTokens, 0)
  const { token } = sample(tape, logits, { rows: 'sequences', vocab: d.vocab, positions, name: 'sample' })
  advance(tape, token, {
    rows: 'sequences',
    tokens,
    positions,
    maxPositions: d.maxPositions ?? 1e6,
    history: { ids, ring, drawn, stop, done },
  })
  const layout = planMemory(tape.dispatches, capacity)
  const workspace = new Workspace(gpu, [layout])
  workspace.fill(0x7fc00000)
  const program = await Program.record(context, tape.dispatches, places, capacity, layout, workspace)
  context.writeScalars({ ...live, seed: SEED, ...d.scalars })
  gpu.device.pushErrorScope('validation')
  for (let i = 0; i < steps; i++) await program.run(live)
  const invalid = await gpu.device.popErrorScope()
  if (invalid) throw new Error(invalid.message)
  const read = async (t: Tensor) => [...new Uint32Array(await readBuffer(gpu, places.get(t)!.buffer))]
  const [flat, ...rest] = [await read(ids), await read(tokens), await read(positions), await read(done)]
  // Rows past the live ones are as they were.
  expect(rest.map((r) => r.slice(d.rows, d.rows + 2))).toEqual([
    [7, 7],
    [7, 7],
    [9, 9],
  ])
  workspace.dispose()
  for (const buffer of buffers) gpu.destroyBuffer(buffer)
  const [last, at, flags] = rest.map((r) => r.slice(0, d.rows))
  return {
    ids: Array.from({ length: d.rows }, (_, r) => flat!.slice(r * ring, (r + 1) * ring)),
    tokens: last!,
    positions: at!,
    done: flags!,
  }
}

/** Holds drawn words against the host; next to a boundary, f32 may fall on either side. */
function expectDraws(d: Drawing, drawn: Drawn, o: { temperature: number; topK: number; topP: number }) {
  let near = 0
  for (let r = 0; r < d.rows; r++) {
    const own = d.logits.length > d.vocab ? d.logits.subarray(r * d.vocab, (r + 1) * d.vocab) : d.logits
    const weight = drawingWeights(own, o)
    const total = weight.reduce((a, b) => a + b, 0)
    const cumulative = new Float64Array(d.vocab + 1)
    weight.forEach((w, i) => {
      cumulative[i + 1] = cumulative[i]! + w
    })
    drawn.ids[r]!.forEach((word, step) => {
      const goal = uniform(SEED, (d.positions?.[r] ?? r * 100) + step, SITE.sample, r) * total
      const want = cumulative.findIndex((c) => c > goal) - 1
      if (word === want) return
      near++
      const slack = 1e-5 * total
      const ok =
        weight[word]! > 0 && cumulative[word]! - slack <= goal && goal <= cumulative[word + 1]! + slack
      if (!ok) expect.fail(`row ${r}, step ${step}: drew ${word}, want ${want}`)
    })
  }
  expect(near).toBeLessThanOrEqual(2)
}

describe('sample', () => {
  test('greedy: the lowest word on a tie', async () => {
    for (const vocab of [97, 1000, 70_000]) {
      const logits = normals(3)(3 * vocab)
      const want = [0, 1, 2].map((r) => {
        const row = logits.subarray(r * vocab, (r + 1) * vocab)
        const first = Math.floor(vocab * 0.3) + r
        row[first] = row[vocab - 1 - r] = 9
        return first
      })
      const { tokens } = await draw({ vocab, rows: 3, logits, scalars: { temperature: 0, top_k: 3 } })
      expect(tokens).toEqual(want)
    }
  })

  const settings = [
    { temperature: 1, topK: 0, topP: 1 },
    { temperature: 0.7, topK: 5, topP: 1 },
    { temperature: 1.5, topK: 0, topP: 0.8 },
    { temperature: 1, topK: 20, topP: 0.9 },
    { temperature: 1, topK: 0, topP: 0 },
    { temperature: 3, topK: 5000, topP: 0.999 },
  ]
  for (const o of settings)
    for (const vocab of [61, 1000])
      test(`the host's draws: ${JSON.stringify(o)}, ${vocab} words`, async () => {
        const d: Drawing = {
          vocab,
          rows: 5,
          logits: normals(vocab + o.topK)(5 * vocab, 2),
          steps: 24,
          scalars: { temperature: o.temperature, top_k: o.topK, top_p: o.topP },
        }
        expectDraws(d, await draw(d), o)
      })

  test('one word a row, as the check of a device draws it', async () => {
    for (const vocab of [97, 1000])
      for (const o of [{ temperature: 0, topK: 0, topP: 1 }, ...settings])
        await checkOperation(sampleCase(vocab, o))
  })

  test('ties at the thresholds are all kept', async () => {
    const vocab = 600
    // Steps of one: many words share each logit.
    const logits = normals(9)(4 * vocab, 2).map((z) => Math.round(z) + 0)
    for (const o of [
      { temperature: 1, topK: 7, topP: 1 },
      { temperature: 1, topK: 0, topP: 0.5 },
      { temperature: 2, topK: 40, topP: 0.7 },
    ]) {
      const scalars = { temperature: o.temperature, top_k: o.topK, top_p: o.topP }
      const d: Drawing = { vocab, rows: 4, logits, steps: 24, scalars }
      expectDraws(d, await draw(d), o)
    }
  })

  test('a vocabulary of more blocks than fit at their smallest', async () => {
    const o = { temperature: 1, topK: 64, topP: 0.95 }
    const scalars = { temperature: 1, top_k: 64, top_p: 0.95 }
    const d: Drawing = { vocab: 300_001, rows: 2, logits: normals(4)(600_002, 3), steps: 3, scalars }
    expectDraws(d, await draw(d), o)
    const plain = { ...d, scalars: { temperature: 1 } }
    expectDraws(plain, await draw(plain), { temperature: 1, topK: 0, topP: 1 })
  })

  test('the distribution', async () => {
    const [vocab, rows, steps] = [40, 32, 32]
    const logits = normals(21)(vocab)
    const scalars = { temperature: 1, top_k: 30, top_p: 0.97 }
    const positions = Array.from({ length: rows }, () => 50)
    const { ids } = await draw({ vocab, rows, logits, steps, positions, scalars })
    const weight = drawingWeights(logits, { temperature: 1, topK: 30, topP: 0.97 })
    const total = weight.reduce((a, b) => a + b, 0)
    const counts = new Float64Array(vocab)
    for (const row of ids) for (const word of row) counts[word]!++
    let chi = 0
    let freedom = -1
    weight.forEach((w, i) => {
      const expected = (w / total) * rows * steps
      if (expected === 0) expect(counts[i]).toBe(0)
      else {
        chi += (counts[i]! - expected) ** 2 / expected
        freedom++
      }
    })
    expect(freedom).toBeGreaterThan(10)
    expect(chi).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom))
  })
})

describe('advance', () => {
  test('feeds tokens back, keeps a ring of them, stops at the last position, flags stop tokens', async () => {
    const vocab = 50
    const logits = normals(2)(2 * vocab, 0.1)
    logits[17] = 9
    logits[vocab + 23] = 9
    const d: Drawing = {
      vocab,
      rows: 2,
      logits,
      steps: 7,
      positions: [3, 90],
      maxPositions: 94,
      stop: [5, 23],
      scalars: { temperature: 0 },
    }
    const drawn = await draw(d, 4)
    expect(drawn.tokens).toEqual([17, 23])
    expect(drawn.positions).toEqual([10, 93])
    expect(drawn.done).toEqual([0, 1])
    expect(drawn.ids).toEqual([Array(4).fill(17), Array(4).fill(23)])
    const few = await draw({ ...d, steps: 3 }, 4)
    expect(few.ids[0]).toEqual([17, 17, 17, RING_FILL])
  })
})
