import { adapterTensors } from '../model/lora.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { LoraConfig, RunConfig } from '../protocol/run-config.ts'

/** Bytes of a checkpoint: the adapter and both of its optimizer's moments, in float32. */
function checkpointSize(model: ModelConfig, lora: LoraConfig): number {
  return adapterTensors(model, lora).reduce((sum, { shape: [a, b] }) => sum + a * b * 4 * 3, 0)
}

/** What a run keeps when it has ended: its newest checkpoint and its best, or as many as its settings say. */
export function keptSize(
  model: ModelConfig,
  { lora, training }: Pick<RunConfig, 'lora' | 'training'>,
): number {
  return checkpointSize(model, lora) * Math.max(2, training.save_total_limit ?? 0)
}
