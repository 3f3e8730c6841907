import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { allColumnStats } from '../../src/dataset/columns.ts'
import { Frame } from '../../src/dataset/frame.ts'
import { inspectFrame } from '../../src/dataset/inspect/index.ts'
import { openDataset } from '../../src/dataset/open.ts'
import { runPipeline } from '../../src/dataset/pipeline.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { SITE, shuffle } from '../../src/lib/threefry.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import { chatTokenizer } from '../../src/tokens/chat.ts'
import { prepareExamples } from '../../src/tokens/prepare.ts'
import { gemmaSized, makeRows } from './rows.ts'

/**
 * How long preparing data takes, by the parts a person waits for: `npx tsx bench/data/run.ts [ROWS]`. One thread, as in the
 * data worker, without storage.
 */
const count = Number(process.argv[2] ?? 100_000)
const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const json = (name: string) => JSON.parse(readFileSync(join(PEBBLE, name), 'utf8')) as Record<string, unknown>

async function timed<T>(
  what: string,
  work: () => Promise<T> | T,
  detail: (result: T, seconds: number) => string = () => '',
) {
  const start = performance.now()
  const result = await work()
  const seconds = (performance.now() - start) / 1000
  console.log(`${what.padEnd(46)} ${seconds.toFixed(2).padStart(7)} s  ${detail(result, seconds)}`)
  return result
}

const { prompt, response } = makeRows(count)
const text = `prompt,response\n${prompt.map((q, i) => `"${q}","${response[i]}"`).join('\n')}\n`
const bytes = new TextEncoder().encode(text)
console.log(
  `${count} rows, ${(bytes.byteLength / 1e6).toFixed(1)} MB; ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}; Node ${process.version}`,
)

const mapping = { ...NO_MAPPING, prompt: 'prompt', response: 'response' }
const { table } = await timed('reading the CSV', () => openDataset('rows.csv', bufferSource(bytes)))
await timed('column statistics', () => allColumnStats(table))
await timed(
  'findings, split and leakage included',
  () => inspectFrame(Frame.of(table), { mapping, split: null, validationShare: 0.1, seed: 42 }),
  (findings) => findings.map(({ kind }) => kind).join(', '),
)

const pipeline = (frame: Frame, share: number) =>
  runPipeline(frame, {
    steps: [],
    mapping,
    split: null,
    validationShare: 0.1,
    augment: null,
    seed: 42,
    share,
  })
const options = { maxLength: 1024, completionOnly: true, vocabSize: 300_000 }
const tokens = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b)
for (const [name, tokenizer] of [
  ['Pebble (2,048 words)', json('tokenizer.json')],
  ['of Gemma’s size (262,144 words)', gemmaSized(json('tokenizer.json'))],
] as const) {
  console.log(`\nTokenizer: ${name}`)
  const chat = await timed('opening it', () => chatTokenizer(tokenizer, json('tokenizer_config.json')))
  await timed(
    'estimate from 2,000 rows',
    async () => {
      const drawn = shuffle(table.numRows, 42, 0, SITE.estimate).subarray(0, 2000).sort()
      const { rows } = await pipeline(Frame.of(table, drawn), 2000 / table.numRows)
      return prepareExamples(rows, chat, options)
    },
    ({ info }) => `${tokens(info.tokenCount)} tokens`,
  )
  const { rows } = await timed('mapping and split of all rows', () => pipeline(Frame.of(table), 1))
  await timed(
    'exact figures, tokens with their loss mask',
    () => prepareExamples(rows, chat, options),
    ({ info }, seconds) =>
      `${tokens(info.tokenCount)} tokens, ${Math.round(tokens(info.tokenCount) / seconds)} tokens/s`,
  )
}
