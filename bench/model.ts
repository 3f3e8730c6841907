import { WebgpuEngine } from '../src/engine/webgpu-engine.ts'
import { CONTEXT_BYTES } from '../src/gpu/program.ts'
import { parameterCount, projectionsOf } from '../src/model/tensors.ts'
import type { Batch } from '../src/protocol/batch.ts'
import type { Engine, PlanRequest, StepScalars } from '../src/protocol/engine.ts'
import type { ModelConfig } from '../src/protocol/model.ts'
import type { LoraConfig } from '../src/protocol/run-config.ts'
import { HostClock } from './host-clock.ts'
import type { DecodePlan, MeasuredStep, StepPeer } from './measured.ts'
import { OURS, stepName } from './peer.ts'
import { randomWeights } from './random.ts'
import type { Bench } from './session.ts'
import { attentionPairs, GEMMA_270M, PEBBLE } from './shapes.ts'
import { summary, type Timing } from './timer.ts'
import type { SuiteName } from './types.ts'

const LORA: LoraConfig = {
  r: 8,
  lora_alpha: 16,
  lora_dropout: 0,
  target_modules: 'all-linear',
  use_rslora: false,
}

interface Case {
  model: string
  config: ModelConfig
  tokens: number
  segments: number
  /** Supervised tokens of each segment, at its end; all but the last token where null. */
  supervised: number | null
  warmup: number
  steps: number
  decode: { sequences: number; prompt: number; few: number; many: number }
}

/** A training step and decoding, through the engine itself, at random weights. */
export async function modelSuites(
  bench: Bench,
  suites: ReadonlySet<SuiteName>,
  peers: readonly StepPeer[],
): Promise<void> {
  const sequences = bench.software ? 1 : 4
  const decode = bench.software
    ? { sequences, prompt: 8, few: 2, many: 10 }
    : { sequences, prompt: 128, few: 16, many: 144 }
  const cases: Case[] = bench.software
    ? [
        {
          model: 'pebble',
          config: PEBBLE,
          tokens: 256,
          segments: 4,
          supervised: 24,
          warmup: 1,
          steps: 5,
          decode,
        },
        {
          model: 'gemma-3-270m',
          config: GEMMA_270M,
          tokens: bench.full ? 256 : 32,
          segments: bench.full ? 2 : 1,
          supervised: bench.full ? 64 : 8,
          warmup: 1,
          steps: 2,
          decode,
        },
      ]
    : [
        {
          model: 'pebble',
          config: PEBBLE,
          tokens: 4096,
          segments: 16,
          supervised: null,
          warmup: 3,
          steps: 10,
          decode,
        },
        {
          model: 'gemma-3-270m',
          config: GEMMA_270M,
          tokens: 4096,
          segments: 8,
          supervised: null,
          warmup: 2,
          steps: 8,
          decode,
        },
      ]
  for (const c of cases) {
    if (!bench.affords('step', `${c.model} step and decode`, stepFlops(c), 2)) continue
    await measure(bench, c, suites, peers)
  }
}

async function measure(
  bench: Bench,
  c: Case,
  suites: ReadonlySet<SuiteName>,
  peers: readonly StepPeer[],
): Promise<void> {
  const { gpu } = bench.context
  const engine = new WebgpuEngine(gpu, { rates: bench.peak })
  const batch = randomBatch(c)
  const request: PlanRequest = {
    model: c.config,
    lora: LORA,
    maxTokens: c.tokens,
    maxSupervised: batch.supervisedRows.length,
    recompute: 'auto',
    decode: suites.has('decode')
      ? { sequences: c.decode.sequences, positions: c.decode.prompt + c.decode.many + 1 }
      : null,
  }
  const before = gpu.liveBytes
  const source = { config: c.config, weights: randomWeights(c.config) }
  let choices: Record<string, string> = {}
  try {
    // What a page does while nothing needs the GPU.
    const tuned = await engine.tune(request, {})
    const began = performance.now()
    await engine.load(source, request, { seed: 1, choices: tuned.choices })
    choices = engine.describe().choices
    const loadSeconds = (performance.now() - began) / 1000
    bench.note(`${c.model} loaded in ${loadSeconds.toFixed(1)} s`)
    // What was there before the engine, its context excepted, is no part of the plan.
    const liveBytes = gpu.liveBytes - before + CONTEXT_BYTES
    if (suites.has('step')) {
      const found = await step(bench, engine, c, batch, request, { loadSeconds, liveBytes })
      const decoding = suites.has('decode') && c.config === PEBBLE ? await decodePlan(engine, c) : null
      if (decoding) await decode(bench, engine, c, request, 1)
      if (c.config === PEBBLE)
        for (const peer of peers)
          await peer(bench, {
            model: c.model,
            batch,
            request,
            source,
            flops: stepFlops(c),
            decode: decoding,
            ...found,
          })
    }
    if (suites.has('decode')) {
      if (c.config !== PEBBLE || !suites.has('step')) await decode(bench, engine, c, request, 1)
      if (c.decode.sequences > 1) await decode(bench, engine, c, request, c.decode.sequences)
    }
  } finally {
    engine.dispose()
  }
  if (!suites.has('step') || c.config !== PEBBLE) return
  const whole = new WebgpuEngine(gpu, { rates: bench.peak, sliceSeconds: Number.POSITIVE_INFINITY })
  try {
    await whole.load(source, { ...request, decode: null }, { seed: 1, choices })
    // What a dispatch computes makes no difference.
    const small = randomBatch({ ...c, tokens: 64, segments: 1, supervised: 8 })
    await hostTime(bench, whole, small, request)
  } finally {
    whole.dispose()
  }
}

