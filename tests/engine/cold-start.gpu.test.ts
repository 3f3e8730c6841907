import { expect, test } from 'vitest'
import { countBeforeFirstStep } from '../../bench/step-kernels.ts'
import { checkPlan } from '../../src/engine/check/check-plan.ts'
import { type EnginePlan, planEngine } from '../../src/engine/plan.ts'
import { WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import { behindDriver, type Driver } from '../support/driver.ts'
import { openGolden } from '../support/golden.ts'
import { goldenRequest } from '../support/golden-engine.ts'
import { sharedContext } from '../support/gpu.ts'

const RMS = 'rms_norm.forward'

/**
 * Loads a small model behind a driver that says it is a GPU's, checks what is about to run, and takes one step. Kernels are the ones that
 * a software adapter compiles quickly, but for one of the norms.
 */
async function firstStep(driver: Driver) {
  const { gpu } = await sharedContext()
  const golden = await openGolden('gemma3-tiny')
  const request = { ...goldenRequest(golden, 'nothing'), decode: null }
  const { choices } = planEngine(request)
  for (const key in choices) if (key.startsWith(`${RMS} tokens`)) choices[key] = 'lanes'
  const compiled: string[] = []
  const engine = new WebgpuEngine(
    behindDriver(gpu, { hardware: true, onPipeline: (kernel) => compiled.push(kernel), ...driver }),
  )
  const plans: EnginePlan[] = []
  engine.verify = async (context, plan, { signal }) => {
    plans.push(plan)
    return (await checkPlan(context, plan, { signal })).wrong
  }
  const notes = new Set<string>()
  await engine.load(golden.model, request, {
    seed: 1,
    choices,
    onProgress: (_, note) => notes.add(note),
  })
  await engine.loadState(golden.state)
  const result = await engine.step(golden.cases.training.steps[0]!.batches.map(batchOf), {
    step: 1,
    seed: 77,
    learningRate: 1e-2,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.1,
    maxGradNorm: 0.5,
  })
  const about = engine.describe()
  engine.dispose()
  return { compiled, plans, notes: [...notes], result, about, choices }
}

test('before a first step is over, what is counted is compiled and nothing else, the check included', async () => {
  const { compiled, plans, notes, result, about, choices } = await firstStep({})
  expect(result.finite).toBe(true)
  expect(plans).toHaveLength(1)
  expect(about).toMatchObject({ choices, software: false })
  expect(about.leftOut).toBeUndefined()
  expect(compiled).toHaveLength(countBeforeFirstStep(plans[0]!))
  expect(compiled.length).toBeLessThanOrEqual(80)
  expect(notes).toEqual(['Preparing the graphics processor: compiling what a step runs', 'Reading weights'])
}, 400_000)

test('a kernel that computes wrongly is left out before it trains, named, and the run goes on with another', async () => {
  const driver: Driver = {
    code: (kernel, code) => (kernel === `${RMS}.lanes` ? code.replace('* scale[', '* 1.5 * scale[') : code),
  }
  const right = await firstStep({})
  const { plans, result, about } = await firstStep(driver)
  expect(about.leftOut).toEqual({ [`${RMS} lanes`]: expect.stringMatching(/relative error/) })
  expect(plans).toHaveLength(2)
  const taken = Object.entries(about.choices).filter(([key]) => key.startsWith(RMS))
  expect(new Set(taken.map(([, name]) => name))).toEqual(new Set(['serial']))
  expect(result.loss).toBeCloseTo(right.result.loss, 5)
}, 400_000)
