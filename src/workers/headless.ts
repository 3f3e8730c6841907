import { type Failure, fail, LapidaryError, toFailure } from '../protocol/errors.ts'
import type { RunEvent, SamplePrompt, StepEvent } from '../protocol/events.ts'
import { blobOf } from '../protocol/exported.ts'
import { knownFindings } from '../protocol/findings.ts'
import { gatedFetch } from '../protocol/gate.ts'
import { identity } from '../protocol/identity.ts'
import { CHANGES_NOTHING } from '../protocol/proof.ts'
import { dataFor, type Recipe } from '../protocol/recipe.ts'
import { type DataConfig, parseRunConfig, type RunConfig } from '../protocol/run-config.ts'
import type {
  AdapterFiles,
  CheckpointInfo,
  DatasetInfo,
  ExportedFile,
  Finding,
  Fit,
  FitChange,
  GrantSource,
  Mapping,
  PreparedInfo,
  RunForecast,
  RunSeriesData,
  StartRequest,
} from '../protocol/studio.ts'
import { offered } from '../runs/judgement.ts'
import type { Known } from '../runs/minutes.ts'
import { baseName, isNamed } from '../runs/named-data.ts'
import { fitted, fittingWarmup, type ProfileId, stepsOfRefusal } from '../runs/profiles.ts'
import { questionsOfRows } from '../runs/questions.ts'
import { judgeRun } from '../runs/queue.ts'
import { planQueue, type QueueOutlook, type QueueWish } from '../runs/queue-plan.ts'
import { onlyHeldLabel } from '../runs/task.ts'
import { TimeLimit } from '../runs/time-limit.ts'
import { createStudio } from './client.ts'
import { classHeadless, type HeadlessClass, type HeadlessClassTable } from './headless-class.ts'
import {
  evaluateHeadless,
  fetchFiles,
  type HeadlessEvaluated,
  type HeadlessEvaluation,
} from './headless-evaluate.ts'
import { settingsFor } from './headless-minutes.ts'

/** Of a run as foretold, or as refused for a warm-up that takes all of it. */
const stepsOf = (foretold: Promise<RunForecast>): Promise<number> =>
  foretold.then(
    ({ steps }) => steps,
    (error: unknown) => {
      const steps = stepsOfRefusal(toFailure(error))
      if (steps === null) throw error
      return steps
    },
  )

/**
 * The studio without a page to look at, for the command line: the same client and workers, driven through
 * `window.lapidary`. Files come from and go to the server that the page came from.
 */
export interface HeadlessJob {
  model: string
  /** What it is called, and its files. */
  data: { name: string; files: { url: string; name: string }[] }
  config: RunConfig
  /** Columns that were named; the others are guessed. */
  mapping: Partial<Mapping>
  /** Whether `max_length` is a profile's, and follows the data as on the page. */
  followLength: boolean
  /** Whether `warmup_steps` is a profile's, and follows the length of the run as on the page. */
  followWarmup: boolean
  /** Whether the config's split is meant even where it is the default. */
  splitSaid: boolean
  /** Refuses data that has a warning. */
  strict: boolean
  /** Whose length is fitted to data and machine as on the page; null: the config's length is meant. */
  profile: ProfileId | null
  /** Minutes that the run may take: they say every setting but those that are a person's own; null: none were given. */
  within: { minutes: number; model: Known['model']; own: string[] } | null
  samplePrompts: SamplePrompt[]
  /** Rows, as their file numbers them, whose questions are asked as well. */
  sampleRows: number[]
  /** Where the files of the adapter to begin with lie. */
  adapter: string | null
  /** Where the checkpoint's folder and the log lie, and the file of the folder that describes the checkpoint. */
  resume: { checkpoint: string; of: string; log: string } | null
  /** Where a run begins again in its folder: SHA-256 of the data that it must be. */
  again: { hash: string | null } | null
  /** Formats wanted; the adapter as PEFT has it and the checkpoint are always written. */
  exports: string[]
  /** Kernels chosen before, by device; for where the config names none. */
  choices: Record<string, Record<string, string>>
  /** Labels of which the run's choice is judged when it has ended, on the rows held out; null: it is not. */
  judge: string[] | null
  /** Where results are PUT, with a slash at its end. */
  out: string
}

