import { describe, expect } from 'vitest'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import type { Recompute } from '../../src/protocol/engine.ts'
import type { Golden } from '../support/golden.ts'
import { ggufTest, goldenChoices, goldenRequest, goldenTests } from '../support/golden-engine.ts'

async function open(
  golden: Golden,
  recompute: Recompute,
  choices: Record<string, string> = {},
): Promise<PortableEngine> {
  const engine = await createPortableEngine()
  expect(engine.describe().device).toContain('WebAssembly')
  await engine.load(golden.model, goldenRequest(golden, recompute), { seed: 1, choices })
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

// As a run that was begun before there were layers of our own goes on.
describe.each(['gemma3-tiny', 'gemma2-tiny'])('%s, layers in TensorFlow.js', (fixture) =>
  goldenTests(fixture, (golden) => open(golden, 'layer', { 'portable.layers': 'tensorflow' })),
)

ggufTest((golden) => open(golden, 'nothing'))
