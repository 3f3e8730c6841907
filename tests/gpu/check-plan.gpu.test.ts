import { describe, expect, test } from 'vitest'
import { PEBBLE } from '../../bench/shapes.ts'
import { checkPlan, type PlanCheckOptions, textsAtLoad } from '../../src/engine/check/check-plan.ts'
import { type EnginePlan, planEngine } from '../../src/engine/plan.ts'
import { GpuContext } from '../../src/gpu/program.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { behindDriver, type Driver } from '../support/driver.ts'
import { sharedContext } from '../support/gpu.ts'

const request = {
  model: PEBBLE,
  lora: parseRunConfig({ lora: { lora_dropout: 0.1 } }).lora,
  maxTokens: 512,
  maxSupervised: 512,
  recompute: 'nothing',
  decode: null,
} as const

/** A plan of the kernels that compile quickly, but for those that are named by family; all keys of a family take one. */
function planWith(names: Record<string, string> = {}): EnginePlan {
  const first = planEngine(request)
  const choices = Object.keys(first.choices).flatMap((key) => {
    const name = names[key.split(' ')[0]!]
    return name ? [[key, name] as const] : []
  })
  return planEngine(request, { choices: Object.fromEntries(choices) })
}

/** On a GPU by what it says, behind a driver. */
async function check(plan: EnginePlan, driver: Driver, options: PlanCheckOptions = {}) {
  const context = new GpuContext(behindDriver((await sharedContext()).gpu, { hardware: true, ...driver }))
  const before = context.gpu.liveBytes
  const found = await checkPlan(context, plan, options)
  expect(context.gpu.liveBytes).toBe(before)
  context.dispose()
  return found
}

test('everything that trains is right on this adapter, on the pipelines that train and on no other', async () => {
  const compiled: string[] = []
  const plan = planWith()
  const found = await check(plan, { onPipeline: (kernel) => compiled.push(kernel) })
  expect(found.operations.filter(({ failure }) => failure !== null)).toEqual([])
  expect(found.operations.length).toBeGreaterThan(8)
  expect(Math.max(...found.operations.map(({ worst }) => worst))).toBeLessThan(1)
  expect(found.wrong).toEqual({})
  const texts = [...textsAtLoad(plan).keys()]
  expect(new Set(found.right)).toEqual(new Set(texts))
  expect(compiled).toHaveLength(texts.length)
  // What is known to be right is not asked again.
  const again = await check(plan, {}, { right: new Set(found.right) })
  expect(again).toEqual({ operations: [], wrong: {}, right: [] })
}, 400_000)

describe('a driver that is not to be trusted', () => {
  const bad = 'rms_norm.forward.lanes'
  const changed = (change: (code: string) => string): Driver => ({
    code: (kernel, code) => (kernel === bad ? change(code) : code),
  })
  const faults: Record<string, [Driver, RegExp]> = {
    'skips a kernel': [changed((code) => code.replace('y[base + i] =', 'let unused =')), /got NaN/],
    'computes one wrongly': [
      changed((code) => code.replace('* scale[', '* 1.001 * scale[')),
      /relative error/,
    ],
    'does not compile one': [changed((code) => `${code} !`), /does not compile/],
    'hangs in one for 3 s': [{ hang: (kernel) => (kernel === bad ? 3000 : 0) }, /took \d+\.\d s/],
  }
  const operations = ['RMSNorm']
  for (const [fault, [driver, why]] of Object.entries(faults))
    test(`${fault}: it is named, and another is right in its place`, async () => {
      const plan = planWith({ 'rms_norm.forward': 'lanes' })
      const found = await check(plan, driver, { operations })
      expect(found.wrong).toEqual({ 'rms_norm.forward lanes': expect.stringMatching(why) })
      expect(found.operations).toMatchObject([{ name: 'RMSNorm', failure: null }])
      // The run goes on with another, which is checked as well.
      const next = await check(planWith(), driver, { operations })
      expect(next).toMatchObject({ wrong: {}, operations: [{ name: 'RMSNorm', failure: null }] })
    })

  test('an operation without another kernel is said to be wrong', async () => {
    const driver: Driver = {
      code: (kernel, code) => (kernel.startsWith('geglu') ? code.replace('0.044715', '0.0457') : code),
    }
    const found = await check(planWith(), driver, { operations: ['GeGLU', 'Picking of rows'] })
    expect(found.operations.map(({ name, failure }) => [name, failure === null])).toEqual([
      ['GeGLU', false],
      ['Picking of rows', true],
    ])
    expect(found.operations[0]!.failure).toMatch(/relative error/)
  })
})

test('stops when asked', async () => {
  const stopped = { signal: AbortSignal.abort(new Error('enough')) }
  await expect(check(planWith(), {}, stopped)).rejects.toThrow('enough')
})
