import { afterEach, expect, test, vi } from 'vitest'
import { heldRuns, holdRun } from '../../src/workers/run-locks.ts'

afterEach(() => vi.unstubAllGlobals())

/** As Firefox has them in a frame of another site. */
const locks = {
  request: async (_: string, __: unknown, work: (lock: object) => unknown) => work({}),
  query: async () => {
    throw new DOMException('query() is not allowed in this context', 'SecurityError')
  },
}

test('where a browser does not tell which locks are held, this worker knows its own', async () => {
  vi.stubGlobal('navigator', { locks })
  expect(await heldRuns()).toEqual(new Set())
  const release = await holdRun('a')
  expect(await heldRuns()).toEqual(new Set(['a']))
  await release!()
  expect(await heldRuns()).toEqual(new Set())
})
