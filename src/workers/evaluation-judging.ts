import { collate, supervisedRowCount } from '../batches/collate.ts'
import { answerRendered } from '../generate/chat.ts'
import { choiceTree } from '../model/choices.ts'
import type { Example } from '../protocol/batch.ts'
import type { Engine, EngineState, PlanRequest } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { Quantization } from '../protocol/model.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import type { Call, JudgedRow, Task, TokenChance } from '../protocol/studio.ts'
import type { EngineHost, Engines } from './engine/host.ts'
import { planRequest } from './engine/plan-request.ts'
import { predicted, type RowTokens, type TokenRow } from './evaluation-tokens.ts'
import type { OpenModel } from './library.ts'

/** Rows judged before anything else may use the engine. */
const ROWS_AT_ONCE = { scored: 16, written: 4 }
/** Tokens of a pass at the least: short rows go through together. */
const LEAST_TOKENS = 256
const POSITIONS = 256

/** Who answers. */
export interface Subject {
  model: OpenModel
  config: RunConfig
  quantization: Quantization
  /** The run's adapter and what it is known by; null: the model answers untuned. */
  adapter: { state: EngineState; key: string } | null
}

export interface Judging {
  subject: Subject
  task: Task
  tokens: RowTokens
  plan: PlanRequest
  /** What an engine that has this plan is known by. */
  planKey: string
  maxNewTokens: number | null
  /** Rows of one use of the engine. */
  atOnce: number
}

/** What judging these rows asks of an engine. */
export async function judging(
  subject: Subject,
  task: Task,
  tokens: RowTokens,
  rows: readonly TokenRow[],
): Promise<Judging> {
  const labels = task.kind === 'labels'
  if (labels) tokens.compare(rows, task.labels)
  const most = { tokens: LEAST_TOKENS, supervised: 1 }
  for (const row of rows) {
    // Of beginnings that labels share each is a token to run and a row to be foretold from; the first is the prompt's last.
    const beginnings = labels ? beginningsOf(tokens, row, task, subject.model) : 1
    most.tokens = Math.max(most.tokens, row.example.tokens.length, row.prompt.length + beginnings - 1)
    most.supervised = Math.max(most.supervised, predicted(row), beginnings)
  }
  // As many rows of a pass as it has tokens could be answers alone.
  most.supervised = Math.max(most.supervised, Math.min(most.tokens, LEAST_TOKENS))
  const written = labels || task.kind === 'plain' ? null : longestAnswer(rows)
  const { model, config, quantization } = subject
  const { maxPositions } = model.info.config
  const longest = Math.max(...rows.map(({ prompt }) => prompt.length))
  const decode =
    written === null
      ? { sequences: 1, positions: Math.min(maxPositions, POSITIONS) }
      : {
          sequences: Math.min(ROWS_AT_ONCE.written, rows.length),
          positions: Math.min(maxPositions, Math.ceil((longest + written) / POSITIONS) * POSITIONS),
        }
  const plan = planRequest(config, model.info.config, await model.weights(quantization), most, decode)
  return {
    subject,
    task,
    tokens,
    plan,
    planKey: ` for ${most.tokens} ${most.supervised} ${decode.sequences} ${decode.positions}`,
    maxNewTokens: written,
    atOnce: written === null ? ROWS_AT_ONCE.scored : ROWS_AT_ONCE.written,
  }
}

/** Rows share their labels as a rule: counted once then. */
const counted = new WeakMap<Uint32Array[], number>()
function beginningsOf(tokens: RowTokens, row: TokenRow, task: Task, { info }: OpenModel): number {
  const { prompt, choices } = tokens.labels(row, task.labels)
  const known = counted.get(choices) ?? choiceTree(prompt, choices, info.config.vocabSize).tokens.length
  counted.set(choices, known)
  return known
}

/** An answer may be somewhat longer than the longest reference; in steps, so that one row more or less is the same length. */
function longestAnswer(rows: readonly TokenRow[]): number {
  const longest = Math.max(...rows.map(predicted))
  return Math.ceil((longest * 1.25 + 8) / 16) * 16
}

/** An engine with the subject's model and adapter in it, and room for the plan. */
export async function engineFor(
  engines: Engines,
  { subject, plan, planKey }: Pick<Judging, 'subject' | 'plan' | 'planKey'>,
  signal: AbortSignal,
): Promise<Engine> {
  const { model, config, quantization, adapter } = subject
  const held = engines.adapter?.endsWith(planKey)
    ? engines.loadedFor(model, config.lora, plan.decode!, quantization)
    : null
  const { kind: engine, portable_backend: backend, default_limits: defaultLimits } = config.engine
  const loaded =
    held ??
    (await engines.load({
      ...{ model, quantization, plan, engine, backend, defaultLimits, signal },
      seed: 0,
      choices: {},
    }))
  if (!held) engines.adapter = `none${planKey}`
  if (adapter && engines.adapter !== adapter.key + planKey) {
    engines.adapter = null
    await loaded.loadState(adapter.state, signal)
    engines.adapter = adapter.key + planKey
  }
  return loaded
}

