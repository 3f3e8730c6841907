import { createRoot } from 'solid-js'
import { expect, test } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'
import type { RunInfo, Studio } from '../../src/protocol/studio.ts'
import { createEvaluations } from '../../src/ui/state/evaluations.ts'

test('what stopped the judging of one checkpoint is not said of another, nor of other rows', async () => {
  const failure = { code: 'bad_state', message: 'A run is going on.', hint: 'Wait.' } as const
  const evaluate = () => Promise.reject(new LapidaryError(failure))
  const studio = { evaluations: { evaluate } } as unknown as Pick<Studio, 'evaluations'>
  const split = { method: 'share', test_share: 0, test_values: [] }
  const run = { id: 'a', config: { data: { split } } } as unknown as RunInfo
  await createRoot(async (dispose) => {
    const state = createEvaluations(studio, { list: () => [] })
    await state.start(run, 40, 10)
    expect(state.failureOf(state.request(run, 40))).toMatchObject(failure)
    expect(state.failureOf(state.request(run, 20))).toBeNull()
    expect(state.failureOf({ ...state.request(run, 40), rows: { split: 'test' } })).toBeNull()
    dispose()
  })
})

test('a run that takes its place is no failure of an evaluation; whatever else stops it is', async () => {
  const run = {
    id: 'a',
    config: { data: { split: { method: 'share', test_share: 0, test_values: [] } } },
  } as unknown as RunInfo
  const gaveWay = async (failure: ConstructorParameters<typeof LapidaryError>[0]) => {
    const evaluate = () => Promise.reject(new LapidaryError(failure))
    const studio = { evaluations: { evaluate } } as unknown as Pick<Studio, 'evaluations'>
    return createRoot(async (dispose) => {
      const state = createEvaluations(studio, { list: () => [] })
      await state.start(run, 40, 10)
      const said = [40, 20].map((step) => state.gaveWay(state.request(run, step)))
      dispose()
      return said
    })
  }
  const failure = { code: 'bad_state', message: 'A run is just being loaded.', hint: 'Wait.' } as const
  for (const held_by of ['begin', 'train'])
    expect(await gaveWay({ ...failure, detail: { held_by } })).toEqual([true, false])
  expect(await gaveWay({ ...failure, detail: { held_by: 'check' } })).toEqual([false, false])
  expect(await gaveWay({ ...failure, code: 'bad_data' })).toEqual([false, false])
})