/** A queue as it was planned; its base has the data by its hash and the columns by name. */
export type HeadlessPlan = { ok: true; outlook: PlannedQueue } | { ok: false; failure: Failure }

/** Trials that would be refused by key, and why. */
export interface PlannedQueue extends Omit<QueueOutlook, 'refused'> {
  refused: [key: string, failure: Failure][]
}

/** `timeUp`: it was stopped since the minutes that it was given were up. */
export type HeadlessResult = { ok: true; timeUp: boolean } | { ok: false; failure: Failure }

export interface Headless {
  train(job: HeadlessJob): Promise<HeadlessResult>
  plan(job: HeadlessJob, wish: QueueWish): Promise<HeadlessPlan>
  evaluate(job: HeadlessEvaluation): Promise<HeadlessEvaluated>
  handedIn(job: HeadlessClass): Promise<({ ok: true } & HeadlessClassTable) | { ok: false; failure: Failure }>
  stop(): Promise<void>
}

declare global {
  interface Window {
    lapidary?: Headless
    /**
     * Given by whoever drives the page: takes `{finding}` for each, `{judged}`, then `{config, device}` when the data is known, `{config}` when
     * its engine has chosen its kernels, and
     * `{event, logged}`; of an evaluation `{evaluating}`, of runs that were handed in `{handed}`; as JSON. Resolves once it is taken in.
     */
    lapidaryEvent?: (message: string) => Promise<void>
  }
}

