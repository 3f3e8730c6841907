import type { Batch } from '../protocol/batch.ts'
import type { Engine } from '../protocol/engine.ts'

export interface Evaluation {
  /** Mean over all supervised tokens of all batches, nats. */
  eval_loss: number
  metrics: { mean_token_accuracy: number; perplexity: number; tokens: number }
}

/** Validation loss weighted by tokens, summed in f64. Null where the batches hold no supervised token. */
export async function evaluate(
  engine: Engine,
  batches: Iterable<Batch>,
  adapter: 'on' | 'off',
  signal?: AbortSignal,
  onBatch?: (tokens: number) => void,
): Promise<Evaluation | null> {
  let sum = 0
  let hits = 0
  let tokens = 0
  for (const batch of batches) {
    signal?.throwIfAborted()
    const { logProbability, hit } = await engine.score(batch, { adapter }, signal)
    for (const value of logProbability) sum -= value
    for (const value of hit) hits += value
    tokens += logProbability.length
    onBatch?.(tokens)
  }
  if (tokens === 0) return null
  const eval_loss = sum / tokens
  return {
    eval_loss,
    metrics: { mean_token_accuracy: hits / tokens, perplexity: Math.exp(eval_loss), tokens },
  }
}
