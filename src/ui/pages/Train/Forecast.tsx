import { Show } from 'solid-js'
import { FitView } from '../../components/Fit.tsx'
import { Stat } from '../../components/Table.tsx'
import { formatBytes, formatCount, formatDuration } from '../../messages/format.ts'
import { sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** What the run that is being set up will be: its steps, tokens, memory and time. */
export function Forecast() {
  return (
    <>
      <Foretold />
      <Memory />
    </>
  )
}

/** Whether it fits, of the settings alone until the data are ready. */
function Memory() {
  const { fit, draft } = useApp()
  const tokens = () => draft.training().max_length
  return (
    <Show
      when={fit.fit()}
      fallback={
        <Show when={fit.working()}>
          <p class="hint">{t('fit.working')}</p>
        </Show>
      }
    >
      {(found) => <FitView fit={found()} tokens={tokens()} onChange={fit.apply} />}
    </Show>
  )
}

function Foretold() {
  const { training, models, data } = useApp()
  const duration = () => training.forecast()?.duration ?? null
  const source = () => {
    const from = duration()
    if (!from) return t('forecast.unknownNote')
    return from.scaled
      ? t('forecast.scaled', { model: models.chosen()?.name ?? '', other: from.from })
      : t('forecast.measured', { model: from.from })
  }
  /** Beside the steps: what is measured on rows held out, where there are any, and asked. */
  const counted = (count: number) => {
    const asked = training.questions().length > 0
    if (data.prepared()?.examples.validation === 0) return asked ? t('forecast.asked', { count }) : ''
    return t(asked ? 'forecast.countsAsked' : 'forecast.counts', {
      evaluations: t('forecast.checks', { count }),
    })
  }
  return (
    <Show
      when={training.forecast()}
      fallback={<p class="quiet">{t(training.foretelling() ? 'forecast.working' : 'train.before.text')}</p>}
    >
      {(forecast) => (
        <>
          <dl class="stats">
            <Stat label={t('forecast.steps')} value={formatCount(forecast().steps)} />
            <Stat label={t('forecast.tokens')} value={formatCount(forecast().tokens)} />
            <Stat label={t('forecast.memory')} value={formatBytes(forecast().plan.bytes.total)} />
            <Stat
              label={t('forecast.time')}
              value={duration() ? t('forecast.about', { time: formatDuration(duration()!.seconds) }) : '—'}
            />
          </dl>
          <p class="hint">{sentences(source(), counted(forecast().evaluations))}</p>
          <p class="quiet">{t('train.before.text')}</p>
        </>
      )}
    </Show>
  )
}