export function openHeadless(): void {
  const studio = createStudio()
  /**
   * Messages leave one after the other, and so do files; but never files before messages: a checkpoint may be a later one
   * than the event that it is fetched for, and is taken in only after its own.
   */
  const messages = queue()
  const files = queue()
  const tell = (message: object) =>
    void messages.add(async () => window.lapidaryEvent?.(JSON.stringify(message)))
  const put = async (job: HeadlessJob, folder: string, files: ExportedFile[]) => {
    for (const file of files) {
      const body = await blobOf(file)
      const response = await gatedFetch(`${job.out}${folder}/${file.path}`, { method: 'PUT', body })
      if (!response.ok) throw new Error(`${folder}/${file.path}: ${await response.text()}`)
    }
  }

  async function prepared(job: HeadlessJob): Promise<StartRequest> {
    const files = await fetchFiles(job.data.files)
    const dataset = await studio.data.openFiles(files, job.config.data.reading)
    if (job.again?.hash && job.again.hash !== dataset.hash)
      fail(
        'bad_state',
        'The run in this folder was started with other training data: beginning again would not be the same run.',
        'Give the data that the run was started with, or start a new run in another folder.',
        { field: 'data', expected: job.again.hash, found: dataset.hash },
      )
    const prepared = dataFor(job.config.data, dataset, job.mapping, job.splitSaid || undefined)
    const data = { ...prepared, name: job.data.name, hash: dataset.hash }
    let wanted = parseRunConfig({ ...job.config, data })
    if (job.again && identity(wanted) !== identity(job.config))
      fail(
        'bad_state',
        'The run in this folder was started with other columns: beginning again would not be the same run.',
        'Leave out the flags that name columns, or start a new run in another folder.',
        { field: 'data' },
      )
    let recipe = { dataset: dataset.id, model: job.model, config: wanted }
    const found = async (prepared: readonly Finding[] | null): Promise<Finding[]> => {
      const inspected = studio.data.inspect(recipe)
      const findings = knownFindings({
        opening: dataset.findings,
        // What is wrong with the request itself is why preparing failed.
        inspected: prepared ? await inspected : await inspected.catch(() => null),
        prepared: prepared ?? [],
        exact: prepared !== null,
      })
      for (const finding of findings) tell({ finding })
      return findings
    }
    // Where nothing can be learnt from, what was found of the data says why.
    const refused = async (error: unknown): Promise<never> => {
      await found(null)
      throw error
    }
    const longer = job.followLength ? await lengthFor(recipe).catch(refused) : null
    if (longer !== null) {
      wanted = parseRunConfig({ ...wanted, training: { ...wanted.training, max_length: longer } })
      recipe = { ...recipe, config: wanted }
    }
    // Preparing first: what nothing can be learnt from is refused there.
    const info = await studio.data.prepare(recipe).catch(refused)
    const findings = await found(info.findings)
    emit({ type: 'stage', stage: 'data', note: rowsFor(info, wanted) }, false)
    const other =
      job.again || job.resume ? null : otherData(job.config.data, { ...dataset, name: job.data.name })
    if (other !== null) emit({ type: 'notice', message: other }, false)
    if (job.strict) refuseWarnings(findings)
    const device = await deviceName(job.config)
    const { choices } = job.config.engine
    const engine = { ...job.config.engine, choices: { ...job.choices[device], ...choices } }
    const adapter = job.adapter === null ? null : await adapterAt(job.adapter)
    const { model, profile, within } = job
    const rows =
      job.sampleRows.length > 0 ? await questionsOfRows(studio.data, recipe, job.sampleRows, dataset) : []
    const samplePrompts = [...job.samplePrompts, ...rows]
    const request = (set: Partial<RunConfig>): StartRequest => {
      const config = parseRunConfig({ ...wanted, ...set, engine })
      return { dataset: dataset.id, model, config, samplePrompts, ...(adapter && { adapter }) }
    }
    const foretell = (set: Partial<RunConfig>) => studio.runs.forecast(request(set))
    if (job.followWarmup) {
      const { training } = wanted
      const warmup_steps = fittingWarmup(training.warmup_steps, await stepsOf(foretell({})))
      wanted = parseRunConfig({ ...wanted, training: { ...training, warmup_steps } })
    }
    const length = async () =>
      profile ? fitted(profile, wanted.training, (training) => foretell({ training })) : wanted
    const ready = request(
      within
        ? await settingsFor(studio, within, wanted, { rows: info.examples.train, foretell, emit })
        : { training: (await length()).training },
    )
    tell({ config: ready.config, device })
    return ready
  }

  /** The limit on tokens that these data ask for, where it is more than a profile's; told. */
  async function lengthFor(recipe: Recipe): Promise<number | null> {
    const needed = await studio.data.prepare(recipe).then(
      (info) => info.needed ?? 0,
      (error: unknown) => {
        const needed = toFailure(error).detail?.needed
        if (typeof needed === 'number') return needed
        throw error
      },
    )
    const usual = recipe.config.training.max_length
    if (needed <= usual) return null
    const longer = await studio.models.fittingLength(recipe.config, recipe.model, needed)
    if (longer <= usual) return null
    const note = `max_length is ${longer}, not the profile's ${usual}: the longest example needs ${needed > longer ? `${needed}, and the model or the memory allow no more` : 'it'}.`
    emit({ type: 'stage', stage: 'data', note }, false)
    return longer
  }

  async function deviceName({ engine }: RunConfig): Promise<string> {
    const { description } = await studio.models.device()
    return `${description}${engine.default_limits ? ' (default limits)' : ''}`
  }

  const emit = (event: RunEvent, logged: boolean) => tell({ event, logged })

  /** @returns whether the run was stopped since its time was up */
  async function train(job: HeadlessJob): Promise<boolean> {
    const request = await prepared(job)
    if (!job.resume) {
      const { config, model, dataset, samplePrompts } = request
      const fit = await studio.models.fit(config, model, { dataset, samplePrompts })
      emit({ type: 'stage', stage: 'plan', note: fitInWords(fit) }, false)
      emit({ type: 'stage', stage: 'plan', note: inWords(await studio.runs.forecast(request)) }, false)
    }
    let ended: (failure: Failure | null) => void = () => {}
    const end = new Promise<Failure | null>((resolve) => {
      ended = resolve
    })
    let begun = false
    let timeUp = false
    // A queue plans each of its runs by itself.
    const limit = job.within && !job.again ? new TimeLimit(job.within.minutes, performance.now()) : null
    const onEvent = async (event: RunEvent) => {
      // The folder keeps what the browser cannot.
      if (event.type === 'stage' && event.unkept !== undefined) return
      const logged = event.type !== 'stage'
      // What a run began with is kept with the kernels that it chose: begun again, it gives the same bits.
      if (logged && !begun) void messages.add(async () => window.lapidaryEvent?.(await chosen(await started)))
      begun ||= logged
      emit(event, logged)
      if (event.type === 'step' && limit?.isUp(event, performance.now())) {
        timeUp = true
        await stopInTime(limit.minutes, event)
      }
      if (event.type === 'done') ended(null)
      if (event.type === 'error') ended(event.failure)
      if (event.type === 'checkpoint')
        await files.add(async () =>
          put(job, 'checkpoint', await studio.runs.exportRun(await started, 'checkpoint')),
        )
    }
    const started = job.resume ? resumed(request, job.resume, onEvent) : studio.runs.start(request, onEvent)
    const run = await started
    const failure = await end
    if (failure) throw new LapidaryError(failure)
    if (job.judge) {
      emit({ type: 'stage', stage: 'evaluate', note: 'Judging labels on the rows held out' }, false)
      tell({ judged: await judgeRun(studio, run, job.judge) })
    }
    const kept = await studio.runs.checkpoints(run)
    const { metric_for_best_model: metric } = request.config.training
    const better = kept.find(({ best, offered }) => best && offered)
    const last = kept.find((one) => one.last)
    // The page offers it first; here both are left, and which is which is said.
    if (better && last) {
      await proven(run, 'best')
      emit(
        {
          type: 'notice',
          message: `${knownBest(better, measured(last), metric)}: adapter-best/ is of step ${better.step}, adapter/ of step ${last.step}. Where rows are facts to be learnt by heart, take adapter/.`,
        },
        false,
      )
      void files.add(async () => put(job, 'adapter-best', await studio.runs.exportRun(run, 'peft', 'best')))
    } else if (last && job.resume) {
      // Of a sitting before, its last checkpoint alone is there.
      const gone = bestOf((await studio.runs.history(run)).series, metric)
      if (
        gone &&
        !kept.some(({ step }) => step === gone.step) &&
        offered(gone, last, [], metric).which === 'best'
      )
        emit(
          {
            type: 'notice',
            message: `${knownBest(gone, measured(last), metric)}. That was before the run was gone on with: adapter/ is of step ${last.step}. Where checkpoint/step-${gone.step}.json is kept (save_total_limit), npm run export -- --step ${gone.step} writes that one.`,
          },
          false,
        )
    }
    if (last && (await proven(run, 'last')))
      void files.add(async () => {
        const parts = await studio.runs.exportRun(run, 'checkpoint')
        await put(
          job,
          'checkpoint',
          parts.filter(({ path }) => path === 'proof.json'),
        )
      })
    const refused: unknown[] = []
    for (const format of new Set(['peft', ...job.exports]))
      if (format !== 'checkpoint')
        void files.add(async () => {
          try {
            await put(job, format === 'peft' ? 'adapter' : format, await studio.runs.exportRun(run, format))
          } catch (error) {
            // The others are written all the same.
            if (refused.push(error) > 1) emit({ type: 'notice', message: toFailure(error).message }, false)
          }
        })
    await Promise.all([messages.empty(), files.empty()])
    if (refused.length > 0) throw refused[0]
    return timeUp
  }

  /** After this step, and it is said. */
  async function stopInTime(minutes: number, { step, max_steps }: StepEvent): Promise<void> {
    const message = `The time given (--minutes ${minutes}) is up at step ${step} of ${max_steps}: this machine was slower than it was measured. The run stops here, with a checkpoint; --resume goes on to its end.`
    emit({ type: 'notice', step, message }, false)
    await studio.runs.stop()
  }

  /** Makes the proof that exports carry; where that cannot be done, and where it shows no effect, it is said. */
  async function proven(run: string, which: 'last' | 'best'): Promise<boolean> {
    emit({ type: 'stage', stage: 'save', note: 'Making the proof of effect' }, false)
    try {
      const { dead } = await studio.runs.prove(run, which)
      if (dead) emit({ type: 'notice', message: CHANGES_NOTHING }, false)
      return true
    } catch (error) {
      const { message } = toFailure(error)
      emit(
        {
          type: 'notice',
          message: `Exported without a proof of effect: ${message} npm run export can make it.`,
        },
        false,
      )
      return false
    }
  }

  /** The config of a run with what its engine chose. */
  async function chosen(id: string): Promise<string> {
    const config = (await studio.runs.list()).find((run) => run.id === id)?.config
    return JSON.stringify({ config })
  }

  async function resumed(
    request: StartRequest,
    from: NonNullable<HeadlessJob['resume']>,
    onEvent: (event: RunEvent) => void,
  ): Promise<string> {
    const lines = (await (await gatedFetch(from.log)).text()).split('\n').filter((line) => line !== '')
    const meta = await (await gatedFetch(from.checkpoint + from.of)).json().catch(() =>
      fail('bad_state', `The checkpoint is damaged: ${from.of} is no JSON.`, 'Go on from another one.', {
        checkpoint: from.of,
      }),
    )
    const tensors = await (await gatedFetch(from.checkpoint + meta.tensors)).blob()
    // What lies behind the checkpoint is trained again; a crash may have cut its last line off.
    const events = lines.slice(0, meta.event_count).map((line) => JSON.parse(line) as RunEvent)
    const template = await textAt(`${from.checkpoint}${TEMPLATE_FILE}`)
    const run = await studio.runs.importRun({
      ...request,
      ...(template === null ? {} : { template }),
      events,
      checkpoint: { meta, tensors },
    })
    await studio.runs.resume(run, onEvent)
    return run
  }

  window.lapidary = {
    async train(job) {
      try {
        return { ok: true, timeUp: await train(job) }
      } catch (error) {
        await Promise.allSettled([messages.empty(), files.empty()])
        return { ok: false, failure: toFailure(error) }
      }
    },
    plan: (job, wish) =>
      prepared(job)
        .then((base) => planQueue(studio, base, wish))
        .then(
          ({ queue, refused, ...told }) => {
            // The files of an adapter are given to each run anew.
            const { adapter: _, ...base } = queue.base
            return { ok: true, outlook: { ...told, queue: { ...queue, base }, refused: [...refused] } }
          },
          (error: unknown) => ({ ok: false, failure: toFailure(error) }),
        ),
    evaluate: (job) =>
      evaluateHeadless(studio, job, (evaluating) => tell({ evaluating })).then(
        (report) => ({ ok: true, report }),
        (error: unknown) => ({ ok: false, failure: toFailure(error) }),
      ),
    handedIn: (job) =>
      classHeadless(studio, job, (handed) => tell({ handed })).then(
        (made) => ({ ok: true, ...made }),
        (error: unknown) => ({ ok: false, failure: toFailure(error) }),
      ),
    stop: () => studio.runs.stop(),
  }
}

