import { Show } from 'solid-js'
import type { EvaluationReport, EvaluationRows, ReportRow, RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { t } from '../../messages/t.ts'
import { CorrectAnswer } from './CorrectAnswer.tsx'
import { TokenChances } from './TokenChances.tsx'

/** One judged row: what the data says of it token by token, and where that is wrong, a way to put it right. */
export function RowPanel(props: {
  run: RunInfo
  report: EvaluationReport
  from: EvaluationRows
  row: ReportRow
  onClose: () => void
}) {
  const info = () => props.report.evaluation
  /** Rows for testing, and those of a file to test with, are never learnt from. */
  const mayLearn = () => info().data.split === 'validation'
  const labels = () => info().task.labels
  return (
    <section
      class="stack row-panel"
      tabindex="-1"
      ref={(panel) => queueMicrotask(() => panel.focus())}
      aria-label={t('chance.row', { row: props.row.number })}
    >
      <div class="row">
        <h4 class="label">{t('chance.row', { row: props.row.number })}</h4>
        <Button kind="quiet" class="small push" onClick={() => props.onClose()}>
          {t('chance.close')}
        </Button>
      </div>
      <Show when={props.row.question}>{(question) => <p class="said">{question()}</p>}</Show>
      <TokenChances
        of={{
          run: props.run.id,
          checkpoint: info().step ?? 'last',
          of: { rows: props.from, row: props.row.row },
        }}
      />
      <Show when={mayLearn()} fallback={<p class="small quiet">{t('correct.never')}</p>}>
        <h4 class="label">{t('correct.title')}</h4>
        <CorrectAnswer
          run={props.run}
          row={props.row.row}
          question={info().task.kind === 'plain' ? props.row.reference : props.row.question}
          was={props.row.reference}
          labels={labels()}
        />
      </Show>
    </section>
  )
}
