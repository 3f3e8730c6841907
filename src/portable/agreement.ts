/**
 * Whether another backend of TensorFlow.js computes what the usual one does: a small Gemma, two steps of training, scores. Its
 * WebGPU backend runs on drivers that were found to compute wrongly, so it is asked before it is relied on.
 */
import { uniform } from '../lib/threefry.ts'
import { readModelConfig } from '../model/config.ts'
import type { Batch } from '../protocol/batch.ts'
import { IGNORE } from '../protocol/batch.ts'
import type { PlanRequest, PortableBackend, StepScalars } from '../protocol/engine.ts'
import type { LayerConfig, ModelSource } from '../protocol/model.ts'
import { parseRunConfig } from '../protocol/run-config.ts'
import { type BackendOptions, openBackend } from './backend.ts'
import { drawnModel } from './drawn.ts'
import { PortableEngine } from './portable-engine.ts'

/** Relative; rounding alone stays below a hundredth of it. */
const TOLERANCE = 1e-3
const VOCAB = 150
const LENGTHS = [9, 1, 14]

/**
 * Leaves TensorFlow.js with the backend asked about, where it can be opened. No engine may be in use meanwhile.
 * @returns null where it agrees, else what is wrong with it
 */
export async function disagreement(
  backend: PortableBackend,
  options: Omit<BackendOptions, 'backends'> = {},
): Promise<string | null> {
  const usual = await figures({ ...options, backends: ['wasm', 'cpu'] })
  try {
    const got = await figures({ ...options, backends: [backend] })
    for (const [name, want] of Object.entries(usual)) {
      const error = Math.abs(got[name]! - want) / Math.max(Math.abs(want), 1e-6)
      if (!(error <= TOLERANCE)) return `${name}: ${got[name]} instead of ${want}`
    }
    return null
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 300) : String(error)
  }
}

/** What two steps of training and a pass of scoring come to. */
async function figures(options: BackendOptions): Promise<Record<string, number>> {
  const engine = new PortableEngine(await openBackend(options))
  try {
    const source = smallModel()
    const { lora } = parseRunConfig({
      lora: { r: 4, lora_alpha: 8, lora_dropout: 0.1, target_modules: 'all-linear' },
    })
    const request: PlanRequest = {
      model: source.config,
      lora,
      maxTokens: 32,
      maxSupervised: 32,
      recompute: 'layer',
      decode: null,
    }
    await engine.load(source, request, { seed: 1 })
    const out: Record<string, number> = {}
    for (const step of [1, 2]) {
      const { loss, grad_norm } = await engine.step([drawnBatch(step)], { ...SCALARS, step })
      out[`loss of step ${step}`] = loss
      out[`gradient norm of step ${step}`] = grad_norm
    }
    const { logProbability } = await engine.score(drawnBatch(3))
    for (const [i, value] of logProbability.entries()) out[`log-probability ${i}`] = value
    return out
  } finally {
    engine.dispose()
  }
}

const SCALARS: Omit<StepScalars, 'step'> = {
  seed: 7,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
}

/** Layers of three kinds: with a window that bites, with heads of another width, with the keys and values of the one before. */
function smallModel(): ModelSource {
  const config = readModelConfig(
    {
      model_type: 'gemma3_text',
      vocab_size: VOCAB,
      hidden_size: 32,
      intermediate_size: 72,
      num_hidden_layers: 3,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      head_dim: 64,
      query_pre_attn_scalar: 64,
      sliding_window: 5,
      sliding_window_pattern: 2,
      max_position_embeddings: 64,
      rms_norm_eps: 1e-6,
      rope_theta: 1_000_000,
      rope_local_base_freq: 10_000,
    },
    { dtype: 'float32' },
  )
  const [local, global, last] = config.layers as [LayerConfig, LayerConfig, LayerConfig]
  const wide = { headDim: 128, rope: { ...global.rope, rotated: 0.25 } }
  const layers = [local, { ...global, ...wide }, { ...last, ...wide, keysFrom: 1, intermediateSize: 40 }]
  return drawnModel({ ...config, layers })
}

function drawnBatch(seed: number): Batch {
  const starts = LENGTHS.flatMap((length, i) => {
    const start = LENGTHS.slice(0, i).reduce((a, b) => a + b, 0)
    return Array.from({ length }, () => start)
  })
  const tokens = Uint32Array.from(starts, (_, t) => Math.floor(uniform(seed, 1, 0, t) * VOCAB))
  const labels = Int32Array.from(starts, (start, t) => (starts[t + 1] === start ? tokens[t + 1]! : IGNORE))
  return {
    tokens,
    positions: Uint32Array.from(starts, (start, t) => t - start),
    segmentStart: Uint32Array.from(starts),
    labels,
    supervisedRows: Uint32Array.from([...labels.keys()].filter((t) => labels[t] !== IGNORE)),
  }
}
