import { Show } from 'solid-js'
import { judge, tally } from '../../runs/judgement.ts'
import { formatLoss } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import type { RunView } from '../state/runs.ts'

/** What a run's curves and answers say of it, in sentences: of rows that it learnt from and of rows that it never saw. */
export function Judged(props: { view: RunView }) {
  const loss = () => {
    const { series } = props.view
    const cut = props.view.cut()
    const found = judge({
      trainLoss: series.training.column('loss').view(),
      evalSteps: series.validation.steps.view(),
      evalLoss: series.validation.column('eval_loss').view(),
      cut: cut !== null,
    })
    return t(`judge.${found.kind}`, {
      first: formatLoss(found.first),
      last: formatLoss(found.last),
      best: formatLoss(found.best?.loss ?? Number.NaN),
      step: found.best?.step ?? 0,
      trainFirst: formatLoss(found.train?.first ?? Number.NaN),
      trainLast: formatLoss(found.train?.last ?? Number.NaN),
      examples: cut?.examples ?? 0,
      of: cut?.of ?? 0,
      limit: cut?.max_length ?? 0,
    })
  }
  const answers = () => {
    const { learnt, heldOut } = tally(
      props.view.samples().map((sample) => ({ ...sample, answer: sample.tuned.at(-1)?.text ?? '' })),
    )
    const parts = [
      learnt.of > 0 ? t('judge.learnt', { right: learnt.right, of: learnt.of }) : '',
      heldOut.of > 0 ? t('judge.heldOut', { right: heldOut.right, of: heldOut.of }) : '',
    ].filter(Boolean)
    return parts.length > 0 ? t('judge.answers', { parts: parts.join(', ') }) : null
  }
  return (
    <>
      <Show when={answers()}>{(text) => <p>{text()}</p>}</Show>
      <p>{loss()}</p>
    </>
  )
}
