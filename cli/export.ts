import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { downloadZip } from 'client-zip'
import { withProof } from '../src/export/proof-files.ts'
import type { ExportSource } from '../src/export/source.ts'
import { fail } from '../src/protocol/errors.ts'
import { commitTitle, kindOfFormat } from '../src/protocol/rooms/push.ts'
import { KEPT_IN_FILE, type RunFileOptions } from '../src/protocol/run-file.ts'
import type { ExportedFile } from '../src/protocol/studio.ts'
import { parseFlags } from './args.ts'
import { requireStep } from './checkpoint-folder.ts'
import { requireRoom, unwritten } from './disk.ts'
import { folderOf, formatIds, loadFormat, requireFormats } from './export-formats.ts'
import { checkerText } from './export-proof.ts'
import { carriesProof, sourceOf } from './export-source.ts'
import { pushExport, pushJob } from './push.ts'
import { report } from './report.ts'
import { runFilePath, runPlace } from './run-file.ts'
import { runFileOf } from './run-file-source.ts'
import { requireWritable } from './run-folder.ts'
import { requireRun } from './train-before.ts'

/** npm run export: a run's last checkpoint in further formats, from its folder and the base model; needs no browser. */

/** The run itself as one file, which is no folder of a format. */
const RUN = 'run'

const HELP = `npm run export -- --run DIR --format F[,F...] [options]

Writes the last checkpoint of a run, or another that is kept, in further formats, each as a folder of its own. Where a library
loads what is written, a proof of effect comes with it: check.py says there whether it works, is without effect, or differs. It is made once for a
checkpoint, where npm run train has not made it by then.

  --run DIR       what npm run train has left, or the file of a run (NAME.lapidary-run.zip)
  --format LIST   ${[...formatIds(), RUN].join(', ')}
  --step N        the checkpoint of that step, where --save-total-limit has kept it
  --out DIR       where the folders are put (default: the run's own; of a file, a folder of its name beside it)
  --model M       the base model, where it is not where run.json says
  --no-proof      leave the proof out: a large model takes long to answer on the processor
  --show TEXT     a question that the run was asked at its validations, for the card to show with its answers; may be given
                  several times. By default cards show no row of anybody's data; they name its file and have the settings
  --push REPO     in place of a folder here, a new repository OWNER/NAME on the Hub with one format, of the format space a
                  Space, which runs there; with HF_TOKEN (and HF_ENDPOINT) as of huggingface_hub. What is sent is listed first
  --public        with --push: for everybody to see (default: private)
  --list          the formats and what reads them
  --help

--format run is the run itself as one file, which another Lapidary opens: settings, log, adapter and checkpoints.
  --checkpoints W ${KEPT_IN_FILE.join(', ')} (default: last)
  --rows samples  with the questions that were asked at each validation, and the answers. By default the file holds no row of the
                  data, and says what was left out
  --by NAME       a name that is shown where it is opened

Exit code: 0 done, 2 bad input (one line on standard error says what, where, and what to do), 1 anything else.`

