import { Show } from 'solid-js'
import { loadNoteOf } from '../../../protocol/load-notes.ts'
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
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Where the run is, in words and figures. */
export function Live() {
  const { training, runs } = useApp()

  const label = () => {
    if (training.phase() === 'stopping') {
      const left = training.stepLeft()
      return Number.isFinite(left)
        ? t('train.stoppingFor', { time: formatDuration(left) })
        : t('train.stoppingLong')
    }
    const now = training.stage()
    if (!now) return t('stage.start')
    const known = now.stage === 'load' && now.note ? loadNoteOf(now.note) : null
    if (known) return `${t(`load.${known.code}`)}${known.more}`
    // Only where files are read does the note tell more than the stage's own name.
    return ((now.stage === 'model' || now.stage === 'load') && now.note) || t(`stage.${now.stage}`)
  }
  /** Steps fill the bar once there are any; before that each stage has its own. */
  const share = () => {
    const step = training.latest()
    const now = training.stage()
    if (step && !now?.within) return step.step / step.max_steps
    return now?.progress ?? null
  }
  const value = () => {
    const step = training.latest()
    const now = training.stage()
    const part = now?.within
    if (part) return t('train.within', { share: formatShare(part.share), step: part.step })
    // The questions and the held-out rows fill the bar of the steps; how far they are is said beside it.
    if (step && now?.progress !== undefined && (now.stage === 'evaluate' || now.stage === 'sample'))
      return formatShare(now.progress)
    if (!step) return undefined
    const left = training.secondsLeft()
    const steps = t('train.stepOf', { step: step.step, count: step.max_steps })
    return Number.isFinite(left) ? `${steps} · ${t('train.left', { time: formatDuration(left) })}` : steps
  }
  const memory = () => runs.byId(runs.live())?.engine?.liveBytes ?? 0

  return (
    <div class="stack">
      <Progress label={label()} share={share()} {...(value() ? { value: value()! } : {})} />
      <dl class="stats">
        <Stat
          label={t('train.stat.loss')}
          value={formatLoss(training.latest()?.loss ?? Number.NaN)}
          unit={t('unit.nats')}
          help={t('help.loss')}
        />
        <Stat
          label={t('train.stat.validation')}
          value={formatLoss(training.latestEval()?.eval_loss ?? Number.NaN)}
          unit={t('unit.nats')}
          help={t('help.evalLoss')}
        />
        <Stat
          label={t('train.stat.accuracy')}
          value={formatShare(training.latest()?.mean_token_accuracy ?? Number.NaN)}
        />
        <Stat
          label={t('train.stat.epoch')}
          value={training.latest() ? formatNumber(Number(training.latest()!.epoch.toFixed(2))) : '—'}
        />
        <Stat
          label={t('train.stat.speed')}
          value={formatRate(training.latest()?.tokens_per_second ?? Number.NaN)}
          unit={t('unit.tokensPerSecond')}
        />
        <Show when={memory() > 0}>
          <Stat label={t('train.stat.memory')} value={formatBytes(memory())} />
        </Show>
      </dl>
    </div>
  )
}
