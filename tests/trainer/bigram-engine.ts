import { choiceTree } from '../../src/model/choices.ts'
import type { Batch } from '../../src/protocol/batch.ts'
import { IGNORE } from '../../src/protocol/batch.ts'
import type {
  AdapterOption,
  ChoiceScores,
  Engine,
  EngineDescription,
  EngineState,
  GeneratedToken,
  GenerateOptions,
  MatrixState,
  MemoryPlan,
  Score,
  StateTensor,
  StepProgress,
  StepResult,
  StepScalars,
} from '../../src/protocol/engine.ts'

const A = 'base_model.model.bigram.lora_A.weight'
const B = 'base_model.model.bigram.lora_B.weight'

/** Frozen tables by number of words: the same for every engine. */
const BASES = new Map<number, Float32Array<ArrayBuffer>>()

/** Uniform in [0, 1), a function of its arguments alone. */
function noise(...key: number[]): number {
  let h = 2166136261
  for (const k of key) {
    h = Math.imul(h ^ k, 16777619)
    h ^= h >>> 15
    h = Math.imul(h, 2246822519)
    h ^= h >>> 13
  }
  return (h >>> 0) / 2 ** 32
}

export interface BigramOptions {
  words?: number
  rank?: number
  dropout?: number
  seed?: number
}

/**
 * A whole engine small enough to reason about: next-token logits are a frozen bigram table plus a low-rank adapter,
 * base[previous] + B A[:, previous], trained by AdamW with clipping and dropout of A's output. Everything kept between
 * steps is f32, as on a device, so that saved state is exact.
 */
export class BigramEngine implements Engine {
  readonly kind = 'webgpu' as const
  #words = 0
  #rank = 0
  #dropout = 0
  #base = new Float32Array()
  #parameters: Record<string, StateTensor> = {}
  #gradients: Record<string, StateTensor> = {}
  #m: Record<string, StateTensor> = {}
  #v: Record<string, StateTensor> = {}
  /** Results are told in order, each a turn of the event loop late. */
  #queue: Promise<unknown> = Promise.resolve()
  /** Steps queued and not yet told. */
  inFlight = 0
  mostInFlight = 0
  submitted = 0
  stepsRun = 0
  /** Steps whose gradient is to overflow. */
  readonly overflows = new Set<number>()
  /** Step at which the device is lost. */
  lostAt = Number.POSITIVE_INFINITY
  lost: Error = new Error('lost')

  constructor(options: BigramOptions = {}) {
    this.reset(options)
  }

  /** A fresh model and adapter. */
  reset(options: BigramOptions): void {
    this.#words = options.words ?? 11
    this.#rank = options.rank ?? 3
    this.#dropout = options.dropout ?? 0.1
    const seed = options.seed ?? 42
    const { a, b } = { a: this.#fill(seed, 1, 1), b: this.#fill(seed, 2, 0) }
    const base = BASES.get(this.#words) ?? this.#fill(7, 0, 2)(this.#words * this.#words)
    BASES.set(this.#words, base)
    this.#base = base
    const shapes = { [A]: [this.#rank, this.#words], [B]: [this.#words, this.#rank] }
    this.#parameters = {
      [A]: { shape: shapes[A]!, data: a(this.#rank * this.#words) },
      [B]: { shape: shapes[B]!, data: b(this.#rank * this.#words) },
    }
    this.#gradients = zerosLike(this.#parameters)
    this.#m = zerosLike(this.#parameters)
    this.#v = zerosLike(this.#parameters)
  }

  #fill(seed: number, site: number, scale: number) {
    return (n: number) => Float32Array.from({ length: n }, (_, i) => (noise(seed, site, i) - 0.5) * 2 * scale)
  }

  plan(): MemoryPlan {
    const bytes = { weights: 0, adapter: 0, activations: 0, decode: 0, io: 0, total: 0 }
    return { bytes, recompute: 'nothing', flopsPerStep: 0 }
  }

  async load(): Promise<void> {}

  /** Step that takes for ever, unless it is given up. */
  hangsAt = Number.POSITIVE_INFINITY

  step(
    batches: Batch[],
    scalars: StepScalars,
    signal?: AbortSignal,
    onProgress?: StepProgress,
  ): Promise<StepResult> {
    this.submitted++
    this.inFlight++
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
    if (scalars.step === this.hangsAt)
      return this.#enqueue(() => {
        onProgress?.(0.5)
        return new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
        })
      })
    return this.#enqueue(() => {
      this.inFlight--
      if (scalars.step >= this.lostAt) throw this.lost
      return this.#step(batches, scalars)
    })
  }

  #enqueue<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#queue.then(() => new Promise<void>((r) => setTimeout(r, 0))).then(work)
    this.#queue = result.catch(() => {})
    return result
  }

