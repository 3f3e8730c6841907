import { describe, expect } from 'vitest'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import type { Recompute } from '../../src/protocol/engine.ts'
import type { Golden } from '../support/golden.ts'
import { ggufTest, goldenChoices, goldenRequest, goldenTests } from '../support/golden-engine.ts'

async function open(golden: Golden, recompute: Recompute): Promise<PortableEngine> {
  const engine = await createPortableEngine()
  expect(engine.describe().device).toContain('WebAssembly')
  await engine.load(golden.model, goldenRequest(golden, recompute), { seed: 1 })
  return engine
}

for (const [fixture, recompute] of [
  ['gemma3-tiny', 'nothing'],
  ['gemma3-tiny-wide', 'layer'],
  ['gemma2-tiny', 'nothing'],
  ['gemma3-tiny-multimodal', 'layer'],
] as const)
  describe(`${fixture}, recompute ${recompute}`, () => {
    goldenTests(fixture, (golden) => open(golden, recompute))
    goldenChoices(fixture, (golden) => open(golden, recompute))
  })

ggufTest((golden) => open(golden, 'nothing'))
