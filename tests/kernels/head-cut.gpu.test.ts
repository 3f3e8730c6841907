import { describe, expect, test } from 'vitest'
import { type HeadLossShape, headLossCase } from '../../src/engine/check/head.ts'
import { askedBy, runOperation } from '../../src/engine/check/operation.ts'
import { Slicer } from '../../src/gpu/slicer.ts'
import { kernelOf } from '../../src/gpu/specialise.ts'
import { extendedContext } from '../support/gpu.ts'

/** An adapter so slow that every part is one row of workgroups and one step. */
const CRAWLING = { flops: 1, bandwidth: 1 }

class Counted extends Slicer {
  cuts = 0
  /** Most steps of a dispatch. */
  steps = 1
  override take(...given: Parameters<Slicer['take']>): void {
    const [{ steps }, part] = given
    this.steps = Math.max(this.steps, steps)
    if (part.steps < steps) this.cuts++
    super.take(...given)
  }
}

const FEW: HeadLossShape = {
  vocab: 1400,
  hidden: 64,
  rows: 5,
  format: 'bf16',
  shards: 1,
  softCap: null,
  probes: 1,
}
const SHAPES: Record<string, HeadLossShape> = {
  'words split between workgroups': { ...FEW, vocab: 1024, rows: 2100 },
  'scoring, in shards': { ...FEW, shards: 2, rows: 37, gradient: false },
  'a soft cap, in shards': { ...FEW, shards: 2, rows: 37, softCap: 3, format: 'f16' },
}

describe('a head that is cut along its words gives the same bits', () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    const variants = [...askedBy(headLossCase(shape)).values()][0]!
    for (const [choice, variant] of Object.entries(variants))
      test(`${name}, ${choice}`, async () => {
        const context = await extendedContext()
        // What an adapter cannot run is never chosen on it.
        if (kernelOf(variant).workgroup > context.gpu.limits.maxComputeInvocationsPerWorkgroup) return
        const c = headLossCase({ ...shape, choice })
        const want = await runOperation(context, c)
        const slicer = new Counted(CRAWLING)
        const got = await runOperation(context, c, { slicer })
        // Few rows are split so that a wide tile is all that a workgroup has.
        if (slicer.steps > 1 || shape.rows > 1000) expect(slicer.cuts).toBeGreaterThan(2)
        expect(got.outputs).toEqual(want.outputs)
        expect(got.grads).toEqual(want.grads)
      })
  }
})
