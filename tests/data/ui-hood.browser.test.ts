import { createRoot, createSignal } from 'solid-js'
import { afterEach, expect, test } from 'vitest'
import type { Call, Look, Studio } from '../../src/protocol/studio.ts'
import { createHints, HINTS } from '../../src/ui/state/hints.ts'
import { createHood } from '../../src/ui/state/hood.ts'

let close = () => {}
afterEach(() => {
  close()
  localStorage.clear()
})

test('a run is looked at only while it trains and the hood is open, and what it showed is its own', () => {
  const calls: Call<Look>[] = []
  const look = async (call: Call<Look>) => void calls.push(call)
  const studio = { runs: { look } } as unknown as Studio
  const [training, setTraining] = createSignal(false)
  const hood = createRoot((dispose) => {
    close = dispose
    return createHood(studio, training)
  })
  hood.setOpen(true)
  expect(calls).toHaveLength(0)
  setTraining(true)
  expect(calls).toHaveLength(1)
  calls[0]!.onPreview!({ run: 'a', step: 3 } as Look)
  expect([hood.of('a')?.step, hood.of('b'), hood.of(null)]).toEqual([3, null, null])
  hood.setOpen(false)
  expect(calls[0]!.signal!.aborted).toBe(true)
  hood.setOpen(true)
  setTraining(false)
  expect(calls.map(({ signal }) => signal!.aborted)).toEqual([true, true])
  // The last that was seen stays, of that run.
  expect(hood.of('a')?.step).toBe(3)
})

test('hints begin with a first press, go one by one for good, and come back when asked for', () => {
  const visit = () =>
    createRoot((dispose) => {
      close = dispose
      return createHints()
    })
  const shown = (hints: ReturnType<typeof createHints>) => HINTS.filter(hints.shows)
  const first = visit()
  expect(shown(first)).toEqual([])
  first.begin()
  first.hide('learning')
  expect(shown(first)).toEqual(HINTS.filter((id) => id !== 'learning'))
  const second = visit()
  second.begin()
  expect(shown(second)).toEqual(shown(first))
  for (const id of HINTS) second.hide(id)
  const third = visit()
  third.begin()
  expect(shown(third)).toEqual([])
  third.show()
  expect(shown(third)).toEqual([...HINTS])
})
