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

/** The same run set up once more, with smaller steps: the rate, and what does it. What the stopped one has learnt stays with it. */
export function useGentler(run: () => RunInfo) {
  const { training, runs, opening, models } = useApp()
  const rate = () => {
    const { config } = run()
    return gentler(config.training.learning_rate, usualRate(models.byId(config.model.id)))
  }
  async function again(): Promise<void> {
    const { config, id } = run()
    const name = runs.label(run())
    if (runs.live() === id) await training.stop()
    if (runs.live() === id) return
    await opening.openConfig({ ...config, training: { ...config.training, learning_rate: rate() } }, name)
  }
  return { rate, again }
}

/** Beside the curve of a run whose loss goes the wrong way: what is seen, why, and the way out. */
export function Diverges(props: { view: RunView; run: RunInfo }) {
  const { training, runs } = useApp()
  const pulse = createPulse(() => [props.view])
  const found = createMemo(() => {
    pulse()
    return diverging(props.view.series)
  })
  const { rate, again } = useGentler(() => props.run)
  const live = () => runs.live() === props.run.id
  const words = (now: Diverging) => {
    if (now.kind === 'lost') return t('diverges.lost', { count: now.steps })
    const [first, last] = [formatLoss(now.first), formatLoss(now.last)]
    if (now.kind === 'climbs') return t('diverges.climbs', { first, last })
    return t('diverges.back', { first, last, best: formatLoss(now.best) })
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
          <p>{t('diverges.why', { rate: formatNumber(props.run.config.training.learning_rate) })}</p>
        </Notice>
      )}
    </Show>
  )
}
