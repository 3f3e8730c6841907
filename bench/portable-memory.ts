/**
 * The portable engine in Node at the sizes of a model, with weights that nobody trained, or with those of a Hugging Face folder:
 * tokens trained a second (also of processor time, which other work on the machine changes less), and memory: what was planned,
 * what the engine says that it holds, and how far the process grew, loading included.
 *
 *   npx tsx bench/portable-memory.ts [--model 270m|pebble|DIR] [--tokens 256] [--supervised 128] [--steps 3] [--threads 2] [--r 8]
 */
import { openAsBlob, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { blobSource, readJson } from '../src/files/bytes.ts'
import { openWeights } from '../src/files/weights.ts'
import { readModelConfig } from '../src/model/config.ts'
import { storedTypes } from '../src/model/storage.ts'
import { resolveWeights } from '../src/model/weights.ts'
import { createPortableEngine } from '../src/portable/portable-engine.ts'
import type { Batch } from '../src/protocol/batch.ts'
import { IGNORE } from '../src/protocol/batch.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import type { ModelSource } from '../src/protocol/model.ts'
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
    r: { type: 'string', default: '8' },
  },
})
const [tokens, supervised, steps] = [values.tokens, values.supervised, values.steps].map(Number)
const SHAPES = { '270m': GEMMA_270M, pebble: PEBBLE }

async function modelIn(folder: string): Promise<ModelSource> {
  const names = readdirSync(folder).filter((name) => /\.(json|safetensors)$/.test(name))
  const file = async (name: string) => [name, blobSource(await openAsBlob(join(folder, name)))] as const
  const files = new Map(await Promise.all(names.map(file)))
  const config = readModelConfig(await readJson(files.get('config.json')!, 'config.json'), {
    dtype: 'float32',
  })
  return { config, weights: resolveWeights(config, await openWeights(files)) }
}

const shape = SHAPES[values.model as keyof typeof SHAPES]
const model: ModelSource = shape
  ? { config: shape, weights: randomWeights(shape) }
  : await modelIn(values.model)
const { config } = model
const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear', r: Number(values.r) } })
const request: PlanRequest = {
  model: config,
  stored: storedTypes(model.weights),
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

const idle = process.memoryUsage.rss()
const engine = await createPortableEngine({ threads: Number(values.threads) })
const { bytes, recompute } = engine.plan(request)
await engine.load(model, request, { seed: 1 })
const loaded = process.resourceUsage().maxRSS * 1024
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
const peak = process.resourceUsage().maxRSS * 1024
const share = (part: number) => (part / (peak - idle)).toFixed(2)
const live = engine.describe().liveBytes
console.log(
  `planned ${gib(bytes.total)} (${share(bytes.total)} of the growth), recompute ${recompute}; live ${gib(live)} (${share(live)}); ` +
    `the process: idle ${gib(idle)}, at most ${gib(peak)}, grown by ${gib(peak - idle)}; while loading at most ${gib(loaded)}`,
)
engine.dispose()
