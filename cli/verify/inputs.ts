import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BatchJson } from '../../src/protocol/batch.ts'
import { fail } from '../../src/protocol/errors.ts'
import { ROOT } from '../build.ts'
import { runScript } from '../python.ts'
import type { ReferencePrompt } from './figures.ts'
import type { VerifyJob } from './page.ts'

export const CACHE = join(ROOT, '.cache', 'verify')
/** Where the converted model is kept. */
const MODEL = join(ROOT, '.cache', 'gemma-3-270m')

export interface Base {
  folder: string
  /** SHA-256 of its files, and of what they were made from, by name. */
  hashes: Record<string, string>
  /** Whether it is Gemma 3 270M as tools/gguf-to-hf.py makes it. */
  converted: boolean
}

/** source.json, which tools/gguf-to-hf.py leaves beside what it made. */
interface Source {
  inputs_sha256: Record<string, string>
  outputs_sha256: Record<string, string>
}

const NEEDED = ['model.safetensors', 'tokenizer.json', 'config.json']

/** @throws LapidaryError `missing_file` where something of a model is not there */
export function checkFolder(folder: string): void {
  const missing = NEEDED.findLast((name) => !existsSync(join(folder, name)))
  if (missing)
    fail(
      'missing_file',
      `There is no ${missing} in ${folder}.`,
      'Give a whole Hugging Face folder with --base.',
    )
}

/** Gemma 3 270M, fetched and converted unless it is there; or the folder given. Every hash is checked. */
export async function openBase(given: string | undefined, python: string): Promise<Base> {
  const folder = given ?? MODEL
  if (given === undefined && !existsSync(folder)) {
    const args = [folder, '--cache', join(ROOT, '.cache', 'downloads')]
    if ((await runScript(python, 'tools/gguf-to-hf.py', args)) !== 0)
      fail(
        'network',
        'Gemma 3 270M could not be made, see above.',
        'Try again, or give a folder with --base.',
      )
  }
  for (const name of ['config.json', 'tokenizer.json', 'model.safetensors'])
    if (!existsSync(join(folder, name)))
      fail(
        'missing_file',
        `There is no ${name} in ${folder}.`,
        'Give a whole Hugging Face folder with --base.',
      )
  const hashes: Record<string, string> = {}
  for (const name of NEEDED) hashes[name] = await sha256(join(folder, name))
  const note = join(folder, 'source.json')
  if (!existsSync(note)) return { folder, hashes, converted: false }
  const source = JSON.parse(readFileSync(note, 'utf8')) as Source
  for (const [name, hash] of Object.entries(hashes))
    if (source.outputs_sha256[name] !== hash)
      fail(
        'bad_file',
        `${name} in ${folder} is not what was converted.`,
        'Remove the folder and try again.',
        {
          expected: source.outputs_sha256[name] ?? null,
          found: hash,
        },
      )
  const gguf = /^GGUF_SHA256 = "(\w+)"/m.exec(readFileSync(join(ROOT, 'tools/gguf-to-hf.py'), 'utf8'))?.[1]
  const converted = Object.values(source.inputs_sha256).includes(gguf ?? '')
  return { folder, hashes: { ...source.inputs_sha256, ...hashes }, converted }
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
