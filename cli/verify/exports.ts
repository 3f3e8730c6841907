import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunConfig } from '../../src/protocol/run-config.ts'
import { interpreter, packageVersions, runScript } from '../python.ts'
import { type Figure, holds } from './figures.ts'
import { type Base, CACHE, sha256 } from './inputs.ts'
import { rewritePage } from './report-page.ts'

/** What is loaded, besides Python. */
const LIBRARIES = [
  'torch',
  'transformers',
  'peft',
  'h5py',
  'keras-hub',
  'gguf',
  'xllamacpp',
  'mlx-lm',
] as const

/**
 * Every format of a run of a real Gemma in the library that it is for: `peers/real_exports.py`. Rewrites its part of docs/verified.md.
 * @param run a folder of `npm run train`
 * @param only these formats; figures of the others stay as they were found of the same run
 */
export async function exportedFormats(
  base: Pick<Base, 'path' | 'folder' | 'hashes'>,
  run: string,
  only: readonly string[] = [],
): Promise<Figure[]> {
  const found = await interpreter('exports')
  if ('reason' in found)
    return [holds('the libraries that exports are for can be installed', false, found.reason)]
  const answered = join(CACHE, 'exports.json')
  const args = ['--base', base.folder, '--model', base.path, '--run', run, '--json', answered]
  if (only.length > 0) args.push('--only', ...only)
  const status = await runScript(found.python, 'peers/real_exports.py', args)
  // 1: it has come to its end, and some figures are not as they should be.
  if (status > 1) return [holds('every format is exported and loaded', false, `exit code ${status}`)]
  const { parts, missing } = JSON.parse(readFileSync(answered, 'utf8')) as {
    parts: Record<string, Figure[]>
    missing: string[]
  }
  // What was not looked at is not kept.
  const absent = missing.map((format) => holds(`${format}: looked at`, false, 'no'))
  const figures = [...Object.values(parts).flat(), ...absent]
  const config = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as RunConfig
  const { tensors, step } = JSON.parse(readFileSync(join(run, 'checkpoint', 'checkpoint.json'), 'utf8')) as {
    tensors: string
    step: number
  }
  rewritePage(
    {
      figures,
      versions: packageVersions(found.python, LIBRARIES),
      hashes: {
        ...base.hashes,
        [`checkpoint/${tensors}`]: await sha256(join(run, 'checkpoint', tensors)),
      },
      notes: [
        `The run: ${step} steps, r = ${config.lora.r} on ${[config.lora.target_modules].flat().join(', ')}, alpha ${config.lora.lora_alpha}, learning rate ${config.training.learning_rate}.`,
      ],
      date: new Date().toISOString().slice(0, 10),
    },
    'verify:gemma exports',
  )
  return figures
}