/** JavaScript's time with a whole step in one submit; the best of a few, since it shares the processor. */
async function hostTime(
  bench: Bench,
  engine: WebgpuEngine,
  batch: Batch,
  request: PlanRequest,
): Promise<void> {
  const { dispatchesPerStep } = engine.plan(request)
  await engine.step([batch], scalars(1))
  const host = new HostClock(bench.context.gpu.device)
  let best = Number.POSITIVE_INFINITY
  try {
    for (let i = 0; i < 3; i++) {
      host.reset()
      await engine.step([batch], scalars(2 + i))
      best = Math.min(best, host.seconds)
    }
    bench.figure(
      'JavaScript for each dispatch of a pebble step',
      (best / dispatchesPerStep) * 1e6,
      'µs',
      `${dispatchesPerStep} dispatches in ${host.submits} submits, clearing and reading figures back among them`,
    )
  } finally {
    host.dispose()
  }
}

async function step(
  bench: Bench,
  engine: WebgpuEngine,
  c: Case,
  batch: Batch,
  request: PlanRequest,
  load: { loadSeconds: number; liveBytes: number },
): Promise<Pick<MeasuredStep, 'timing' | 'losses'>> {
  const plan = engine.plan(request)
  const run = (index: number) => engine.step([batch], scalars(index + 1))
  const losses: number[] = []
  for (let i = 0; i < c.warmup; i++) losses.push((await run(i)).loss)
  const host = new HostClock(bench.context.gpu.device)
  const times: number[] = []
  let steps = 0
  try {
    // Two steps under way, as the trainer keeps them: a sample is the time between two completions.
    let done = performance.now()
    let next = run(c.warmup)
    while (steps < c.steps) {
      steps++
      const current = next
      const more = steps < c.steps && bench.left > 0
      if (more) next = run(c.warmup + steps)
      const result = await current
      if (!result.finite) throw new Error(`a step of ${c.model} is not finite`)
      losses.push(result.loss)
      times.push((performance.now() - done) / 1000)
      done = performance.now()
      if (!more) break
    }
  } finally {
    host.dispose()
  }
  const timing = { ...summary(times), clock: 'wall' as const }
  const planned = plan.bytes.total
  bench.row(
    'step',
    `${c.model}, ${c.tokens} tokens, ${batch.supervisedRows.length} supervised, LoRA r=8 everywhere, bf16`,
    // Every weight is read at least twice, forward and backward.
    { flops: stepFlops(c), bytes: 2 * plan.bytes.weights + plan.bytes.adapter * 2 },
    timing,
    {
      tokens: c.tokens,
      segments: c.segments,
      supervised: batch.supervisedRows.length,
      rank: LORA.r,
      tokensPerSecond: c.tokens / timing.seconds,
      recompute: plan.recompute,
      flopsWithRecomputation: plan.flopsPerStep,
      dispatches: plan.dispatchesPerStep,
      submits: host.submits / steps,
      hostMicrosecondsPerDispatch: (host.seconds / steps / plan.dispatchesPerStep) * 1e6,
      plannedBytes: planned,
      liveBytes: load.liveBytes,
      liveOverPlanned: load.liveBytes / planned,
      loadSeconds: load.loadSeconds,
      firstLoss: losses[c.warmup - 1]!,
      lastLoss: losses.at(-1)!,
      choices: Object.entries(engine.describe().choices)
        .map(([key, choice]) => `${key}: ${choice}`)
        .join('; '),
    },
  )
  bench.compared.push({
    what: stepName({ model: c.model, batch }),
    peer: OURS,
    where: bench.adapter,
    seconds: timing.seconds,
    rate: c.tokens / timing.seconds,
    unit: 'tokens/s',
    note: '',
  })
  return { timing, losses }
}

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 1, stopTokens: [] }

const promptOf = ({ config, decode }: Case, sequence: number) =>
  Uint32Array.from(
    { length: decode.prompt },
    (_, i) => ((sequence * 31 + i * 7919) % (config.vocabSize - 10)) + 10,
  )

