import { type EnginePlan, planEngine } from '../src/engine/plan.ts'
import type { Dims } from '../src/gpu/kernel.ts'
import { noticeSeconds, Slicer } from '../src/gpu/slicer.ts'
import { kernelOf } from '../src/gpu/specialise.ts'
import { quantisedTypes } from '../src/model/quantised-weights.ts'
import { storedAlike } from '../src/model/storage.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import type { ModelConfig, Quantization } from '../src/protocol/model.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import { type Clock, SimulatedGpu, withoutWebgpu } from './simulated-gpu.ts'

export interface SimulatedRun {
  /** Seconds that the device was at work for a step, and from the first step's beginning to the last one's figures. */
  stepSeconds: number
  work: number
  seconds: number
  /** Seconds below which it cannot be seen to be done: where completion is polled, a poll for the first step, which goes alone, and one for each interval of the others. */
  least: number
  /** The longest slice of the first steps, and of the others, in seconds. */
  longestFirst: number
  longest: number
  /** Time by work over the second half of the steps. */
  later: number
  /** Steps queued together at last. */
  inFlight: number
}

/** Steps before the slicer has to know its device. */
const FIRST_STEPS = 3

/** Trains so many steps on a simulated adapter, from nothing known but its rates. */
export async function simulate(o: {
  model: ModelConfig
  tokens: number
  /** FLOP/s. */
  flops: number
  clock: Clock
  steps: number
  /** What the base is held in; default: bf16. */
  quantization?: Quantization
}): Promise<SimulatedRun> {
  withoutWebgpu()
  // Of memory, what such adapters have: 10 FLOP for a byte.
  const simulated = new SimulatedGpu({ flops: o.flops, bandwidth: o.flops / 10 }, o.clock)
  const { device } = simulated.gpu
  const live: Dims = { tokens: o.tokens, supervised: o.tokens, sequences: 0 }
  const plan = hardwarePlan({
    model: o.model,
    stored: quantisedTypes(o.model, storedAlike(o.model, 'BF16'), o.quantization ?? null),
    lora: parseRunConfig({}).lora,
    maxTokens: o.tokens,
    maxSupervised: o.tokens,
    recompute: 'auto',
    decode: null,
  })
  const programs = [
    await simulated.program(plan.tapes.train!),
    await simulated.program(plan.tapes.optimizer!),
  ]
  simulated.writeLive(live)
  const latency = await simulated.until(noticeSeconds(device, simulated.now))
  const slicer = new Slicer(simulated.rates, { latency, now: simulated.now })
  const marks: number[] = []
  const step = async () => {
    for (const program of programs) await program.run(live, slicer)
    slicer.endStep()
    marks.push(simulated.slices.length)
    const figures = device.queue.onSubmittedWorkDone()
    return { figures }
  }
  const begun = simulated.time
  const finished: number[] = []
  // As the trainer does: the first step alone, then as many as the engine says.
  const train = async () => {
    const inFlight: Promise<{ figures: Promise<unknown> }>[] = []
    let queue: Promise<unknown> = Promise.resolve()
    let limit = 1
    let queued = 0
    for (;;) {
      while (queued < o.steps && inFlight.length < limit) {
        const own = queue.then(step)
        queue = own
        inFlight.push(own)
        queued++
      }
      const oldest = inFlight.shift()
      if (!oldest) return
      await (await oldest).figures
      finished.push(simulated.time)
      limit = slicer.stepsInFlight
    }
  }
  await simulated.until(train())
  const first = marks[FIRST_STEPS - 1]!
  const half = o.steps >> 1
  const workOf = (from: number) => simulated.slices.slice(from).reduce((a, b) => a + b, 0)
  const work = workOf(0)
  const alone = workOf(0) - workOf(marks[0]!)
  const interval = o.clock.poll / 1000
  const polls = (seconds: number) => Math.ceil(seconds / interval) * interval
  const least = interval === 0 ? work : polls(alone) + polls(work - alone)
  return {
    later: (finished.at(-1)! - finished[half - 1]!) / 1000 / workOf(marks[half - 1]!),
    stepSeconds: work / o.steps,
    work,
    seconds: (simulated.time - begun) / 1000,
    least,
    longestFirst: Math.max(...simulated.slices.slice(0, first)),
    longest: Math.max(0, ...simulated.slices.slice(first)),
    inFlight: slicer.stepsInFlight,
  }
}

/** A plan with the kernels that a GPU is given before any is measured there. */
export function hardwarePlan(request: PlanRequest): EnginePlan {
  const options = { maxBinding: 2 ** 30 }
  const choices: Record<string, string> = {}
  for (const planned of Object.values(planEngine(request, options).tapes))
    for (const [key, variants] of planned?.tape.asked ?? []) {
      const made = Object.entries(variants).find(([, variant]) => kernelOf(variant).hardwareOnly)
      if (made) choices[key] = made[0]
    }
  return planEngine(request, { ...options, choices })
}
