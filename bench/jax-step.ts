import {
  defaultDevice,
  init,
  type Array as JaxArray,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax'
import { bf16ToF32 } from '../src/lib/bf16.ts'
import { ropeTable } from '../src/lib/rope.ts'
import { initialState } from '../src/model/lora.ts'
import type { Batch } from '../src/protocol/batch.ts'
import type { EngineState } from '../src/protocol/engine.ts'
import type { ModelConfig, ModelSource } from '../src/protocol/model.ts'
import type { MeasuredStep } from './measured.ts'
import { scalars } from './model.ts'
import { measureStep, missedStep } from './peer.ts'
import type { Bench } from './session.ts'
import { sharedSizes } from './shapes.ts'

/** Written in when the page is bundled. */
declare const BENCH_JAX_VERSION: string

type Arrays = Record<string, JaxArray>

/** Everything that a step takes in. jax-js counts references: what is used again is passed on as `.ref`. */
type State = { lora: Arrays; m: Arrays; v: Arrays }

/** Segments of equal length, supervised at the same places: what the bench's batches are like. */
interface Shape {
  segments: number
  length: number
  /** First and one past the last supervised place of a segment. */
  learnt: [number, number]
}

/** The step in jax-js, on its WebGPU backend with a device of its own. */
export async function jaxSteps(bench: Bench, ours: MeasuredStep): Promise<void> {
  const name = `jax-js ${BENCH_JAX_VERSION}`
  try {
    const jax = await JaxStep.open(ours)
    try {
      await measureStep(bench, ours, name, bench.adapter, () => jax.step())
    } finally {
      jax.dispose()
    }
  } catch (error) {
    missedStep(bench, ours, name, bench.adapter, error)
  }
}

/**
 * The bench's training step, the same in every number, in jax-js: forward and cross-entropy differentiated by `valueAndGrad`,
 * clipping and AdamW, all in one `jit`. Labels are one-hot, since jax-js differentiates no gather.
 */
class JaxStep {
  readonly #base: Arrays
  readonly #data: Arrays
  readonly #run: (
    state: State,
    base: Arrays,
    data: Arrays,
    corrections: JaxArray,
  ) => { state: State; loss: JaxArray }
  #state: State
  #step = 0

  private constructor(ours: MeasuredStep, base: Arrays) {
    const { config } = ours.source
    const { lora } = ours.request
    const start = initialState(config, lora, 1)
    this.#base = base
    this.#state = { lora: arrays(start.lora), m: arrays(start.adamM), v: arrays(start.adamV) }
    const shape = shapeOf(ours.batch)
    this.#data = dataOf(config, ours.batch, shape)
    const scale = lora.lora_alpha / lora.r
    const loss = (lora: Arrays, base: Arrays, data: Arrays) => lossOf(config, shape, scale, lora, base, data)
    const step = (state: State, base: Arrays, data: Arrays, corrections: JaxArray) => {
      const [value, gradient] = valueAndGrad(loss)(tree.ref(state.lora), base, data)
      return { state: adamw(state, gradient as Arrays, corrections), loss: value }
    }
    this.#run = jit(step) as unknown as typeof step
  }

  static async open(ours: MeasuredStep): Promise<JaxStep> {
    if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js finds no WebGPU')
    defaultDevice('webgpu')
    return new JaxStep(ours, await weightsOf(ours.source))
  }

  /** One step; its loss when it is done. */
  async step(): Promise<number> {
    const { beta1, beta2 } = scalars(1)
    const at = ++this.#step
    const corrections = np.array([1 / (1 - beta1 ** at), 1 / (1 - beta2 ** at)])
    const { state, loss } = this.#run(this.#state, tree.ref(this.#base), tree.ref(this.#data), corrections)
    this.#state = state
    return ((await loss.data()) as Float32Array)[0]!
  }

  dispose(): void {
    for (const held of [this.#base, this.#data, this.#state]) tree.dispose(held as Arrays)
  }
}

function arrays(state: EngineState['lora']): Arrays {
  return Object.fromEntries(
    Object.entries(state).map(([name, { shape, data }]) => [
      name,
      np.array(new Float32Array(data)).reshape(shape),
    ]),
  )
}

async function weightsOf({ weights }: ModelSource): Promise<Arrays> {
  const found: Arrays = {}
  for (const [name, { shape }] of weights.tensors) {
    const count = shape.reduce((a, b) => a * b, 1)
    const bytes = await weights.read(name, 0, count * 2)
    found[name] = np.array(bf16ToF32(new Uint16Array(bytes.slice().buffer))).reshape(shape)
  }
  return found
}

function shapeOf({ tokens, segmentStart, supervisedRows }: Batch): Shape {
  const segments = new Set(segmentStart).size
  const length = tokens.length / segments
  const first = supervisedRows[0]!
  const each = supervisedRows.length / segments
  return { segments, length, learnt: [first, first + each] }
}

function dataOf(config: ModelConfig, { tokens, labels, supervisedRows }: Batch, shape: Shape): Arrays {
  const { length } = shape
  const { numHeads, vocabSize } = config
  const { headDim } = sharedSizes(config)
  const words = Float32Array.from({ length: supervisedRows.length * vocabSize }, (_, i) =>
    labels[supervisedRows[Math.floor(i / vocabSize)]!] === i % vocabSize ? 1 : 0,
  )
  const data: Arrays = {
    tokens: np.array(Int32Array.from(tokens), { dtype: np.int32 }),
    labels: np.array(words).reshape([supervisedRows.length, vocabSize]),
  }
  for (const [layer, { window, rope }] of config.layers.entries()) {
    const table = ropeTable(length, headDim, rope.theta)
    const part = (odd: number) =>
      np
        .array(Float32Array.from({ length: (length * headDim) / 2 }, (_, i) => table[2 * i + odd]!))
        .reshape([1, length, 1, headDim / 2])
    data[`cos${layer}`] = part(0)
    data[`sin${layer}`] = part(1)
    const seen = (query: number, key: number) => key <= query && (window === null || query - key < window)
    data[`mask${layer}`] = np
      .array(
        Float32Array.from({ length: numHeads * length * length }, (_, i) =>
          seen(Math.floor(i / length) % length, i % length) ? 0 : -1e9,
        ),
      )
      .reshape([1, numHeads * length, length])
  }
  return data
}

/** Mean cross-entropy over the supervised rows, nats. */
function lossOf(
  config: ModelConfig,
  { segments, length, learnt }: Shape,
  scale: number,
  lora: Arrays,
  base: Arrays,
  data: Arrays,
): JaxArray {
  const { numHeads, rmsNormEps, hiddenSize } = config
  const { headDim } = sharedSizes(config)
  const tokens = segments * length
  const weight = (name: string) => base[`${name}.weight`]!.ref
  const norm = (x: JaxArray, name: string) => {
    const size = np.mean(np.square(x.ref), -1, { keepdims: true }).add(rmsNormEps)
    return x.div(np.sqrt(size)).mul(weight(name).add(1))
  }
  const project = (x: JaxArray, name: string) => {
    const part = (which: string) => np.transpose(lora[`base_model.model.${name}.lora_${which}.weight`]!.ref)
    const low = np.matmul(np.matmul(x.ref, part('A')), part('B'))
    return np.matmul(x, np.transpose(weight(name))).add(low.mul(scale))
  }
  const rotate = (x: JaxArray, layer: number) => {
    const [first, second] = np.split(x, 2, -1) as [JaxArray, JaxArray]
    const cos = () => data[`cos${layer}`]!.ref
    const sin = () => data[`sin${layer}`]!.ref
    const left = first.ref.mul(cos()).sub(second.ref.mul(sin()))
    return np.concatenate([left, second.mul(cos()).add(first.mul(sin()))], -1)
  }
  let x = np.take(weight('model.embed_tokens'), data.tokens!.ref, 0).mul(config.embeddingScale)
  for (const layer of config.layers.keys()) {
    const at = `model.layers.${layer}`
    const h = norm(x.ref, `${at}.input_layernorm`)
    const heads = (name: string, count: number) =>
      project(h.ref, `${at}.self_attn.${name}`).reshape([segments, length, count, headDim])
    const q = rotate(norm(heads('q_proj', numHeads), `${at}.self_attn.q_norm`), layer)
    const k = rotate(norm(heads('k_proj', 1), `${at}.self_attn.k_norm`), layer).reshape([
      segments,
      length,
      headDim,
    ])
    const v = heads('v_proj', 1).reshape([segments, length, headDim])
    h.dispose()
    // Queries of all heads below one another: there is one head of keys.
    const rows = np.transpose(q, [0, 2, 1, 3]).reshape([segments, numHeads * length, headDim])
    const scores = np
      .matmul(rows, np.transpose(k, [0, 2, 1]))
      .mul(config.queryScale)
      .add(data[`mask${layer}`]!.ref)
    const mixed = np.matmul(nn.softmax(scores, -1), v).reshape([segments, numHeads, length, headDim])
    const flat = np.transpose(mixed, [0, 2, 1, 3]).reshape([tokens, numHeads * headDim])
    x = x.add(norm(project(flat, `${at}.self_attn.o_proj`), `${at}.post_attention_layernorm`))
    const m = norm(x.ref, `${at}.pre_feedforward_layernorm`)
    const gate = nn.gelu(project(m.ref, `${at}.mlp.gate_proj`), { approximate: true })
    const inner = gate.mul(project(m, `${at}.mlp.up_proj`))
    x = x.add(norm(project(inner, `${at}.mlp.down_proj`), `${at}.post_feedforward_layernorm`))
  }
  const supervised = x.reshape([segments, length, hiddenSize]).slice([], learnt).reshape([-1, hiddenSize])
  const logits = np.matmul(norm(supervised, 'model.norm'), np.transpose(weight('model.embed_tokens')))
  const rows = segments * (learnt[1] - learnt[0])
  return np.sum(nn.logSoftmax(logits, -1).mul(data.labels!.ref)).mul(-1 / rows)
}

/** Clipping to the global norm, then AdamW without decay, as PyTorch has them. */
function adamw(state: State, gradient: Arrays, corrections: JaxArray): State {
  const { beta1, beta2, epsilon, learningRate, maxGradNorm } = scalars(1)
  const names = Object.keys(gradient)
  const squares = names.map((name) => np.sum(np.square(gradient[name]!.ref)))
  const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)))
  const clip = np.minimum(np.array(1), np.trueDivide(maxGradNorm, norm.add(1e-6)))
  const [first, second] = [corrections.ref.slice(0), corrections.slice(1)]
  const next: State = { lora: {}, m: {}, v: {} }
  for (const name of names) {
    const g = gradient[name]!.mul(clip.ref)
    const m = state.m[name]!.mul(beta1).add(g.ref.mul(1 - beta1))
    const v = state.v[name]!.mul(beta2).add(np.square(g).mul(1 - beta2))
    const size = np.sqrt(v.ref.mul(second.ref)).add(epsilon)
    const change = m.ref.mul(first.ref).div(size)
    next.lora[name] = state.lora[name]!.sub(change.mul(learningRate))
    next.m[name] = m
    next.v[name] = v
  }
  return next
}
