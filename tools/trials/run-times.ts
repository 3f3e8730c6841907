/**
 * The time that is said before Start against the time that a run takes, from there to its end: loading, evaluations, questions and
 * checkpoints included. Runs follow one another in one browser, as a person's would, and each is foretold from those before it; the
 * first one of an engine only teaches the speed.
 *
 *   npx tsx tools/trials/run-times.ts [--engine portable,webgpu] [--model DIR] [--node] [--json FILE]
 *
 * In Chromium, through the page of the command line. With --node the portable engine in Node, on one thread, through the page's own
 * rooms. --model adds runs of a real model, the first of which is foretold from the practice model's speed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { textTable } from '../../src/lib/text-table.ts'
import { defaultRunConfig, parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import { recommend } from '../../src/runs/profiles.ts'
import type { Runner, Wanted } from './runner.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'portable,webgpu' },
    model: { type: 'string' },
    node: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})

/** Rows of one's own, longer than the samples'. */
function ownRows(): string {
  const row = (i: number) =>
    `"Where is shelf ${i} of the store, and what lies on it today?","Shelf ${i} is in hall ${i % 7}, row ${i % 11}. There are ${i * 3} small boxes and ${i + 5} large ones on it, all of them full."`
  return ['question,answer', ...Array.from({ length: 120 }, (_, i) => row(i))].join('\n')
}

interface Timed {
  name: string
  engine: string
  /** Seconds; null where nothing was known yet. */
  said: number | null
  taken: number
  load: number
}

const folder = mkdtempSync(join(tmpdir(), 'lapidary-times-'))
const sample = (name: string) => join(ROOT, 'public', 'datasets', name)
const own = join(folder, 'shelves.csv')
writeFileSync(own, ownRows())

/** Runs that differ in data, length, batch, evaluations and questions. */
function practice(kind: RunConfig['engine']['kind']): Wanted[] {
  const usual = recommend({ practice: true, parameters: 0 }, 'quick')
  const run = (name: string, data: string, training: object, prompts: number): Wanted => ({
    name: `Pebble, ${basename(data)}, ${name}`,
    data,
    model: 'pebble',
    config: parseRunConfig({
      training: { ...usual.training, ...training },
      lora: usual.lora,
      engine: { kind },
      data: { ...defaultRunConfig().data, name: basename(data) },
    }),
    prompts: ['What does a cow say?', 'Where is shelf 3?', 'I lost my ball.', 'Ben has 3 apples.'].slice(
      0,
      prompts,
    ),
  })
  const short = kind === 'webgpu' ? 0.25 : 1
  const steps = (n: number) => ({
    max_steps: Math.round(n * short),
    eval_steps: Math.round((n * short) / 2),
    save_steps: Math.round((n * short) / 2),
  })
  return [
    run('40 steps', sample('pirate.csv'), steps(40), 4),
    run('80 steps', sample('pirate.csv'), steps(80), 4),
    run('120 steps, 4 rows each', sample('mood.csv'), { ...steps(120), per_device_train_batch_size: 4 }, 4),
    run('40 steps', sample('records.jsonl'), steps(40), 4),
    run('60 steps, no questions', own, steps(60), 0),
    run('24 steps of 16 rows', own, { ...steps(24), per_device_train_batch_size: 16 }, 2),
  ]
}

/** Of a real model: the first from the practice model's speed, the second from its own. */
function real(model: string): Wanted[] {
  const usual = recommend({ practice: false, parameters: 270e6 }, 'quick')
  const run = (steps: number): Wanted => ({
    name: `${basename(model)}, pirate.csv, ${steps} steps`,
    data: sample('pirate.csv'),
    model,
    config: parseRunConfig({
      training: { ...usual.training, max_steps: steps, eval_steps: steps, save_steps: steps },
      lora: usual.lora,
      engine: { kind: 'portable' },
      data: { ...defaultRunConfig().data, name: 'pirate.csv', validation_share: 0.02 },
    }),
    prompts: ['What does a cow say?'],
  })
  return [run(2), run(4)]
}

const runner: Runner = values.node
  ? await (await import('./in-node.ts')).inNode()
  : await (await import('./in-chromium.ts')).inChromium(values.model)

const timed: Timed[] = []
try {
  for (const engine of values.engine.split(',') as RunConfig['engine']['kind'][]) {
    const wanted = [...practice(engine), ...(values.model && engine === 'portable' ? real(values.model) : [])]
    for (const one of wanted) {
      const { said, taken } = await runner.run(one)
      timed.push({ name: one.name, engine, said, taken, load: loadavg()[0]! })
      const ratio = said === null ? '' : `, ${(taken / said).toFixed(2)} of what was said`
      console.log(
        `${engine}, ${one.name}: said ${said?.toFixed(1) ?? 'nothing'}, took ${taken.toFixed(1)} s${ratio}; load ${loadavg()[0]!.toFixed(1)}`,
      )
    }
  }
} finally {
  await runner.close()
  rmSync(folder, { recursive: true })
}

const foretold = timed.filter(({ said }) => said !== null)
const off = ({ said, taken }: Timed) => taken / said!
const cells = foretold.map((one) => [
  one.engine,
  one.name,
  one.said!.toFixed(1),
  one.taken.toFixed(1),
  off(one).toFixed(2),
  one.load.toFixed(1),
])
console.log(`\n${textTable([['engine', 'run', 'said, s', 'taken, s', 'ratio', 'load'], ...cells])}`)
const within = foretold.filter((one) => off(one) <= 1.3 && off(one) >= 1 / 1.3).length
console.log(`\n${within} of ${foretold.length} within 30%`)
if (values.json) {
  const where = values.node ? `Node ${process.versions.node}, one thread` : 'Chromium'
  const report = {
    where,
    cores: cpus().length,
    date: new Date().toISOString().slice(0, 10),
    within,
    runs: timed,
  }
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
}
