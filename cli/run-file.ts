import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type RunFile, readRunFile } from '../src/export/run-file-reader.ts'
import { fail } from '../src/protocol/errors.ts'
import { RUN_FILE_ENDING } from '../src/protocol/run-file.ts'

/** A run that a command is given: the folder that npm run train left, or the file of a run, which is unpacked. */
export interface RunPlace {
  folder: string
  /** What it is called. */
  name: string
  /** Where results of it go. */
  out: string
}

/** What a run's file is called without its ending. */
export const stemOf = (file: string) => basename(file).replace(/(\.lapidary-run[^./\\]*)?(\.zip)?$/i, '')

/**
 * @param given with `--run`
 * @throws LapidaryError as `readRunFile`
 */
export async function runPlace(given: string): Promise<RunPlace> {
  const path = resolve(given)
  if (!existsSync(path) || !statSync(path).isFile()) return { folder: path, name: basename(path), out: path }
  const scratch = mkdtempSync(join(tmpdir(), 'lapidary-run-'))
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
  const folder = join(scratch, 'run')
  await unpackRun(path, folder)
  const name = stemOf(path)
  return { folder, name, out: join(dirname(path), name) }
}

/**
 * Unpacks the file of a run to a folder as npm run train leaves one, whole or not at all.
 * @throws LapidaryError as `readRunFile`; `output_exists`; `missing_file` where it holds no checkpoint
 */
export async function unpackRun(path: string, folder: string): Promise<void> {
  if (existsSync(folder))
    fail('output_exists', `${folder} exists already.`, 'Name a folder that does not exist yet with --out.', {
      path: folder,
    })
  if (!existsSync(path))
    fail('missing_file', `There is no file ${path}.`, 'Check the path of the run file.', { path })
  const name = basename(path)
  const file = await readRunFile(await openAsBlob(path), name)
  if (!file.record.checkpoints.some(({ last }) => last))
    fail(
      'missing_file',
      `${name} holds no checkpoint of its run: there is nothing to go on from, to export or to evaluate.`,
      'Save the run again with its last checkpoint.',
      { path },
    )
  const part = `${folder}.${process.pid}.part`
  try {
    for (const [to, from] of placesOf(file)) {
      const target = join(part, to)
      mkdirSync(dirname(target), { recursive: true })
      await pipeline(Readable.from(file.stream(from)), createWriteStream(target))
    }
    mkdirSync(dirname(folder), { recursive: true })
    renameSync(part, folder)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

/** Where each of its entries goes. */
function placesOf({ paths, record }: RunFile): Map<string, string> {
  const last = record.checkpoints.find((one) => one.last)!.step
  const places = new Map<string, string>()
  for (const path of paths) {
    const step = /^checkpoints\/step-(\d+)\.json$/.exec(path)?.[1]
    if (step !== undefined) {
      places.set(Number(step) === last ? 'checkpoint/checkpoint.json' : `checkpoint/step-${step}.json`, path)
    } else places.set(path.replace(/^checkpoints\//, 'checkpoint/'), path)
  }
  if (paths.includes('adapter/proof.json')) places.set('checkpoint/proof.json', 'adapter/proof.json')
  if (record.template) places.set('checkpoint/chat_template.jinja', 'adapter/chat_template.jinja')
  return places
}

/** What the file of a run is called, in a folder. */
export const runFilePath = (out: string, name: string) => join(out, `${name}${RUN_FILE_ENDING}`)
