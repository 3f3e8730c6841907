import { describe, expect } from 'vitest'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import type { PlanRequest, Recompute } from '../../src/protocol/engine.ts'
import type { Golden } from '../support/golden.ts'
import { goldenTests } from '../support/golden-engine.ts'

async function open(golden: Golden, recompute: Recompute): Promise<PortableEngine> {
  const engine = await createPortableEngine()
  expect(engine.describe().device).toContain('WebAssembly')
  const request: PlanRequest = {
    model: golden.model.config,
    weightBytes: 4,
    lora: golden.lora,
    maxTokens: 96,
    maxSupervised: 96,
    recompute,
    decode: { sequences: 4, positions: 64 },
  }
  await engine.load(golden.model, request, { seed: 1 })
  return engine
}

for (const [fixture, recompute] of [
  ['gemma3-tiny', 'nothing'],
  ['gemma3-tiny-wide', 'layer'],
] as const)
  describe(`${fixture}, recompute ${recompute}`, () =>
    goldenTests(fixture, (golden) => open(golden, recompute)))
