import { createSignal, onCleanup } from 'solid-js'
import type { EvalEvent, RunEvent, StageEvent, StepEvent } from '../../protocol/events.ts'
import type { RunNews, Studio } from '../../protocol/studio.ts'

/** What a run that another tab trains has last told. */
export interface Heard {
  stage: Omit<StageEvent, 'type'> | null
  step: StepEvent | null
  evaluation: EvalEvent | null
}

interface Parts {
  studio: Studio
  /** Whether a run is this tab's own, or may be. */
  own(run: string): boolean
  /** Whether the list says already that another tab trains it. */
  running(run: string): boolean
  /** The view of a run that is on the page, if it is. */
  view(run: string): { take(event: RunEvent): void } | null
  /** Reads a run's view afresh. @returns how many logged events are in it; null where it could not be read */
  reload(run: string): Promise<number | null>
  refresh(): Promise<void>
}

/** The log is written about once a second: what was told and is not there yet is a moment later. */
const WRITTEN_MS = 1200
/** Several tell at once that the list has changed. */
const GATHER_MS = 300

/** Follows the runs that other tabs train: how far they are, and their views where those are on the page. */
export function createElsewhere({ studio, own, running, view, reload, refresh }: Parts) {
  const [heard, setHeard] = createSignal<ReadonlyMap<string, Heard>>(new Map())
  const logs = new Map<string, Log>()
  let asked = false
  const gone = new AbortController()
  void studio.runs.follow(take, { signal: gone.signal })
  onCleanup(() => gone.abort())

  /** Where the view of a run is in its log, and what was heard while it was read. */
  interface Log {
    /** Events in the view; null: it is being read. */
    count: number | null
    waiting: RunNews[]
  }

  function listed(): void {
    if (asked) return
    asked = true
    setTimeout(() => {
      asked = false
      void refresh()
    }, GATHER_MS)
  }

  function take(news: RunNews): void {
    const { run, event } = news
    if (own(run)) return
    if (!event) {
      listed()
      return
    }
    if (!running(run) || event.type === 'done' || event.type === 'error') listed()
    setHeard((before) => {
      const next = new Map(before)
      if (event.type === 'done' || event.type === 'error') next.delete(run)
      else next.set(run, after(before.get(run), event))
      return next
    })
    if (event.type === 'stage' && event.back) logs.delete(run)
    if (news.at !== undefined && view(run)) enter(news)
  }

  function enter(news: RunNews): void {
    const log = logs.get(news.run)
    if (!log || (log.count !== null && news.at !== log.count)) void read(news.run, [news])
    else if (log.count === null) log.waiting.push(news)
    else {
      view(news.run)?.take(news.event!)
      log.count++
    }
  }

  /** Reads a view, and adds what was heard meanwhile; again where something lies between. */
  async function read(run: string, waiting: RunNews[]): Promise<void> {
    const log: Log = { count: null, waiting }
    logs.set(run, log)
    for (;;) {
      const count = await reload(run)
      if (logs.get(run) !== log) return
      if (count === null) return void logs.delete(run)
      const rest = log.waiting.filter(({ at }) => at! >= count)
      if (rest.every(({ at }, i) => at === count + i)) {
        for (const { event } of rest) view(run)?.take(event!)
        log.waiting = []
        log.count = count + rest.length
        return
      }
      await new Promise((resolve) => setTimeout(resolve, WRITTEN_MS))
    }
  }

  return { heard: (run: string) => heard().get(run) ?? null }
}

function after(before: Heard | undefined, event: RunEvent): Heard {
  const { stage = null, step = null, evaluation = null } = before ?? {}
  return {
    stage: event.type === 'stage' ? event : stage,
    step: event.type === 'step' ? event : step,
    evaluation: event.type === 'eval' ? event : evaluation,
  }
}
