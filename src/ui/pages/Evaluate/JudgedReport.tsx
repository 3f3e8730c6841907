import { createResource, createSignal, For, Show } from 'solid-js'
import { toFailure } from '../../../protocol/errors.ts'
import type {
  BesideSide,
  EvaluationReport,
  EvaluationRows,
  LabelChoice,
  RunInfo,
} from '../../../protocol/studio.ts'
import { forgetting } from '../../../runs/forgetting.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { formatFigure } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { fileName, saveFile } from '../../state/save.ts'
import { Confidence } from './Confidence.tsx'
import { type Cell, Confusion } from './Confusion.tsx'
import { besideName, ClassTable, FigureTable } from './Figures.tsx'
import { JudgedRows } from './JudgedRows.tsx'
import { Silence } from './Silence.tsx'

/** What came of an evaluation: the headline, under it the matrix or the worst rows, and everything else one fold away. */
export function JudgedReport(props: {
  run: RunInfo
  evaluation: string
  judged: number
  choice: LabelChoice
  /** Where its rows are from. */
  rows: EvaluationRows
}) {
  const { evaluations } = useApp()
  const key = () =>
    JSON.stringify([props.run.id, props.evaluation, props.choice, props.judged, evaluations.version()])
  const [read] = createResource(key, async (of) => {
    try {
      const report = await evaluations.report(props.run.id, props.evaluation, props.choice)
      return { of, report, failure: null }
    } catch (error) {
      return { of, report: null, failure: toFailure(error) }
    }
  })
  const current = () => (read.state === 'ready' && read().of === key() ? read() : null)
  return (
    <Show
      when={current()}
      fallback={
        <p class="quiet" role="status">
          {t('good.counting')}
        </p>
      }
    >
      {(known) => (
        <Show when={known().report} fallback={<FailureNotice failure={known().failure!} />}>
          {(report) => <Report run={props.run} report={report()} choice={props.choice} rows={props.rows} />}
        </Show>
      )}
    </Show>
  )
}

function Report(props: {
  run: RunInfo
  report: EvaluationReport
  choice: LabelChoice
  rows: EvaluationRows
}) {
  const { runs } = useApp()
  const [cell, setCell] = createSignal<Cell | null>(null)
  const info = () => props.report.evaluation
  /** Held-out and test rows of one file are other rows. */
  const whose = () => {
    const { split } = info().data
    return split === 'test' || split === 'validation' ? (`good.whose.${split}` as const) : 'good.whose'
  }
  const judged = (cell: Cell | null) => (
    <JudgedRows
      run={props.run}
      report={props.report}
      from={props.rows}
      cell={cell}
      onAll={() => setCell(null)}
    />
  )
  const rows = () => judged(cell())
  return (
    <div class="stack judged-report">
      <div class="stack-s">
        <p class="headline" data-testid="headline">
          {headline(props.report)}
        </p>
        <p class="small quiet">
          {t(whose(), {
            run: runs.label(props.run),
            step: info().step ?? 0,
            data: nameOf(info().data),
            rows: props.report.count,
          })}
          <Show when={props.report.choice}>
            {(choice) => ` ${t(`good.how.${choice()}`, { count: info().task.labels.length })}`}
          </Show>
        </p>
        <Show when={forgetting(props.report)}>
          {(found) => (
            <p>
              {t(`forgot.${found().kind}`, {
                judged: formatFigure(found().judged),
                base: formatFigure(found().base),
              })}
            </p>
          )}
        </Show>
        <Show when={info().judged < info().total}>
          <p class="small">{t('good.part', { judged: info().judged, total: info().total })}</p>
        </Show>
        <For each={props.report.beside}>{(side) => <Beside side={side} />}</For>
        <Show when={!props.report.base}>
          <p class="small quiet">{t('good.noBase')}</p>
        </Show>
      </div>
      <Show when={props.report.labels} fallback={rows()}>
        {(labels) => (
          <>
            <Confusion labels={labels()} onOpen={setCell} />
            <Show when={cell()}>{rows()}</Show>
          </>
        )}
      </Show>
      <div>
        <Fold summary={t('good.figures')}>
          <FigureTable report={props.report} />
        </Fold>
        <Show when={props.report.labels}>
          {(labels) => (
            <>
              <Fold summary={t('judged.worst')}>{judged(null)}</Fold>
              <Fold summary={t('classes.title')}>
                <ClassTable classes={labels().classes} />
              </Fold>
              <Fold summary={t('sure.title')}>
                <Confidence labels={labels()} sides={props.report.sides} />
              </Fold>
              <Fold summary={t('silent.title')}>
                <Silence run={props.run} labels={labels()} rows={props.report.count} />
              </Fold>
            </>
          )}
        </Show>
      </div>
      <Take run={props.run} report={props.report} choice={props.choice} />
    </div>
  )
}

/** A benchmark set goes by its title, a file by its name. */
function nameOf({ benchmark, name }: EvaluationReport['evaluation']['data']): string {
  return benchmark ? t(`bench.${benchmark}`) : name
}

/** How another did on the same rows, in a line. */
function Beside(props: { side: BesideSide }) {
  const { runs } = useApp()
  const perplexity = () => props.side.figures.find(({ name }) => name === 'perplexity')?.value ?? Number.NaN
  const said = () => {
    const who = besideName(props.side, runs)
    return props.side.right === null
      ? t('good.besidePerplexity', { who, value: formatFigure(perplexity()) })
      : t('good.beside', { who, right: props.side.right })
  }
  return <p class="small">{said()}</p>
}

/** "61 of 77 right; the base model 4". */
function headline({ sides, count }: EvaluationReport): string {
  const [judged, base] = (['judged', 'base'] as const).map((name) => sides.find((side) => side.name === name))
  if (judged?.right !== null && judged?.right !== undefined)
    return base
      ? t('good.rightBase', { right: judged.right, total: count, base: base.right ?? 0 })
      : t('good.right', { right: judged.right, total: count })
  const perplexity = (side: typeof judged) =>
    formatFigure(side?.figures.find(({ name }) => name === 'perplexity')?.value ?? Number.NaN)
  return base
    ? t('good.perplexityBase', { value: perplexity(judged), base: perplexity(base) })
    : t('good.perplexity', { value: perplexity(judged) })
}

/** The rows and the figures as files: the same that the command line writes. */
function Take(props: { run: RunInfo; report: EvaluationReport; choice: LabelChoice }) {
  const { evaluations, runs } = useApp()
  const of = () => {
    const { step, data } = props.report.evaluation
    return `${runs.label(props.run)} ${step ?? 0} ${data.name} ${data.split ?? ''}`
  }
  async function take(path: string): Promise<void> {
    const files = await evaluations.files(props.run, props.report.evaluation.id, props.choice)
    const file = files.find((one) => one.path === path)
    // Files of two evaluations lie in one folder of downloads.
    if (file) await saveFile({ ...file, path: `${fileName(of())}-${path}` })
  }
  return (
    <div class="row">
      <Button onClick={() => void take('predictions.csv')}>{t('save.rows')}</Button>
      <Button onClick={() => void take('evaluation.json')}>{t('save.figures')}</Button>
    </div>
  )
}
