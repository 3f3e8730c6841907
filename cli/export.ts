import {
  createWriteStream,
  existsSync,
  mkdirSync,
  openAsBlob,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { addsNothing, effectOf } from '../src/export/proof.ts'
import { withProof } from '../src/export/proof-files.ts'
import type { ExportSource } from '../src/export/source.ts'
import { fail, toFailure } from '../src/protocol/errors.ts'
import type { RunEvent } from '../src/protocol/events.ts'
import { blobFile } from '../src/protocol/exported.ts'
import { CHANGES_NOTHING, type Proof } from '../src/protocol/proof.ts'
import type { ExportedFile } from '../src/protocol/studio.ts'
import { manifestHash } from '../src/storage/models.ts'
import { parseMeta } from '../src/trainer/checkpoint.ts'
import { CHAT_PAGE, CHAT_PAGE_LIST } from '../src/workers/chat-page-files.ts'
import { exportSource } from '../src/workers/export-source.ts'
import { type OpenModel, openFiles } from '../src/workers/library.ts'
import { parseFlags } from './args.ts'
import { ensureBuilt, ROOT } from './build.ts'
import { descriptionOf, type From, requireStep } from './checkpoint-folder.ts'
import { folderOf, formatIds, loadFormat, requireFormats } from './export-formats.ts'
import { checkerText, proofFor } from './export-proof.ts'
import { hashOf, openModelPath } from './model-path.ts'
import { pushExport, pushJob } from './push.ts'
import { report } from './report.ts'
import { readRun, requireRun } from './train-before.ts'
import { modelOf } from './train-job.ts'

/** npm run export: a run's last checkpoint in further formats, from its folder and the base model; needs no browser. */

const HELP = `npm run export -- --run DIR --format F[,F...] [options]

Writes the last checkpoint of a run, or another that is kept, in further formats, each as a folder of its own. Where a library
loads what is written, a proof of effect comes with it: check.py says there whether it works, is without effect, or differs. It is made once for a
checkpoint, where npm run train has not made it by then.

  --run DIR       what npm run train has left
  --format LIST   ${formatIds().join(', ')}
  --step N        the checkpoint of that step, where --save-total-limit has kept it
  --out DIR       where the folders are put (default: the run's own)
  --model M       the base model, where it is not where run.json says
  --no-proof      leave the proof out: a large model takes long to answer on the processor
  --push REPO     in place of a folder here, a new repository OWNER/NAME on the Hub with one format; with HF_TOKEN (and
                  HF_ENDPOINT) as of huggingface_hub. What is sent is listed first
  --public        with --push: for everybody to see (default: private)
  --list          the formats and what reads them
  --help

Exit code: 0 done, 2 bad input (one line on standard error says what, where, and what to do), 1 anything else.`

const SPEC = {
  run: 'text',
  format: 'list',
  step: 'text',
  out: 'text',
  model: 'text',
  proof: 'switch',
  push: 'text',
  public: 'switch',
  list: 'switch',
  help: 'switch',
} as const

async function main(argv: string[]): Promise<void> {
  const flags = parseFlags(argv, SPEC)
  if (flags.help) {
    console.log(HELP)
    return
  }
  if (flags.list) {
    for (const id of formatIds()) {
      const { about, for: places } = await loadFormat(id)
      console.log(`${id.padEnd(12)} ${about} (${places.join(', ')})`)
    }
    return
  }
  if (flags.run === undefined || flags.format === undefined)
    fail(
      'bad_config',
      '--run and --format are needed: the folder of a run, and what to write.',
      'See --help.',
      {
        flag: flags.run === undefined ? '--run' : '--format',
      },
    )
  const formats = [...new Set(flags.format)]
  requireFormats(formats, '--format')
  const { run } = flags
  const push = flags.push === undefined ? null : pushJob(flags.push, flags.public ? 'public' : 'private')
  if (push === null && flags.public !== undefined)
    fail('bad_config', '--public goes with --push only.', 'See --help.', { flag: '--public' })
  if (push && formats.length > 1)
    fail('bad_config', '--push takes one format.', 'Push each to a repository of its own.', {
      flag: '--format',
    })
  if (push && flags.out !== undefined)
    fail('bad_config', '--push and --out do not go together.', 'Leave one of the two out.', { flag: '--out' })
  requireRun(run)
  const proven = (flags.proof ?? true) && (await Promise.all(formats.map(carriesProof))).includes(true)
  const from = flags.step === undefined ? 'last' : requireStep(flags.step, '--step', run)
  if (push) {
    const source = await sourceOf(run, from, flags.model, proven)
    const { name } = await loadFormat(formats[0]!)
    const title = `${source.baseModel}, fine-tuned: ${name}, step ${source.step}`
    const write = async (folder: string) => writeFormat(folder, formats[0]!, source)
    console.log(await pushExport(push, title, write, (line) => process.stderr.write(`${line}\n`)))
    return
  }
  const out = resolve(flags.out ?? run)
  for (const format of formats) {
    const path = join(out, folderOf(format))
    if (existsSync(path))
      fail('output_exists', `${path} exists already.`, 'Remove it, or name another folder with --out.', {
        path,
      })
  }
  const source = await sourceOf(run, from, flags.model, proven)
  for (const format of formats) {
    const path = join(out, folderOf(format))
    await writeFormat(path, format, source)
    console.log(path)
  }
}

/** With the proof, where there is one. */
async function writeFormat(path: string, format: string, source: ExportSource): Promise<void> {
  const exporter = await loadFormat(format)
  const files = await exporter.files(source, {})
  await writeFolder(path, await withProof(files, exporter, source.proof ?? null, checkerText))
}

/** @param proven whether with the proof, which may have to be made */
async function sourceOf(
  run: string,
  from: From,
  given: string | undefined,
  proven: boolean,
): Promise<ExportSource> {
  const config = readRun(run)
  const description = join(run, 'checkpoint', descriptionOf(from))
  if (!existsSync(description))
    fail(
      'missing_file',
      `There is no checkpoint in ${run} yet.`,
      'Go on with the run first: npm run train -- --resume.',
      {
        path: description,
      },
    )
  const json = JSON.parse(readFileSync(description, 'utf8')) as { tensors: string }
  const meta = parseMeta(json)
  const template = join(run, 'checkpoint', 'chat_template.jinja')
  // Found before anything is written.
  const model = await baseOf(given ?? config.model.id, meta.hashes.base)
  const tensors = await openAsBlob(join(run, 'checkpoint', json.tensors))
  const proof = proven ? await proofOrWhyNot(run, { config, model, meta, tensors }) : null
  const source = exportSource({
    config,
    baseModel: model.info.name,
    template: existsSync(template) ? readFileSync(template, 'utf8') : null,
    meta,
    tensors,
    proof,
    events: async () =>
      readFileSync(join(run, 'metrics.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        // A crash may have cut off the last line, which is behind the checkpoint then.
        .slice(0, meta.event_count)
        .map((line) => JSON.parse(line) as RunEvent),
    model: async () => model,
    chatPage: builtChatPage,
  })
  if (addsNothing(await source.lora()) || (proof && effectOf(proof) === 0)) say(CHANGES_NOTHING)
  return source
}

/** A checkpoint has the proof beside it, too. */
const carriesProof = async (format: string) =>
  format === 'checkpoint' || (await loadFormat(format)).check !== undefined

const say = (text: string) => process.stderr.write(`${text}\n`)

/** What is exported is the same without it, and not lost with it. */
async function proofOrWhyNot(
  ...[run, checkpoint]: [string, Parameters<typeof proofFor>[1]]
): Promise<Proof | null> {
  try {
    return await proofFor(run, checkpoint, () =>
      say('Making the proof of effect: base and tuned model answer five prompts ...'),
    )
  } catch (error) {
    const { message, hint, detail } = toFailure(error)
    // Of a damaged checkpoint there is nothing to export.
    if (detail?.checkpoint !== undefined) throw error
    say(`Exported without a proof of effect: ${message} ${hint ?? ''}`.trim())
    return null
  }
}

/** @throws LapidaryError `bad_model` where it is not what the run was trained on */
async function baseOf(given: string, wanted: string): Promise<OpenModel> {
  const { name, path } = await modelOf(given)
  const files = await openModelPath(path ?? join(ROOT, 'public', 'models', 'pebble'))
  const hashes: Record<string, { hash: string }> = {}
  for (const [file, source] of files) hashes[file] = { hash: await hashOf(source) }
  const hash = manifestHash(hashes)
  if (hash !== wanted)
    fail(
      'bad_model',
      `${name} is not what this run was trained on.`,
      'Give the model that it was trained on: --model.',
      {
        expected: wanted,
        found: hash,
      },
    )
  const called =
    path === null
      ? 'Pebble'
      : (name
          .replace(/[\\/]+$/, '')
          .split(/[\\/]/)
          .at(-1) as string)
  return openFiles(path === null ? 'pebble' : name, called, files, hash)
}

/** Of the studio as it is built here. */
async function builtChatPage(): Promise<ExportedFile[]> {
  const folder = join(await ensureBuilt((text) => console.error(text)), CHAT_PAGE)
  const paths = JSON.parse(readFileSync(join(folder, CHAT_PAGE_LIST), 'utf8')) as string[]
  return Promise.all(paths.map(async (path) => blobFile(path, await openAsBlob(join(folder, path)))))
}

/** Written beside and renamed: a folder that is there is whole. */
async function writeFolder(path: string, files: readonly ExportedFile[]): Promise<void> {
  const part = `${path}.${process.pid}.part`
  try {
    for (const file of files) {
      const target = join(part, file.path)
      mkdirSync(dirname(target), { recursive: true })
      await pipeline(file.chunks(), createWriteStream(target))
    }
    renameSync(part, path)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

// Whoever reads has had enough, such as `| head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = report(error)
}
