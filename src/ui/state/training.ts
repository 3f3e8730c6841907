import { batch, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js'
import { type Failure, LapidaryError, toFailure } from '../../protocol/errors.ts'
import type { EvalEvent, RunEvent, StageEvent, StepEvent } from '../../protocol/events.ts'
import { canonical } from '../../protocol/identity.ts'
import type { RunConfig } from '../../protocol/run-config.ts'
import type { ResumeRequest, RunForecast, Studio } from '../../protocol/studio.ts'
import { stepsOfRefusal } from '../../runs/profiles.ts'
import { TimeLimit } from '../../runs/time-limit.ts'
import { formatLoss } from '../messages/format.ts'
import { saidWhole } from '../messages/said.ts'
import { t } from '../messages/t.ts'
import { StepClock, StepPace } from './clock.ts'
import type { DataState } from './data.ts'
import { dataIdentity } from './data-recipe.ts'
import type { Draft } from './draft.ts'
import { calmly } from './frame.ts'
import type { LimitState } from './limit.ts'
import type { ModelState } from './models.ts'
import { createOwnList, createQuestions, type Question } from './questions.ts'
import { createRunView, type RunsState, type RunView } from './runs.ts'
import type { Settings } from './settings.ts'
import type { Pressed } from './shared-memory.ts'
import type { StartAdapter } from './start-adapter.ts'

export type TrainingState = ReturnType<typeof createTraining>
export type Phase = 'idle' | 'preparing' | 'running' | 'stopping'

interface Parts {
  studio: Studio
  startAdapter: Pick<StartAdapter, 'of'>
  draft: Draft
  data: DataState
  models: ModelState
  settings: Settings
  limit: LimitState
  runs: RunsState
  announce: (text: string) => void
  /** What is done before a press begins to compute; @returns whether the page is loaded anew for it, and does then what was pressed */
  before: (pressed: Pressed) => Promise<boolean>
}

/** Codes of what a start would be refused with, whatever the moment. */
const REFUSALS = new Set([
  'bad_config',
  'unsupported_model',
  'nothing_to_learn',
  'bad_state',
  'out_of_memory',
])

/** Milliseconds in which a second press on Stop is no wish for anything else: to lose a step, or to leave the run that has stopped meanwhile. */
export const SECOND_PRESS = 1000

/** What is said of a run that has ended. */
const SAID = {
  finished: 'train.said.done',
  stopped: 'train.said.stopped',
  stopped_early: 'train.said.early',
} as const

/** The run that this page starts, watches and stops. */
export function createTraining({
  studio,
  startAdapter,
  draft,
  data,
  models,
  settings,
  limit,
  runs,
  announce,
  before,
}: Parts) {
  const [phase, setPhase] = createSignal<Phase>('idle')
  const [stage, setStage] = createSignal<Omit<StageEvent, 'type'> | null>(null)
  const [latest, setLatest] = createSignal<StepEvent | null>(null)
  const [latestEval, setLatestEval] = createSignal<EvalEvent | null>(null)
  const [secondsLeft, setSecondsLeft] = createSignal(Number.NaN)
  /** Of the step under way, where it takes long. */
  const [stepLeft, setStepLeft] = createSignal(Number.NaN)
  /** What went wrong last, and of which run; null: of a start that made none. */
  const [failed, setFailed] = createSignal<{ failure: Failure; run: string | null } | null>(null)
  const [liveView, setLiveView] = createSignal<RunView | null>(null)
  /** Of the run that is going on: the form may say something else by now. */
  const [liveConfig, setLiveConfig] = createSignal<RunConfig | null>(null)
  /** Set for a moment after a run was stopped here. */
  const [justStopped, setJustStopped] = createSignal(false)
  const [forecast, setForecast] = createSignal<RunForecast | null>(null)
  const [forecastFailure, setForecastFailure] = createSignal<Failure | null>(null)
  const [foretelling, setForetelling] = createSignal(false)

  const busy = () => phase() !== 'idle'
  /** Of the run that begins: how long it may take, where a time was given. */
  let limited: TimeLimit | null = null
  /** Resolves when the sitting under way is over, and another may begin. */
  let settled = Promise.resolve()
  const inView = createMemo(() => runs.shown() !== null)

  const fromData = createQuestions(studio, data)
  const list = createOwnList(fromData.found, fromData.known)
  const questions = (known: Question[] = fromData.found()): Question[] => list.asked(known)

  /** The questions that a start would ask. */
  const asked = async (): Promise<Question[]> => questions(await fromData.read())

  /** What a start would run, or null while something is missing or wrong. */
  function config(): RunConfig | null {
    const ready = draft.ready()
    const info = data.dataset()
    const model = models.chosen()
    if (!ready || !info || !model || !data.mapped()) return null
    return {
      ...ready,
      model: { ...ready.model, id: model.id, hash: null },
      data: { ...ready.data, ...dataIdentity(info) },
    }
  }

  /**
   * What the run will be, a moment after the settings have come to rest, and after all of the data has been prepared: its
   * table of tokens is what the run reads. What was foretold of other settings is gone at once.
   */
  createEffect(
    on([config, data.prepared, list.texts, busy, inView], ([wanted, prepared, , , shown]) => {
      const dataset = data.dataset()?.id
      // While a run is in view nothing is set up: a profile fitted to what that run has shown of this machine would put it away.
      const due =
        wanted !== null && dataset !== undefined && prepared && !prepared.estimate && !busy() && !shown
      batch(() => {
        setForecast(null)
        setForecastFailure(null)
        setForetelling(due === true)
      })
      if (!due) return
      let stale = false
      const timer = setTimeout(async () => {
        const found = await asked()
          .then((samplePrompts) =>
            studio.runs.forecast({
              ...{ dataset, model: wanted.model.id, config: wanted, samplePrompts },
              ...startAdapter.of(wanted.start),
            }),
          )
          .then(
            (forecast) => ({ forecast, failure: null }),
            (error) => ({ forecast: null, failure: toFailure(error) }),
          )
        if (stale) return
        // A profile's own warm-up gives way to a run that is as short; what follows is foretold anew.
        const short = found.failure && stepsOfRefusal(found.failure)
        if (short !== null && settings.warmWithin(short)) return
        batch(() => {
          setForecast(found.forecast)
          setForecastFailure(found.failure)
          setForetelling(false)
          if (found.forecast) settings.fit(found.forecast, prepared.examples.train)
        })
      }, 300)
      onCleanup(() => {
        stale = true
        clearTimeout(timer)
      })
    }),
  )

  /** What says no to these settings would say it again; what merely failed is no reason to stand in the way. */
  const refused = () => {
    const failure = forecastFailure()
    if (!failure) return false
    if (failure.code === 'missing_file') return String(failure.detail?.field ?? '').startsWith('start')
    return REFUSALS.has(failure.code)
  }

  /** What speaks against a field of the settings as things are, to be said beside it. */
  const refusalOf = (name: string): string | null => {
    const failure = forecastFailure()
    return failure?.code === 'bad_config' && failure.detail?.field === name ? saidWhole(failure) : null
  }

  const setFailure = (failure: Failure, run: string | null) => setFailed({ failure, run })

  function listener(
    view: RunView,
    onFailure: (failure: Failure) => void,
    onEnd: () => void,
    clock: StepClock,
  ): (event: RunEvent) => void {
    const pace = new StepPace()
    const time = limited
    let step: StepEvent | null = null
    let tenths = 0
    const show = calmly(() => {
      setLatest(step)
      if (step) setSecondsLeft(clock.secondsLeft(step.max_steps))
    })
    return (event) => {
      view.take(event)
      switch (event.type) {
        case 'stage':
          setStage({ ...event })
          if (event.unkept !== undefined) void runs.refresh()
          if (event.back) {
            step = null
            show.cancel()
            clock.back(event.back.step)
            batch(() => {
              setLatest(null)
              setSecondsLeft(Number.NaN)
              setStepLeft(Number.NaN)
            })
          }
          if (event.within) setStepLeft(pace.left(event.within, performance.now()))
          if (!step && event.progress === undefined) announce(t(`stage.${event.stage}`))
          break
        case 'step': {
          if (time?.isUp(event, performance.now())) {
            const { minutes } = time
            const message = t('time.up', { minutes, step: event.step, count: event.max_steps })
            view.take({ type: 'notice', step: event.step, message })
            void stop()
          }
          if (!step) void runs.refresh()
          step = event
          clock.tick(event.step, performance.now())
          setStepLeft(Number.NaN)
          show.ask()
          const done = Math.floor((event.step / event.max_steps) * 4)
          if (done > tenths && done < 4)
            announce(t('train.said.progress', { share: `${done * 25}%`, loss: formatLoss(event.loss) }))
          tenths = Math.max(tenths, done)
          break
        }
        case 'eval':
          setLatestEval(event)
          break
        case 'done':
          show.cancel()
          batch(() => {
            if (step) setLatest(step)
            setSecondsLeft(0)
          })
          announce(t(SAID[event.reason]))
          onEnd()
          break
        case 'error':
          show.cancel()
          if (event.failure.code !== 'cancelled') onFailure(event.failure)
          onEnd()
      }
    }
  }

  /** Runs `begin` from idle to idle; whatever goes wrong on the way is shown, and nothing that was done is lost. */
  async function sitting(
    view: RunView,
    begin: (onEvent: (event: RunEvent) => void) => Promise<string>,
    known?: string,
    clock = new StepClock(),
  ): Promise<void> {
    batch(() => {
      setPhase('preparing')
      setStage(null)
      setLatest(null)
      setLatestEval(null)
      setSecondsLeft(clock.secondsLeft(runs.byId(known ?? null)?.maxSteps ?? Number.NaN))
      setStepLeft(Number.NaN)
      setFailed(null)
      setLiveView(view)
      if (known) {
        runs.setLive(known)
        runs.show(known)
      } else runs.show(null)
      runs.setBeginning(!known)
    })
    let settle: () => void = () => {}
    settled = new Promise<void>((resolve) => {
      settle = resolve
    })
    let over = false
    let run = known ?? null
    const end = async () => {
      if (over) return
      over = true
      limited = null
      // The list tells how it ended before the page speaks of it as a stored run.
      await runs.refresh()
      batch(() => {
        if (phase() === 'stopping') {
          setJustStopped(true)
          setTimeout(() => setJustStopped(false), SECOND_PRESS)
        }
        setPhase('idle')
        setStage(null)
        runs.setLive(null)
        runs.setBeginning(false)
      })
      settle()
      // The worker's hold on its run may last a moment longer than the worker.
      void runs.settle()
    }
    try {
      let early: RunEvent[] | null = []
      const handle = listener(
        view,
        (failure) => setFailure(failure, run),
        () => void end(),
        clock,
      )
      // Events may arrive before the id does; they wait, so that "done" never comes before the run has a name.
      const id = await begin((event) => {
        if (over) return
        if (phase() === 'preparing') setPhase('running')
        if (early && !known && (event.type === 'done' || event.type === 'error')) early.push(event)
        else handle(event)
      })
      run = id
      if (over) return
      runs.putOff(id, false)
      runs.adopt(id, view)
      batch(() => {
        runs.setLive(id)
        runs.setBeginning(false)
        runs.show(id)
        if (phase() === 'preparing') setPhase('running')
      })
      const waiting = early
      early = null
      for (const event of waiting) handle(event)
      if (!over) void runs.refresh()
    } catch (error) {
      const problem = toFailure(error)
      if (!over && problem.code !== 'cancelled') setFailure(problem, run)
      await end()
    }
  }

  /** The config with its data prepared, and a profile's limit on tokens as these data ask for it. */
  async function prepared(wanted: RunConfig): Promise<RunConfig> {
    for (;;) {
      const { max_length } = draft.training()
      const failed = await data.prepare().then(
        () => null,
        (error: unknown) => toFailure(error),
      )
      await limit.follow()
      if (draft.training().max_length !== max_length) continue
      // Other data, or other columns of it, give up what was being prepared: never without a word.
      if (failed?.code === 'cancelled') throw changedMeanwhile()
      if (failed) throw new LapidaryError(failed)
      return { ...wanted, training: { ...wanted.training, max_length } }
    }
  }

  async function start(): Promise<void> {
    const wanted = config()
    const dataset = data.dataset()?.id
    if (busy() || !wanted || dataset === undefined) return
    setLiveConfig(wanted)
    const minutes = settings.minutes()
    limited = minutes === null ? null : new TimeLimit(minutes, performance.now())
    const foretold = forecast()
    const pace = foretold?.duration ? foretold.duration.seconds / foretold.steps : Number.NaN
    await sitting(
      createRunView(),
      async (onEvent) => {
        setStage({ stage: 'data' })
        if (await before({ what: 'start', config: canonical(wanted) })) return new Promise(() => {})
        const config = await prepared(wanted)
        setLiveConfig(config)
        const samplePrompts = await asked()
        const recipe = { dataset, model: config.model.id, config, samplePrompts }
        return studio.runs.start({ ...recipe, ...startAdapter.of(config.start) }, onEvent)
      },
      undefined,
      new StepClock({ pace, from: 0 }),
    )
  }

  /** By default with the run's own engine, from its newest checkpoint. */
  async function resume(id: string, how: ResumeRequest = {}): Promise<void> {
    if (busy()) return
    // What offered it may have gone stale: another tab may train it by now, or have deleted it.
    await runs.refresh()
    const run = runs.byId(id)
    if (busy()) return
    if (!run || !runs.resumable(run)) {
      runs.show(run ? id : null)
      return
    }
    const view = (await runs.load(id)) ?? createRunView()
    const clock = new StepClock(await paceOf(id, how))
    if (busy()) return
    setLiveConfig(run.config)
    await sitting(
      view,
      async (onEvent) => {
        await studio.runs.resume(id, onEvent, how)
        return id
      },
      id,
      clock,
    )
  }

  /** What a step took up to the checkpoint that a run goes on from, evaluations included. */
  async function paceOf(id: string, { from = 'last', engine }: ResumeRequest) {
    const kept = from === 'start' ? [] : await runs.checkpoints(id)
    const at = kept.find((one) =>
      from === 'last' ? one.last : from === 'best' ? one.best : one.step === from,
    )
    if (!at) return { pace: Number.NaN, from: 0 }
    // Another engine has another pace.
    return { pace: engine || at.step === 0 ? Number.NaN : at.seconds / at.step, from: at.step }
  }

  /** The first press: a sample, the practice model, the quick profile, and off. */
  async function demonstrate(): Promise<void> {
    if (busy()) return
    batch(() => {
      setFailed(null)
      setPhase('preparing')
      setStage({ stage: 'data' })
      setLatest(null)
      setLatestEval(null)
      setLiveView(null)
      setLiveConfig(null)
      runs.show(null)
    })
    if (await before({ what: 'demonstrate' })) return
    await Promise.all([data.samples().length === 0 ? data.loadLists() : null, models.ready])
    const sample = data.samples()[0]
    const practice = models.list().find((model) => model.practice)
    if (practice) models.choose(practice.id)
    settings.choose('quick')
    draft.setStart({ from: 'nothing' })
    list.set(null)
    const opened = sample && practice ? await data.openSample(sample.id) : false
    setPhase('idle')
    if (opened) await start()
    else setFailure(data.failure() ?? models.listFailure() ?? toFailure(new Error(t('error.noSample'))), null)
  }

  /** What was pressed before the page was loaded anew. */
  async function goOn(pressed: Pressed): Promise<void> {
    if (pressed.what === 'demonstrate') return demonstrate()
    const now = config()
    if (now && canonical(now) === pressed.config) return start()
    setFailure(toFailure(changedMeanwhile()), null)
  }

  /** After this step, or with `now` at once: what came after the last checkpoint is then lost. */
  async function stop(now = false): Promise<void> {
    if (phase() !== 'running' && !(now && phase() === 'stopping')) return
    setPhase('stopping')
    const id = runs.live()
    // It was no accident: nobody need be asked whether it should go on.
    if (now && id) runs.putOff(id)
    try {
      await studio.runs.stop({ now })
    } catch (error) {
      setFailure(toFailure(error), id)
      setPhase('running')
    }
  }

  return {
    phase,
    busy,
    justStopped,
    stage,
    latest,
    latestEval,
    secondsLeft,
    stepLeft,
    /** What went wrong with a run; null: before there was one. */
    failureOf: (run: string | null) => {
      const now = failed()
      return now?.run === run ? now.failure : null
    },
    dismissFailure: () => setFailed(null),
    liveView,
    liveConfig,
    questions,
    asked,
    ownQuestions: list.texts,
    setOwnQuestions: list.set,
    /** Notes what the data say to a question of a row, before it is put on the list. */
    pickQuestion: fromData.pick,
    questionsReplaced: list.replaced,
    forecast,
    forecastFailure,
    foretelling,
    refused,
    refusalOf,
    config,
    start,
    resume,
    /** For whoever begins runs of its own, watched as those of this page: one at a time, once the one before is settled. */
    sitting,
    settled: () => settled,
    setLiveConfig,
    demonstrate,
    goOn,
    stop,
  }
}

const changedMeanwhile = () =>
  new LapidaryError({
    code: 'bad_state',
    message: t('train.changedMeanwhile'),
    hint: t('train.changedMeanwhileHint'),
  })
