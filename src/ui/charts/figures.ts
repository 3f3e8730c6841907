import { formatLoss, formatNumber, formatShare } from '../messages/format.ts'
import type { MessageKey } from '../messages/t.ts'

/** What a chart can draw of a run. */
export type FigureId = 'loss' | 'accuracy' | 'rate' | 'norm'
export type Axis = 'steps' | 'epochs'

export interface Figure {
  /** Name of the column of training steps, and of evaluations where it is measured there. */
  training: string
  validation: string | null
  /** What the y axis is called, its unit included. */
  label: Extract<MessageKey, 'chart.loss' | 'chart.accuracy' | 'field.learning_rate' | 'chart.norm'>
  /** Always drawn between 0 and 1. */
  share?: true
  format: (value: number) => string
  tick: (value: number) => string
}

/** In three digits. */
const brief = (value: number) => (Number.isFinite(value) ? formatNumber(Number(value.toPrecision(3))) : '—')

export const FIGURES: Record<FigureId, Figure> = {
  loss: {
    training: 'loss',
    validation: 'eval_loss',
    label: 'chart.loss',
    format: formatLoss,
    tick: formatNumber,
  },
  accuracy: {
    training: 'mean_token_accuracy',
    validation: 'mean_token_accuracy',
    label: 'chart.accuracy',
    share: true,
    format: (value) => formatShare(value, 1),
    tick: (value) => formatShare(value),
  },
  rate: {
    training: 'learning_rate',
    validation: null,
    label: 'field.learning_rate',
    format: brief,
    tick: formatNumber,
  },
  norm: {
    training: 'grad_norm',
    validation: null,
    label: 'chart.norm',
    format: brief,
    tick: formatNumber,
  },
}