/**
 * Judges the next few rows; between these, others may use the engine.
 * @throws LapidaryError `bad_state` while a run goes on
 */
export function judgeSome(
  host: EngineHost,
  what: Judging,
  rows: readonly TokenRow[],
  { signal: stop }: Pick<Call, 'signal'>,
): Promise<JudgedRow[]> {
  return host.use(
    'evaluation',
    async (engines) => {
      if (engines.lent)
        fail(
          'bad_state',
          'A run is going on; while it does, nothing is evaluated.',
          'Stop it, or wait until it is done. What is judged already is kept.',
          { held_by: 'train' },
        )
      const signal = stop ? AbortSignal.any([stop, engines.recalled]) : engines.recalled
      const engine = await engineFor(engines, what, signal)
      return judge(engine, what, rows.slice(0, what.atOnce), signal)
    },
    stop ? { signal: stop } : {},
  )
}

/** Judges rows; they are few enough to be stored together. */
export async function judge(
  engine: Engine,
  what: Judging,
  rows: readonly TokenRow[],
  signal: AbortSignal,
): Promise<JudgedRow[]> {
  const { subject, task, tokens, plan, maxNewTokens } = what
  const adapter = subject.adapter ? ('on' as const) : ('off' as const)
  const judged: JudgedRow[] = []
  const references = await scored(
    engine,
    rows.map(({ example }) => example),
    plan,
    adapter,
    signal,
  )
  for (const [i, of] of references.entries()) {
    const { row, number, question, reference } = rows[i]!.row
    judged.push({ ...{ row, number, question, reference }, answer: null, ...of })
  }
  if (task.kind === 'labels')
    for (const [i, row] of rows.entries()) {
      const { prompt, choices } = tokens.labels(row, task.labels)
      const found = await engine.scoreChoices(prompt, choices, { adapter }, signal)
      judged[i]!.scores = found.logProbability.map(sum)
    }
  else if (maxNewTokens !== null) {
    const codec = await subject.model.codec()
    const greedy = { maxNewTokens, temperature: 0, topK: 0, topP: 1, seed: 0, adapter }
    const prompts = rows.map(({ prompt }) => prompt)
    const answers = await answerRendered(engine, codec, prompts, greedy, undefined, signal)
    for (const [i, { text, finish }] of answers.entries())
      Object.assign(judged[i]!, { answer: text.trim(), finish })
  }
  return judged
}

/** Of one example, token by token, as base and adapter have it; the tokens are those that are supervised, the first of all left out. */
export async function tokenChances(
  engine: Engine,
  { example }: TokenRow,
  signal: AbortSignal,
): Promise<{ base: TokenChance[]; tuned: TokenChance[] }> {
  const batch = collate([example])
  const chances = async (adapter: 'on' | 'off') => {
    const { logProbability, hit } = await engine.score(batch, { adapter }, signal)
    return Array.from(logProbability, (value, i) => ({ logProbability: value, likeliest: hit[i] === 1 }))
  }
  return { tuned: await chances('on'), base: await chances('off') }
}

/** What is supervised in each example: the natural log of its probability, its tokens, and how many of these were the likeliest. */
async function scored(
  engine: Engine,
  examples: readonly Example[],
  plan: PlanRequest,
  adapter: 'on' | 'off',
  signal: AbortSignal,
): Promise<Pick<JudgedRow, 'logProbability' | 'tokens' | 'hits'>[]> {
  const found: Awaited<ReturnType<typeof scored>> = []
  for (const batch of packed(examples, plan)) {
    const { logProbability, hit } = await engine.score(collate(batch), { adapter }, signal)
    let at = 0
    for (const example of batch) {
      const end = at + supervisedRowCount(example)
      found.push({
        logProbability: sum(logProbability.subarray(at, end)),
        tokens: end - at,
        hits: sum(hit.subarray(at, end)),
      })
      at = end
    }
  }
  return found
}

/** Examples in batches that the plan has room for, in their order. */
function packed(examples: readonly Example[], { maxTokens, maxSupervised }: PlanRequest): Example[][] {
  const batches: Example[][] = []
  let [tokens, supervised] = [0, 0]
  for (const example of examples) {
    const [more, predictions] = [example.tokens.length, supervisedRowCount(example)]
    const last = batches.at(-1)
    if (last && tokens + more <= maxTokens && supervised + predictions <= maxSupervised) last.push(example)
    else {
      batches.push([example])
      ;[tokens, supervised] = [0, 0]
    }
    tokens += more
    supervised += predictions
  }
  return batches
}

export function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
