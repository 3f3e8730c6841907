/**
 * Holds `scoreChoices` of the portable engine, in Node, against Transformers and PEFT: base and adapter, every choice of every question.
 *
 *   npx tsx tools/trials/check-choices.ts --model DIR --adapter DIR --reference FILE [--apart 1] [--count 50]
 *
 * FILE and the adapter are peers/choices_reference.py's. --apart scores each choice of so many questions by itself too, and says how much
 * longer that takes. Exit 1 where a choice's log-likelihood is further than 1e-3 from the reference, or the likeliest is another.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseFlags } from '../../cli/args.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { readAdapterConfig } from '../../src/model/adapter-config.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { createPortableEngine } from '../../src/portable/portable-engine.ts'
import { IGNORE } from '../../src/protocol/batch.ts'
import type { StateTensor } from '../../src/protocol/engine.ts'

const LIMIT = 1e-3
const ADAPTER = ['off', 'on'] as const

interface Reference {
  choices: number[][]
  questions: { ids: number[]; base: number[][]; tuned: number[][] }[]
}

const flags = parseFlags(process.argv.slice(2), {
  model: 'text',
  adapter: 'text',
  reference: 'text',
  apart: 'number',
  count: 'number',
})
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const weightsOf = (path: string) =>
  openWeights(new Map([['model.safetensors', bufferSource(readFileSync(path))]]))
const { choices, questions }: Reference = json(flags.reference!)
const asked = questions.slice(0, flags.count)
const labels = choices.map((choice) => Uint32Array.from(choice))
const longest = Math.max(...asked.map(({ ids }) => ids.length))
const maxTokens = longest + labels.reduce((sum, { length }) => sum + length, 0)
const { lora } = readAdapterConfig(json(join(flags.adapter!, 'adapter_config.json')))
const config = readModelConfig(json(join(flags.model!, 'config.json')), { dtype: 'float32' })
const engine = await createPortableEngine()
const weights = await weightsOf(join(flags.model!, 'model.safetensors'))
const request = {
  model: config,
  lora,
  maxTokens,
  maxSupervised: 512,
  recompute: 'layer',
  decode: null,
} as const
await engine.load({ config, weights }, request, { seed: 1 })
const adapter = await weightsOf(join(flags.adapter!, 'adapter_model.safetensors'))
const matrices: Record<string, StateTensor> = {}
for (const key of adapter.tensors.keys()) matrices[key] = await readTensor(adapter, key)
const zeros = Object.fromEntries(
  Object.entries(matrices).map(([k, { shape, data }]) => [k, { shape, data: new Float32Array(data.length) }]),
)
await engine.loadState({ lora: matrices, adamM: zeros, adamV: zeros })

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)
const likeliest = (all: readonly ArrayLike<number>[]) => {
  const sums = all.map(sum)
  return sums.indexOf(Math.max(...sums))
}
let [worst, same, seconds, tokens] = [0, 0, 0, 0]
for (const [n, { ids, base, tuned }] of asked.entries()) {
  const prompt = Uint32Array.from(ids)
  for (const adapter of ADAPTER) {
    const want = adapter === 'on' ? tuned : base
    const began = performance.now()
    const found = await engine.scoreChoices(prompt, labels, { adapter })
    seconds += (performance.now() - began) / 1000
    tokens += found.tokens
    const differences = found.logProbability.map((logs, i) => Math.abs(sum(logs) - sum(want[i]!)))
    // NaN counts as the worst.
    for (const difference of differences) if (!(difference <= worst)) worst = difference
    if (likeliest(found.logProbability) === likeliest(want)) same++
  }
  console.log(
    `${n + 1} of ${asked.length}: ${same} of ${2 * (n + 1)} the same, furthest apart ${worst.toExponential(1)}`,
  )
}
const passes = 2 * asked.length
console.log(
  `${labels.length} choices: ${(tokens / passes).toFixed(0)} tokens and ${(seconds / passes).toFixed(2)} s a question`,
)

for (const { ids } of asked.slice(0, flags.apart ?? 0)) {
  const began = performance.now()
  let apart = 0
  for (const choice of labels) {
    const stream = Uint32Array.from([...ids, ...choice.subarray(0, -1)])
    const rows = Uint32Array.from(choice, (_, i) => ids.length - 1 + i)
    const wanted = new Int32Array(stream.length).fill(IGNORE)
    choice.forEach((token, i) => {
      wanted[rows[i]!] = token
    })
    apart += stream.length
    const positions = stream.map((_, i) => i)
    const segmentStart = new Uint32Array(stream.length)
    await engine.score({ tokens: stream, positions, segmentStart, labels: wanted, supervisedRows: rows })
  }
  console.log(`each by itself: ${apart} tokens and ${((performance.now() - began) / 1000).toFixed(2)} s`)
}
engine.dispose()
process.exitCode = asked.length > 0 && worst <= LIMIT && same === passes ? 0 : 1
