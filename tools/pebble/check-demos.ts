/**
 * Trains each sample data set as the page's one press does, then asks the tuned model every held-out row and counts the
 * answers that are right. Fails where fewer than nine of ten are.
 *
 *   npx tsx tools/pebble/check-demos.ts [--demo pirate] [--profile quick] [--seed 42] [--within 60] [--quantization int4] [--node] [--all]
 *
 * Training is `npm run train` in Chromium, on the portable engine; with --node it is the same engine in Node, on one thread.
 * --within fails a training that takes more seconds; --all also shows answers that are right, but not to the letter. Single
 * settings, such as --max-steps or --r, win over the profile's.
 */
import '../in-node.ts'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseFlags } from '../../cli/args.ts'
import { serve } from '../../cli/server.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import type { Quantization } from '../../src/protocol/model.ts'
import { defaultRunConfig, type LoraConfig, type TrainingConfig } from '../../src/protocol/run-config.ts'
import { PROFILES, type ProfileId } from '../../src/runs/profiles.ts'
import type { Demo, Demos, Tried } from './demos.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const NEEDED = 0.9

const { Demos: OpenDemos } = await import('./demos.ts')
const { JUDGES } = await import('./right.ts')

const { training: ofTraining, lora: ofLora } = defaultRunConfig()
const value = (names: string[]) => Object.fromEntries(names.map((name) => [name, 'value' as const]))
const flags = parseFlags(process.argv.slice(2), {
  ...value([...Object.keys(ofTraining), ...Object.keys(ofLora)]),
  demo: 'list',
  profile: 'text',
  within: 'number',
  node: 'switch',
  all: 'switch',
  quantization: 'text',
}) as Record<string, unknown> & {
  demo?: string[]
  profile?: ProfileId
  within?: number
  node?: boolean
  all?: boolean
  quantization?: NonNullable<Quantization>
}
const chosen = (names: object) =>
  Object.fromEntries(Object.keys(names).flatMap((name) => (name in flags ? [[name, flags[name]]] : [])))

/** A run by `npm run train`: its events and its checkpoint. */
async function trainedInChromium(demo: Demo, profile: ProfileId) {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-demo-'))
  const out = join(folder, 'out')
  const { data, training } = demo.config
  const settings = { ...chosen(ofTraining), ...chosen(ofLora) }
  const given: [string, unknown][] = [
    ['model', 'pebble'],
    ['data', join(ROOT, 'public', 'datasets', data.name!)],
    ['out', out],
    ['prompt', data.prompt],
    ['response', data.response],
    ['profile', profile],
    ['engine', 'portable'],
    ['quantization', demo.config.model.quantization],
    ['seed', training.seed],
    // The page asks these, too, which takes time.
    ...demo.request.samplePrompts.map(({ prompt }): [string, unknown] => ['sample', prompt]),
    ...Object.entries(settings).map(([name, value]): [string, unknown] => [
      name === 'r' ? 'lora-r' : name,
      value,
    ]),
  ]
  const args = given.flatMap(([name, value]) => [`--${name}`, String(value)])
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, [join(ROOT, 'cli/bootstrap.mjs'), 'train', '--json', ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      child.on('error', reject)
      child.on('close', (status) =>
        status === 0 ? resolve() : reject(new Error(`npm run train: ${status}`)),
      )
    })
    const events = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent)
    const meta = JSON.parse(readFileSync(join(out, 'checkpoint', 'checkpoint.json'), 'utf8'))
    const tensors = new Blob([readFileSync(join(out, 'checkpoint', meta.tensors))])
    return { events, checkpoint: { meta, tensors } }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function trained(demos: Demos, demo: Demo, profile: ProfileId) {
  if (flags.node) {
    const { run, done } = await demos.run(demo)
    return { run, seconds: done.seconds, steps: done.step }
  }
  const kept = await trainedInChromium(demo, profile)
  const done = kept.events.find((event) => event.type === 'done')
  if (!done) throw new Error('the run did not end')
  return { run: await demos.adopt(demo, kept), seconds: done.seconds, steps: done.step }
}

const share = (tried: readonly Tried[]) => `${tried.filter(({ right }) => right).length}/${tried.length}`

const server = await serve({ root: join(ROOT, 'public') })
try {
  const demos = new OpenDemos(server.url)
  const profile = flags.profile ?? 'quick'
  if (!PROFILES.includes(profile))
    throw new Error(`There is no profile "${profile}": ${PROFILES.join(', ')}.`)
  const failed: string[] = []
  const ids = flags.demo ?? (await demos.ids())
  if (ids.length === 0) throw new Error('there is no demo to check')
  for (const id of ids) {
    const demo = await demos.prepare(id, profile, {
      training: chosen(ofTraining) as TrainingConfig,
      lora: chosen(ofLora) as LoraConfig,
      model: { ...defaultRunConfig().model, quantization: flags.quantization ?? null },
    })
    const before = await demos.ask(demo, demo.heldOut, null)
    const { run, seconds, steps } = await trained(demos, demo, profile)
    const loss = await demos.lossOf(run)
    const after = await demos.ask(demo, demo.heldOut, run)
    const learnt = await demos.ask(demo, demo.learnt, run)
    const exact = after.filter((tried) => tried.exact).length
    console.log(
      `${id} (${JUDGES[id]!.says}), ${profile}, seed ${demo.config.training.seed}: held out ${share(after)} right, ${exact} to the letter; ` +
        `learnt ${share(learnt)}; untrained ${share(before)}; held-out loss ${loss.toPrecision(4)}; ${steps} steps in ${seconds.toFixed(1)} s`,
    )
    for (const { question, given, right, exact } of after)
      if (!right || (flags.all && !exact))
        console.log(
          `  ${right ? 'nearly' : 'wrong'}: ${question.prompt}\n    wanted ${question.reference}\n    given  ${given}`,
        )
    const enough = after.filter(({ right }) => right).length >= NEEDED * after.length
    const late = flags.within !== undefined && !(seconds <= flags.within)
    if (after.length === 0 || !enough || late || before.some(({ right }) => right)) failed.push(id)
  }
  if (failed.length > 0) {
    console.error(`Not as wanted: ${failed.join(', ')}.`)
    process.exitCode = 1
  }
} finally {
  await server.close()
}
