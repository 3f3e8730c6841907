import type { PlanRequest } from '../../protocol/engine.ts'
import type { ModelConfig, WeightSource } from '../../protocol/model.ts'
import type { RunConfig } from '../../protocol/run-config.ts'

/** What a run of these settings asks of an engine; without the data's own maxima, the most that settings allow. */
export function planRequest(
  config: RunConfig,
  model: ModelConfig,
  weights: WeightSource,
  most: { tokens: number; supervised: number } | null,
  decode: PlanRequest['decode'],
): PlanRequest {
  const { max_length, per_device_train_batch_size } = config.training
  const tokens = most?.tokens ?? max_length * per_device_train_batch_size
  const wide = [...weights.tensors.values()].some(({ dtype, shape }) => dtype === 'F32' && shape.length > 1)
  const budget = config.engine.memory_budget
  return {
    model,
    weightBytes: wide ? 4 : 2,
    lora: config.lora,
    maxTokens: tokens,
    maxSupervised: most?.supervised ?? tokens,
    recompute: config.engine.recompute,
    ...(budget === null ? {} : { memoryBudget: budget }),
    decode,
  }
}