const SPEC = {
  run: 'text',
  format: 'list',
  step: 'text',
  out: 'text',
  model: 'text',
  proof: 'switch',
  show: 'paths',
  push: 'text',
  public: 'switch',
  checkpoints: 'text',
  rows: 'list',
  by: 'text',
  list: 'switch',
  help: 'switch',
} as const
type Given = ReturnType<typeof parseFlags<typeof SPEC>>

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
    console.log(`${RUN.padEnd(12)} The run itself as one file, which another Lapidary opens. (lapidary)`)
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
  const asked = [...new Set(flags.format)]
  requireFormats(asked, '--format', [RUN])
  const formats = asked.filter((format) => format !== RUN)
  const options = asked.includes(RUN) ? runOptions(flags) : null
  if (!options)
    for (const flag of ['checkpoints', 'rows', 'by'] as const)
      if (flags[flag] !== undefined)
        fail('bad_config', `--${flag} goes with --format ${RUN} only.`, 'See --help.', { flag: `--${flag}` })
  const push = flags.push === undefined ? null : pushJob(flags.push, flags.public ? 'public' : 'private')
  if (push === null && flags.public !== undefined)
    fail('bad_config', '--public goes with --push only.', 'See --help.', { flag: '--public' })
  if (push && (formats.length > 1 || options))
    fail(
      'bad_config',
      options ? '--push takes a format of an export, and no run file.' : '--push takes one format.',
      'Push each to a repository of its own.',
      { flag: '--format' },
    )
  if (push && flags.out !== undefined)
    fail('bad_config', '--push and --out do not go together.', 'Leave one of the two out.', { flag: '--out' })
  const place = await runPlace(flags.run)
  const run = place.folder
  requireRun(run, '--run')
  const wantsProof = flags.proof ?? true
  const proven = wantsProof && (await Promise.all(formats.map(carriesProof))).includes(true)
  const from = flags.step === undefined ? 'last' : requireStep(flags.step, '--step', run)
  if (push) {
    const source = await sourceOf(run, from, flags.model, proven, flags.show)
    const files = await filesOf(formats[0]!, source)
    const { name } = await loadFormat(formats[0]!)
    const title = commitTitle(source.baseModel, name, source.step)
    const write = (folder: string) => writeFolder(folder, files)
    const job = { ...push, kind: kindOfFormat(formats[0]!) }
    console.log(await pushExport(job, title, write, (line) => process.stderr.write(`${line}\n`)))
    return
  }
  const out = resolve(flags.out ?? place.out)
  requireWritable(out, '--out')
  const runFile = runFilePath(out, place.name)
  for (const path of [...formats.map((format) => join(out, folderOf(format))), ...(options ? [runFile] : [])])
    if (existsSync(path))
      fail('output_exists', `${path} exists already.`, 'Remove it, or name another folder with --out.', {
        path,
      })
  // All are made before any is written: what one of them refuses leaves nothing.
  const source = formats.length > 0 ? await sourceOf(run, from, flags.model, proven, flags.show) : null
  const made: [path: string, files: ExportedFile[]][] = []
  for (const format of formats) made.push([join(out, folderOf(format)), await filesOf(format, source!)])
  const entries = options && (await runFileOf(place, flags.model, wantsProof, options))
  const every = [...made.flatMap(([, files]) => files), ...(entries ?? [])]
  requireRoom(
    out,
    every.reduce((sum, { size }) => sum + size, 0),
    '--out',
  )
  for (const [path, files] of made) {
    await writeFolder(path, files)
    console.log(path)
  }
  if (entries) {
    await writeZip(runFile, entries)
    console.log(runFile)
  }
}

/** What of a run goes into its file. @throws LapidaryError `bad_config` */
function runOptions({ checkpoints = 'last', rows = [], by, step }: Given): RunFileOptions {
  const kept = KEPT_IN_FILE.find((each) => each === checkpoints)
  if (!kept)
    fail(
      'bad_config',
      `There is no --checkpoints ${checkpoints}.`,
      `Choose from: ${KEPT_IN_FILE.join(', ')}.`,
      {
        flag: '--checkpoints',
      },
    )
  for (const what of rows)
    if (what !== 'samples')
      fail(
        'bad_config',
        `--rows ${what} cannot be had here: a run's folder keeps no rows of its data.`,
        'Choose --rows samples, or hand the file of the data on beside the run.',
        { flag: '--rows' },
      )
  if (step !== undefined)
    fail(
      'bad_config',
      `--step does not go with --format ${RUN}.`,
      'Choose with --checkpoints what goes along: none, last, best or all.',
      { flag: '--step' },
    )
  return { checkpoints: kept, rows: { samples: rows.length > 0 }, ...(by !== undefined && { by }) }
}

/** Of a format, with the proof, where there is one. */
async function filesOf(format: string, source: ExportSource): Promise<ExportedFile[]> {
  const exporter = await loadFormat(format)
  return withProof(await exporter.files(source, {}), exporter, source.proof ?? null, checkerText)
}

const NOTHING_LEFT =
  'Make room there, or name another folder with --out, and run the same command again. Nothing of it is left, and the run is as it was.'

/** Written beside and renamed: a file that is there is whole. */
async function writeZip(path: string, files: readonly ExportedFile[]): Promise<void> {
  const part = `${path}.${process.pid}.part`
  const entries = files.map(({ path: name, size, chunks }) => ({ name, size, input: chunks() }))
  try {
    mkdirSync(dirname(path), { recursive: true })
    await pipeline(Readable.fromWeb(downloadZip(entries).body! as never), createWriteStream(part))
    renameSync(part, path)
  } catch (error) {
    throw unwritten(error, path, NOTHING_LEFT)
  } finally {
    rmSync(part, { force: true })
  }
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
  } catch (error) {
    throw unwritten(error, path, NOTHING_LEFT)
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
