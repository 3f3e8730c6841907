import { changeSummary } from '../evaluation/changes.ts'
import { readTensor } from '../files/weights.ts'
import { breathe } from '../lib/breath.ts'
import { frobenius, productNorm, softmaxRows } from '../metrics/index.ts'
import { adapterTensors } from '../model/lora.ts'
import { projectionsOf } from '../model/tensors.ts'
import type { Engine, EngineState } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import { PROJECTIONS } from '../protocol/model.ts'
import { loraScaling } from '../protocol/run-config.ts'
import type {
  Call,
  CheckpointChoice,
  LabelsRequest,
  LabelView,
  LayerCell,
  LayerView,
  TokensRequest,
  TokenView,
  ViewedToken,
} from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { engineFor, type Judging, judging, type Subject, sum, tokenChances } from './evaluation-judging.ts'
import { type EvaluationData, typedRow } from './evaluation-rows.ts'
import { RowTokens } from './evaluation-tokens.ts'
import type { OpenModel } from './library.ts'
import type { TrainParts } from './train-parts.ts'

/** What views of a run are made of. */
export interface ViewParts extends Pick<TrainParts, 'host'> {
  data: EvaluationData
  /** A checkpoint of a run with its base, its adapter in it. @throws LapidaryError `bad_state` where the base is another one by now */
  subject(
    run: string,
    checkpoint: CheckpointChoice,
    call: Call,
  ): Promise<{ record: RunRecord; subject: Subject; step: number }>
}

