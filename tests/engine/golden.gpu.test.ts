import { describe } from 'vitest'
import { WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import type { Recompute } from '../../src/protocol/engine.ts'
import type { Golden } from '../support/golden.ts'
import { ggufTest, goldenChoices, goldenRequest, goldenTests } from '../support/golden-engine.ts'
import { extendedContext, sharedContext } from '../support/gpu.ts'

const CASES = [
  { fixture: 'gemma3-tiny', recompute: 'nothing', limits: 'default limits' },
  { fixture: 'gemma3-tiny', recompute: 'layer', limits: 'default limits' },
  { fixture: 'gemma3-tiny-wide', recompute: 'cheap', limits: 'all limits' },
  { fixture: 'gemma2-tiny', recompute: 'layer', limits: 'default limits' },
  { fixture: 'gemma3-tiny-multimodal', recompute: 'cheap', limits: 'default limits' },
] as const

async function open(golden: Golden, recompute: Recompute, defaultLimits: boolean): Promise<WebgpuEngine> {
  const { gpu } = await (defaultLimits ? sharedContext() : extendedContext())
  const engine = new WebgpuEngine(gpu, {
    rates: { flops: 5e9, bandwidth: 5e9 },
    tune: false,
  })
  await engine.load(golden.model, goldenRequest(golden, recompute), { seed: 1 })
  return engine
}

for (const { fixture, recompute, limits } of CASES)
  describe(`${fixture}, recompute ${recompute}, ${limits}`, () => {
    goldenTests(fixture, (golden) => open(golden, recompute, limits === 'default limits'))
    // Nothing of it is recomputed: once for each model.
    if (recompute !== 'nothing')
      goldenChoices(fixture, (golden) => open(golden, recompute, limits === 'default limits'))
  })

ggufTest((golden) => open(golden, 'nothing', true))
