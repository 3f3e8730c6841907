import { createMemo, Show } from 'solid-js'
import type { Queue } from '../../../../protocol/studio.ts'
import { curvePoints, readCurve } from '../../../../runs/learning-curve.ts'
import type { Ranked } from '../../../../runs/ranking.ts'
import { LearningCurvePlot } from '../../../charts/LearningCurvePlot.tsx'
import { formatCount, formatShare } from '../../../messages/format.ts'
import { t } from '../../../messages/t.ts'
import { fileName } from '../../../state/save.ts'
import { formatScore } from './Ranks.tsx'

/** Whether more data would help: the score against the rows, and what that says. */
export function MoreData(props: { queue: Queue; ranked: readonly Ranked[] }) {
  const points = createMemo(() => curvePoints(props.ranked, props.queue.rows.train))
  const format = (value: number) => formatScore(props.queue.metric, value)
  const said = () => {
    const { metric, rows } = props.queue
    const { kind, from, to, perDoubling } = readCurve(points(), metric, rows.validation)
    if (kind === 'unknown' || !from || !to) return t('tune.curve.unknown')
    const values = {
      from: formatCount(from.rows),
      to: formatCount(to.rows),
      before: format(from.mean),
      after: format(to.mean),
    }
    if (kind === 'flat' && values.before === values.after)
      return t(metric === 'eval_loss' ? 'tune.curve.loss.same' : 'tune.curve.share.same', values)
    if (metric === 'eval_loss')
      return kind === 'helps'
        ? t('tune.curve.loss.helps', { ...values, share: formatShare(perDoubling, 1) })
        : t(`tune.curve.loss.${kind}`, values)
    return kind === 'helps'
      ? t('tune.curve.share.helps', { ...values, points: (100 * perDoubling).toFixed(1) })
      : t(`tune.curve.share.${kind}`, values)
  }
  const label = () =>
    t('tune.curve.label', {
      metric: t(`tune.metric.${props.queue.metric}`),
      points: points()
        .map(({ rows, mean }) => t('tune.curve.point', { value: format(mean), rows }))
        .join(', '),
    })
  return (
    <div class="stack-s">
      <p>
        <b>{said()}</b>
      </p>
      <Show when={points().length > 1}>
        <Show when={points().every(({ count }) => count < 2)}>
          <p class="hint">{t('tune.curve.oneSeed')}</p>
        </Show>
        <LearningCurvePlot
          points={points()}
          label={label()}
          across={t('tune.curve.x')}
          format={format}
          {...(props.queue.metric === 'eval_loss' ? {} : { most: 1 })}
          name={fileName(props.queue.name)}
        />
      </Show>
    </div>
  )
}
