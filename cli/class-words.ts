import { textTable } from '../src/lib/text-table.ts'
import type { Failure } from '../src/protocol/errors.ts'
import type { HandedRun, HandedTable } from '../src/runs/handed-in.ts'

/** What others wrote moves no cursor and colours nothing in a terminal. */
const plain = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')

/** A failure of one file, as the command line says it. */
export function fileFailure({ hint, message, ...failure }: Failure): Failure {
  const base = failure.code === 'missing_file' && failure.detail?.expected !== undefined
  return {
    ...failure,
    message: plain(base ? message.replace('is not in this browser', 'is not here') : message),
    hint: base ? 'Name its folder or .gguf file with --model.' : hint,
  }
}

/** The table as lines of text, with the columns of the page. */
export function classTable({ runs, fields }: HandedTable): string {
  return textTable([
    ['name', 'run', 'right', 'steps', 'held-out loss, at the end', 'at its best', ...fields],
    ...runs.map((run) => [
      plain(run.by ?? '(no name)'),
      plain(run.run),
      scoreOf(run),
      `${run.step} of ${run.maxSteps}`,
      run.heldOut === null ? '–' : lossOf(run.heldOut),
      run.best ? `${lossOf(run.best.loss)}, step ${run.best.step}` : '–',
      ...run.values.map((value) => plain(shortOf(value))),
    ]),
  ])
}

/** What "right" is of. */
export function scoredLine({ benchmark }: HandedTable): string {
  if (!benchmark) return 'None of them was judged on rows yet: --benchmark or --data scores them.'
  const { name, set, rows, runs, here } = benchmark
  const of = `the same ${rows} rows of ${set ?? plain(name)}`
  return here
    ? `"Right" was found here, on ${of}, for ${runs} of them.`
    : `"Right" is of ${of}, on which ${runs} of them were judged.`
}

/** What must be known of a run's score, a line each. */
export function noteLines({ runs }: HandedTable): string[] {
  return runs.flatMap(({ by, run, note }) => {
    if (note === null || note.kind === 'failed') return []
    const what =
      note.kind === 'missed'
        ? `it was not asked ${note.rows} of the rows, which count as not right`
        : 'its own steps rewrite these rows: not the same questions, or not the same answers'
    return [`${plain(by ?? run)}: ${what}.`]
  })
}

function scoreOf({ score, figure, note }: HandedRun): string {
  if (note?.kind === 'failed') return 'not scored'
  return score ? `${score.right} of ${score.rows}` : figure ? `perplexity ${lossOf(figure.value)}` : '–'
}

const lossOf = (loss: number) => loss.toFixed(3)

const shortOf = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
