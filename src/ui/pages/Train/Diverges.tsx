import { createMemo, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { type Diverging, diverging, gentler } from '../../../runs/diverging.ts'
import { usualRate } from '../../../runs/profiles.ts'
import { createPulse } from '../../charts/pulse.ts'
import { Button } from '../../components/Button.tsx'
import { Notice } from '../../components/Notice.tsx'
import { formatLoss, formatNumber } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { RunView } from '../../state/runs.ts'

/** Beside the curve of a run whose loss goes the wrong way: what is seen, why, and the way out. */
export function Diverges(props: { view: RunView; run: RunInfo }) {
  const { training, runs, opening, models } = useApp()
  const pulse = createPulse(() => [props.view])
  const found = createMemo(() => {
    pulse()
    return diverging(props.view.series)
  })
  const config = () => props.run.config
  const rate = () =>
    gentler(config().training.learning_rate, usualRate(models.byId(props.run.config.model.id)))
  const live = () => runs.live() === props.run.id
  const words = (now: Diverging) => {
    if (now.kind === 'lost') return t('diverges.lost', { count: now.steps })
    const [first, last] = [formatLoss(now.first), formatLoss(now.last)]
    if (now.kind === 'climbs') return t('diverges.climbs', { first, last })
    return t('diverges.back', { first, last, best: formatLoss(now.best) })
  }
  /** The same run set up once more, with smaller steps. What the stopped one has learnt stays with it. */
  async function again(): Promise<void> {
    const { config, id } = props.run
    const name = runs.label(props.run)
    if (live()) await training.stop()
    if (runs.live() === id) return
    await opening.openConfig({ ...config, training: { ...config.training, learning_rate: rate() } }, name)
  }
  return (
    <Show when={runs.elsewhere(props.run) ? null : found()}>
      {(now) => (
        <Notice
          tone="warning"
          title={words(now())}
          actions={
            <Button
              onClick={() => void again()}
              disabled={training.busy() && !(live() && training.phase() === 'running')}
            >
              {t(live() ? 'diverges.stop' : 'diverges.again', { rate: formatNumber(rate()) })}
            </Button>
          }
        >
          <p>{t('diverges.why', { rate: formatNumber(config().training.learning_rate) })}</p>
        </Notice>
      )}
    </Show>
  )
}
