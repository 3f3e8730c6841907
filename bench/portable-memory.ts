/**
 * The portable engine in Node at the sizes of a model, with weights that nobody trained: tokens trained a second (also of
 * processor time, which other work on the machine changes less), and the most memory the process held.
 *
 *   npx tsx bench/portable-memory.ts [--model 270m|pebble] [--tokens 256] [--supervised 128] [--steps 3] [--threads 2]
 */
import { parseArgs } from 'node:util'
import { createPortableEngine } from '../src/portable/portable-engine.ts'
import type { Batch } from '../src/protocol/batch.ts'
import { IGNORE } from '../src/protocol/batch.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import { scalars } from './model.ts'
import { randomWeights } from './random.ts'
import { GEMMA_270M, PEBBLE } from './shapes.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '270m' },
    tokens: { type: 'string', default: '256' },
    supervised: { type: 'string', default: '128' },
    steps: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
  },
})
const [tokens, supervised, steps] = [values.tokens, values.supervised, values.steps].map(Number)
const config = values.model === 'pebble' ? PEBBLE : GEMMA_270M
const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear' } })
const request: PlanRequest = {
  model: config,
  lora,
  maxTokens: tokens!,
  maxSupervised: supervised!,
  recompute: 'auto',
  decode: null,
}

/** One segment, its last `supervised` rows learnt. */
function stream(seed: number): Batch {
  const word = (t: number) => (t * 7919 + seed * 104_729) % config.vocabSize
  const first = tokens! - supervised!
  return {
    tokens: Uint32Array.from({ length: tokens! }, (_, t) => word(t)),
    positions: Uint32Array.from({ length: tokens! }, (_, t) => t),
    segmentStart: new Uint32Array(tokens!),
    labels: Int32Array.from({ length: tokens! }, (_, t) => (t < first ? IGNORE : word(t + 1))),
    supervisedRows: Uint32Array.from({ length: supervised! }, (_, n) => first + n),
  }
}

const engine = await createPortableEngine({ threads: Number(values.threads) })
const { bytes, recompute } = engine.plan(request)
await engine.load({ config, weights: randomWeights(config) }, request, { seed: 1 })
const seconds: number[] = []
const processor: number[] = []
for (let step = 1; step <= steps! + 1; step++) {
  const began = performance.now()
  const used = process.cpuUsage()
  const { loss, finite } = await engine.step([stream(step)], scalars(step))
  const took = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(used)
  console.log(`step ${step}: ${took.toFixed(2)} s, loss ${loss.toFixed(4)}${finite ? '' : ', not finite'}`)
  // The first step allocates what the others reuse.
  if (step > 1) {
    seconds.push(took)
    processor.push((user + system) / 1e6)
  }
}
const medianOf = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
const [median, own] = [medianOf(seconds), medianOf(processor)]
const gib = (n: number) => `${(n / 2 ** 30).toFixed(2)} GiB`
console.log(engine.describe().device)
console.log(
  `${(tokens! / median).toFixed(1)} tokens/s (median of ${seconds.length}, ${median.toFixed(2)} s a step); ` +
    `${(tokens! / own).toFixed(1)} tokens a second of processor time (${own.toFixed(2)} s a step)`,
)
console.log(
  `planned ${gib(bytes.total)}, recompute ${recompute}; peak ${gib(process.resourceUsage().maxRSS * 1024)} of the process`,
)
engine.dispose()
