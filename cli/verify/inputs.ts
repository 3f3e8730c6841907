import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { plainFiles } from '../../src/model/plain-files.ts'
import type { BatchJson } from '../../src/protocol/batch.ts'
import { fail } from '../../src/protocol/errors.ts'
import { ggufStem, isGguf } from '../../src/workers/gguf-names.ts'
import { ROOT } from '../build.ts'
import {
  checkModelPath,
  hashOf,
  openModelPath,
  type ServedModel,
  servedModel,
  writeModelFolder,
} from '../model-path.ts'
import { runScript } from '../python.ts'
import type { ReferencePrompt } from './figures.ts'
import type { VerifyJob } from './page.ts'

export const CACHE = join(ROOT, '.cache', 'verify')
const DOWNLOADS = join(ROOT, '.cache', 'downloads')
const GGUF = 'gemma-3-270m-q4_k_m.gguf'

export interface Base {
  /** What the studio is given: a folder, or a .gguf file. */
  path: string
  /** The same model as a Hugging Face folder, for Transformers. */
  folder: string
  /** What is served of it, which is what the folder holds, by SHA-256. */
  served: ServedModel
  /** SHA-256 of its files, and of the GGUF, by name. */
  hashes: Record<string, string>
  /** Folder of the official tokenizer, for the model that is fetched; null for another. */
  tokenizer: string | null
}

const NEEDED = ['model.safetensors', 'tokenizer.json', 'config.json']

/** @throws LapidaryError `missing_file` where something of a model is not there */
export function checkBase(path: string): void {
  if (isGguf(path)) {
    checkModelPath(path)
    return
  }
  const missing = NEEDED.findLast((name) => !existsSync(join(path, name)))
  if (missing)
    fail(
      'missing_file',
      `There is no ${missing} in ${path}.`,
      'Give a whole Hugging Face folder, or a .gguf file, with --base.',
    )
}

/** Gemma 3 270M as GGUF, fetched unless it is there; or what was given. A GGUF is written as a folder, too, for Transformers. */
export async function openBase(given: string | undefined, python: string): Promise<Base> {
  if (given === undefined && (await runScript(python, 'peers/fetch_gemma.py', ['--cache', DOWNLOADS])) !== 0)
    fail(
      'network',
      'Gemma 3 270M could not be fetched, see above.',
      'Try again, or give a model with --base.',
    )
  const path = given ?? join(DOWNLOADS, GGUF)
  const served = await servedModel(path)
  const { files } = JSON.parse(served.manifest) as { files: Record<string, { hash: string }> }
  const hashes: Record<string, string> = {}
  if (statSync(path).isFile()) hashes[basename(path)] = await sha256(path)
  for (const name of NEEDED) hashes[name] = files[name]!.hash
  return {
    path,
    folder: statSync(path).isFile() ? await writtenFolder(path, hashes) : path,
    served,
    hashes,
    tokenizer: given === undefined ? join(DOWNLOADS, 'gemma3-tokenizer') : null,
  }
}

/** The folder of a GGUF, kept from before where its files are what the studio reads, bit for bit. */
async function writtenFolder(path: string, hashes: Record<string, string>): Promise<string> {
  const folder = join(CACHE, 'models', ggufStem(basename(path)))
  // Transformers knows no blocks: in the folder they are f32, the same values.
  const plain = await plainFiles(await openModelPath(path), 'F32')
  const weights = await hashOf(plain.get('model.safetensors')!)
  const wanted = (name: string) => (name === 'model.safetensors' ? weights : hashes[name])
  const kept = existsSync(folder)
    ? await Promise.all(NEEDED.map(async (name) => (await sha256(join(folder, name))) === wanted(name)))
    : [false]
  if (!kept.every(Boolean)) {
    rmSync(folder, { recursive: true, force: true })
    await writeModelFolder(path, folder)
  }
  for (const name of NEEDED)
    if ((await sha256(join(folder, name))) !== wanted(name))
      fail('internal', `${name} in ${folder} is not what the studio reads.`, 'Please report this.')
  return folder
}

export interface References {
  folder: string
  prompts: ReferencePrompt[]
  answers: VerifyJob['answers']
  scalars: VerifyJob['scalars']
  steps: BatchJson[][]
  losses: { loss: number; learning_rate: number; grad_norm: number }[]
}

/** What peers/real_reference.py depends on. */
const SCRIPTS = ['real_reference', 'reference', 'train_reference', 'check_adapter', 'check_base']

/** Answers and losses of Transformers and PEFT, computed unless they are kept from the same inputs. */
export async function openReferences(base: Base, steps: number, python: string): Promise<References> {
  const key = createHash('sha256').update(JSON.stringify([steps, base.hashes]))
  for (const file of [...SCRIPTS.map((name) => `${name}.py`), 'page.txt', 'requirements.txt'])
    key.update(readFileSync(join(ROOT, 'peers', file)))
  const folder = join(CACHE, `reference-${key.digest('hex').slice(0, 16)}`)
  if (!existsSync(folder)) {
    // Written beside and renamed: a folder that is there is whole.
    const part = `${folder}.${process.pid}.part`
    const args = ['--base', base.folder, '--out', part, '--steps', String(steps)]
    if ((await runScript(python, 'peers/real_reference.py', args)) !== 0) {
      rmSync(part, { recursive: true, force: true })
      fail('internal', 'Transformers and PEFT gave no reference, see above.', 'Try again.')
    }
    renameSync(part, folder)
  }
  const read = <T>(name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T
  const prompts = read<{ max_new_tokens: number; stop_tokens: number[]; prompts: ReferencePrompt[] }>(
    'prompts.json',
  )
  const batches = read<Pick<References, 'scalars' | 'steps'>>('batches.json')
  return {
    folder,
    prompts: prompts.prompts,
    answers: { maxNewTokens: prompts.max_new_tokens, stopTokens: prompts.stop_tokens },
    ...batches,
    losses: read<{ steps: References['losses'] }>('losses.json').steps,
  }
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