/** Uses an engine for what nobody has asked to be stored; not while a run goes on in it. */
export function viewing<T>(
  { host }: Pick<TrainParts, 'host'>,
  what: Judging,
  { signal: stop }: Call,
  work: (engine: Engine, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return host.use(
    'evaluation',
    async (engines) => {
      if (engines.lent)
        fail(
          'bad_state',
          'A run is going on; while it does, nothing else is computed.',
          'Stop it, or wait until it is done.',
          { held_by: 'train' },
        )
      const signal = stop ? AbortSignal.any([stop, engines.recalled]) : engines.recalled
      return work(await engineFor(engines, what, signal), signal)
    },
    stop ? { signal: stop } : {},
  )
}

/** @throws LapidaryError `missing_file` where there is no such row any more, `bad_data` where the model cannot be given it */
export async function tokenView(
  parts: ViewParts,
  { run, checkpoint, of }: TokensRequest,
  call: Call = {},
): Promise<TokenView> {
  const { record, subject, step } = await parts.subject(run, checkpoint, call)
  const row =
    'rows' in of
      ? (await parts.data.find(record, { run, checkpoint, rows: of.rows }, call.signal)).rows.find(
          (one) => one.row === of.row,
        )
      : typedRow(of)
  if (!row) fail('missing_file', 'This row is not among the rows any more.', 'Evaluate them again.', { run })
  const chat = await subject.model.chat()
  const tokens = new RowTokens(chat, subject.model, subject.config)
  const { rows, tooLong } = tokens.rows([row])
  const one = rows[0] ?? notToBeGiven(tooLong.length > 0, run)
  const what = await judging(subject, { kind: 'plain', labels: [], from: 'given' }, tokens, [one])
  const { base, tuned } = await viewing(parts, what, call, (engine, signal) =>
    tokenChances(engine, one, signal),
  )
  const answered = [...one.example.tokens].filter((_, i) => i > 0 && one.example.supervised[i] === 1)
  return {
    question: row.question,
    answer: row.reference,
    step,
    tokens: answered.map(
      (id, i): ViewedToken => ({
        text: chat.tokenizer.tokenText(id),
        id,
        base: base[i]!,
        tuned: tuned[i]!,
      }),
    ),
  }
}

function notToBeGiven(tooLong: boolean, run: string): never {
  fail(
    'bad_data',
    tooLong
      ? 'Question and answer are longer than the model knows.'
      : 'The chat template refuses this row, or there is no token in its answer.',
    'Choose another row, or write another answer.',
    { run },
  )
}

/** @throws LapidaryError `bad_data` where the model cannot be given the question */
export async function labelView(
  parts: ViewParts,
  { run, checkpoint, labels, ...asked }: LabelsRequest,
  call: Call = {},
): Promise<LabelView> {
  const { subject, step } = await parts.subject(run, checkpoint, call)
  const tokens = new RowTokens(await subject.model.chat(), subject.model, subject.config)
  const { rows, tooLong } = tokens.rows([typedRow({ ...asked, answer: labels[0] ?? '' })])
  const one = rows[0] ?? notToBeGiven(tooLong.length > 0, run)
  const what = await judging(subject, { kind: 'labels', labels, from: 'given' }, tokens, [one])
  const { prompt, choices } = tokens.labels(one, labels)
  const [base, tuned] = await viewing(parts, what, call, async (engine, signal) => {
    const of = async (adapter: 'on' | 'off') => {
      const { logProbability } = await engine.scoreChoices(prompt, choices, { adapter }, signal)
      return softmaxRows(Float64Array.from(logProbability, sum), labels.length, 1)
    }
    return [await of('off'), await of('on')] as const
  })
  return { step, labels: labels.map((label, i) => ({ label, base: base[i]!, tuned: tuned[i]! })) }
}

/** Norms of a base's matrices by its hash and what it is held in: the same for all of its runs. */
const baseNorms = new Map<string, Map<string, number>>()

async function normsOf(
  { model, quantization }: Pick<Subject, 'model' | 'quantization'>,
  wanted: ReadonlySet<string>,
  { signal, onProgress }: Call,
): Promise<Map<string, number>> {
  const key = `${model.info.hash} ${quantization}`
  const norms = baseNorms.get(key) ?? new Map<string, number>()
  baseNorms.set(key, norms)
  const weights = await model.weights(quantization)
  const missing = [...wanted].filter((name) => !norms.has(name))
  for (const [i, name] of missing.entries()) {
    signal?.throwIfAborted()
    onProgress?.({ share: i / missing.length })
    norms.set(name, frobenius((await readTensor(weights, name, signal)).data))
  }
  return norms
}

/** ||scaling · B A||_F of every matrix that the adapter is on, beside ||W||_F of the base as the run held it. */
export async function layerView(
  parts: ViewParts,
  run: string,
  checkpoint: CheckpointChoice,
  call: Call = {},
): Promise<LayerView> {
  const { record, subject, step } = await parts.subject(run, checkpoint, call)
  return { step, ...(await changesOf(subject, record.config.lora, subject.adapter!.state.lora, call)) }
}

async function changesOf(
  subject: { model: OpenModel } & Pick<Subject, 'quantization'>,
  lora: RunRecord['config']['lora'],
  state: EngineState['lora'],
  call: Call,
): Promise<Omit<LayerView, 'step'>> {
  const { config } = subject.model.info
  const names = new Map(
    projectionsOf(config).map(({ layer, role, name }) => [`${layer} ${role}`, name] as const),
  )
  const pairs = adapterTensors(config, lora).filter(({ matrix }) => matrix === 'A')
  const weightOf = ({ layer, projection }: (typeof pairs)[number]) => names.get(`${layer} ${projection}`)!
  const norms = await normsOf(subject, new Set(pairs.map(weightOf)), call)
  const cells: LayerCell[] = []
  for (const a of pairs) {
    // A worker must come up for air to hear of a stop.
    await breathe()
    call.signal?.throwIfAborted()
    const b = a.name.replace('.lora_A.', '.lora_B.')
    cells.push({
      layer: a.layer,
      module: a.projection,
      change: loraScaling(lora) * productNorm(state[a.name]!.data, state[b]!.data, lora.r),
      weight: norms.get(weightOf(a))!,
    })
  }
  const present = new Set(cells.map(({ module }) => module))
  return {
    layers: config.layers.length,
    modules: PROJECTIONS.filter((name) => present.has(name)),
    cells,
    summary: changeSummary(cells),
  }
}
