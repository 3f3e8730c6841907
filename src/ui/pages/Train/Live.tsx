import { Show } from 'solid-js'
import type { EvalEvent, StageEvent, StepEvent } from '../../../protocol/events.ts'
import { loadNoteOf } from '../../../protocol/load-notes.ts'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Progress } from '../../components/Progress.tsx'
import { Stat } from '../../components/Table.tsx'
import {
  formatBytes,
  formatDuration,
  formatLoss,
  formatNumber,
  formatRate,
  formatShare,
} from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'

/** What is told of a run that goes on, here or in another tab. */
export interface Told {
  stage(): Omit<StageEvent, 'type'> | null
  latest(): StepEvent | null
  latestEval(): EvalEvent | null
  /** Seconds to its end; NaN: not known. */
  secondsLeft(): number
  /** Whether it is about to stop; then the seconds of its step, where they are known. */
  stopping(): { seconds: number } | null
}

/** Where the run is, in words and figures. */
export function Live(props: { told: Told; run: RunInfo | null }) {
  const label = () => {
    const stopping = props.told.stopping()
    if (stopping) {
      const left = stopping.seconds
      return Number.isFinite(left)
        ? t('train.stoppingFor', { time: formatDuration(left) })
        : t('train.stoppingLong')
    }
    const now = props.told.stage()
    if (!now) return t('stage.start')
    const known = now.stage === 'load' && now.note ? loadNoteOf(now.note) : null
    if (known) return `${t(`load.${known.code}`)}${known.more}`
    // Only where files are read does the note tell more than the stage's own name.
    return (
      ((now.stage === 'model' || now.stage === 'load') && now.note && said(now.note)) ||
      t(`stage.${now.stage}`)
    )
  }
  /** Steps fill the bar once there are any; before that each stage has its own. */
  const share = () => {
    const step = props.told.latest()
    const now = props.told.stage()
    if (step && !now?.within) return step.step / step.max_steps
    return now?.progress ?? null
  }
  const value = () => {
    const step = props.told.latest()
    const now = props.told.stage()
    const part = now?.within
    if (part) return t('train.within', { share: formatShare(part.share), step: part.step })
    // The questions and the held-out rows fill the bar of the steps; how far they are is said beside it.
    if (step && now?.progress !== undefined && (now.stage === 'evaluate' || now.stage === 'sample'))
      return formatShare(now.progress)
    const left = props.told.secondsLeft()
    if (!step) return Number.isFinite(left) ? t('train.left', { time: formatDuration(left) }) : undefined
    const steps = t('train.stepOf', { step: step.step, count: step.max_steps })
    return Number.isFinite(left) ? `${steps} · ${t('train.left', { time: formatDuration(left) })}` : steps
  }
  const memory = () => props.run?.engine?.liveBytes ?? 0

  return (
    <div class="stack">
      <Progress label={label()} share={share()} {...(value() ? { value: value()! } : {})} />
      <dl class="stats">
        <Stat
          label={t('train.stat.loss')}
          value={formatLoss(props.told.latest()?.loss ?? Number.NaN)}
          unit={t('unit.nats')}
          help={t('help.loss')}
        />
        <Stat
          label={t('train.stat.validation')}
          value={formatLoss(props.told.latestEval()?.eval_loss ?? Number.NaN)}
          unit={t('unit.nats')}
          help={t('help.evalLoss')}
        />
        <Stat
          label={t('train.stat.accuracy')}
          value={formatShare(props.told.latest()?.mean_token_accuracy ?? Number.NaN)}
          help={t('chart.accuracyHelp')}
        />
        <Stat
          label={t('train.stat.epoch')}
          value={props.told.latest() ? formatNumber(Number(props.told.latest()!.epoch.toFixed(2))) : '—'}
        />
        <Stat
          label={t('train.stat.speed')}
          value={formatRate(props.told.latest()?.tokens_per_second ?? Number.NaN)}
          unit={t('unit.tokensPerSecond')}
        />
        <Show when={memory() > 0}>
          <Stat label={t('train.stat.memory')} value={formatBytes(memory())} />
        </Show>
      </dl>
    </div>
  )
}
