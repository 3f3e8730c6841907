import { createWebgpuEngine, type WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import { peftFiles } from '../../src/export/peft.ts'
import { httpSource, readJson } from '../../src/files/bytes.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { readAdapterConfig } from '../../src/model/adapter-config.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { type Batch, type BatchJson, batchOf, IGNORE } from '../../src/protocol/batch.ts'
import type { EngineState, PlanRequest, StateTensor } from '../../src/protocol/engine.ts'
import { type Failure, LapidaryError, toFailure } from '../../src/protocol/errors.ts'
import type { ModelAddress } from '../../src/protocol/model-address.ts'
import { parseRunConfig, type TrainingConfig } from '../../src/protocol/run-config.ts'
import { openedOnce } from '../../src/storage/database.ts'
import { learningRate } from '../../src/trainer/schedule.ts'
import { hubRoom } from '../../src/workers/hub/room.ts'
import { Library, type OpenModel } from '../../src/workers/library.ts'
import type { EngineAnswer } from './figures.ts'

/** The engine's side of `npm run verify:gemma`, in the browser: what it computes is compared outside. */
export interface VerifyJob {
  /** Addresses, each with a slash at its end: model folder with a manifest, initial adapter, where results are PUT. */
  model: string
  /** The same model as its folder; null: there is no other. */
  folder: string | null
  /** The same model on a hub on this machine. */
  hub: ModelAddress
  adapter: string
  out: string
  prompts: { ids: number[]; words: number[] }[]
  answers: { maxNewTokens: number; stopTokens: number[] }
  /** TRL's names, and `total_steps`. */
  scalars: Scalars
  /** Micro-batches of each step. */
  steps: BatchJson[][]
}

type Scalars = Pick<
  TrainingConfig,
  | 'learning_rate'
  | 'lr_scheduler_type'
  | 'warmup_steps'
  | 'weight_decay'
  | 'adam_beta1'
  | 'adam_beta2'
  | 'adam_epsilon'
  | 'max_grad_norm'
> & { total_steps: number }

export interface VerifiedStep {
  loss: number
  learning_rate: number
  grad_norm: number
  seconds: number
}

export interface VerifyResult {
  device: string
  software: boolean
  /** Largest binding of the device within WebGPU's default limits, and with all of its own, in bytes. */
  bindings: [number, number]
  /** The base model within WebGPU's default limits, without answers, and the first step's loss there. */
  defaultLimits: { base: EngineAnswer[]; loss: number }
  base: EngineAnswer[]
  steps: VerifiedStep[]
  /** With the adapter after the last step: the largest logits as [word, logit]. */
  tuned: EngineAnswer[]
  /** Of the first prompt, from the folder; null: no folder. */
  folder: SameLogits | null
  /** And from what the studio has fetched from the hub, checked and stored. */
  hub: SameLogits
}

/** How many there are, and how many of them the model gives too, bit for bit. */
interface SameLogits {
  logits: number
  same: number
}

type Outcome = { ok: true; result: VerifyResult } | { ok: false; failure: Failure }

declare global {
  interface Window {
    /** Given by the command. */
    verifyTell?: (text: string) => void
    verify?: (job: VerifyJob) => Promise<Outcome>
  }
}

/** Largest logits kept of a row that nobody asked particular words of. */
const TOP = 1000

const tell = (text: string) => window.verifyTell?.(text)

async function verify(job: VerifyJob): Promise<VerifyResult> {
  const model = await library().open(job.model)
  const { lora, state } = await initialAdapter(job.adapter)
  const longest = Math.max(...job.prompts.map(({ ids }) => ids.length))
  const batches = job.steps.flat()
  const request: PlanRequest = {
    model: model.info.config,
    stored: storedTypes(await model.weights()),
    lora,
    maxTokens: Math.max(longest, ...batches.map((b) => b.tokens.length)),
    maxSupervised: Math.max(...batches.map((b) => b.supervisedRows.length)),
    recompute: 'auto',
    decode: { sequences: job.prompts.length, positions: longest + job.answers.maxNewTokens },
  }

  tell("within WebGPU's default limits")
  const small = await loaded(model, request, state, true)
  const base = await answersOf(small, job, 'off', false)
  tell('first step')
  const [first] = await trained(small, { ...job, steps: job.steps.slice(0, 1) })
  const smallest = small.gpu.limits.maxStorageBufferBindingSize
  small.dispose()
  small.gpu.destroy()

  tell("with all of the adapter's limits")
  const engine = await loaded(model, request, state, false)
  const untuned = await answersOf(engine, job, 'off', true)
  const steps = await trained(engine, job)
  await exported(engine, job, lora)
  const tuned = await answersOf(engine, { ...job, prompts: job.prompts.map(unasked) }, 'on', true)
  const logits = await firstLogits(engine, job)
  const { device, software } = engine.describe()
  const result = {
    device,
    software,
    bindings: [smallest, engine.gpu.limits.maxStorageBufferBindingSize] as [number, number],
    defaultLimits: { base, loss: first!.loss },
    base: untuned,
    steps,
    tuned,
  }
  engine.dispose()
  engine.gpu.destroy()

  async function compared(twin: OpenModel): Promise<SameLogits> {
    const again = await loaded(twin, request, state, false)
    const other = await firstLogits(again, job)
    again.dispose()
    again.gpu.destroy()
    return { logits: other.length, same: logits.filter((value, i) => Object.is(value, other[i])).length }
  }
  let folder: SameLogits | null = null
  if (job.folder !== null) {
    tell('the same model, from its folder')
    folder = await compared(await library().open(job.folder))
  }
  tell('the same model, from a hub on this machine')
  const { id } = await hubRoom(database, library).download(job.hub, null)
  const hub = await compared(await library().open(id))
  return { ...result, folder, hub }
}

const database = openedOnce()
const library = () => new Library(database, document.baseURI)

/** Of the base, at every token of the first prompt. */
function firstLogits(engine: WebgpuEngine, { prompts }: VerifyJob): Promise<Float32Array> {
  return engine.logits(streamOf(prompts[0]!.ids), { adapter: 'off' })
}

const unasked = ({ ids }: { ids: number[] }) => ({ ids, words: [] })

async function initialAdapter(address: string) {
  const [config, file] = await Promise.all([
    httpSource(`${address}adapter_config.json`),
    httpSource(`${address}adapter_model.safetensors`),
  ])
  const weights = await openWeights(new Map([['adapter_model.safetensors', file]]))
  const lora: Record<string, StateTensor> = {}
  for (const name of weights.tensors.keys()) lora[name] = await readTensor(weights, name)
  const zeros = Object.fromEntries(
    Object.entries(lora).map(([k, t]) => [k, { shape: t.shape, data: new Float32Array(t.data.length) }]),
  )
  const state: EngineState = { lora, adamM: zeros, adamV: zeros }
  return { lora: readAdapterConfig(await readJson(config, 'adapter_config.json')).lora, state }
}

async function loaded(
  model: OpenModel,
  request: PlanRequest,
  state: EngineState,
  defaultLimits: boolean,
): Promise<WebgpuEngine> {
  const engine = await createWebgpuEngine({ defaultLimits })
  const source = { config: model.info.config, weights: await model.weights() }
  let said = ''
  await engine.load(source, request, {
    seed: 0,
    onProgress: (_, note) => {
      if (note !== said) tell(note)
      said = note
    },
  })
  await engine.loadState(state)
  return engine
}

/** Every prompt's last row of logits, and what follows it greedily. */
async function answersOf(
  engine: WebgpuEngine,
  job: VerifyJob,
  adapter: 'on' | 'off',
  decode: boolean,
): Promise<EngineAnswer[]> {
  const found: EngineAnswer[] = []
  for (const [i, { ids, words }] of job.prompts.entries()) {
    const all = await engine.logits(streamOf(ids), { adapter })
    const row = all.subarray(all.length - all.length / ids.length)
    found.push({ ...picked(row, words), greedy: null })
    tell(`logits of prompt ${i + 1} of ${job.prompts.length}`)
  }
  if (!decode) return found
  const made: number[][] = job.prompts.map(() => [])
  const greedy = { ...job.answers, temperature: 0, topK: 0, topP: 1, seed: 0, adapter }
  const prompts = job.prompts.map(({ ids }) => Uint32Array.from(ids))
  for await (const { prompt, token } of engine.generate(prompts, greedy)) made[prompt]!.push(token)
  tell('answers')
  return found.map((answer, i) => ({ ...answer, greedy: made[i]! }))
}

/** A single segment of which nothing is learnt. */
function streamOf(ids: readonly number[]): Batch {
  return {
    tokens: Uint32Array.from(ids),
    positions: Uint32Array.from(ids, (_, i) => i),
    segmentStart: new Uint32Array(ids.length),
    labels: new Int32Array(ids.length).fill(IGNORE),
    supervisedRows: new Uint32Array(0),
  }
}

/** The words asked for, or the largest ones where none are. */
function picked(row: Float32Array, words: readonly number[]): Omit<EngineAnswer, 'greedy'> {
  let best = 0
  row.forEach((value, word) => {
    if (value > row[best]!) best = word
  })
  const asked = words.length > 0 ? words : Array.from(row.keys()).sort((a, b) => row[b]! - row[a]!)
  return { best, logits: asked.slice(0, words.length || TOP).map((word) => [word, row[word]!]) }
}

async function trained(engine: WebgpuEngine, job: VerifyJob): Promise<VerifiedStep[]> {
  const s = job.scalars
  const made: VerifiedStep[] = []
  for (const [i, batches] of job.steps.entries()) {
    const began = performance.now()
    const rate = learningRate(s, i + 1, s.total_steps)
    const { loss, grad_norm, finite } = await engine.step(batches.map(batchOf), {
      step: i + 1,
      seed: 0,
      learningRate: rate,
      beta1: s.adam_beta1,
      beta2: s.adam_beta2,
      epsilon: s.adam_epsilon,
      weightDecay: s.weight_decay,
      maxGradNorm: s.max_grad_norm,
    })
    if (!finite)
      throw new LapidaryError({
        code: 'not_finite',
        message: `Step ${i + 1} was not finite.`,
        hint: 'The engine computes wrongly on this device.',
      })
    const seconds = (performance.now() - began) / 1000
    made.push({ loss, learning_rate: rate, grad_norm, seconds })
    tell(`step ${i + 1} of ${s.total_steps}: loss ${loss.toFixed(5)}, ${seconds.toFixed(1)} s`)
  }
  return made
}

/** The adapter as it is now, through the studio's own export. */
async function exported(engine: WebgpuEngine, job: VerifyJob, lora: PlanRequest['lora']): Promise<void> {
  const files = await peftFiles({
    lora: (await engine.saveState()).lora,
    config: parseRunConfig({ lora }),
    baseModel: 'base',
    step: job.steps.length,
    events: [],
  })
  for (const { path, blob } of files) {
    const { ok, status } = await fetch(`${job.out}${path}`, { method: 'PUT', body: blob })
    if (!ok) throw new Error(`${path} could not be written: ${status}`)
  }
}

window.verify = async (job) => {
  try {
    return { ok: true, result: await verify(job) }
  } catch (error) {
    return { ok: false, failure: toFailure(error) }
  }
}
