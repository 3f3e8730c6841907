import { textTable } from '../src/lib/text-table.ts'
import type { EvaluationNote, Figure, FigureName, SideName, Task } from '../src/protocol/studio.ts'
import type { PrintedReport } from '../src/workers/headless-evaluate.ts'

const FIGURES: Record<FigureName, string> = {
  accuracy: 'right',
  balanced_accuracy: 'balanced accuracy',
  macro_f1: 'macro F1',
  roc_auc: 'ROC-AUC (one against the rest)',
  ece: 'calibration error (ECE)',
  ece_calibrated: 'ECE at the fitted temperature',
  chrf: 'chrF',
  rouge_l: 'ROUGE-L',
  valid_json: 'valid JSON',
  equal_fields: 'fields equal',
  call_name: 'right function',
  call_arguments: 'right arguments',
  perplexity: 'perplexity',
  token_accuracy: 'token accuracy',
}
const SIDES: Record<SideName, string> = {
  judged: 'this run',
  base: 'base model',
  nearest: 'nearest words',
  majority: 'majority',
}

/** "61 of 77 right; the base model 4". Where nothing is asked, perplexity. */
export function headline({ sides, count }: Pick<PrintedReport, 'sides' | 'count'>): string {
  const [judged, base] = ['judged', 'base'].map((name) => sides.find((side) => side.name === name))
  const rights = judged?.right ?? null
  if (rights === null) {
    const of = (side: typeof judged) =>
      side?.figures.find(({ name }) => name === 'perplexity')?.value.toFixed(2)
    return `Perplexity ${of(judged)}${base ? `; the base model ${of(base)}` : ''}`
  }
  return `${rights} of ${count} right${base ? `; the base model ${base.right}` : ''}`
}

/** What the figures are of. */
export function whose({ evaluation: { model, step, data, task, seconds }, choice }: PrintedReport): string {
  const labels =
    choice === null ? '' : ` (${task.labels.length} labels, ${choice} of their tokens' likelihoods)`
  return `${model.name} at step ${step} on ${data.name}${data.split === null ? '' : ` (${data.split} rows)`}, as ${task.kind}${labels}; ${seconds.toFixed(1)} s`
}

/** A line a figure, a column for each who answers, intervals below each other. */
export function figureTable({ sides }: PrintedReport): string {
  const names = [...new Set(sides.flatMap(({ figures }) => figures.map(({ name }) => name)))]
  const cell = (figure: Figure | undefined) =>
    figure ? `${figure.value.toFixed(4)} [${figure.low.toFixed(4)}, ${figure.high.toFixed(4)}]` : '-'
  return textTable([
    ['', ...sides.map(({ name }) => SIDES[name])],
    ...names.map((name) => [
      FIGURES[name],
      ...sides.map(({ figures }) => cell(figures.find((figure) => figure.name === name))),
    ]),
  ])
}

/** What must be known beside the figures, in words. */
export function noteLine(
  { kind, count, rows = [], names = [] }: EvaluationNote,
  from: Task['from'] = 'learnt',
): string {
  const of = rows.length > 0 ? ` (row ${rows.join(', ')}${count > rows.length ? ', ...' : ''})` : ''
  const list = names.map((name) => `"${name}"`).join(', ')
  switch (kind) {
    case 'unseen_labels':
      return `${from === 'given' ? 'Not among the labels given is' : 'The run never learnt the label'} ${list}, which ${count} of these rows ask for${of}: they cannot be right.`
    case 'learnt_rows':
      return `Of these rows ${count} are among those that the run learnt${of}: they flatter it.`
    case 'left_out':
      return `Left out: ${count} rows without a question or an answer, or that the run's preparation or the chat template leaves out${of}.`
    case 'other_columns':
      return `The file has not the run's columns; taken: ${list}.`
    case 'no_training_rows':
      return 'What the run learnt from is not at hand (--train): what is asked for is told from these rows alone, and there are no baselines.'
    case 'too_long':
      return `Left out: ${count} rows are longer than the model knows${of}.`
    case 'drawn':
      return `Of the rows ${count} were drawn by seed.`
    case 'prefix_labels':
      return `Labels that begin others (${list}) are told apart by the end of the turn, which each label's likelihood includes.`
  }
}
