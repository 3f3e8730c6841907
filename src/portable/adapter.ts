import * as tf from '@tensorflow/tfjs-core'
import { type AdapterTensor, adapterTensors } from '../model/lora.ts'
import type { EngineState, MatrixState, StateTensor, StepScalars } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig, Projection } from '../protocol/model.ts'
import { type LoraConfig, loraScaling } from '../protocol/run-config.ts'
import type { PairGrad } from './layer.ts'
import type { LoraPair } from './linear.ts'
import { free, tidy } from './tidy.ts'

interface Parameter extends AdapterTensor {
  value: Float32Array
  gradient: Float32Array
  m: Float32Array
  v: Float32Array
}

/** Strides in floats. */
export interface PairRows {
  da: Float32Array
  daStride: number
  db: Float32Array
  dbStride: number
}

const PARTS = { lora: 'value', adamM: 'm', adamV: 'v' } as const

/** The trainable weights and their optimizer, on the host, and what the backend multiplies by. */
export class Adapter {
  readonly #scaling: number
  readonly #parameters: Parameter[]
  readonly #byName: Map<string, Parameter>
  readonly #pairs = new Map<string, LoraPair>()
  /** How often its values have changed. */
  changes = 0

  constructor(config: ModelConfig, lora: LoraConfig) {
    this.#scaling = loraScaling(lora)
    this.#parameters = adapterTensors(config, lora).map((tensor) => {
      const array = () => new Float32Array(tensor.shape[0] * tensor.shape[1])
      return { ...tensor, value: array(), gradient: array(), m: array(), v: array() }
    })
    this.#byName = new Map(this.#parameters.map((parameter) => [parameter.name, parameter]))
  }

  /** Bytes outside the backend. */
  get hostBytes(): number {
    return this.#parameters.reduce((sum, { value }) => sum + 4 * value.byteLength, 0)
  }

  /** Null where the projection has no LoRA. */
  pair(layer: number, projection: Projection): LoraPair | null {
    const key = `${layer}.${projection}`
    const known = this.#pairs.get(key)
    if (known) return known
    const [a, b] = this.#matrices(layer, projection)
    if (!a || !b) return null
    const pair = tidy((): LoraPair => {
      const low = tf.tensor2d(a.value, a.shape)
      const high = tf.mul(tf.tensor2d(b.value, b.shape), this.#scaling) as tf.Tensor2D
      return { a: low, at: tf.transpose(low), b: high, bt: tf.transpose(high) }
    })
    for (const tensor of Object.values(pair)) tf.keep(tensor as tf.Tensor)
    this.#pairs.set(key, pair)
    return pair
  }

  /** A [r, in] and B [out, r] of a projection that has LoRA. */
  values(layer: number, projection: Projection): { a: Float32Array; b: Float32Array; scaling: number } {
    const [a, b] = this.#matrices(layer, projection)
    return { a: a!.value, b: b!.value, scaling: this.#scaling }
  }

  clearGradients(): void {
    for (const { gradient } of this.#parameters) gradient.fill(0)
  }

  /** Adds a layer's gradients, and disposes of them. */
  async add(layer: number, pairs: readonly PairGrad[], scale: number): Promise<void> {
    for (const { projection, dat, db } of pairs) {
      const [low, high] = await Promise.all([dat.data(), db.data()])
      const [a, b] = this.#matrices(layer, projection) as [Parameter, Parameter]
      const [rank, width] = a.shape
      for (let i = 0; i < width; i++)
        for (let q = 0; q < rank; q++) a.gradient[q * width + i]! += scale * low[i * rank + q]!
      const factor = scale * this.#scaling
      for (let i = 0; i < high.length; i++) b.gradient[i]! += factor * high[i]!
      free(dat, db)
    }
  }

  /** Adds a pair's gradients as rows of floats: dA [r, in], and dBᵀ [r, out], not yet scaled by alpha / r. */
  addOwn(
    layer: number,
    projection: Projection,
    { da, daStride, db, dbStride }: PairRows,
    scale: number,
  ): void {
    const [a, b] = this.#matrices(layer, projection) as [Parameter, Parameter]
    const [rank, width] = a.shape
    const [outer] = b.shape
    const factor = scale * this.#scaling
    for (let q = 0; q < rank; q++) {
      for (let i = 0; i < width; i++) a.gradient[q * width + i]! += scale * da[q * daStride + i]!
      for (let o = 0; o < outer; o++) b.gradient[o * rank + q]! += factor * db[q * dbStride + o]!
    }
  }

  /** Sum of squares of all gradients; not finite where one of them is not. */
  squaredNorm(): number {
    let sum = 0
    for (const { gradient } of this.#parameters) for (const g of gradient) sum += g * g
    return sum
  }

  /**
   * Clip and AdamW: decoupled weight decay, bias-corrected moments, as torch.optim.AdamW and clip_grad_norm_ do it.
   * Source: Loshchilov and Hutter 2019 (arXiv 1711.05101).
   */
  update(s: StepScalars, squaredNorm: number): void {
    const clip = s.maxGradNorm > 0 ? Math.min(1, s.maxGradNorm / (Math.sqrt(squaredNorm) + 1e-6)) : 1
    const rate = s.learningRate / (1 - s.beta1 ** s.step)
    const bias2 = 1 - s.beta2 ** s.step
    const decay = 1 - s.learningRate * s.weightDecay
    for (const { value, gradient, m, v } of this.#parameters)
      for (let i = 0; i < value.length; i++) {
        const g = gradient[i]! * clip
        m[i] = s.beta1 * m[i]! + (1 - s.beta1) * g
        v[i] = s.beta2 * v[i]! + (1 - s.beta2) * g * g
        value[i] = value[i]! * decay - (rate * m[i]!) / (Math.sqrt(v[i]! / bias2) + s.epsilon)
      }
    this.#forgetPairs()
  }

  read(): EngineState {
    const of = (part: 'value' | 'm' | 'v') =>
      Object.fromEntries(
        this.#parameters.map((p): [string, StateTensor] => [
          p.name,
          { shape: [...p.shape], data: p[part].slice() },
        ]),
      )
    return { lora: of('value'), adamM: of('m'), adamV: of('v') }
  }

  /** @throws LapidaryError `bad_state` where a tensor is missing or of another size; nothing is changed then */
  write(state: EngineState): void {
    const parts = Object.entries(PARTS) as [keyof EngineState, 'value' | 'm' | 'v'][]
    for (const [group] of parts)
      for (const { name, value } of this.#parameters) {
        const given = state[group][name]
        if (given?.data.length !== value.length)
          fail(
            'bad_state',
            `The state ${given ? 'has another size for' : 'lacks'} ${name} (${group}).`,
            'Load a state that was saved with the same model and LoRA settings.',
            { tensor: name },
          )
      }
    for (const [group, part] of parts)
      for (const [name, { data }] of Object.entries(state[group])) this.#byName.get(name)?.[part].set(data)
    this.#forgetPairs()
  }

  matrix(name: string): MatrixState {
    const { shape, value, gradient } = this.#byName.get(name)!
    return { shape: [...shape], value: value.slice(), gradient: gradient.slice() }
  }

  gradients(): Record<string, StateTensor> {
    return Object.fromEntries(
      this.#parameters.map((p) => [p.name, { shape: [...p.shape], data: p.gradient.slice() }]),
    )
  }

  dispose(): void {
    this.#forgetPairs()
  }

  /** A, then B; nothing where the projection has no LoRA. */
  #matrices(layer: number, projection: Projection): Parameter[] {
    return this.#parameters.filter((p) => p.layer === layer && p.projection === projection)
  }

  #forgetPairs(): void {
    this.changes++
    free(...this.#pairs.values())
    this.#pairs.clear()
  }
}
