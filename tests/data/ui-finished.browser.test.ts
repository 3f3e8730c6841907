import { createRoot, createSignal } from 'solid-js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RunInfo } from '../../src/protocol/studio.ts'
import { createFinished, type QueueEnd } from '../../src/ui/state/finished.ts'

/** Notifications as the browser would show them, and the answer that a person gives when asked. */
let shown: string[] = []
let answer: NotificationPermission = 'granted'
let hidden = true

class Told {
  static permission: NotificationPermission = 'default'
  static async requestPermission(): Promise<NotificationPermission> {
    Told.permission = answer
    return answer
  }
  onclick: (() => void) | null = null
  constructor(title: string, { body }: NotificationOptions) {
    shown.push(`${title} · ${body}`)
  }
  close(): void {}
}

let close = () => {}
beforeEach(() => {
  shown = []
  answer = 'granted'
  hidden = true
  Told.permission = 'default'
  localStorage.clear()
  vi.stubGlobal('Notification', Told)
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
})
afterEach(() => {
  close()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

function page(run: Partial<RunInfo> | null) {
  const [busy, setBusy] = createSignal(false)
  const [going, setGoing] = createSignal(false)
  const [ended, setEnded] = createSignal<QueueEnd | null>(null)
  const finished = createRoot((dispose) => {
    close = dispose
    return createFinished({
      ...{ busy, ended: () => run as RunInfo | null, label: ({ name }) => name },
      queue: { going, ended },
    })
  })
  const walk = () => {
    setBusy(true)
    setBusy(false)
  }
  return { finished, walk, setBusy, setGoing, setEnded }
}
const DONE = { id: 'a', name: 'Pebble on pirates', status: 'done', step: 9, maxSteps: 9 } as const

test('nobody is notified who has not asked; the title keeps the end until the page is seen', () => {
  const { finished, walk } = page(DONE)
  walk()
  expect(shown).toEqual([])
  expect(finished.unseen()).toBe('Done: the run has come to its end')
  document.dispatchEvent(new Event('visibilitychange'))
  expect(finished.unseen()).not.toBeNull()
  hidden = false
  document.dispatchEvent(new Event('visibilitychange'))
  expect(finished.unseen()).toBeNull()
})

test('who has asked is notified of each end, on the next visit too, and how it ended', async () => {
  await page(null).finished.want(true)
  close()
  const { finished, walk } = page({ ...DONE, status: 'failed', step: 4 })
  expect(finished.wanted()).toBe(true)
  walk()
  expect(shown).toEqual(['Failed at step 4 of 9 · Pebble on pirates'])
  await finished.want(false)
  walk()
  expect(shown).toHaveLength(1)
})

test('who looks at the page is told nothing twice, and a start that made no run is no end', async () => {
  const { finished, walk } = page(DONE)
  await finished.want(true)
  hidden = false
  walk()
  expect([shown, finished.unseen()]).toEqual([[], null])
  hidden = true
  close()
  const none = page(null)
  none.walk()
  expect([shown, none.finished.unseen()]).toEqual([[], null])
})

test('a queue ends once: none of its runs is told of, the last one neither, and a run after it is', async () => {
  const { finished, walk, setBusy, setGoing, setEnded } = page(DONE)
  await finished.want(true)
  setGoing(true)
  walk()
  walk()
  setBusy(true)
  // The queue may know of its end before its last run has put its things away.
  setGoing(false)
  setEnded({ id: 'q', words: 'Done: all 3 runs of the queue', result: 'Rates. Best: Learning rate 0.01' })
  setBusy(false)
  expect(shown).toEqual(['Done: all 3 runs of the queue · Rates. Best: Learning rate 0.01'])
  expect(finished.unseen()).toBe('Done: all 3 runs of the queue')
  walk()
  expect(shown.slice(1)).toEqual(['Done: the run has come to its end · Pebble on pirates'])
})

test.each(['denied', 'default'] as const)(
  'asked and %s by the browser, it is not shown as chosen',
  async (given) => {
    answer = given
    const { finished, walk } = page(DONE)
    await finished.want(true)
    expect(finished.wanted()).toBe(false)
    expect(finished.refused()).toBe(given === 'denied')
    walk()
    expect(shown).toEqual([])
  },
)
