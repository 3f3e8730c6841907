/**
 * How long it takes to plan Gemma 3 1B without a device: 2,048 tokens, LoRA on all projections, recomputation as it fits.
 * Processor time too, which other work on the machine changes less. The first plan compiles the planner itself.
 *
 *   npx tsx bench/planning.ts [--plans 40]
 */
import { parseArgs } from 'node:util'
import { planEngine } from '../src/engine/plan.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import { GEMMA_1B } from './shapes.ts'

const { values } = parseArgs({ options: { plans: { type: 'string', default: '40' } } })
const request: PlanRequest = {
  model: GEMMA_1B,
  weightBytes: 2,
  lora: parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: 0.05 } }).lora,
  maxTokens: 2048,
  maxSupervised: 2048,
  recompute: 'auto',
  decode: { sequences: 4, positions: 512 },
}
const times = Array.from({ length: Number(values.plans) }, () => {
  const [begun, cpu] = [performance.now(), process.cpuUsage()]
  const { memory } = planEngine(request)
  const { user, system } = process.cpuUsage(cpu)
  return { wall: performance.now() - begun, processor: (user + system) / 1000, memory }
})
const figure = (of: (time: (typeof times)[number]) => number) => {
  const sorted = times
    .slice(1)
    .map(of)
    .sort((a, b) => a - b)
  const [first, median, least] = [of(times[0]!), sorted[sorted.length >> 1]!, sorted[0]!]
  return `first ${first.toFixed(0)} ms, median ${median.toFixed(1)} ms, least ${least.toFixed(1)} ms`
}
const { dispatchesPerStep, recompute } = times[0]!.memory
console.log(`${dispatchesPerStep} dispatches a step, recompute ${recompute}`)
console.log(`wall       ${figure(({ wall }) => wall)}`)
console.log(`processor  ${figure(({ processor }) => processor)}`)
