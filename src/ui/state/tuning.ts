import { batch, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js'
import { type Failure, fail, toFailure } from '../../protocol/errors.ts'
import type { RunEvent } from '../../protocol/events.ts'
import type { RunConfig } from '../../protocol/run-config.ts'
import type {
  Queue,
  QueueInfo,
  QueueKind,
  RankMetric,
  StartRequest,
  Studio,
  SweepField,
  Trial,
} from '../../protocol/studio.ts'
import { baseName } from '../../runs/named-data.ts'
import {
  movedTrial,
  QueueRunner,
  runOf,
  scoresOf,
  secondsLeft,
  type TrialDriver,
  trialState,
  tryAgain,
  waiting,
  withoutTrial,
} from '../../runs/queue.ts'
import { planQueue, type QueueOutlook } from '../../runs/queue-plan.ts'
import { metricsFor, rank, type Scored } from '../../runs/ranking.ts'
import { readSeeds, readValues } from '../../runs/sweep.ts'
import { labelsOf, usualMetric } from '../../runs/task.ts'
import { said } from '../messages/said.ts'
import { t } from '../messages/t.ts'
import type { DataState } from './data.ts'
import type { QueueEnd } from './finished.ts'
import type { ModelState } from './models.ts'
import { fieldName, short } from './run-labels.ts'
import { createRunView, type RunsState } from './runs.ts'
import type { TrainingState } from './training.ts'

export type TuningState = ReturnType<typeof createTuning>

export interface TuningParts {
  studio: Studio
  data: DataState
  runs: RunsState
  training: TrainingState
  models: Pick<ModelState, 'chosen'>
}

/** A field of the form: what is tried of it, as it is typed. */
export interface Tried {
  field: string
  text: string
}

/** A moment after the form has come to rest. */
const REST_MS = 400

/** Queues of runs: set up, gone on with, and what came of them. */
export function createTuning({ studio, data, models, runs, training }: TuningParts) {
  const [kind, setKind] = createSignal<QueueKind>('sweep')
  const [tried, setTried] = createSignal<Tried[]>([{ field: 'training.learning_rate', text: '' }])
  const [seeds, setSeeds] = createSignal('')
  /** Null: nobody has chosen one. */
  const [ranked, setMetric] = createSignal<RankMetric | null>(null)
  const labels = createMemo(() => {
    const prepared = data.prepared()
    return prepared && labelsOf({ data: data.recipe() }, prepared)
  })
  const metrics = () => metricsFor(labels())
  const metric = () => metrics().find((name) => name === ranked()) ?? usualMetric(labels())
  const [outlook, setOutlook] = createSignal<QueueOutlook | null>(null)
  const [looking, setLooking] = createSignal(false)
  const [refusal, setRefusal] = createSignal<Failure | null>(null)

  const [queues, setQueues] = createSignal<QueueInfo[]>([])
  const [scored, setScored] = createSignal<ReadonlyMap<string, Scored[]>>(new Map())
  const [failure, setFailure] = createSignal<Failure | null>(null)
  /** The queue that this page goes on with. */
  const [going, setGoing] = createSignal<{ runner: QueueRunner; stopping: boolean } | null>(null)
  const [trial, setTrial] = createSignal<Trial | null>(null)
  const [judging, setJudging] = createSignal<number | null>(null)

  /** How the last queue that this page went on with has ended. */
  const [ended, setEnded] = createSignal<QueueEnd | null>(null)

  const goesOn = (id: string) => going()?.runner.queue.id === id

  /** The form as it can be asked about; null while there is nothing to be tried of. */
  function wish(): { fields: SweepField[]; seeds: number[] } {
    const fields = kind() === 'sweep' ? tried().filter(({ text }) => text.trim() !== '') : []
    return {
      fields: fields.map(({ field, text }) => ({ field, values: readValues(field, text.split(',')) })),
      seeds: readSeeds(seeds().split(',')),
    }
  }

  const blank = () =>
    kind() === 'sweep' && tried().every(({ text }) => text.trim() === '') && seeds().trim() === ''

  /** What is wrong with the values of one field, as they are typed. */
  function problemOf({ field, text }: Tried): string | null {
    if (text.trim() === '') return null
    try {
      readValues(field, text.split(','))
      return null
    } catch (error) {
      return said(toFailure(error).message)
    }
  }

  function seedProblem(): string | null {
    try {
      readSeeds(seeds().split(','))
      return null
    } catch (error) {
      return said(toFailure(error).message)
    }
  }

  const wrong = () =>
    seedProblem() !== null || (kind() === 'sweep' && tried().some((one) => problemOf(one) !== null))

  function nameOf(fields: readonly SweepField[]): string {
    const of = baseName(training.config()?.data.name ?? '')
    if (kind() === 'learning_curve') return t('tune.name.curve', { data: of })
    if (fields.length === 0) return t('tune.name.seeds', { data: of })
    return t('tune.name.sweep', { fields: fields.map(({ field }) => fieldName(field)).join(' × '), data: of })
  }

  async function baseRequest(): Promise<StartRequest | null> {
    const [config, dataset] = [training.config(), data.dataset()?.id]
    if (!config || dataset === undefined) return null
    const hash = models.chosen()?.hash || null
    const own = { ...config, model: { ...config.model, hash } }
    return { dataset, model: config.model.id, config: own, samplePrompts: await training.asked() }
  }

  // Every run of it is looked at beforehand: how many there are, how long they take, which would be refused.
  createEffect(
    on([kind, tried, seeds, metric, training.config, training.busy], ([, , , , config, busy]) => {
      batch(() => {
        setOutlook(null)
        setRefusal(null)
        setLooking(false)
      })
      if (!config || busy || blank() || wrong()) return
      setLooking(true)
      const abort = new AbortController()
      const timer = setTimeout(async () => {
        const { signal } = abort
        try {
          const base = await baseRequest()
          const { fields, seeds } = wish()
          const asked = { kind: kind(), metric: metric(), name: nameOf(fields), fields, seeds }
          const found = base && (await planQueue(studio, base, asked, { signal }))
          if (!signal.aborted) setOutlook(found)
        } catch (error) {
          if (!signal.aborted) setRefusal(toFailure(error))
        }
        if (!signal.aborted) setLooking(false)
      }, REST_MS)
      onCleanup(() => {
        abort.abort()
        clearTimeout(timer)
      })
    }),
  )

  async function refresh(): Promise<void> {
    try {
      const [list] = await Promise.all([studio.tuning.list(), runs.refresh()])
      setQueues(list)
      const found = await Promise.all(
        list.map(async ({ queue }) => [queue.id, await scoresOf(studio, queue)] as const),
      )
      setScored(new Map(found))
    } catch (error) {
      setFailure(toFailure(error))
    }
  }
  void refresh()
  // A run that is deleted, here or in another tab, takes its score along.
  createEffect(
    on(
      () => runs.list().length,
      (now, before = now) => {
        if (now < before) void refresh()
      },
    ),
  )

  /**
   * A run of a queue, watched as any that this page starts.
   * @param known of one that goes on
   * @throws LapidaryError `bad_state` where another goes on; what its beginning throws
   */
  async function follow(
    config: RunConfig,
    begin: (onEvent: (event: RunEvent) => void) => Promise<string>,
    known?: string,
  ): Promise<string> {
    await training.settled()
    const view = (known === undefined ? null : await runs.load(known)) ?? createRunView()
    if (training.busy()) fail('bad_state', t('tune.runGoesOn'), t('tune.runGoesOnHint'), { held_by: 'train' })
    training.setLiveConfig(config)
    let began: Promise<string> | null = null
    await training.sitting(
      view,
      (onEvent) => {
        began = begin(onEvent)
        return began
      },
      known,
    )
    return began!
  }

  const driver: TrialDriver = {
    async start(request, onEvent) {
      const run = await follow(request.config, (heard) => studio.runs.start(request, both(heard, onEvent)))
      stopIfAsked()
      return run
    },
    async resume(run, onEvent) {
      const config = runs.byId(run)?.config
      if (!config) fail('missing_file', `There is no run "${run}".`, 'Set the queue up anew.', { run })
      const resumed = async (heard: (event: RunEvent) => void) => {
        await studio.runs.resume(run, both(heard, onEvent))
        return run
      }
      await follow(config, resumed, run)
      stopIfAsked()
    },
  }

  /** A stop that came while a run was only beginning. */
  function stopIfAsked(): void {
    if (going()?.stopping) void training.stop()
  }

  async function goOn(id: string): Promise<void> {
    if (going() || training.busy()) return
    await refresh()
    const queue = queues().find((one) => one.queue.id === id)?.queue
    if (!queue || going()) return
    const runner = new QueueRunner(studio, queue, driver, {
      onQueue: (now) =>
        setQueues((before) => before.map((one) => (one.queue.id === id ? { ...one, queue: now } : one))),
      onTrial(now) {
        setTrial(now)
        if (!now) void refresh()
      },
      onJudging: setJudging,
    })
    batch(() => {
      setGoing({ runner, stopping: false })
      setFailure(null)
    })
    try {
      await runner.run()
    } catch (error) {
      setFailure(toFailure(error))
    }
    setGoing(null)
    await refresh()
    setEnded(endOf(runner.queue))
  }

  /** How many of a queue's runs are done, and which did best. */
  function endOf(queue: Queue): QueueEnd {
    const count = queue.trials.length
    const states = queue.trials.map((one) => trialState(one, runOf(runs.list(), queue, one)))
    const [done, failed] = (['done', 'failed'] as const).map(
      (state) => states.filter((one) => one === state).length,
    ) as [number, number]
    const left = waiting(queue, runs.list()).length
    const words =
      left > 0
        ? t('finished.queueStopped', { done, count })
        : failed > 0
          ? t('finished.queueFailed', { done, count })
          : t('finished.queueDone', { count })
    const [best, ...others] = rank(scored().get(queue.id) ?? [], queue.metric)
    const told = queue.kind === 'sweep' && others.length > 0 && best?.mean != null
    const settings = told
      ? best.set.map(({ field, value }) => `${fieldName(field)} ${short(value)}`).join(', ')
      : ''
    return {
      id: queue.id,
      words,
      result: settings === '' ? queue.name : t('finished.queueBest', { name: queue.name, settings }),
    }
  }

  async function start(): Promise<void> {
    const ready = outlook()
    if (!ready || going() || training.busy()) return
    try {
      await studio.tuning.put(ready.queue)
    } catch (error) {
      setFailure(toFailure(error))
      return
    }
    batch(() => {
      setOutlook(null)
      setTried([{ field: 'training.learning_rate', text: '' }])
      setSeeds('')
    })
    await refresh()
    await goOn(ready.queue.id)
  }

  /** After this step of the run that is under way. */
  async function stop(): Promise<void> {
    const now = going()
    if (!now) return
    setGoing({ ...now, stopping: true })
    now.runner.stop()
    await training.stop()
  }

  /** What waits is changed, of the queue that goes on and of one that stands still. */
  async function change(id: string, by: Parameters<QueueRunner['change']>[0]): Promise<void> {
    try {
      const runner = going()?.runner
      if (runner?.queue.id === id) await runner.change(by)
      else {
        const queue = queues().find((one) => one.queue.id === id)?.queue
        if (queue) await studio.tuning.put(by(queue, await studio.runs.list()))
      }
    } catch (error) {
      setFailure(toFailure(error))
    }
    await refresh()
  }

  async function remove(id: string): Promise<void> {
    if (goesOn(id)) return
    try {
      await studio.tuning.remove(id)
    } catch (error) {
      setFailure(toFailure(error))
    }
    await refresh()
  }

  /** Seconds until it is through, the run under way included. */
  function left({ queue }: QueueInfo): number | null {
    const one = goesOn(queue.id) && training.busy() ? trial() : null
    return secondsLeft(queue, runs.list(), one && { trial: one, seconds: training.secondsLeft() })
  }

  return {
    kind,
    setKind,
    tried,
    seeds,
    setSeeds,
    metric,
    metrics,
    setMetric,
    outlook,
    looking,
    refusal,
    problemOf,
    seedProblem,
    blank,
    addField: (field: string) => setTried((before) => [...before, { field, text: '' }]),
    setField: (at: number, change: Partial<Tried>) =>
      setTried((before) => before.map((one, i) => (i === at ? { ...one, ...change } : one))),
    removeField: (at: number) => setTried((before) => before.filter((_, i) => i !== at)),
    queues,
    scoredOf: (id: string) => scored().get(id) ?? [],
    stateOf: (info: QueueInfo, one: Trial) => trialState(one, runOf(runs.list(), info.queue, one)),
    runOf: (info: QueueInfo, one: Trial) => runOf(runs.list(), info.queue, one),
    waiting: ({ queue }: QueueInfo) => waiting(queue, runs.list()),
    secondsLeft: left,
    failure,
    dismiss: () => setFailure(null),
    ended,
    going: createMemo(() => going()?.runner.queue.id ?? null),
    stopping: () => going()?.stopping ?? false,
    trial,
    judging,
    start,
    goOn,
    stop,
    move: (id: string, key: string, by: 1 | -1) =>
      change(id, (queue, list) => movedTrial(queue, list, key, by)),
    drop: (id: string, key: string) => change(id, (queue, list) => withoutTrial(queue, list, key)),
    again: (id: string, key: string) => change(id, (queue) => tryAgain(queue, key)),
    remove,
    refresh,
  }
}

const both =
  (first: (event: RunEvent) => void, second: (event: RunEvent) => void | Promise<void>) =>
  (event: RunEvent) => {
    first(event)
    return second(event)
  }
