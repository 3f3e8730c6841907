import { TrainingBatches } from '../batches/sampler.ts'
import { servesParts } from '../export/parts-template.ts'
import type { ChatCodec } from '../generate/chat.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { EngineState, PlanRequest } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { CutExamples } from '../protocol/events.ts'
import { identity } from '../protocol/identity.ts'
import { parseRunConfig, type RunConfig } from '../protocol/run-config.ts'
import type { Call, PreparedInfo, StartRequest } from '../protocol/studio.ts'
import { evaluationCount, neverEarly } from '../runs/early.ts'
import type { RunRecord } from '../runs/record.ts'
import { onlyHeldLabel } from '../runs/task.ts'
import type { Database } from '../storage/database.ts'
import { readTokens } from '../storage/datasets.ts'
import { requireMeasured } from '../trainer/best.ts'
import type { RunHashes } from '../trainer/checkpoint.ts'
import { requireSchedule, runLength } from '../trainer/schedule.ts'
import { planRequest } from './engine/plan-request.ts'
import type { Library, OpenModel } from './library.ts'
import { startingFrom } from './start-from.ts'
import { tokensKey } from './token-key.ts'

/** Tokens of a sample answer at most, and positions kept for questions asked while training. */
export const ANSWER_TOKENS = 64
const ASK_POSITIONS = 256
/** Sample prompts decoded side by side. */
const SIDE_BY_SIDE = 4

/** As the page says it of the model. */
const LEFT_OUT = 'This is the text part of a model that also sees: its vision part is left out.'

/** A run whose every input is there and fits together; nothing has been loaded yet. */
export interface PreparedRun {
  config: RunConfig
  hashes: RunHashes
  /** Key of the token table. */
  tokens: string
  model: OpenModel
  codec: ChatCodec
  /** The chat template, as text. */
  template: string
  batches: TrainingBatches
  samples: StartRequest['samplePrompts']
  plan: PlanRequest
  steps: number
  /** What a new run begins with; null where it goes on, or begins with nothing. */
  start: EngineState | null
  /** To be told when it begins. */
  notice: string | null
  /** Examples that lost their end; null: none. */
  cut: CutExamples | null
  /** How many examples are held out, where all of them have one answer and others are learnt; else null. */
  oneLabel: number | null
}

/**
 * Opens what a run needs and holds it together.
 * @param request of a stored run, whose token table is kept even where its data set is not
 * @param goesOn from a checkpoint: what it began with need not be here any more
 * @throws LapidaryError for whatever a person can mend: config, data, model, the adapter to begin with
 */
export async function prepareRun(
  database: Database,
  library: Library,
  request: StartRequest & Partial<Pick<RunRecord, 'tokens' | 'template'>>,
  call: Call = {},
  goesOn = false,
): Promise<PreparedRun> {
  const wanted = parseRunConfig(request.config)
  const model = await library.open(request.model, call)
  const tokens = request.tokens ?? (await tokensOf(database, request.dataset, wanted, model))
  const table = await database.get('tokens', tokens)
  if (!table)
    fail('missing_file', 'The tokenised data is no longer in this browser.', 'Prepare the data again.', {
      tokens,
    })
  if (table.model !== model.info.hash)
    fail(
      'bad_data',
      'The data was tokenised for another model.',
      'Prepare the data again for the model that is chosen now.',
      { model: request.model },
    )
  if (!goesOn) requireTask(wanted, table.info)
  const { config: asked, state: start } = goesOn
    ? { config: wanted, state: null }
    : await startingFrom(database, wanted, model, request.adapter)
  // What reads Arrow is a quarter of this worker: nobody waits for it who only looks at what is stored.
  const { readTokenTable } = await import('../tokens/table.ts')
  const { train, validation } = readTokenTable(await readTokens(database, table))
  const batches = new TrainingBatches({ train, validation }, asked.training)
  const hashes: RunHashes = {
    config: await sha256Hex(identity(asked)),
    data: table.table.hash,
    base: model.info.hash,
  }
  const config: RunConfig = {
    ...asked,
    model: { ...asked.model, id: request.model, hash: hashes.base },
  }
  const template = (await model.chat()).template.source
  const codec = await model.codec()
  const { samples, positions } = fittingSamples(request.samplePrompts, codec, model)
  const decode = {
    sequences: Math.max(1, Math.min(SIDE_BY_SIDE, samples.length)),
    positions: Math.min(model.info.config.maxPositions, Math.max(ASK_POSITIONS, positions)),
  }
  const weights = await model.weights(config.model.quantization)
  const plan = planRequest(config, model.info.config, weights, batches.maxima(), decode)
  requireMeasured(config.training, batches.tokens.held)
  const { steps, stepsPerEpoch } = runLength(config.training, batches.batchesPerEpoch)
  const before = goesOn ? request.template : request.adapter?.template
  const other = otherTemplate(before, template, goesOn ? 'this run' : 'the adapter')
  const notices = goesOn
    ? [other]
    : [
        other,
        requireSchedule(config.training, steps),
        await farAboveInWords(config.training.learning_rate, model),
        checksInWords(config.training, batches.tokens.held, steps, stepsPerEpoch),
        beyondPositions(batches.longest, config.training.max_length, model),
        model.info.config.leftOut ? LEFT_OUT : null,
      ]
  const notice = notices.filter((said) => said !== null).join(' ') || null
  const { truncated, examples } = table.info
  const { max_length } = config.training
  const of = examples.train + examples.validation + examples.test
  const cut = truncated > 0 ? { examples: truncated, of, max_length } : null
  const oneLabel = onlyHeldLabel(table.info) === null ? null : examples.validation
  const held = { cut, oneLabel }
  return {
    config,
    hashes,
    tokens,
    model,
    codec,
    template,
    batches,
    samples,
    plan,
    steps,
    start,
    notice,
    ...held,
  }
}

