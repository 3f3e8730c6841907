import { kindOf } from '../../../runs/profiles.ts'
import { formatLarge, formatNumber, formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import type { App } from '../../state/app.tsx'
import type { LoraNumber, TrainingNumber } from '../../state/fields.ts'

/** Share of the examples that a limit on their length should hold whole. */
const COVERED = 0.99

/** What a setting means for this data and this model; null: nothing of its own. */
export function tipOf(
  name: TrainingNumber | LoraNumber,
  { settings, models, data, training }: Pick<App, 'settings' | 'models' | 'data' | 'training'>,
): string | null {
  const model = models.chosen()
  const prepared = data.prepared()
  const rows = prepared && !prepared.estimate ? prepared.examples.train : null
  const { training: set, lora } = settings
  const best = settings.recommended()
  const about = model && { model: model.name, weights: formatLarge(model.parameters) }
  const perStep = set.per_device_train_batch_size * set.gradient_accumulation_steps
  switch (name) {
    case 'r':
      if (!about || !model) return null
      if (kindOf(model) === 'practice') return t('tip.rPractice', { value: best.lora.r })
      return t(kindOf(model) === 'small' ? 'tip.r' : 'tip.rLarge', { ...about, value: best.lora.r })
    case 'learning_rate':
      return (
        about &&
        t('tip.learning_rate', { model: about.model, value: formatNumber(best.training.learning_rate) })
      )
    case 'lora_alpha':
      return lora.r > 0 && !lora.use_rslora
        ? t('tip.lora_alpha', { r: lora.r, scale: formatNumber(lora.lora_alpha / lora.r) })
        : null
    case 'num_train_epochs':
    case 'max_steps':
      return rows === null || set.packing || !(perStep > 0)
        ? null
        : t('tip.pass', { rows, steps: Math.ceil(rows / perStep) })
    case 'per_device_train_batch_size':
    case 'gradient_accumulation_steps':
      return rows === null || set.packing || !(perStep > 0)
        ? null
        : t('tip.batch', {
            rows,
            share: formatShare(Math.min(1, perStep / rows), perStep * 20 < rows ? 1 : 0),
          })
    case 'max_length':
      return prepared && !prepared.estimate && prepared.longest > 0
        ? t('tip.covers', {
            longest: prepared.longest,
            limit: covering(prepared.histogram, prepared.longest),
          })
        : null
    case 'eval_steps': {
      const checks = training.forecast()?.evaluations
      return checks === undefined ? null : t('tip.eval_steps', { count: checks })
    }
    default:
      return null
  }
}

/** Tokens that hold so many of the examples, by the bin of the histogram in which the last of them lies. */
export function covering({ edges, counts }: { edges: number[]; counts: number[] }, longest: number): number {
  const wanted = COVERED * counts.reduce((sum, count) => sum + count, 0)
  let held = 0
  for (const [i, count] of counts.entries()) {
    held += count
    if (held >= wanted) return Math.min(longest, Math.ceil(edges[i + 1]!) - 1)
  }
  return longest
}