  #step(batches: Batch[], scalars: StepScalars): StepResult {
    this.stepsRun++
    const gradients = zerosLike(this.#parameters)
    const rows = batches.reduce((sum, batch) => sum + batch.supervisedRows.length, 0)
    let loss = 0
    let hits = 0
    const logs: number[][] = batches.map(() => [])
    for (const [i, batch] of batches.entries())
      for (const row of batch.supervisedRows) {
        const previous = batch.tokens[row]!
        const label = batch.labels[row]!
        if (label === IGNORE) throw new Error(`row ${row} is not supervised`)
        const keep = this.#kept(scalars, i, row)
        const p = softmax(this.#logits(previous, keep))
        loss -= Math.log(p[label]!) / rows
        logs[i]!.push(Math.log(p[label]!))
        hits += p.indexOf(Math.max(...p)) === label ? 1 : 0
        this.#accumulate(gradients, previous, label, keep, p, 1 / rows)
      }
    if (this.overflows.has(scalars.step)) gradients[A]!.data[0] = Number.POSITIVE_INFINITY
    const norm = Math.sqrt(
      Object.values(gradients).reduce((sum, g) => sum + g.data.reduce((s, x) => s + x * x, 0), 0),
    )
    this.#gradients = gradients
    const finite = Number.isFinite(norm) && Number.isFinite(loss)
    if (finite) this.#update(gradients, norm, scalars)
    const tokens = batches.reduce((sum, batch) => sum + batch.tokens.length, 0)
    const logProbability = logs.map((values) => Float32Array.from(values))
    return { loss, mean_token_accuracy: hits / rows, grad_norm: norm, tokens, finite, logProbability }
  }

  #kept(scalars: StepScalars, batch: number, row: number): Float64Array {
    return Float64Array.from({ length: this.#rank }, (_, k) =>
      noise(scalars.seed, scalars.step, batch, row, k) < this.#dropout ? 0 : 1 / (1 - this.#dropout),
    )
  }

  #logits(previous: number, keep: Float64Array | null, adapter = true): Float64Array {
    const [a, b] = [this.#parameters[A]!.data, this.#parameters[B]!.data]
    return Float64Array.from({ length: this.#words }, (_, word) => {
      let sum = this.#base[previous * this.#words + word]!
      if (!adapter) return sum
      for (let k = 0; k < this.#rank; k++)
        sum += b[word * this.#rank + k]! * a[k * this.#words + previous]! * (keep?.[k] ?? 1)
      return sum
    })
  }

  #accumulate(
    gradients: Record<string, StateTensor>,
    previous: number,
    label: number,
    keep: Float64Array,
    p: Float64Array,
    weight: number,
  ): void {
    const [a, b] = [this.#parameters[A]!.data, this.#parameters[B]!.data]
    for (let word = 0; word < this.#words; word++) {
      const d = (p[word]! - (word === label ? 1 : 0)) * weight
      for (let k = 0; k < this.#rank; k++) {
        gradients[B]!.data[word * this.#rank + k]! += d * a[k * this.#words + previous]! * keep[k]!
        gradients[A]!.data[k * this.#words + previous]! += d * b[word * this.#rank + k]! * keep[k]!
      }
    }
  }

  #update(gradients: Record<string, StateTensor>, norm: number, s: StepScalars): void {
    const clip = s.maxGradNorm > 0 ? Math.min(1, s.maxGradNorm / (norm + 1e-6)) : 1
    for (const [name, { data }] of Object.entries(this.#parameters))
      for (let i = 0; i < data.length; i++) {
        const g = gradients[name]!.data[i]! * clip
        const m = this.#m[name]!.data
        const v = this.#v[name]!.data
        m[i] = s.beta1 * m[i]! + (1 - s.beta1) * g
        v[i] = s.beta2 * v[i]! + (1 - s.beta2) * g * g
        const mHat = m[i]! / (1 - s.beta1 ** s.step)
        const vHat = v[i]! / (1 - s.beta2 ** s.step)
        data[i] =
          data[i]! * (1 - s.learningRate * s.weightDecay) -
          (s.learningRate * mHat) / (Math.sqrt(vHat) + s.epsilon)
      }
  }

  score(batch: Batch, options: AdapterOption = {}): Promise<Score> {
    return this.#enqueue(() => {
      const logProbability: number[] = []
      const hit: number[] = []
      for (const row of batch.supervisedRows) {
        const p = softmax(this.#logits(batch.tokens[row]!, null, options.adapter !== 'off'))
        logProbability.push(Math.log(p[batch.labels[row]!]!))
        hit.push(p.indexOf(Math.max(...p)) === batch.labels[row] ? 1 : 0)
      }
      return { logProbability: Float32Array.from(logProbability), hit: Uint8Array.from(hit) }
    })
  }

  scoreChoices(
    prompt: Uint32Array,
    choices: readonly Uint32Array[],
    options: AdapterOption = {},
  ): Promise<ChoiceScores> {
    return this.#enqueue(() => {
      const { depth } = choiceTree(prompt, choices, this.#words)
      const logProbability = choices.map((choice) =>
        Float32Array.from(choice, (token, i) => {
          const previous = i === 0 ? prompt.at(-1)! : choice[i - 1]!
          return Math.log(softmax(this.#logits(previous, null, options.adapter !== 'off'))[token]!)
        }),
      )
      return { logProbability, tokens: prompt.length + depth.length - 1, rows: depth.length }
    })
  }

  async *generate(
    prompts: Uint32Array[],
    options: GenerateOptions,
    signal?: AbortSignal,
  ): AsyncIterable<GeneratedToken> {
    const last = prompts.map((tokens) => tokens.at(-1) ?? 0)
    const open = new Set(prompts.keys())
    for (let n = 1; open.size > 0; n++) {
      await this.#enqueue(() => {})
      for (const prompt of open) {
        signal?.throwIfAborted()
        const p = softmax(this.#logits(last[prompt]!, null, options.adapter !== 'off'))
        const token =
          options.temperature === 0 ? p.indexOf(Math.max(...p)) : draw(p, noise(options.seed, n, prompt))
        last[prompt] = token
        const stop = options.stopTokens.includes(token)
        const finish = stop ? 'stop' : n === options.maxNewTokens ? 'length' : undefined
        if (finish) open.delete(prompt)
        yield finish ? { prompt, token, finish } : { prompt, token }
      }
    }
  }

  matrix(name: string): Promise<MatrixState> {
    return this.#enqueue(() => {
      const { shape, data } = this.#parameters[name]!
      return { shape, value: data.slice(), gradient: this.#gradients[name]!.data.slice() }
    })
  }

  saveState(): Promise<EngineState> {
    return this.#enqueue(() => ({
      lora: copy(this.#parameters),
      adamM: copy(this.#m),
      adamV: copy(this.#v),
    }))
  }

  async loadState(state: EngineState): Promise<void> {
    this.#parameters = copy(state.lora)
    this.#m = copy(state.adamM)
    this.#v = copy(state.adamV)
  }

  describe(): EngineDescription {
    return { kind: 'webgpu', device: 'bigram', software: true, choices: { matmul: 'naive' }, liveBytes: 0 }
  }

  dispose(): void {}
}

function softmax(logits: Float64Array): Float64Array {
  const top = Math.max(...logits)
  const e = logits.map((x) => Math.exp(x - top))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map((x) => x / sum)
}

function draw(p: Float64Array, at: number): number {
  let sum = 0
  for (const [word, x] of p.entries()) if ((sum += x) > at) return word
  return p.length - 1
}

function zerosLike(tensors: Record<string, StateTensor>): Record<string, StateTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.length) },
    ]),
  )
}

function copy(tensors: Record<string, StateTensor>): Record<string, StateTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { shape: [...shape], data: data.slice() },
    ]),
  )
}