/** What is to be said of a learning rate that no run of this model is likely to bear; null: nothing. As the page says it beside the field. */
async function farAboveInWords(rate: number, { info }: OpenModel): Promise<string | null> {
  // Not of the first load: what is recommended is asked when a run is set up.
  const { farAbove, usualRate } = await import('../runs/profiles.ts')
  if (!farAbove(rate, info)) return null
  return `A learning_rate of ${rate} is far above what suits ${info.name} (${usualRate(info)}): training most likely comes apart within its first steps.`
}

/** What is to be said of evaluations that do not tell what they were asked for; null: nothing. */
function checksInWords(
  training: RunConfig['training'],
  held: number,
  steps: number,
  stepsPerEpoch: number,
): string | null {
  const { eval_steps, early_stopping_patience: patience } = training
  if (held === 0 && eval_steps !== null)
    return `No rows are held out: at the evaluations, every ${eval_steps} steps (eval_steps), no loss is measured.`
  const evaluations = evaluationCount(eval_steps, steps, stepsPerEpoch)
  if (!neverEarly(training, evaluations)) return null
  const after = evaluations === 2 ? 'is 1 evaluation' : `are ${evaluations - 1} evaluations`
  return `early_stopping_patience is ${patience}, and there ${after} after the first step: the run comes to its end before it could stop early. A smaller one, or a smaller eval_steps, would let it.`
}

/** What is to be said of a chat template that is not the one trained with before; null: nothing. White space at the end is none, nor is what a merged model's serves besides. */
function otherTemplate(before: string | undefined, now: string, whose: string): string | null {
  if (before === undefined || servesParts(before).trimEnd() === servesParts(now).trimEnd()) return null
  return `The model's chat template is not the one that ${whose} was trained with: what was learnt in the one form may not show in the other. Take the model with the chat_template.jinja that lies beside the adapter.`
}

/**
 * What is to be said of lengths beyond those that a model was made for; null: nothing.
 * @throws LapidaryError `bad_config` where examples are so long
 */
function beyondPositions(longest: number, maxLength: number, { info }: OpenModel): string | null {
  const positions = info.config.maxPositions
  if (longest > positions)
    fail(
      'bad_config',
      `The longest example has ${longest} tokens; ${info.name} was made for ${positions} at most.`,
      `Set max_length to ${positions} or less: longer examples are then cut.`,
      { field: 'max_length', found: maxLength, longest },
    )
  if (maxLength <= positions) return null
  return `max_length is ${maxLength}, and ${info.name} was made for ${positions} tokens at most. The longest example has ${longest}: nothing is cut or lost.`
}

/** @throws LapidaryError `bad_config` where the rows cannot be judged as the config says */
function requireTask({ data: { task } }: RunConfig, { task: outlook }: PreparedInfo): void {
  const out = task === null ? undefined : outlook?.ruledOut[task]
  if (!outlook || !out) return
  const why: Record<typeof out.why, string> = {
    texts: 'the rows are texts, without questions and answers',
    answers: 'the rows are questions with answers',
    one_answer: 'all answers are the same',
    many_answers: `there are ${out.count} different answers; labels are at most ${out.most}`,
    long_answers: `the longest answer has ${out.count} characters; a label has at most ${out.most}`,
    no_json: 'no answer is a JSON object or list',
    no_calls: 'no answer calls a function',
  }
  fail(
    'bad_config',
    `The task cannot be "${task}": ${why[out.why]}.`,
    `Leave it out (data.task: null): it is "${outlook.guess}" then. Or choose other data.`,
    { field: 'data.task', found: task },
  )
}

/** Key of the token table that the data worker made of the same recipe. */
async function tokensOf(
  database: Database,
  id: string,
  config: RunConfig,
  model: OpenModel,
): Promise<string> {
  const dataset = await database.get('datasets', id)
  if (!dataset)
    fail('missing_file', `There is no data set "${id}" in this browser.`, 'Open the file again.', {
      dataset: id,
    })
  const { knowsTools } = (await model.chat()).template
  return tokensKey(config, dataset.info.hash, model.info.hash, knowsTools)
}

/** Sample prompts that leave room for an answer, and the positions that they take. */
function fittingSamples(samples: StartRequest['samplePrompts'], codec: ChatCodec, model: OpenModel) {
  const most = model.info.config.maxPositions - ANSWER_TOKENS
  const lengths = samples.map((sample) => codec.render(sample).length)
  const fitting = samples.filter((_, i) => lengths[i]! <= most)
  return {
    samples: fitting,
    positions: Math.max(0, ...lengths.filter((length) => length <= most)) + ANSWER_TOKENS,
  }
}
