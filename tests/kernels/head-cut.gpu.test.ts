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
  override take(...given: Parameters<Slicer['take']>): void {
    const [{ steps }, part] = given
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
  'few rows, words split between workgroups': { ...FEW, vocab: 4100, maxRows: 3000 },
  'no splits': { ...FEW, maxRows: 9000 },
  'scoring, in shards': { ...FEW, shards: 2, rows: 37, maxRows: 9000, gradient: false },
  'a soft cap, in shards': { ...FEW, shards: 2, rows: 37, maxRows: 9000, softCap: 3, format: 'f16' },
  'a wide model': { ...FEW, vocab: 1100, hidden: 1088, maxRows: 9000 },
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
        const want = await runOperation(context, c, false)
        const slicer = new Counted(CRAWLING)
        const got = await runOperation(context, c, false, slicer)
        expect(slicer.cuts).toBeGreaterThan(2)
        expect(got.outputs).toEqual(want.outputs)
        expect(got.grads).toEqual(want.grads)
      })
  }
})
