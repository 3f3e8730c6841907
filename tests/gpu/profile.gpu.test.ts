import { expect, test } from 'vitest'
import { planEngine } from '../../src/engine/plan.ts'
import { profileKernels } from '../../src/engine/profile.ts'
import { openGolden } from '../support/golden.ts'
import { goldenRequest } from '../support/golden-engine.ts'
import { sharedContext } from '../support/gpu.ts'

test('each kernel of a step is held against its reference and timed, and nothing of it stays', async () => {
  const golden = await openGolden('gemma3-tiny')
  const context = await sharedContext()
  const plan = planEngine({ ...goldenRequest(golden, 'nothing'), decode: null })
  const before = context.gpu.liveBytes
  const told: string[] = []
  const found = await profileKernels(context, plan, { onProgress: (_, name) => told.push(name) })
  expect(context.gpu.liveBytes).toBe(before)
  const names = [plan.tapes.train!, plan.tapes.optimizer!].flatMap(({ tape }) =>
    tape.dispatches.map(({ kernel }) => kernel.name),
  )
  expect(new Set(found.rows.map(({ name }) => name))).toEqual(new Set(names))
  const dispatches = found.rows.reduce((sum, row) => sum + row.dispatches, 0)
  expect(dispatches).toBe(names.length)
  expect(found.wrong).toEqual({})
  expect(found.rows.filter(({ check }) => check === 'wrong')).toEqual([])
  expect(found.rows.some(({ check }) => check === 'right')).toBe(true)
  for (const { name, seconds } of found.rows) expect(seconds, name).toBeGreaterThan(0)
  expect(told).toContain(found.rows[0]!.name)
  await expect(profileKernels(context, plan, { signal: AbortSignal.abort() })).rejects.toThrow()
})
