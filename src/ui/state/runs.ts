import { createEffect, createMemo, createSignal, onCleanup } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { CutExamples, RunEvent, SamplePrompt } from '../../protocol/events.ts'
import type { CheckpointInfo, RunHistory, RunInfo, RunNote, Studio } from '../../protocol/studio.ts'
import { RunSeries } from '../../runs/series.ts'
import { createElsewhere } from './elsewhere.ts'
import { putRunOff, runsPutOff } from './presence.ts'
import { labels } from './run-labels.ts'

export type RunsState = ReturnType<typeof createRuns>

export interface SampleHistory extends SamplePrompt {
  base: string
  /** One answer an evaluation, ascending by step. */
  tuned: { step: number; text: string; cut?: true }[]
  baseCut?: true
}

/** What the page keeps of a run: columns for the charts, and the answers of its evaluations. */
export interface RunView {
  series: RunSeries
  samples: () => SampleHistory[]
  notices: () => string[]
  /** Examples that lost their end. */
  cut: () => CutExamples | null
  /** How many examples are held out, where all of them have one answer and others are learnt; else null. */
  oneLabel: () => number | null
  /** Steps of the checkpoints that were saved, kept or not, ascending. */
  saved: () => number[]
  take(event: RunEvent): void
}

export function createRunView(): RunView {
  const series = new RunSeries()
  const [samples, setSamples] = createSignal<SampleHistory[]>([])
  const [notices, setNotices] = createSignal<string[]>([])
  const [cut, setCut] = createSignal<CutExamples | null>(null)
  const [oneLabel, setOneLabel] = createSignal<number | null>(null)
  const [saved, setSaved] = createSignal<number[]>([])
  return {
    series,
    samples,
    notices,
    cut,
    oneLabel,
    saved,
    take(event) {
      if (series.add(event)) return
      if (event.type === 'sample') setSamples((before) => withSample(before, event))
      // What comes after one that a run went back to is saved again.
      else if (event.type === 'checkpoint')
        setSaved((before) => [...before.filter((step) => step < event.step), event.step])
      else if (event.type === 'notice') {
        if (event.cut) setCut(event.cut)
        if (event.one_label) setOneLabel(event.one_label)
        setNotices((before) => (before.includes(event.message) ? before : [...before, event.message]))
      }
    },
  }
}

function withSample(before: SampleHistory[], event: RunEvent & { type: 'sample' }): SampleHistory[] {
  const old = before.find((entry) => entry.prompt === event.prompt)
  const tuned = [
    ...(old?.tuned.filter((answer) => answer.step < event.step) ?? []),
    { step: event.step, text: event.tuned, ...(event.tuned_cut ? { cut: event.tuned_cut } : {}) },
  ]
  const entry: SampleHistory = {
    prompt: event.prompt,
    base: event.base,
    ...(event.base_cut ? { baseCut: event.base_cut } : {}),
    tuned,
    ...(event.reference === undefined ? {} : { reference: event.reference }),
    ...(event.split === undefined ? {} : { split: event.split }),
  }
  return old ? before.map((other) => (other === old ? entry : other)) : [...before, entry]
}

/** Runs that can be laid over the one in view: each has a colour and a dash of its own. */
export const MOST_OVERLAYS = 5

/** So often it is looked whether a run that another tab trains still is. */
const LOOK_MS = 5000

