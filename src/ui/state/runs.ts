import { createMemo, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { RunEvent } from '../../protocol/events.ts'
import type { RunInfo, Studio } from '../../protocol/studio.ts'
import { RunSeries } from '../charts/series.ts'
import { trainingElsewhere } from './presence.ts'

export type RunsState = ReturnType<typeof createRuns>

export interface SampleHistory {
  prompt: string
  reference?: string
  base: string
  /** One answer an evaluation, ascending by step. */
  tuned: { step: number; text: string }[]
}

/** What the page keeps of a run: columns for the charts, and the answers of its evaluations. */
export interface RunView {
  series: RunSeries
  samples: () => SampleHistory[]
  notices: () => string[]
  take(event: RunEvent): void
}

export function createRunView(): RunView {
  const series = new RunSeries()
  const [samples, setSamples] = createSignal<SampleHistory[]>([])
  const [notices, setNotices] = createSignal<string[]>([])
  return {
    series,
    samples,
    notices,
    take(event) {
      if (event.type === 'step') series.addStep(event)
      else if (event.type === 'eval') series.addEval(event)
      else if (event.type === 'sample') setSamples((before) => withSample(before, event))
      else if (event.type === 'notice')
        setNotices((before) => (before.includes(event.message) ? before : [...before, event.message]))
    },
  }
}

function withSample(before: SampleHistory[], event: RunEvent & { type: 'sample' }): SampleHistory[] {
  const old = before.find((entry) => entry.prompt === event.prompt)
  const tuned = [
    ...(old?.tuned.filter((answer) => answer.step < event.step) ?? []),
    { step: event.step, text: event.tuned },
  ]
  const entry: SampleHistory = {
    prompt: event.prompt,
    base: event.base,
    tuned,
    ...(event.reference === undefined ? {} : { reference: event.reference }),
  }
  return old ? before.map((other) => (other === old ? entry : other)) : [...before, entry]
}

/** Stored runs, those laid over the chart, and the one in view. */
export function createRuns(studio: Studio) {
  const [list, setList] = createSignal<RunInfo[]>([])
  const [elsewhere, setElsewhere] = createSignal<Set<string>>(new Set())
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [overlays, setOverlays] = createSignal<string[]>([])
  const [shownId, show] = createSignal<string | null>(null)
  const [views, setViews] = createSignal<ReadonlyMap<string, RunView>>(new Map())
  const [dismissed, setDismissed] = createSignal<Set<string>>(new Set())
  /** The run that this page trains now, if any. */
  const [live, setLive] = createSignal<string | null>(null)

  const byId = (id: string | null) => list().find((run) => run.id === id) ?? null
  const shown = createMemo(() => byId(shownId()))

  async function refresh(): Promise<void> {
    try {
      const [runs, busy] = await Promise.all([studio.train.runs(), trainingElsewhere()])
      setElsewhere(busy)
      setList([...runs].sort((a, b) => b.created - a.created))
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  function adopt(id: string, view: RunView): void {
    setViews((before) => new Map(before).set(id, view))
  }

  /** The view of a stored run, read on first use. */
  async function load(id: string): Promise<RunView | null> {
    const known = views().get(id)
    if (known) return known
    try {
      const [metrics, events] = await Promise.all([studio.train.metrics(id), studio.train.events(id)])
      const raced = views().get(id)
      if (raced) return raced
      const view = createRunView()
      view.series.load(metrics)
      for (const event of events) if (event.type !== 'step' && event.type !== 'eval') view.take(event)
      adopt(id, view)
      return view
    } catch (error) {
      setFailure(toFailure(error))
      return null
    }
  }

  /** A run that says it is running while no page trains it was cut off by a reload, a crash or a closed lid. */
  const wasCutOff = (run: RunInfo) =>
    run.status === 'running' && run.id !== live() && !elsewhere().has(run.id)

  const interrupted = createMemo(
    () => (live() ? null : list().find((run) => wasCutOff(run) && !dismissed().has(run.id))) ?? null,
  )

  async function toggleOverlay(id: string): Promise<void> {
    if (overlays().includes(id)) setOverlays((before) => before.filter((other) => other !== id))
    else if (await load(id)) setOverlays((before) => [...before, id])
  }

  async function remove(id: string): Promise<void> {
    try {
      await studio.train.removeRun(id)
      setOverlays((before) => before.filter((other) => other !== id))
      setViews((before) => {
        const next = new Map(before)
        next.delete(id)
        return next
      })
      if (shownId() === id) show(null)
      await refresh()
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  const ready = refresh()

  return {
    list,
    byId,
    shown,
    shownId,
    show,
    view: (id: string | null) => (id === null ? null : (views().get(id) ?? null)),
    load,
    adopt,
    overlays,
    toggleOverlay,
    interrupted,
    wasCutOff,
    runsElsewhere: (run: RunInfo) => run.status === 'running' && run.id !== live() && elsewhere().has(run.id),
    dismiss: (id: string) => setDismissed((before) => new Set(before).add(id)),
    live,
    setLive,
    failure,
    report: setFailure,
    remove,
    refresh,
    ready,
  }
}
