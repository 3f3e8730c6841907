import { textTable } from '../src/lib/text-table.ts'
import type {
  EvaluationNote,
  Figure,
  FigureName,
  LayerView,
  SideName,
  Suspects,
  Task,
} from '../src/protocol/studio.ts'
import { forgetting } from '../src/runs/forgetting.ts'
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

/** What silence below the threshold buys; null where there is none. */
export function silentLine({ abstain, count }: Pick<PrintedReport, 'abstain' | 'count'>): string | null {
  if (!abstain || abstain.threshold === 0) return null
  const answered = Math.round(abstain.answered * count)
  const right = Math.round(answered * (abstain.accuracy ?? 0))
  const at = `Silent where it is less than ${+(abstain.threshold * 100).toFixed(2)}% sure, it answers ${answered} of ${count}`
  return answered === 0
    ? `${at}.`
    : `${at}; of these ${right} are right (${((right / answered) * 100).toFixed(1)}%).`
}

/** What was forgotten, of the set of everyday questions; null of others. */
export function forgottenLine(report: PrintedReport): string | null {
  const found = forgetting(report)
  if (!found) return null
  const what = found.kind === 'answers' ? 'chrF of its answers' : 'perplexity of good answers'
  const of = `${what} to everyday questions ${found.judged.toFixed(2)}, of the base model ${found.base.toFixed(2)}`
  const said: Record<typeof found.kind, string> = {
    less: 'Something was forgotten',
    answers: 'Something was forgotten',
    alike: 'Nothing that can be told was forgotten',
    likelier: 'Nothing was forgotten',
  }
  return `${said[found.kind]}: ${of}.`
}

/** What the figures are of. */
export function whose({ evaluation: { model, step, data, task, seconds }, choice }: PrintedReport): string {
  const labels =
    choice === null ? '' : ` (${task.labels.length} labels, ${choice} of their tokens' likelihoods)`
  return `${model.name} at step ${step} on ${data.name}${data.split === null ? '' : ` (${data.split} rows)`}, as ${task.kind}${labels}; ${seconds.toFixed(1)} s`
}

/** A line a figure, a column for each who answers, intervals below each other. */
export function figureTable({ sides, beside }: Pick<PrintedReport, 'sides' | 'beside'>): string {
  const names = [...new Set(sides.flatMap(({ figures }) => figures.map(({ name }) => name)))]
  const cell = (figure: Figure | undefined) =>
    figure ? `${figure.value.toFixed(4)} [${figure.low.toFixed(4)}, ${figure.high.toFixed(4)}]` : '-'
  return textTable([
    ['', ...sides.map(({ name }) => SIDES[name]), ...beside.map(({ model }) => `${model}, untuned`)],
    ...names.map((name) => [
      FIGURES[name],
      ...[...sides, ...beside].map(({ figures }) => cell(figures.find((figure) => figure.name === name))),
    ]),
  ])
}

/** "Layers 3, 4 of 6 changed most; 72% of the change is in the MLP." As the page says it; layers are counted from 1. */
export function layersInWords({ step, layers, summary: { most, alike, part } }: LayerView): string {
  if (most.length === 0) return `At step ${step} the adapter changes nothing yet.`
  const named = most.map((layer) => layer + 1).join(', ')
  const where = alike
    ? `All ${layers} layers changed about alike, layer ${named} a little more than the others`
    : `${most.length === 1 ? 'Layer' : 'Layers'} ${named} of ${layers} changed most`
  const share =
    part &&
    `${Math.round(part.share * 100)}% of the change is in ${part.name === 'mlp' ? 'the MLP' : 'attention'}`
  return `${[where, share].filter(Boolean).join('; ')}.`
}

/** A line a layer, a column a module: ||scaling * B A|| / ||W||, Frobenius norms, in percent. */
export function layerTable({ layers, modules, cells }: LayerView): string {
  const cell = (layer: number, module: string) => {
    const found = cells.find((one) => one.layer === layer && one.module === module)
    return found && found.weight > 0 ? `${((100 * found.change) / found.weight).toFixed(2)}%` : '-'
  }
  return textTable([
    ['layer', ...modules],
    ...Array.from({ length: layers }, (_, layer) => [
      String(layer + 1),
      ...modules.map((module) => cell(layer, module)),
    ]),
  ])
}

/** Suspect rows that are printed, and letters of each question. */
const SUSPECTS = 10
const LETTERS = 60

/** Rows whose losses say that something is wrong with them, the most suspect first. */
export function suspectLines({ known, early, rows, by }: Suspects): string {
  if (known === 0) return 'The log of this run says nothing of its rows: it is of an earlier version.'
  if (early)
    return `Of the ${known} learnt rows that enough is known of, more than half stayed below 10% likely: too little was learnt for wrong ones to stand out. A longer run can tell.`
  if (rows.length === 0) return `Of the ${known} learnt rows that enough is known of, none looks wrong.`
  const short = (text: string) => {
    const line = text.replace(/\s+/g, ' ')
    return line.length > LETTERS ? `${line.slice(0, LETTERS - 1)}…` : line
  }
  return [
    `Of the ${known} learnt rows that enough is known of, these look mislabelled, or cannot be learnt (mean probability of ${by === 'answer' ? 'the whole answer' : 'a token'}):`,
    textTable([
      ['row', 'likely', 'so it looks', 'the data says', 'question'],
      ...rows
        .slice(0, SUSPECTS)
        .map(({ number, confidence, region, reference, question }) => [
          String(number),
          `${(100 * confidence).toFixed(1)}%`,
          region,
          short(reference),
          short(question),
        ]),
    ]),
    ...(rows.length > SUSPECTS ? [`... and ${rows.length - SUSPECTS} more.`] : []),
  ].join('\n')
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
    case 'other_labels':
      return `Of the labels of this set the run never learnt ${count} (${list}${count > names.length ? ', ...' : ''}): it answers them by what its base model knows.`
    case 'one_label':
      return `All of these rows (${count}) ask for ${list}: whoever always says so is right in each, so nothing is shown of the other labels. Judge rows of several labels.`
    case 'prefix_labels':
      return `Labels that begin others (${list}) are told apart by the end of the turn, which each label's likelihood includes.`
  }
}