/** Stored runs, those laid over the chart, and the one in view. */
export function createRuns(studio: Studio) {
  const [list, setList] = createSignal<RunInfo[]>([])
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [laid, setOverlays] = createSignal<string[]>([])
  const [shownId, setShown] = createSignal<string | null>(null)
  /** What a run was called that was in view and is stored no more, though this page has not deleted it. */
  const [gone, setGone] = createSignal<string | null>(null)
  /** The run that the page is about, where none was put in view. */
  let looked: string | null = null
  /** Runs that this page has deleted. */
  const removed = new Set<string>()
  const [views, setViews] = createSignal<ReadonlyMap<string, RunView>>(new Map())
  const [notNow, setNotNow] = createSignal(runsPutOff())
  /** Of runs whose best checkpoint is not the newest, the one that a person chose. */
  const [choices, setChoices] = createSignal<ReadonlyMap<string, 'last' | 'best'>>(new Map())
  /** The run that this page trains now, if any. */
  const [live, setLive] = createSignal<string | null>(null)
  /** Set while a run of this page begins that has no id yet. */
  const [beginning, setBeginning] = createSignal(false)

  const byId = (id: string | null) => list().find((run) => run.id === id) ?? null
  /** Those that are still there: another tab may have deleted one. */
  const overlays = createMemo(() => laid().filter(byId))
  const shown = createMemo(() => byId(shownId()))

  async function refresh(): Promise<void> {
    try {
      const runs = await studio.runs.list()
      const before = byId(shownId() ?? looked)
      const name = before && label(before)
      setList([...runs].sort((a, b) => b.created - a.created))
      if (!before || before.unkept || byId(before.id) || removed.has(before.id)) return
      forget(before.id)
      setGone(name)
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  /** Puts a run in view, or none; what was said of another is over. */
  function show(id: string | null): void {
    setGone(null)
    setShown(id)
  }

  /** Nothing of it is left on the page. */
  function forget(id: string): void {
    putOff(id, false)
    setOverlays((before) => before.filter((other) => other !== id))
    setViews((before) => {
      const next = new Map(before)
      next.delete(id)
      return next
    })
    if (shownId() === id) setShown(null)
    if (looked === id) looked = null
  }

  function adopt(id: string, view: RunView): void {
    setViews((before) => new Map(before).set(id, view))
  }

  /** The view of a stored run, read on first use. */
  async function load(id: string): Promise<RunView | null> {
    const known = views().get(id)
    if (known) return known
    try {
      const history = await studio.runs.history(id)
      return views().get(id) ?? viewOf(id, history)
    } catch (error) {
      setFailure(toFailure(error))
      return null
    }
  }

  function viewOf(id: string, { series, events }: RunHistory): RunView {
    const view = createRunView()
    view.series.load(series)
    for (const event of events) view.take(event)
    adopt(id, view)
    return view
  }

  /** Reads a run's view afresh. @returns how many events it holds; null where it could not be read, or is this page's own by now */
  async function reload(id: string): Promise<number | null> {
    const history = await studio.runs.history(id).catch(() => null)
    if (!history || own(id)) return null
    viewOf(id, history)
    return history.count
  }

  const own = (id: string) => beginning() || live() === id
  const others = createElsewhere({
    studio,
    own,
    running: (id) => list().some((run) => run.id === id && elsewhere(run)),
    view: (id) => views().get(id) ?? null,
    reload,
    refresh,
  })

  /** Running, but not here: another tab has it. */
  const elsewhere = (run: RunInfo) => run.status === 'running' && run.id !== live()

  /** Stored as being trained, yet nobody trains it: cut off by a reload, a crash or a closed lid. */
  const wasCutOff = (run: RunInfo) => run.cutOff === true && run.id !== live()

  /**
   * Whatever has not come to its end can go on where its base is: from its last checkpoint, else from the start. The last logged step says nothing of
   * that: a run can be cut off between its last step and its last checkpoint.
   */
  const resumable = (run: RunInfo) =>
    run.id !== live() && !elsewhere(run) && run.status !== 'done' && !run.lacks

  /** Its graphics device was lost: it can go on without one. */
  const lostDevice = (run: RunInfo) =>
    resumable(run) &&
    run.engine?.kind === 'webgpu' &&
    (run.failure?.code === 'device_lost' || run.failure?.code === 'missing_device')

  const offered = (run: RunInfo) => wasCutOff(run) && !notNow().includes(run.id)
  const interrupted = createMemo(() => (live() ? null : (list().find(offered) ?? null)))

  function putOff(id: string, off = true): void {
    putRunOff(id, off)
    setNotNow(runsPutOff())
  }

  const checkpoints = (id: string): Promise<CheckpointInfo[]> => studio.runs.checkpoints(id).catch(() => [])

  /** The checkpoint that is used: the one that a person chose, else the one that is offered first. */
  function chosenOf(id: string, kept: readonly CheckpointInfo[]): 'last' | 'best' {
    const best = kept.find((one) => one.best && !one.last)
    return best ? (choices().get(id) ?? (best.offered ? 'best' : 'last')) : 'last'
  }

  /** The same of any run, wherever it is used, and its step where it is not the newest. */
  async function chosen({ id, unkept }: RunInfo): Promise<{ which: 'last' | 'best'; step: number | null }> {
    // In memory there is the newest alone.
    const kept = unkept ? [] : await checkpoints(id)
    const which = chosenOf(id, kept)
    return { which, step: which === 'best' ? kept.find((one) => one.best)!.step : null }
  }

  function choose(id: string, which: 'last' | 'best'): void {
    setChoices((before) => new Map(before).set(id, which))
  }

  /** Right after a reload, or the end of a worker, the old hold on a run may not have ended yet; a little later it has. */
  async function settle(): Promise<void> {
    for (const pause of [500, 1000, 2000, 4000]) {
      if (live() || !list().some(elsewhere)) return
      await new Promise((resolve) => setTimeout(resolve, pause))
      await refresh()
    }
  }

  // A tab that is closed or killed says nothing: its run is found to be nobody's.
  createEffect(() => {
    if (!list().some(elsewhere)) return
    const timer = setTimeout(() => void refresh(), LOOK_MS)
    onCleanup(() => clearTimeout(timer))
  })

  const apart = createMemo(() => labels(list()))
  /** Its name, and what tells it apart from others of that name. */
  const label = (run: RunInfo) => apart().get(run.id) ?? run.name

  async function update(id: string, change: RunNote): Promise<boolean> {
    try {
      await studio.runs.update(id, change)
      await refresh()
      return true
    } catch (error) {
      setFailure(toFailure(error))
      return false
    }
  }

  async function toggleOverlay(id: string): Promise<void> {
    if (overlays().includes(id)) setOverlays((before) => before.filter((other) => other !== id))
    else if ((await load(id)) && !overlays().includes(id) && !overlaysFull())
      setOverlays((before) => [...before, id])
  }

  /** Whether no further run can be drawn: the one in view is not among those laid over it. */
  const overlaysFull = () => overlays().filter((id) => id !== shownId()).length >= MOST_OVERLAYS

  async function remove(id: string): Promise<void> {
    removed.add(id)
    try {
      await studio.runs.remove(id)
      forget(id)
      await refresh()
    } catch (error) {
      removed.delete(id)
      setFailure(toFailure(error))
    }
  }

  const ready = refresh()
  void ready.then(settle)

  return {
    list,
    byId,
    shown,
    shownId,
    show,
    gone,
    dismissGone: () => setGone(null),
    /** The page is about this run from now on. */
    look(id: string | null): void {
      looked = id
    },
    view: (id: string | null) => (id === null ? null : (views().get(id) ?? null)),
    load,
    adopt,
    overlays,
    toggleOverlay,
    overlaysFull,
    checkpoints,
    chosenOf,
    chosen,
    choose,
    interrupted,
    wasCutOff,
    resumable,
    lostDevice,
    elsewhere,
    heard: others.heard,
    label,
    putOff,
    live,
    setLive,
    setBeginning,
    failure,
    report: setFailure,
    update,
    remove,
    refresh,
    settle,
    ready,
  }
}
