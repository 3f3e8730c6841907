/**
 * Trains a model on rows with a label each, with what the page would set for a profile, and asks it rows that it never saw.
 *
 *   npx tsx tools/trials/check-labels.ts --model DIR --data FILE --test FILE --out DIR [--profile quick] [--asked 77] [--node]
 *
 * The settings are the page's: recommended ones, a quick look as long as the speed measured here allows (the practice model is
 * trained first for that, as a first press does). OUT/run.json holds them; OUT/run is what `npm run train --config OUT/run.json`
 * makes. With --node it is the same engine in Node, on one thread, through the page's own rooms. An answer is right where it is
 * the label to the letter; it is counted besides whether it came to an end of its own, and is one of the labels at all. Single
 * settings, such as --max-steps or --r, win over the profile's. --ask-only asks what an earlier call has trained
 * so far, --plan-only says what the page would set and say before the start.
 */
import '../in-node.ts'
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, openAsBlob, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseFlags } from '../../cli/args.ts'
import { serve } from '../../cli/server.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import { dataFor } from '../../src/protocol/recipe.ts'
import {
  defaultRunConfig,
  parseRunConfig,
  type RunConfig,
  type TrainingConfig,
} from '../../src/protocol/run-config.ts'
import type { ExportedFile, ModelInfo, RunForecast, StartRequest } from '../../src/protocol/studio.ts'
import { fitted, type ProfileId, recommend } from '../../src/runs/profiles.ts'
import { questionsOf } from '../../src/ui/state/questions.ts'

const { Rooms } = await import('../rooms.ts')

const ROOT = join(import.meta.dirname, '..', '..')
/** Tokens of an answer: more than any label has, few enough for one that does not end. */
const LABEL_TOKENS = 24
/** Prompts of the data that a page asks at each evaluation, and of those rows held out. */
const [QUESTIONS, HELD_OUT] = [4, 2]
const { training: ofTraining, lora: ofLora } = defaultRunConfig()
const value = (names: string[]) => Object.fromEntries(names.map((name) => [name, 'value' as const]))
const flags = parseFlags(process.argv.slice(2), {
  ...value([...Object.keys(ofTraining), ...Object.keys(ofLora)]),
  model: 'text',
  data: 'text',
  test: 'text',
  out: 'text',
  profile: 'text',
  asked: 'number',
  node: 'switch',
  plan_only: 'switch',
  ask_only: 'switch',
}) as Record<string, unknown> & {
  model: string
  data: string
  test: string
  out: string
  profile?: ProfileId
  asked?: number
  node?: boolean
  plan_only?: boolean
  ask_only?: boolean
}
for (const name of ['model', 'data', 'test', 'out'])
  if (!flags[name]) throw new Error(`--${name} is missing: see the head of tools/trials/check-labels.ts`)
const chosen = (names: object) =>
  Object.fromEntries(Object.keys(names).flatMap((name) => (name in flags ? [[name, flags[name]]] : [])))
