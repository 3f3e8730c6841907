import { createHash } from 'node:crypto'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  openAsBlob,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type ByteSource, blobSource } from '../src/files/bytes.ts'
import { openWeights } from '../src/files/weights.ts'
import { plainFiles } from '../src/model/plain-files.ts'
import { resolveWeights } from '../src/model/weights.ts'
import { fail } from '../src/protocol/errors.ts'
import { type ReplacedFile, replacedFiles } from '../src/tokens/chat.ts'
import { ADAPTER_FILES, isAdapterFolder, refuseAsModel } from '../src/workers/adapter-folder.ts'
import { ggufParts, ggufStem, isGguf, isZip } from '../src/workers/gguf-names.ts'
import { readConfig } from '../src/workers/library.ts'
import { isModelFile, modelFolderOf, refuseOtherWeights } from '../src/workers/model-files.ts'
import { ROUNDED_PATH } from './rounded-cache.ts'

/** Bytes of a model's file read at a time. */
const PIECE_BYTES = 4 * 2 ** 20

/**
 * A model on disk: a Hugging Face folder, a `.gguf` file (or the first part of a split one), or a folder with one; a `.zip` of either.
 * @throws LapidaryError `missing_file`, saying what is not there
 */
export function checkModelPath(path: string): string {
  const found = existsSync(path) ? statSync(path) : null
  if (found?.isFile() && (isGguf(path) || isZip(path))) return path
  if (!found?.isDirectory())
    fail(
      'missing_file',
      found
        ? `${path} is not a model.`
        : isGguf(path) || isZip(path)
          ? `There is no file ${path}.`
          : `There is no model folder ${path}.`,
      'Give --model pebble, a .gguf file, or a folder with config.json, tokenizer.json and *.safetensors (or a .zip of it).',
      { path },
    )
  const names = readdirSync(path)
  if (isAdapterFolder(names)) {
    const config = join(path, ADAPTER_FILES[0])
    refuseAsModel(path, existsSync(config) ? JSON.parse(readFileSync(config, 'utf8')) : null)
  }
  const safetensors = names.some((name) => name.endsWith('.safetensors'))
  if (!safetensors && names.some(isGguf)) return path
  refuseOtherWeights(names)
  for (const needed of ['config.json', 'tokenizer.json'])
    if (!names.includes(needed))
      fail('missing_file', `The model folder ${path} has no ${needed}.`, 'Give the whole model folder.', {
        path: join(path, needed),
      })
  if (!safetensors)
    fail('missing_file', `The model folder ${path} has no *.safetensors.`, 'Give the whole model folder.', {
      path,
    })
  return path
}

/** Whether it is a folder with safetensors, which wins over a GGUF beside it. */
const isFolder = (path: string) =>
  statSync(path).isDirectory() && readdirSync(path).some((name) => name.endsWith('.safetensors'))

/**
 * The files of a model, as they lie in its folder or as its GGUF stands for.
 * @throws LapidaryError for what a GGUF is refused for
 */
export async function openModelPath(path: string): Promise<ReadonlyMap<string, ByteSource>> {
  const whole = statSync(path).isFile()
  const folder = whole ? dirname(path) : path
  const names = whole
    ? ggufParts(basename(path)).filter((name) => existsSync(join(folder, name)))
    : readdirSync(folder).filter((name) => isModelFile(name) || isGguf(name))
  const files = new Map<string, ByteSource>()
  for (const name of names.sort()) files.set(name, blobSource(await openAsBlob(join(folder, name))))
  return modelFolderOf(files)
}

export interface ServedModel {
  /** By name: where a file lies, or what it is. */
  files: ReadonlyMap<string, string | ByteSource>
  /** Names the model, and each file's SHA-256. */
  manifest: string
  /** Whether Gemma's own takes the place of something, in a line; null where nothing is missing. */
  replaced: string | null
}

export async function servedModel(path: string): Promise<ServedModel> {
  const opened = await openModelPath(path)
  const hashes: Record<string, { hash: string }> = {}
  for (const [name, source] of opened) hashes[name] = { hash: await hashOf(source) }
  const lying = [...opened.keys()].map((name) => [name, join(path, name)] as const)
  return {
    files: isFolder(path) ? new Map(lying) : opened,
    manifest: JSON.stringify({ name: ggufStem(basename(path)), files: hashes, rounded: ROUNDED_PATH }),
    replaced: replacedLine(await replacedFiles(opened)),
  }
}

function replacedLine(replaced: readonly ReplacedFile[]): string | null {
  if (replaced.length === 0) return null
  return `The model came without a ${replaced.join(' and without a ')}: Gemma's own takes ${replaced.length > 1 ? 'their' : 'its'} place.`
}

/** SHA-256 of a whole file, hex. */
export async function hashOf(source: ByteSource): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of piecesOf(source)) hash.update(piece)
  return hash.digest('hex')
}

/** A whole file, piece by piece. */
export async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < source.size; at += PIECE_BYTES)
    yield source.read(at, Math.min(source.size, at + PIECE_BYTES))
}

/**
 * A model's files as a folder on disk for other programs, blocks as F32, written beside it and renamed: one that is there is whole.
 * @throws LapidaryError `output_exists`; for whatever a model is refused for, nothing written
 */
export async function writeModelFolder(path: string, out: string): Promise<void> {
  if (existsSync(out)) fail('output_exists', `${out} exists already.`, 'Name another folder.', { path: out })
  const files = await openModelPath(path)
  resolveWeights(await readConfig(files), await openWeights(files))
  const plain = await plainFiles(files, 'F32')
  const part = `${out}.${process.pid}.part`
  mkdirSync(part, { recursive: true })
  try {
    for (const [name, source] of plain) await pipeline(piecesOf(source), createWriteStream(join(part, name)))
    renameSync(part, out)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}
