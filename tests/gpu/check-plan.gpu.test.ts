import { describe, expect, test } from 'vitest'
import { PEBBLE } from '../../bench/shapes.ts'
import { checkPlan, type PlanCheckOptions, textsOf } from '../../src/engine/check/check-plan.ts'
import { type EnginePlan, planEngine } from '../../src/engine/plan.ts'
import { GpuContext } from '../../src/gpu/program.ts'
import { quantisedTypes } from '../../src/model/quantised-weights.ts'
import { storedAlike } from '../../src/model/storage.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
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
function planWith(names: Record<string, string> = {}, more: Partial<PlanRequest> = {}): EnginePlan {
  const asked = { ...request, ...more }
  const first = planEngine(asked)
  const choices = Object.keys(first.choices).flatMap((key) => {
    const name = names[key.split(' ')[0]!]
    return name ? [[key, name] as const] : []
  })
  return planEngine(asked, { choices: Object.fromEntries(choices) })
}

const answering: Partial<PlanRequest> = {
  maxTokens: 96,
  maxSupervised: 96,
  decode: { sequences: 2, positions: 160 },
}
/** Pebble held in 4 bits, its words in 8. */
const inFour: Partial<PlanRequest> = {
  ...answering,
  stored: quantisedTypes(PEBBLE, storedAlike(PEBBLE, 'BF16'), 'int4'),
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
  const texts = [...textsOf(plan, false).keys()]
  expect(new Set(found.right)).toEqual(new Set(texts))
  expect(compiled).toHaveLength(texts.length)
  // What is known to be right is not asked again.
  const again = await check(plan, {}, { right: new Set(found.right) })
  expect(again).toEqual({ operations: [], wrong: {}, right: [] })
}, 600_000)

test.each([
  ['bf16', answering],
  ['int4', inFour],
] as const)(
  'so is everything that answers and scores labels, in %s, on the pipelines that do',
  async (_, more) => {
    const compiled: string[] = []
    const plan = planWith({}, more)
    const found = await check(plan, { onPipeline: (kernel) => compiled.push(kernel) }, { answers: true })
    expect(found.operations.filter(({ failure }) => failure !== null)).toEqual([])
    expect(Math.max(...found.operations.map(({ worst }) => worst))).toBeLessThan(1)
    const texts = [...textsOf(plan, true).keys()]
    expect(new Set(found.right)).toEqual(new Set(texts))
    expect(compiled).toHaveLength(texts.length)
    // Once a load has found right what trains, the rest is asked alone.
    const right = new Set(textsOf(plan, false).keys())
    const rest = await check(plan, {}, { answers: true, right })
    expect(new Set(rest.operations.map(({ name }) => name))).toEqual(
      new Set([
        'Linear layers, a few rows',
        'Attention over a tree of choices',
        'Head over choices',
        'Attention over a cache',
        'Logits',
        'Choice of the next token',
      ]),
    )
  },
  600_000,
)

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

  /** Of a base in 4 bits, of decoding, and of labels: the operation, a kernel of it, and how that is miscompiled. */
  const ELSEWHERE = [
    ['a product in int4', 'Linear layers, a few rows', 'matvec', 'lanes64x2', '- 8.0)', '- 7.0)'],
    [
      'decoding',
      'Attention over a cache',
      'attention_decode',
      'split',
      'total += scratch[i][local]',
      'total += 1.01 * scratch[i][local]',
    ],
    [
      'labels',
      'Attention over a tree of choices',
      'attention_tree',
      'shared',
      'total += weight;',
      'total += 1.01 * weight;',
    ],
  ] as const
  for (const [of, operation, family, variant, text, instead] of ELSEWHERE) {
    const isIt = (kernel: string) => kernel.startsWith(family) && kernel.includes(variant)
    const begins = 'fn kernel(group: vec3<u32>, local: u32) {'
    const changed = (from: string, to: string): Driver => ({
      code: (kernel, code) => (isIt(kernel) ? code.replace(from, to) : code),
    })
    const hang = (kernel: string) => (isIt(kernel) ? 3000 : 0)
    const wrongly: Record<string, [Driver, RegExp]> = {
      'is skipped': [changed(begins, `${begins} if (step.tokens > 0u) { return; }`), /got NaN/],
      'is computed wrongly': [changed(text, instead), /relative error/],
      'hangs for 3 s': [{ hang }, /took \d+\.\d s/],
    }
    for (const [fault, [driver, why]] of Object.entries(wrongly))
      test(`a kernel of ${of} ${fault}: it is named, and another is right in its place`, async () => {
        const plan = planWith({ [family]: variant }, inFour)
        const options = { answers: true, operations: [operation] }
        const found = await check(plan, driver, options)
        expect(found.wrong).toEqual({ [`${family} ${variant}`]: expect.stringMatching(why) })
        expect(found.operations).toMatchObject([{ name: operation, failure: null }])
        const next = await check(planWith({}, inFour), driver, options)
        expect(next).toMatchObject({ wrong: {}, operations: [{ name: operation, failure: null }] })
      }, 300_000)
  }

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