type Metric = RunConfig['training']['metric_for_best_model']
/** At the step of the evaluation. */
type Measured = Pick<CheckpointInfo, 'step' | 'evalLoss'>

/** A checkpoint's loss is of the evaluation before, where a run was stopped in between. */
const measured = ({ step, evalStep, evalLoss }: CheckpointInfo): Measured => ({
  step: evalStep ?? step,
  evalLoss,
})

function knownBest(best: Measured, last: Measured, metric: Metric): string {
  if (metric !== 'eval_loss')
    return `By ${metric} on rows that it never saw (metric_for_best_model) step ${best.step} was the best`
  const at = ({ step, evalLoss }: Measured, what = '') => `step ${step} (${what}${evalLoss?.toPrecision(4)})`
  return `Rows that it never saw were known best at ${at(best, 'validation loss ')} and less well at ${at(last)}`
}

/** The best evaluation, that before the first step left out. */
function bestOf({ validation: { steps, columns } }: RunSeriesData, metric: Metric): Measured | null {
  const [values, sign] =
    metric === 'eval_loss' ? [columns.eval_loss, -1] : [columns[metric.slice('eval_'.length)], 1]
  const found = Array.from(values ?? [], (value, i) => ({ at: i, value: sign * value }))
    .filter(({ at }) => steps[at]! > 0)
    .reduce<{ at: number; value: number } | null>(
      (best, one) => (best && best.value >= one.value ? best : one),
      null,
    )
  return found && { step: steps[found.at]!, evalLoss: columns.eval_loss?.[found.at] ?? null }
}

