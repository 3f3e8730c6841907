import { expect, test } from 'vitest'
import type { Queue, RunInfo, Trial } from '../../src/protocol/studio.ts'
import { secondsLeft } from '../../src/runs/queue.ts'

const trial = (key: string, seconds: number | null): Trial => ({ key, set: [], seed: null, seconds })
const queueOf = (...trials: Trial[]) => ({ id: 'q', metric: 'accuracy', trials }) as unknown as Queue
const run = (key: string, status: RunInfo['status'], seconds = 0) =>
  ({ id: key, status, seconds, trial: { queue: 'q', trial: key } }) as unknown as RunInfo

const three = queueOf(trial('a', 100), trial('b', 100), trial('c', 100))

test('what is left of the run under way counts, whether the list of runs knows of it yet or not', () => {
  const now = { trial: three.trials[0]!, seconds: 40 }
  expect(secondsLeft(three, [], now)).toBe(240)
  expect(secondsLeft(three, [run('a', 'running')], now)).toBe(240)
  // The last one, with nothing behind it.
  const done = [run('a', 'done', 60), run('b', 'done', 80), run('c', 'running')]
  expect(secondsLeft(three, done, { trial: three.trials[2]!, seconds: 30 })).toBe(30)
})

test('it counts whole while its pace is not known', () => {
  expect(secondsLeft(three, [], { trial: three.trials[0]!, seconds: Number.NaN })).toBe(300)
})

test('runs that are done say how long the others take, and are not counted again while they are judged', () => {
  const done = [run('a', 'done', 60), run('b', 'done', 80)]
  expect(secondsLeft(three, done, null)).toBe(70)
})

test('nothing is said where nothing is known', () => {
  expect(secondsLeft(queueOf(trial('a', null)), [], null)).toBeNull()
  expect(secondsLeft(queueOf(trial('a', null)), [], { trial: trial('a', null), seconds: 5 })).toBe(5)
})
