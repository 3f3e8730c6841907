import { storedTypes } from '../../model/storage.ts'
import type { PlanRequest } from '../../protocol/engine.ts'
import type { ModelConfig, WeightSource } from '../../protocol/model.ts'
import type { RunConfig } from '../../protocol/run-config.ts'

/**
 * What a run of these settings asks of an engine; without the data's own maxima, the most that settings allow.
 * @param weights null: not here, and counted as bf16
 */
export function planRequest(
  config: RunConfig,
  model: ModelConfig,
  weights: WeightSource | null,
  most: { tokens: number; supervised: number } | null,
  decode: PlanRequest['decode'],
): PlanRequest {
  const { max_length, per_device_train_batch_size } = config.training
  const tokens = most?.tokens ?? max_length * per_device_train_batch_size
  const budget = config.engine.memory_budget
  return {
    model,
    ...(weights && { stored: storedTypes(weights) }),
    lora: config.lora,
    maxTokens: tokens,
    maxSupervised: most?.supervised ?? tokens,
    recompute: config.engine.recompute,
    ...(budget === null ? {} : { memoryBudget: budget }),
    decode,
  }
}
