import { Show } from 'solid-js'
import type { RunInfo } from '../../protocol/studio.ts'
import { gentler } from '../../runs/diverging.ts'
import { judge, tally } from '../../runs/judgement.ts'
import { usualRate } from '../../runs/profiles.ts'
import { formatLoss, formatNumber } from '../messages/format.ts'
import { atStep } from '../messages/measured.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import type { RunView } from '../state/runs.ts'

/** What a run's curves say of it. */
export const judgedOf = ({ series, cut, oneLabel }: RunView) =>
  judge({
    trainLoss: series.training.column('loss').view(),
    evalSteps: series.validation.steps.view(),
    evalLoss: series.validation.column('eval_loss').view(),
    cut: cut() !== null,
    oneLabel: oneLabel() !== null,
  })

/** Whether its loss on rows held out says nothing of how well rows are known: of answers that lost their end, or all the same. */
export const claimsNothing = (view: RunView | null) => Boolean(view?.cut() || view?.oneLabel())

/** What a run's curves and answers say of it, in sentences: of rows that it learnt from and of rows that it never saw. */
export function Judged(props: { view: RunView; run: RunInfo }) {
  const { models } = useApp()
  const judged = () => judgedOf(props.view)
  const loss = () => {
    const found = judged()
    const cut = props.view.cut()
    const { learning_rate: rate } = props.run.config.training
    return t(`judge.${found.kind}`, {
      first: formatLoss(found.first),
      last: formatLoss(found.last),
      before: atStep(found.steps.first),
      after: atStep(found.steps.last),
      best: formatLoss(found.best?.loss ?? Number.NaN),
      step: found.best?.step ?? 0,
      trainFirst: formatLoss(found.train?.first ?? Number.NaN),
      trainLast: formatLoss(found.train?.last ?? Number.NaN),
      examples: cut?.examples ?? 0,
      of: cut?.of ?? 0,
      limit: cut?.max_length ?? 0,
      count: props.view.oneLabel() ?? 0,
      rate: formatNumber(rate),
      gentler: formatNumber(gentler(rate, usualRate(models.byId(props.run.config.model.id)))),
    })
  }
  const right = () =>
    tally(props.view.samples().map((sample) => ({ ...sample, answer: sample.tuned.at(-1)?.text ?? '' })))
  const answers = () => {
    const { learnt, heldOut } = right()
    const of = {
      learnt: learnt.of > 0 ? t('judge.learnt', { right: learnt.right, of: learnt.of }) : '',
      heldOut: heldOut.of > 0 ? t('judge.heldOut', { right: heldOut.right, of: heldOut.of }) : '',
    }
    const parts = of.learnt && of.heldOut ? t('judge.answersBoth', of) : of.learnt || of.heldOut
    const asked = Math.max(0, ...props.view.samples().map(({ tuned }) => tuned.at(-1)?.step ?? 0))
    return parts ? t('judge.answers', { parts, when: atStep(asked) }) : null
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