/** Of data that is not what a config names, as the page says it of a config that was opened; null: it is. */
function otherData(data: DataConfig, given: Pick<DatasetInfo, 'hash' | 'name'>): string | null {
  if (data.hash === given.hash) return null
  if (data.hash !== null)
    return 'This data is not what the config was made with, by its hash: what is learnt will differ.'
  return isNamed(data, given)
    ? null
    : `This data is not ${baseName(data.name)}, which the config names: what is learnt will differ.`
}

/** Which rows are trained on and which are not, in words. */
function rowsFor(info: PreparedInfo, { data }: RunConfig): string {
  const { train, validation, test } = info.examples
  const { method, column } = data.split
  const tested = test > 0 ? `, ${test} for testing, which no run sees` : ''
  const how = method === 'random' ? '' : ` (${method === 'column' ? '' : `${method} `}by column "${column}")`
  return `Examples: ${train} to train on, ${validation} for validation${tested}${how}.${unshown(info)}`
}

/** What the rows held out cannot show. */
function unshown(info: PreparedInfo): string {
  if (info.examples.validation === 0)
    return ' Nothing is held out: how good the model gets will not be known.'
  const label = onlyHeldLabel(info)
  return label === null
    ? ''
    : ` All of those held out say "${label}": they show nothing of the other answers. Hold more out (--validation-share), or evenly by label (--split-method stratified --split-column COL).`
}