/** Settings that win over the profile's: its length is then not fitted. */
const own = Object.keys({ ...chosen(ofTraining), ...chosen(ofLora) }).length > 0
const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`
const folder = join(flags.out, 'run')

async function fileOf(path: string): Promise<File> {
  return new File([await openAsBlob(path)], basename(path))
}

async function filesIn(path: string): Promise<File[]> {
  return Promise.all(readdirSync(path).map((name) => fileOf(join(path, name))))
}

/** A short run of the practice model: its speed is what the page knows of this machine before a first real run. */
async function practise(rooms: InstanceType<typeof Rooms>): Promise<void> {
  const dataset = await rooms.data.openSample('pirate')
  const { training, lora } = recommend({ practice: true, parameters: 0 }, 'quick')
  const config = parseRunConfig({
    training: { ...training, max_steps: 40, eval_steps: 20, save_steps: 20 },
    lora,
    engine: { kind: 'portable' },
    data: dataFor(defaultRunConfig().data, dataset),
  })
  const recipe = { dataset: dataset.id, model: 'pebble', config }
  await rooms.data.prepare(recipe)
  const samplePrompts = await questionsOf(rooms.data, recipe, ['validation', 'train'], QUESTIONS, HELD_OUT)
  await rooms.run({ ...recipe, samplePrompts })
}

/** What the page would start, and what it would say before. */
async function planned(
  rooms: InstanceType<typeof Rooms>,
  model: ModelInfo,
): Promise<{ request: StartRequest; forecast: RunForecast }> {
  const profile = flags.profile ?? 'quick'
  const dataset = await rooms.data.openFiles([await fileOf(flags.data)])
  const usual = recommend(model, profile)
  const training = { ...usual.training, ...chosen(ofTraining) }
  const request = async (training: TrainingConfig): Promise<StartRequest> => {
    const config = parseRunConfig({
      training,
      lora: { ...usual.lora, ...chosen(ofLora) },
      engine: { kind: 'portable' },
      data: { ...dataFor(defaultRunConfig().data, dataset), name: basename(flags.data), hash: dataset.hash },
    })
    const recipe = { dataset: dataset.id, model: model.id, config }
    await rooms.data.prepare(recipe)
    const asked = await questionsOf(rooms.data, recipe, ['validation', 'train'], QUESTIONS, HELD_OUT)
    return { ...recipe, samplePrompts: asked }
  }
  const foretell = async (training: TrainingConfig) => rooms.runs.forecast(await request(training))
  const found = own
    ? { training, forecast: await foretell(training) }
    : await fitted(profile, training, foretell)
  return { request: await request(found.training), forecast: found.forecast }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function keep(at: string, files: ExportedFile[]): Promise<void> {
  for (const file of files) {
    const path = join(at, file.path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, new Uint8Array(await (await blobOf(file)).arrayBuffer()))
  }
}

/** Trains in Node; run folder as the command line writes it. */
async function trainHere(rooms: InstanceType<typeof Rooms>, request: StartRequest): Promise<void> {
  const log = join(folder, 'metrics.jsonl')
  write(join(folder, 'run.json'), JSON.stringify(request.config, null, 2))
  writeFileSync(log, '')
  let kept: Promise<unknown> = Promise.resolve()
  const took = { begin: performance.now() }
  const { run } = await rooms.run(request, (event, run) => {
    if (event.type === 'stage') return
    appendFileSync(log, `${JSON.stringify(event)}\n`)
    if (event.type === 'step' && event.step % 10 === 0)
      console.log(
        `step ${event.step} of ${event.max_steps}: loss ${event.loss.toFixed(3)}, ${event.tokens_per_second.toFixed(1)} tokens/s, ` +
          `${minutes((performance.now() - took.begin) / 1000)}`,
      )
    if (event.type === 'eval') console.log(`step ${event.step}: held-out loss ${event.eval_loss.toFixed(3)}`)
    if (event.type === 'checkpoint')
      kept = kept.then(async () =>
        keep(join(folder, 'checkpoint'), await rooms.runs.exportRun(await run, 'checkpoint')),
      )
  })
  await kept
  await keep(join(folder, 'adapter'), await rooms.runs.exportRun(run, 'peft'))
}

/** Trains by the command line, in Chromium. */
async function trainThere({ samplePrompts }: StartRequest): Promise<void> {
  const args = [
    '--model',
    flags.model,
    '--data',
    flags.data,
    '--config',
    join(flags.out, 'run.json'),
    '--out',
    folder,
  ]
  for (const { prompt } of samplePrompts) args.push('--sample', prompt)
  const child = spawn(process.execPath, [join(ROOT, 'cli/bootstrap.mjs'), 'train', ...args], {
    stdio: 'inherit',
  })
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => (status === 0 ? resolve() : reject(new Error(`npm run train: ${status}`))))
  })
}

/** The run in the folder, as far as its last checkpoint, taken over. */
async function adopted(rooms: InstanceType<typeof Rooms>, request: StartRequest) {
  const events = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent)
  const meta = JSON.parse(readFileSync(join(folder, 'checkpoint', 'checkpoint.json'), 'utf8'))
  const tensors = new Blob([readFileSync(join(folder, 'checkpoint', meta.tensors))])
  const run = await rooms.runs.importRun({ ...request, events, checkpoint: { meta, tensors } })
  return { run, step: meta.step as number, seconds: meta.seconds as number, events }
}

/** Rows of the file of questions, in its order. */
async function questions(rooms: InstanceType<typeof Rooms>, config: RunConfig) {
  const { id, rows } = await rooms.data.openFiles([await fileOf(flags.test)])
  const { prompt, response } = config.data
  if (!prompt || !response) throw new Error('the data has no prompt and response')
  const page = await rooms.data.rows(id, { offset: 0, count: Math.min(rows, flags.asked ?? 77) })
  return page.map((row) => ({ prompt: String(row[prompt]).trim(), label: String(row[response]).trim() }))
}

async function judge(
  rooms: InstanceType<typeof Rooms>,
  request: StartRequest,
  forecast: RunForecast,
): Promise<void> {
  const { run, step, seconds, events } = await adopted(rooms, request)
  const asked = await questions(rooms, request.config)
  const dataset = await rooms.data.openFiles([await fileOf(flags.data)])
  const known = new Set<string>()
  const column = request.config.data.response!
  for (const row of await rooms.data.rows(dataset.id, { offset: 0, count: dataset.rows }))
    known.add(String(row[column]).trim())
  const answers = await rooms.ask(
    request.model,
    asked.map(({ prompt }) => prompt),
    run,
    LABEL_TOKENS,
  )
  const tried = asked.map((question, i) => {
    const { text, ended } = answers[i]!
    return {
      ...question,
      given: text,
      ended,
      known: known.has(text),
      right: ended && text === question.label,
    }
  })
  const count = (of: 'right' | 'ended' | 'known') => tried.filter((one) => one[of]).length
  const losses = events.flatMap((event) => (event.type === 'eval' ? [event.eval_loss.toFixed(3)] : []))
  console.log(
    `${flags.profile ?? 'quick'}: of ${tried.length} rows never seen ${count('right')} right to the letter, ${count('ended')} ended by ` +
      `themselves, ${count('known')} one of the ${known.size} labels; ${step} of ${forecast.steps} steps in ${minutes(seconds)}; ` +
      `held-out loss ${losses.join(', ')}`,
  )
  for (const { prompt, label, given, right } of tried)
    if (!right)
      console.log(`  ${JSON.stringify(prompt)}\n    wanted ${label}\n    given  ${JSON.stringify(given)}`)
}

const server = await serve({ root: join(ROOT, 'public') })
try {
  const rooms = new Rooms(server.url)
  if (!flags.ask_only && !own) await practise(rooms)
  const model = await rooms.adding.add(await filesIn(flags.model), basename(flags.model))
  const { request, forecast } = await planned(rooms, model)
  const { training, lora } = request.config
  console.log(
    `${flags.profile ?? 'quick'}: ${forecast.steps} steps, ${forecast.tokens} tokens, ${forecast.evaluations} evaluations, ` +
      `${(forecast.plan.bytes.total / 1e9).toFixed(2)} GB; ` +
      (forecast.duration
        ? `about ${minutes(forecast.duration.seconds)} from the speed of ${forecast.duration.from}`
        : 'no speed known'),
  )
  console.log(
    `learning rate ${training.learning_rate}, ${training.per_device_train_batch_size} x ${training.gradient_accumulation_steps} ` +
      `${training.packing ? `bins of ${training.max_length} tokens` : 'rows'} a step, r ${lora.r}, alpha ${lora.lora_alpha}`,
  )
  if (!flags.ask_only && !flags.plan_only) {
    write(join(flags.out, 'run.json'), JSON.stringify({ ...request.config, model: undefined }, null, 2))
    const began = performance.now()
    await (flags.node ? trainHere(rooms, request) : trainThere(request))
    console.log(`took ${minutes((performance.now() - began) / 1000)}`)
  }
  if (!flags.plan_only) await judge(rooms, request, forecast)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await server.close()
}
