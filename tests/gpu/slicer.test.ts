import { describe, expect, test } from 'vitest'
import { GEMMA_1B, GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { CLOCKS, SimulatedGpu, withoutWebgpu } from '../../bench/simulated-gpu.ts'
import { hardwarePlan, simulate } from '../../bench/simulation.ts'
import type { Dims, Kernel } from '../../src/gpu/kernel.ts'
import { planMemory } from '../../src/gpu/memory.ts'
import { contextOf } from '../../src/gpu/program.ts'
import { Slicer } from '../../src/gpu/slicer.ts'
import { boundTensor, Tape } from '../../src/gpu/tape.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const RATES = { flops: 1e12, bandwidth: 1e11 }
const [GOOD, , POLLED] = CLOCKS as [(typeof CLOCKS)[0], (typeof CLOCKS)[0], (typeof CLOCKS)[0]]

/** A row of workgroups for each token, and steps of each. */
function rowKernel(steps?: number): Kernel {
  return {
    name: 'test.rows',
    bindings: { x: { type: 'f32', access: 'update', shape: ['tokens'] } },
    workgroup: 1,
    wgsl: () => '',
    grid: (live) => [1, live.tokens, 1],
    cost: (live) => ({ flops: live.tokens * 5e6, bytes: 0 }),
    ...(steps && { steps: () => steps }),
  }
}

function planned(kernel: Kernel, capacity: Dims) {
  const tape = new Tape({}, capacity)
  tape.run(kernel, { x: boundTensor('x', ['tokens']) })
  return { tape, capacity, layout: planMemory(tape.dispatches, capacity) }
}

describe('slices of a few rows', () => {
  const live: Dims = { tokens: 131_072, supervised: 0, sequences: 0 }

  for (const steps of [undefined, 7])
    test(`131,072 rows${steps ? ` of ${steps} steps` : ''}, twice on one device: each once, and no limit is met`, async () => {
      withoutWebgpu()
      const simulated = new SimulatedGpu(RATES, GOOD)
      const program = await simulated.program(planned(rowKernel(steps), live))
      simulated.writeLive(live)
      for (const target of [2e-4, 3.3e-4]) {
        simulated.log = []
        simulated.slices.length = 0
        const slicer = new Slicer(RATES, { target, now: simulated.now })
        await simulated.until(program.run(live, slicer))
        expect(simulated.slices.length).toBeGreaterThan(2000)
        // Every row takes its steps one after another.
        const done = new Uint32Array(live.tokens)
        for (const { row, rows, first, end } of simulated.log)
          for (let r = row; r < row + rows; r++) {
            if (done[r] !== first) throw new Error(`row ${r} is at step ${done[r]}, and given step ${first}`)
            done[r] = end
          }
        expect(done.every((steps_) => steps_ === (steps ?? 1))).toBe(true)
      }
    })

  test('a submit that has no slot left for another part is closed', () => {
    const written: number[] = []
    const queue = {
      writeBuffer: (_: unknown, at: number, words: Uint32Array) => written.push(at, words.length),
    }
    withoutWebgpu()
    const simulated = new SimulatedGpu(RATES, GOOD)
    Object.assign(simulated.gpu.device.queue, queue)
    const parts = contextOf(simulated.gpu).parts()
    written.length = 0
    expect(parts.offset(0, 0, null)).toBe(0)
    for (let i = 1; i < 64; i++) expect(parts.offset(i, 0, null)).toBe(i * 256)
    expect(parts.offset(64, 0, null)).toBe(null)
    expect(parts.offset(63, 0, null)).toBe(63 * 256)
    parts.write()
    expect(written).toEqual([256, 63 * 64])
  })
})

describe('thousands of micro-batches, each shorter than a slice', () => {
  const live: Dims = { tokens: 512, supervised: 0, sequences: 0 }

  for (const clock of CLOCKS)
    test(`no more of them are queued than fill a moment, ${clock.name}; a stop is heard between two`, async () => {
      withoutWebgpu()
      const simulated = new SimulatedGpu(RATES, clock)
      const program = await simulated.program(planned(rowKernel(), live))
      simulated.writeLive(live)
      const slicer = new Slicer(RATES, { now: simulated.now, latency: clock.poll / 1000 })
      const stop = new AbortController()
      let [most, run] = [0, 0]
      const step = async () => {
        for (; run < 4096; run++) {
          if (run === 3000) stop.abort(new Error('stopped'))
          await program.run(live, slicer, stop.signal)
          most = Math.max(most, simulated.queued)
        }
      }
      await expect(simulated.until(step())).rejects.toThrow('stopped')
      expect(run).toBe(3000)
      // The work of all of them takes many times that.
      expect(simulated.slices.reduce((a, b) => a + b, 0)).toBeGreaterThan(5)
      expect(most).toBeLessThan(1000)
    })
})

describe('a simulated adapter, polled every 100 ms by a clock of 1 ms', () => {
  test('50 steps of 44 ms and more take at most 1.5 times their own time, and no slice more than 60 ms', async () => {
    for (const flops of [2e12, 8e12, 16e12, 25e12]) {
      const run = await simulate({ model: GEMMA_270M, tokens: 512, flops, clock: POLLED, steps: 50 })
      expect(run.stepSeconds).toBeGreaterThan(0.044)
      expect(run.seconds / run.work).toBeLessThan(1.5)
      expect(run.longest).toBeLessThan(0.06)
    }
  })

  test('fifty short steps take no more polls than they can do with: one for the first, and one for each interval of work', async () => {
    for (const flops of [0.5e12, 1e12, 2e12, 3e12, 6e12, 10e12, 15e12, 30e12, 60e12]) {
      const run = await simulate({ model: PEBBLE, tokens: 512, flops, clock: POLLED, steps: 50 })
      expect(run.stepSeconds).toBeLessThan(0.044)
      expect(run.seconds, `steps of ${run.stepSeconds} s`).toBeLessThan(run.least + 0.001)
    }
  })

  test('shorter steps are queued until an interval is full: 1.2 intervals a queueful at most', async () => {
    for (const flops of [2e12, 6e12, 30e12]) {
      const run = await simulate({ model: PEBBLE, tokens: 512, flops, clock: POLLED, steps: 500 })
      expect(run.stepSeconds).toBeLessThan(0.044)
      expect(run.inFlight * run.stepSeconds).toBeGreaterThan(0.09)
      // By then the interval is full.
      expect(run.later).toBeLessThan(1.2)
    }
  })
})

test('what the clock says makes no difference to a slow adapter', async () => {
  const longest: number[] = []
  for (const clock of CLOCKS) {
    const run = await simulate({ model: GEMMA_270M, tokens: 512, flops: 2e12, clock, steps: 8 })
    expect(run.seconds / run.work, clock.name).toBeLessThan(1.05)
    longest.push(run.longest)
  }
  expect(Math.max(...longest)).toBeLessThan(0.06)
})

test('a dispatch of Gemma 3 270M and 1B can be cut to 50 ms on 0.4 TFLOP/s, by the counts', async () => {
  for (const model of [GEMMA_270M, GEMMA_1B])
    for (const tokens of [512, 4096, 16_384]) {
      const live: Dims = { tokens, supervised: tokens, sequences: 0 }
      const slow = { flops: 0.4e12, bandwidth: 0.04e12 }
      const plan = hardwarePlan({
        model,
        lora: parseRunConfig({}).lora,
        maxTokens: tokens,
        maxSupervised: tokens,
        recompute: 'auto',
        decode: null,
      })
      for (const planned of [plan.tapes.train!, plan.tapes.score!])
        for (const kernel of new Set(planned.tape.dispatches.map((d) => d.kernel))) {
          const [, rows] = kernel.grid(live)
          const { flops, bytes } = kernel.cost?.(live) ?? { flops: 0, bytes: 0 }
          const least =
            Math.max(flops / slow.flops, bytes / slow.bandwidth) / rows / (kernel.steps?.(live) ?? 1)
          expect(least, `${kernel.name} at ${tokens} tokens, of ${rows} rows`).toBeLessThan(0.05)
        }
    }
})