/** @throws LapidaryError `bad_data` */
function refuseWarnings(findings: readonly Finding[]): void {
  const worse = findings.filter(({ severity }) => severity !== 'note')
  if (worse.length > 0)
    fail(
      'bad_data',
      `The data has warnings (${worse.length}): ${[...new Set(worse.map(({ kind }) => kind ?? 'other'))].join(', ')}.`,
      'Mend what they name, or leave --strict out.',
      { findings: worse.length },
    )
}

/** What the page says before a start. */
function inWords({ steps, tokens, plan, duration }: RunForecast): string {
  const size = `${(plan.bytes.total / 1e6).toFixed(1)} MB of memory`
  const time = duration
    ? `about ${Math.round(duration.seconds)} s, from the speed of ${duration.from} on this machine`
    : 'the time is known after the first steps'
  return `Steps: ${steps}, tokens to learn from: ${tokens}, ${size}; ${time}.`
}

/** As the page says it before a start. */
function fitInWords({ needs, grants, from, fits, changes }: Fit): string {
  const size = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  const found = `it needs ${size(needs)}, and ${GRANTED[from]} ${size(grants)}.`
  if (fits) return `Fits in memory: ${found}`
  const flags = ({ set }: FitChange) =>
    Object.values(set)
      .flatMap((fields) => Object.entries(fields))
      .filter(([, value]) => typeof value !== 'object')
      .map(([name, value]) => `${name === 'r' ? 'lora_r' : name} ${value}`)
      .join(' with ')
  const ways = changes.map((change) => `${flags(change)} (${size(change.needs)})`).join('; ')
  const enough = changes[0]?.fits
    ? changes.length === 1
      ? 'This makes it fit'
      : 'Any one of these makes it fit'
    : 'The nearest, not yet enough'
  return `Too large: ${found}${ways && ` ${enough}: ${ways}.`}`
}

const GRANTED: Record<GrantSource, string> = {
  set: 'you let a run take',
  tried: 'this device was found to have room for',
  guess: 'a device of this kind usually has room for',
  engine: 'the portable engine can hold',
  device: 'this device takes at once',
}

async function adapterAt(base: string): Promise<AdapterFiles> {
  const [config, tensors] = [`${base}adapter_config.json`, `${base}adapter_model.safetensors`]
  const template = await textAt(`${base}${TEMPLATE_FILE}`)
  return {
    config: await (await gatedFetch(config)).json(),
    tensors: await (await gatedFetch(tensors)).blob(),
    ...(template === null ? {} : { template }),
  }
}

const TEMPLATE_FILE = 'chat_template.jinja'

/** Null where there is no such file. */
async function textAt(address: string): Promise<string | null> {
  const response = await gatedFetch(address)
  return response.ok ? response.text() : null
}

/** Tasks one after the other; a failed one ends the queue, and is met where its emptying is awaited. */
function queue() {
  let tail: Promise<unknown> = Promise.resolve()
  return {
    /** @returns resolves when the task is over, however */
    add(task: () => Promise<unknown>): Promise<void> {
      tail = tail.then(task)
      return tail.then(
        () => {},
        () => {},
      )
    },
    empty: () => tail,
  }
}
