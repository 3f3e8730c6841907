import { afterEach, beforeEach, expect, test, vi } from 'vitest'

// The page has one beat: each test begins with a page of its own.
let calmly: typeof import('../../src/ui/state/frame.ts').calmly
beforeEach(async () => {
  vi.resetModules()
  ;({ calmly } = await import('../../src/ui/state/frame.ts'))
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('what comes is drawn at once, then no oftener than said, and the last of it always', () => {
  const drawn: number[] = []
  let figure = 0
  const beat = calmly(() => drawn.push(figure))
  for (figure = 1; figure <= 10; figure++) {
    beat.ask()
    vi.advanceTimersByTime(100)
  }
  vi.advanceTimersByTime(1000)
  // At 0, 400 and 800 ms, and 400 ms after the last of these.
  expect(drawn).toEqual([1, 4, 8, 11])
  beat.ask()
  vi.advanceTimersByTime(0)
  expect(drawn).toHaveLength(5)
  beat.ask()
  beat.cancel()
  vi.advanceTimersByTime(1000)
  expect(drawn).toHaveLength(5)
})

test('all that follows a run is drawn at one moment, whenever it was asked for', () => {
  const at: number[] = []
  const [words, curve] = [calmly(() => at.push(performance.now())), calmly(() => at.push(performance.now()))]
  for (let ms = 0; ms < 1000; ms += 50) {
    ;(ms % 100 === 0 ? words : curve).ask()
    vi.advanceTimersByTime(50)
  }
  vi.advanceTimersByTime(1000)
  const moments = [...new Set(at)]
  expect(moments.length).toBeGreaterThan(2)
  for (let i = 1; i < moments.length; i++) expect(moments[i]! - moments[i - 1]!).toBeGreaterThanOrEqual(400)
})

test('a drawing that fails is told of, and takes none of the others with it', () => {
  const told: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => told.push(error))
  const drawn: string[] = []
  const failure = new Error('no canvas')
  const beats = [
    calmly(() => drawn.push('words')),
    calmly(() => {
      throw failure
    }),
    calmly(() => drawn.push('curve')),
  ]
  for (const beat of beats) beat.ask()
  vi.advanceTimersByTime(0)
  expect(drawn).toEqual(['words', 'curve'])
  expect(told).toEqual([failure])
  beats[2]!.ask()
  vi.advanceTimersByTime(1000)
  expect(drawn).toEqual(['words', 'curve', 'curve'])
  vi.unstubAllGlobals()
})
