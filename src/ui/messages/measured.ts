import { formatLoss } from './format.ts'
import { t } from './t.ts'

/** When a figure was measured. */
export const atStep = (step: number): string => (step === 0 ? t('judge.before') : t('judge.atStep', { step }))

/**
 * A validation loss in words, with its step where that is not the one that it stands beside: a run that is stopped is not measured once more.
 * @param loss in nats; null: not measured
 * @param measured step that it was measured at; undefined or null: not known
 * @param beside step that it is told of
 */
export function validationInWords(
  loss: number | null,
  measured: number | null | undefined,
  beside: number,
): string {
  if (loss === null) return ''
  const value = formatLoss(loss)
  const known = typeof measured === 'number' && measured !== beside
  return known ? t('runs.validationThen', { value, when: atStep(measured) }) : t('runs.validation', { value })
}
