import { Show } from 'solid-js'
import { judge, tally } from '../../runs/judgement.ts'
import { formatLoss } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import type { RunView } from '../state/runs.ts'

/** What a run's curves and answers say of it, in sentences: of rows that it learnt from and of rows that it never saw. */
export function Judged(props: { view: RunView }) {
  const judged = () => {
    const { series } = props.view
    return judge({
      trainLoss: series.training.column('loss').view(),
      evalSteps: series.validation.steps.view(),
      evalLoss: series.validation.column('eval_loss').view(),
      cut: props.view.cut() !== null,
    })
  }
  const loss = () => {
    const found = judged()
    const cut = props.view.cut()
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
  const right = () =>
    tally(props.view.samples().map((sample) => ({ ...sample, answer: sample.tuned.at(-1)?.text ?? '' })))
  const answers = () => {
    const { learnt, heldOut } = right()
    const parts = [
      learnt.of > 0 ? t('judge.learnt', { right: learnt.right, of: learnt.of }) : '',
      heldOut.of > 0 ? t('judge.heldOut', { right: heldOut.right, of: heldOut.of }) : '',
    ].filter(Boolean)
    return parts.length > 0 ? t('judge.answers', { parts: parts.join(t('judge.between')) }) : null
  }
  /** A lower loss may be the form of an answer alone. */
  const formAlone = () => judged().kind === 'better' && right().heldOut.of > 0 && right().heldOut.right === 0
  return (
    <>
      <Show when={answers()}>{(text) => <p>{text()}</p>}</Show>
      <p>{loss()}</p>
      <Show when={formAlone()}>
        <p>{t('judge.formAlone')}</p>
      </Show>
    </>
  )
}
