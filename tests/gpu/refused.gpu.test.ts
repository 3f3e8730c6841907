import { expect, test } from 'vitest'
import { WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import { openGolden } from '../support/golden.ts'
import { goldenRequest } from '../support/golden-engine.ts'
import { testGpu } from '../support/gpu.ts'

const SCALARS = {
  step: 1,
  seed: 77,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
}

test('a step part of which a device refuses is no step: the run is told, and not given the figures of the step before', async () => {
  const gpu = await testGpu({ defaultLimits: true })
  const golden = await openGolden('gemma3-tiny')
  const engine = new WebgpuEngine(gpu)
  await engine.load(golden.model, { ...goldenRequest(golden, 'nothing'), decode: null }, { seed: 1 })
  const batches = golden.cases.training.steps[0]!.batches.map(batchOf)
  expect((await engine.step(batches, SCALARS)).finite).toBe(true)
  expect(gpu.failure).toBe(null)
  // From here on a dispatch is larger than any may be: its whole submit is dropped.
  const { prototype } = GPUComputePassEncoder
  const { dispatchWorkgroups } = prototype
  let dispatches = 0
  prototype.dispatchWorkgroups = function (x, y, z) {
    return dispatchWorkgroups.call(this, dispatches++ === 3 ? 70_000 : x, y, z)
  }
  try {
    await expect(engine.step(batches, { ...SCALARS, step: 2 })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/refused part of the work/),
    })
  } finally {
    prototype.dispatchWorkgroups = dispatchWorkgroups
  }
  // Nor is anything else taken from it.
  await expect((async () => engine.score(batches[0]!))()).rejects.toMatchObject({ code: 'internal' })
  engine.dispose()
  gpu.destroy()
})
