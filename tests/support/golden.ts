import { type ByteSource, bufferSource } from '../../src/files/bytes.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { readAdapterConfig } from '../../src/model/adapter-config.ts'
import { readModelConfig } from '../../src/model/config.ts'
import type { BatchJson } from '../../src/protocol/batch.ts'
import type { EngineState, StateTensor } from '../../src/protocol/engine.ts'
import type { ModelSource, WeightSource } from '../../src/protocol/model.ts'
import type { LoraConfig } from '../../src/protocol/run-config.ts'
import { repositoryFile, repositoryJson } from './files.ts'

/** A folder of tests/golden made by peers/golden.py with Transformers and PEFT. */
export interface Golden {
  model: ModelSource
  lora: LoraConfig
  /** The adapter the cases begin with, moments zero. */
  state: EngineState
  cases: GoldenCases
  /** A tensor of cases.safetensors. */
  tensor(name: string): Promise<Float32Array>
  /** All tensors whose names begin so, without the prefix. */
  tensors(prefix: string): Promise<Record<string, Float32Array>>
}

interface GoldenCases {
  logits: { batch: BatchJson; tensors: { off: string; on: string } }[]
  score: { stream: number; off: GoldenScore; on: GoldenScore }[]
  /** By choice and token. */
  choices: { prompt: number[]; choices: number[][]; off: number[][]; on: number[][] }
  hidden: { stream: number; adapter: 'on'; tensors: string[] }
  gradients: {
    batch: BatchJson
    loss: number
    mean_token_accuracy: number
    grad_norm: number
    supervised: number
  }
  training: {
    scalars: Record<string, number | string>
    steps: {
      step: number
      learning_rate: number
      loss: number
      mean_token_accuracy: number
      grad_norm: number
      batches: BatchJson[]
    }[]
  }
}

interface GoldenScore {
  logProbability: number[]
  hit: number[]
}

export async function openGolden(name: string): Promise<Golden> {
  const folder = `tests/golden/${name}`
  const open = async (path: string): Promise<WeightSource> => {
    const file = path.slice(path.lastIndexOf('/') + 1)
    const source: ByteSource = bufferSource(await repositoryFile(path))
    return openWeights(new Map([[file, source]]))
  }
  const [config, weights, adapterConfig, adapter, cases, values] = await Promise.all([
    repositoryJson(`${folder}/config.json`),
    open(`${folder}/model.safetensors`),
    repositoryJson(`${folder}/adapter/adapter_config.json`),
    open(`${folder}/adapter/adapter_model.safetensors`),
    repositoryJson<GoldenCases>(`${folder}/cases.json`),
    open(`${folder}/cases.safetensors`),
  ])
  const lora: Record<string, StateTensor> = {}
  for (const key of adapter.tensors.keys()) lora[key] = await readTensor(adapter, key)
  const zeros = Object.fromEntries(
    Object.entries(lora).map(([k, t]) => [k, { shape: t.shape, data: new Float32Array(t.data.length) }]),
  )
  const tensor = async (key: string) => (await readTensor(values, key)).data
  return {
    // The reference ran in f32, so the embedding's scale is not rounded to the weights' type.
    model: { config: readModelConfig(config, { dtype: 'float32' }), weights },
    lora: readAdapterConfig(adapterConfig).lora,
    state: { lora, adamM: zeros, adamV: zeros },
    cases,
    tensor,
    async tensors(prefix) {
      const out: Record<string, Float32Array> = {}
      for (const key of values.tensors.keys())
        if (key.startsWith(prefix)) out[key.slice(prefix.length)] = await tensor(key)
      return out
    },
  }
}

/** |a - b| / |b| in L2. */
export function relativeL2(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let norm = 0
  for (let i = 0; i < want.length; i++) {
    difference += (got[i]! - want[i]!) ** 2
    norm += want[i]! ** 2
  }
  return Math.sqrt(difference / norm)
}
