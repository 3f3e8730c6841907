/**
 * Planning, which needs no device: milliseconds of processor time (other work on the machine changes them less than those of
 * the clock) for the engine on WGSL and for the portable one, and what is planned.
 *
 *   npx tsx bench/plan.ts [--times 20] [--tokens 1024]
 */
import { parseArgs } from 'node:util'
import { planEngine } from '../src/engine/plan.ts'
import { parameterCount } from '../src/model/tensors.ts'
import { planPortable } from '../src/portable/plan.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import { GEMMA_1B, GEMMA_270M, PEBBLE } from './shapes.ts'

const { values } = parseArgs({
  options: { times: { type: 'string', default: '20' }, tokens: { type: 'string', default: '1024' } },
})
const MODELS = { Pebble: PEBBLE, 'Gemma 3 270M': GEMMA_270M, 'Gemma 3 1B': GEMMA_1B }
const [times, tokens] = [Number(values.times), Number(values.tokens)]
const { lora } = parseRunConfig({ lora: { r: 16, lora_alpha: 32, target_modules: 'all-linear' } })

/** The first call, with nothing compiled yet, and the median of the later ones. */
function measure(plan: () => unknown): string {
  const spent = Array.from({ length: times + 1 }, () => {
    const before = process.cpuUsage()
    plan()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  const [first, ...later] = spent
  return `${first!.toFixed(0)} first, then ${later.sort((a, b) => a - b)[later.length >> 1]!.toFixed(1)} ms`
}

for (const [name, model] of Object.entries(MODELS)) {
  console.log(`${name}, ${parameterCount(model).toLocaleString('en')} weights, ${tokens} tokens`)
  for (const recompute of ['nothing', 'layer', 'auto'] as const) {
    const request: PlanRequest = {
      model,
      lora,
      maxTokens: tokens,
      maxSupervised: tokens,
      recompute,
      decode: { sequences: 4, positions: 1024 },
    }
    const { tapes, recompute: taken, memory } = planEngine(request)
    const dispatches = Object.values(tapes).flatMap((planned) => planned?.tape.dispatches ?? [])
    const kernels = new Set(dispatches.map(({ kernel }) => kernel.name))
    console.log(
      [
        `  ${recompute.padEnd(8)}${measure(() => planEngine(request))}`,
        `${dispatches.length} dispatches of ${kernels.size} kinds`,
        `recomputes ${taken}`,
        `${(memory.bytes.total / 2 ** 20).toFixed(0)} MiB`,
      ].join('; '),
    )
  }
  const request: PlanRequest = {
    model,
    lora,
    maxTokens: 256,
    maxSupervised: 256,
    recompute: 'auto',
    memoryBudget: 4 * 2 ** 30,
    decode: null,
  }
  try {
    console.log(`  portable, 256 tokens: ${measure(() => planPortable(request))}`)
  } catch (error) {
    console.log(`  portable: ${(error as Error).message}`)
  }
}
