import * as tf from '@tensorflow/tfjs-core'
import { type AdapterTensor, adapterTensors } from '../model/lora.ts'
import type { EngineState, MatrixState, StateTensor, StepScalars } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig, Projection } from '../protocol/model.ts'
import { type LoraConfig, loraScaling } from '../protocol/run-config.ts'
import type { PairGrad } from './layer.ts'
import type { LoraPair } from './linear.ts'
import type { OwnProducts } from './own-products.ts'
import { FACTORS, type UpdateFactors } from './simd/adamw-kernel.ts'
import { free, tidy } from './tidy.ts'

interface Parameter extends AdapterTensor {
  value: Float32Array
  gradient: Float32Array
  m: Float32Array
  v: Float32Array
}

const PARTS = { lora: 'value', adamM: 'm', adamV: 'v' } as const

/** The trainable weights and their optimizer, on the host or in the memory of products, and what the backend multiplies by. */
export class Adapter {
  /** Alpha over r, or over its root. */
  readonly scaling: number
  /** Where the parameters lie, if threads take part in their update. */
  readonly #own: OwnProducts | null
  readonly #parameters: Parameter[]
  readonly #byName: Map<string, Parameter>
  readonly #pairs = new Map<string, LoraPair>()
  /** How often its values have changed. */
  changes = 0

  /** @param own with places for parameters, where layers of whole batches are its own */
  constructor(config: ModelConfig, lora: LoraConfig, own: OwnProducts | null = null) {
    this.scaling = loraScaling(lora)
    const place = own?.layout.train?.adapter
    this.#own = place ? own : null
    let before = 0
    this.#parameters = adapterTensors(config, lora).map((tensor) => {
      const size = tensor.shape[0] * tensor.shape[1]
      const at = before * 4
      before += size
      const array = (part: 'value' | 'gradient' | 'm' | 'v') =>
        own && place ? own.products.floats(place[part] + at, size) : new Float32Array(size)
      return { ...tensor, value: array('value'), gradient: array('gradient'), m: array('m'), v: array('v') }
    })
    this.#byName = new Map(this.#parameters.map((parameter) => [parameter.name, parameter]))
  }

  /** Bytes outside the backend and the memory of products. */
  get hostBytes(): number {
    if (this.#own) return 0
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
      const high = tf.mul(tf.tensor2d(b.value, b.shape), this.scaling) as tf.Tensor2D
      return { a: low, at: tf.transpose(low), b: high, bt: tf.transpose(high) }
    })
    for (const tensor of Object.values(pair)) tf.keep(tensor as tf.Tensor)
    this.#pairs.set(key, pair)
    return pair
  }

  /** A [r, in] and B [out, r] of a projection that has LoRA. */
  values(layer: number, projection: Projection): { a: Float32Array; b: Float32Array; scaling: number } {
    const [a, b] = this.#matrices(layer, projection)
    return { a: a!.value, b: b!.value, scaling: this.scaling }
  }

  /** The same of their gradients. */
  gradientsOf(layer: number, projection: Projection): { a: Float32Array; b: Float32Array } {
    const [a, b] = this.#matrices(layer, projection)
    return { a: a!.gradient, b: b!.gradient }
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
      const factor = scale * this.scaling
      for (let i = 0; i < high.length; i++) b.gradient[i]! += factor * high[i]!
      free(dat, db)
    }
  }

  /** Sum of squares of all gradients; not finite where one of them is not. */
  squaredNorm(): number {
    let sum = 0
    // In their order, whoever else could take part: another one has other bits.
    for (const { gradient } of this.#parameters)
      for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!
    return sum
  }

  /**
   * Clip and AdamW: decoupled weight decay, bias-corrected moments, as torch.optim.AdamW and clip_grad_norm_ do it.
   * Source: Loshchilov and Hutter 2019 (arXiv 1711.05101).
   */
  update(s: StepScalars, squaredNorm: number): void {
    const factors: UpdateFactors = {
      clip: s.maxGradNorm > 0 ? Math.min(1, s.maxGradNorm / (Math.sqrt(squaredNorm) + 1e-6)) : 1,
      beta1: s.beta1,
      rest1: 1 - s.beta1,
      beta2: s.beta2,
      rest2: 1 - s.beta2,
      rate: s.learningRate / (1 - s.beta1 ** s.step),
      bias2: 1 - s.beta2 ** s.step,
      decay: 1 - s.learningRate * s.weightDecay,
      epsilon: s.epsilon,
    }
    if (this.#own) updateOn(this.#own, factors)
    else for (const parameter of this.#parameters) updateParameters(parameter, factors)
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

/** All of them, by all threads. */
function updateOn({ products, layout }: OwnProducts, factors: UpdateFactors): void {
  const { count, ...places } = layout.train!.adapter
  new Float64Array(products.memory.buffer, places.factors, FACTORS.length).set(
    FACTORS.map((name) => factors[name]),
  )
  products.tasks([{ kind: 'adamw', ...places, rows: count, width: 1 }])
}

function updateParameters({ value, gradient, m, v }: Parameter, f: UpdateFactors): void {
  for (let i = 0; i < value.length; i++) {
    const g = gradient[i]! * f.clip
    m[i] = f.beta1 * m[i]! + f.rest1 * g
    v[i] = f.beta2 * v[i]! + f.rest2 * g * g
    value[i] = value[i]! * f.decay - (f.rate * m[i]!) / (Math.sqrt(v[i]! / f.bias2) + f.epsilon)
  }
}