async function decodePlan(engine: Engine, c: Case): Promise<DecodePlan> {
  const { few, many } = c.decode
  const tokens: number[] = []
  for await (const { token } of engine.generate([promptOf(c, 0)], {
    ...GREEDY,
    maxNewTokens: many,
    adapter: 'off',
  }))
    tokens.push(token)
  return { promptOf: (sequence) => promptOf(c, sequence), few, many, tokens }
}

/** Seconds of a token (of all sequences), greedy; the prompt's share falls out of the difference. */
async function decodeTiming(
  bench: Bench,
  engine: Engine,
  { promptOf, few, many }: Pick<DecodePlan, 'promptOf' | 'few' | 'many'>,
  sequences: number,
): Promise<Timing> {
  const prompts = Array.from({ length: sequences }, (_, s) => promptOf(s))
  const seconds = async (maxNewTokens: number) => {
    const began = performance.now()
    let tokens = 0
    for await (const _ of engine.generate(prompts, { ...GREEDY, maxNewTokens })) tokens++
    if (tokens !== sequences * maxNewTokens)
      throw new Error(`${tokens} tokens came, not ${sequences * maxNewTokens}`)
    return (performance.now() - began) / 1000
  }
  await seconds(1)
  const times: number[] = []
  for (let i = 0; i < 3 && (i === 0 || bench.left > 0); i++)
    times.push(((await seconds(many)) - (await seconds(few))) / (many - few))
  return { ...summary(times), clock: 'wall' }
}

export const decodeWhat = (model: string) => `decoding ${model}, one sequence`

/** The same decoding with another engine. */
export async function measureDecode(
  bench: Bench,
  engine: Engine,
  ours: MeasuredStep,
  peer: string,
  where: string,
): Promise<void> {
  const { seconds } = await decodeTiming(bench, engine, ours.decode!, 1)
  const what = decodeWhat(ours.model)
  bench.compared.push({ what, peer, where, seconds, rate: 1 / seconds, unit: 'tokens/s', note: '' })
}

async function decode(
  bench: Bench,
  engine: WebgpuEngine,
  c: Case,
  request: PlanRequest,
  sequences: number,
): Promise<void> {
  const { prompt, many } = c.decode
  const timing = await decodeTiming(
    bench,
    engine,
    { promptOf: (sequence) => promptOf(c, sequence), ...c.decode },
    sequences,
  )
  const plan = engine.plan(request)
  bench.row(
    'decode',
    `${c.model}, ${sequences} sequence${sequences > 1 ? 's' : ''}, ${prompt} to ${prompt + many} positions`,
    // Values alone, of the adapter's four arrays.
    {
      flops: 2 * parameterCount(c.config) * sequences,
      bytes: plan.bytes.weights + plan.bytes.adapter / 4,
    },
    timing,
    { tokensPerSecond: sequences / timing.seconds },
  )
  if (sequences > 1) return
  const [what, where, rate] = [decodeWhat(c.model), bench.adapter, 1 / timing.seconds]
  bench.compared.push({ what, peer: OURS, where, seconds: timing.seconds, rate, unit: 'tokens/s', note: '' })
}

/** FLOPs that a step needs, nothing computed twice: products with weights, LoRA, attention, head. */
function stepFlops(c: Case): number {
  const { config, tokens, segments } = c
  let perToken = 0
  for (const { shape } of projectionsOf(config)) {
    const [out, columns] = shape
    perToken += 4 * out * columns + 6 * LORA.r * (out + columns)
  }
  let attention = 0
  for (const { window, headDim } of config.layers)
    attention += 14 * segments * attentionPairs(tokens / segments, window) * config.numHeads * headDim
  const supervised = segments * (c.supervised ?? tokens / segments - 1)
  return tokens * perToken + attention + 4 * supervised * config.vocabSize * config.hiddenSize
}

function randomBatch({ config, tokens, segments, supervised }: Case): Batch {
  const length = tokens / segments
  const ids = Uint32Array.from({ length: tokens }, (_, i) => ((i * 7919) % (config.vocabSize - 10)) + 10)
  const firstSupervised = supervised === null ? 0 : length - 1 - supervised
  const labels = Int32Array.from(ids, (_, t) => {
    const place = t % length
    return place >= firstSupervised && place < length - 1 ? ids[t + 1]! : -100
  })
  return {
    tokens: ids,
    positions: ids.map((_, t) => t % length),
    segmentStart: ids.map((_, t) => t - (t % length)),
    labels,
    supervisedRows: Uint32Array.from([...labels.keys()].filter((t) => labels[t]! >= 0)),
  }
}

export const scalars = (step: number): StepScalars => ({
  step,
  seed: 1,
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
})
