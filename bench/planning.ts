/**
 * How long it takes to plan models without a device: 2,048 tokens, LoRA on all projections, recomputation as it fits.
 * Processor time too, which other work on the machine changes less. The first plan compiles the planner itself.
 *
 *   npx tsx bench/planning.ts [--plans 40]
 */
import { parseArgs } from 'node:util'
import { planEngine } from '../src/engine/plan.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import { GEMMA_1B, GEMMA_270M, PEBBLE } from './shapes.ts'

const { values } = parseArgs({ options: { plans: { type: 'string', default: '40' } } })
const request: Omit<PlanRequest, 'model'> = {
  lora: parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: 0.05 } }).lora,
  maxTokens: 2048,
  maxSupervised: 2048,
  recompute: 'auto',
  decode: { sequences: 4, positions: 512 },
}

interface Time {
  wall: number
  processor: number
}

function figure(times: readonly Time[], of: keyof Time): string {
  const sorted = times
    .slice(1)
    .map((time) => time[of])
    .sort((a, b) => a - b)
  const [first, median, least] = [times[0]![of], sorted[sorted.length >> 1]!, sorted[0]!]
  return `first ${first.toFixed(0)} ms, median ${median.toFixed(1)} ms, least ${least.toFixed(1)} ms`
}

// The largest first: what a process plans first is slow.
for (const [name, model] of Object.entries({
  'Gemma 3 1B': GEMMA_1B,
  'Gemma 3 270M': GEMMA_270M,
  Pebble: PEBBLE,
})) {
  const times = Array.from({ length: Number(values.plans) }, (): Time => {
    const [begun, cpu] = [performance.now(), process.cpuUsage()]
    planEngine({ ...request, model })
    const { user, system } = process.cpuUsage(cpu)
    return { wall: performance.now() - begun, processor: (user + system) / 1000 }
  })
  const { dispatchesPerStep, recompute } = planEngine({ ...request, model }).memory
  console.log(`${name}: ${dispatchesPerStep} dispatches a step, recompute ${recompute}`)
  console.log(`  wall       ${figure(times, 'wall')}`)
  console.log(`  processor  ${figure(times, 'processor')}`)
}
