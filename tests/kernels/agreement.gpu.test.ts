import { describe, expect, test } from 'vitest'
import { GEMMA_270M } from '../../bench/shapes.ts'
import { planEngine } from '../../src/engine/plan.ts'
import { difference, outputsOf, wroteNothing } from '../../src/gpu/agreement.ts'
import { familyOf, kernelOf } from '../../src/gpu/specialise.ts'
import type { ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { extendedContext } from '../support/gpu.ts'

/** Gemma 3 270M's shapes, of few words. */
const MODEL: ModelConfig = { ...GEMMA_270M, vocabSize: 2048 }
const DIMS = { tokens: 70, supervised: 40, sequences: 2 }

/** As the tuner compares them: on noise, partial results put together. */
describe('all variants of a choice come to the same', () => {
  const plan = planEngine({
    model: MODEL,
    lora: parseRunConfig({}).lora,
    maxTokens: DIMS.tokens,
    maxSupervised: DIMS.supervised,
    recompute: 'nothing',
    decode: { sequences: 2, positions: 64 },
  })
  const seen = new Set<string>()
  for (const planned of Object.values(plan.tapes))
    for (const [key, variants] of planned?.tape.asked ?? []) {
      const family = familyOf(key)
      // One shape of each family; all variants are compiled, which takes long on a software adapter.
      if (seen.has(family) || Object.keys(variants).length < 2) continue
      seen.add(family)
      test(key, async () => {
        const context = await extendedContext()
        const { limits } = context.gpu
        const made = Object.entries(variants)
          .map(([name, variant]) => [name, kernelOf(variant)] as const)
          .filter(([, { workgroup }]) => workgroup <= limits.maxComputeInvocationsPerWorkgroup)
          .map(([name, kernel]) => [name, kernel.trial?.() ?? kernel] as const)
        const [[first, kernel], ...others] = made as [(typeof made)[0], ...(typeof made)[number][]]
        const want = (await outputsOf(context, kernel, DIMS)).outputs
        expect(wroteNothing(want), first).toBe(false)
        for (const [name, other] of others)
          expect(
            difference(want, (await outputsOf(context, other, DIMS)).outputs),
            `${name} by ${first}`,
          ).toBeNull()
      })
    }
})
