import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import type { RunInfo } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'
import { recall, remember } from './memory.ts'

export type FinishedState = ReturnType<typeof createFinished>

const KEY = 'notify'

interface Parts {
  busy: Accessor<boolean>
  /** The run in view, which is the one that has just ended. */
  ended: () => RunInfo | null
  label: (run: RunInfo) => string
  /** The queue of runs that goes on in this page, and how the last one ended: its runs end for it alone. */
  queue: { going: Accessor<boolean>; ended: Accessor<QueueEnd | null> }
}

/** How a queue ended, and what came of it. */
export interface QueueEnd {
  id: string
  words: string
  result: string
}

/** How a run ended, for whoever was not looking. */
export function endedInWords(run: Pick<RunInfo, 'status' | 'evalLoss' | 'step' | 'maxSteps'>): string {
  if (run.status === 'done') return t('finished.done')
  return t(run.status === 'failed' ? 'finished.failed' : 'finished.stopped', {
    step: run.step,
    count: run.maxSteps,
  })
}

/**
 * Tells the end of a run to a person who looks elsewhere: by the title until the page is seen again and, where they have asked for
 * it and the browser allows it, by a notification.
 */
export function createFinished({ busy, ended, label, queue }: Parts) {
  const [unseen, setUnseen] = createSignal<string | null>(null)
  const possible = typeof Notification !== 'undefined'
  const [allowed, setAllowed] = createSignal(possible ? Notification.permission : 'denied')
  const [wanted, setWanted] = createSignal(
    allowed() === 'granted' && recall<{ on: boolean }>(KEY)?.on === true,
  )

  function tell(words: string, body: string, id: string): void {
    if (!document.hidden) return
    setUnseen(words)
    if (!wanted() || allowed() !== 'granted') return
    try {
      const note = new Notification(words, { body, tag: `lapidary-${id}` })
      note.onclick = () => {
        window.focus()
        note.close()
      }
    } catch {
      // Some phones allow none without a service worker; the title tells it all the same.
    }
  }

  /** Whether the run that goes on is one of a queue; it may end after the queue has. */
  let ofQueue = false
  createEffect(
    on([busy, queue.going], ([now, going], before) => {
      if (now || going) setUnseen(null)
      if (going) ofQueue = true
      else if (now && !before?.[0]) ofQueue = false
      if (now || !before?.[0]) return
      const run = ofQueue ? null : ended()
      if (run) tell(endedInWords(run), label(run), run.id)
    }),
  )
  createEffect(
    on(queue.ended, (end) => {
      if (end) tell(end.words, end.result, end.id)
    }),
  )

  const seen = () => !document.hidden && setUnseen(null)
  document.addEventListener('visibilitychange', seen)
  onCleanup(() => document.removeEventListener('visibilitychange', seen))

  /** Asks the browser where it has not been asked; it is asked by a press only. */
  async function want(on: boolean): Promise<void> {
    setWanted(on)
    if (on && allowed() === 'default') setAllowed(await Notification.requestPermission())
    const now = on && allowed() === 'granted'
    setWanted(now)
    remember(KEY, now ? { on: true } : null)
  }

  return {
    /** The end that nobody saw, in words. */
    unseen,
    /** Whether there can be notifications: not on every device, and not where they were refused. */
    possible: () => possible && allowed() !== 'denied',
    refused: () => possible && allowed() === 'denied',
    wanted,
    want,
  }
}
