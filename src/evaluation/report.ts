import type {
  BesideSide,
  EvaluationInfo,
  EvaluationReport,
  Figure,
  FigureName,
  JudgedRow,
  LabelChoice,
  ReportRow,
  Side,
} from '../protocol/rooms/evaluations.ts'
import { mark, PARTS } from './answers.ts'
import { BOOTSTRAP, figure, meanFigure } from './intervals.ts'
import {
  answeredFigures,
  baselineSides,
  type Classes,
  calibrationError,
  classesOf,
  type Decided,
  decided,
  fittedTemperature,
  labelReport,
  probabilityFigures,
  truthOf,
  type Validation,
} from './labels.ts'

/** Rows of an evaluation as they were judged. */
export interface Judged {
  info: EvaluationInfo
  rows: readonly JudgedRow[]
}

export interface ReportInput {
  judged: Judged
  /** The base model's evaluation of the same rows in the same order, all of them; null: there is none. */
  base: Judged | null
  /** Others judged on the same rows. */
  beside?: readonly Judged[]
  /** For the temperature; null: there is none. */
  validation: Validation | null
  /** What the run learnt from; null where that is not here. */
  learnt: readonly { question: string; reference: string }[] | null
  choice?: LabelChoice
  /** By default 0: it always answers. */
  abstain?: number
}

/** The figures of what was judged: the page and the command line show these, and compute none. */
export function reportOf(input: ReportInput): EvaluationReport {
  const { judged, base, choice = 'sum', abstain = 0 } = input
  const labels = judged.info.task.kind === 'labels'
  const { sides, rows, report, sideOf } = labels
    ? labelSides({ ...input, choice, abstain })
    : writtenSides(input)
  const beside = (input.beside ?? []).flatMap(({ info, rows }): BesideSide[] => {
    const other = { info, rows: rows.slice(0, judged.rows.length) }
    if (!sameRows(judged, other)) return []
    const { right, figures } = sideOf(other)
    return [{ right, figures, run: info.run, model: info.model.name, step: info.step }]
  })
  return {
    evaluation: judged.info,
    base: base?.info ?? null,
    choice: labels ? choice : null,
    count: judged.rows.length,
    sides,
    beside,
    rows: rows.sort((a, b) => Number(a.right ?? 0) - Number(b.right ?? 0) || a.score - b.score),
    labels: report,
    bootstrap: BOOTSTRAP,
  }
}

/** Whether the rows of two are the same ones, judged in the same way: those of a run that was opened from a file may say anything. */
function sameRows(judged: Judged, { info, rows }: Judged): boolean {
  const labels = judged.info.labelTokens.length
  return (
    rows.length === judged.rows.length &&
    info.labelTokens.length === labels &&
    rows.every(
      ({ row, scores }, i) => row === judged.rows[i]!.row && (labels === 0 || scores?.length === labels),
    )
  )
}

interface Parts {
  sides: Side[]
  rows: ReportRow[]
  report: EvaluationReport['labels']
  /** Another side, of the same rows. */
  sideOf(judged: Judged): Pick<Side, 'right' | 'figures'>
}

function labelSides(input: ReportInput & { choice: LabelChoice; abstain: number }): Parts {
  const { judged, base, learnt, validation, choice, abstain } = input
  const { rows, info } = judged
  const { labels } = info.task
  const classes = classesOf(labels, rows)
  const truth = truthOf(classes, rows)
  const mine = decided(rows, truth, info.labelTokens, choice)
  const fitted = validation && fittedTemperature(validation, labels, choice)
  const calibrated =
    fitted && !fitted.same ? decided(rows, truth, info.labelTokens, choice, fitted.value) : null
  const before = base && decided(base.rows.slice(0, rows.length), truth, base.info.labelTokens, choice)
  const side = (name: Side['name'], { rows }: Judged, from: Decided, more: Figure[] = []): Side => ({
    name,
    right: from.correct.reduce((sum, one) => sum + one, 0),
    figures: [
      ...answeredFigures(truth, from.chosen, classes),
      ...probabilityFigures(truth, from, classes),
      ...more,
      ...likelihood(rows.slice(0, truth.length)),
    ],
  })
  return {
    sides: [
      side('judged', judged, mine, calibrated ? calibrationError('ece_calibrated', calibrated) : []),
      ...(base && before ? [side('base', base, before)] : []),
      ...(learnt ? baselineSides(learnt, rows, truth, classes) : []),
    ],
    rows: rows.map((row, i) => decidedRow(row, i, truth[i]!, mine, before, classes)),
    report: rows.length === 0 ? null : labelReport(truth, mine, classes, fitted, calibrated, abstain),
    sideOf: (other) => side('judged', other, decided(other.rows, truth, other.info.labelTokens, choice)),
  }
}

function decidedRow(
  row: JudgedRow,
  i: number,
  truth: number,
  mine: Decided,
  before: Decided | null,
  { names, seen }: Classes,
): ReportRow {
  return {
    ...row,
    answer: names[mine.chosen[i]!] ?? null,
    right: mine.correct[i] === 1,
    confidence: mine.confidence[i]!,
    score: truth >= 0 && truth < seen ? mine.probability[i * seen + truth]! : 0,
    ...(before && {
      base: { answer: names[before.chosen[i]!] ?? null, right: before.correct[i] === 1 },
    }),
  }
}

function writtenSides({ judged, base }: ReportInput): Parts {
  const { kind } = judged.info.task
  const count = judged.rows.length
  const marksOf = (rows: readonly JudgedRow[]) => rows.slice(0, count).map((row) => mark(kind, row))
  const [mine, before] = [marksOf(judged.rows), base && marksOf(base.rows)]
  const side = (name: Side['name'], rows: readonly JudgedRow[], marks: typeof mine): Side => {
    const asked = marks.flatMap((one) => one ?? [])
    const parts = kind === 'labels' || kind === 'plain' ? [] : PARTS[kind]
    return {
      name,
      right: kind === 'plain' ? null : asked.filter(({ right }) => right).length,
      figures: [
        ...(kind === 'plain'
          ? []
          : meanFigure(
              'accuracy',
              asked.map(({ right }) => Number(right)),
            )),
        ...parts.flatMap((part) =>
          meanFigure(
            part,
            asked.map(({ parts }) => parts[part] ?? 0),
          ),
        ),
        ...likelihood(rows),
      ],
    }
  }
  return {
    sides: [
      side('judged', judged.rows, mine),
      ...(base && before ? [side('base', base.rows.slice(0, count), before)] : []),
    ],
    rows: judged.rows.map((row, i) => ({
      ...row,
      right: mine[i]?.right ?? null,
      score: mine[i]?.score ?? Math.exp(row.logProbability / Math.max(1, row.tokens)),
      ...(base && before && { base: { answer: base.rows[i]!.answer, right: before[i]?.right ?? null } }),
    })),
    report: null,
    sideOf: (other) => side('judged', other.rows, marksOf(other.rows)),
  }
}

/** Perplexity and token accuracy of the references, weighted by tokens. */
function likelihood(rows: readonly JudgedRow[]): Figure[] {
  const ratio = (name: FigureName, of: (row: JudgedRow) => number, then = (mean: number) => mean) =>
    figure(name, rows.length, (picked) => {
      let [sum, tokens] = [0, 0]
      for (const i of picked) {
        sum += of(rows[i]!)
        tokens += rows[i]!.tokens
      }
      return tokens === 0 ? null : then(sum / tokens)
    })
  return [
    ...ratio('perplexity', ({ logProbability }) => -logProbability, Math.exp),
    ...ratio('token_accuracy', ({ hits }) => hits),
  ]
}
