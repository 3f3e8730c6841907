import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fail } from '../../src/protocol/errors.ts'
import { parseFlags } from '../args.ts'
import { ROOT } from '../build.ts'
import { checkBase } from './inputs.ts'

/** What a whole check has. */
export const [STEPS, PROMPTS] = [10, 10]
const DATA = join(ROOT, 'public', 'datasets', 'pirate.csv')

export const HELP = `npm run verify:gemma -- [--base PATH] [--data FILE] [--steps N] [--prompts N] [--exports DIR [--formats LIST]]

Holds a real Gemma 3 270M, read from its GGUF in Chromium, against Transformers and PEFT: answers, LoRA steps, the exported
adapter, and a fine-tuning through npm run train. Fetches the model and makes the references on first use, and rewrites its section of
docs/verified.md. Needs Python 3.11 or newer (LAPIDARY_PEERS_PYTHON names one that has everything), and some 4 GB of memory.

  --base PATH  a Hugging Face folder or a .gguf file of a Gemma 3 text model, in place of the one that is fetched
  --data FILE  rows to fine-tune on (default: public/datasets/pirate.csv); slow adapters take its first rows
  --steps N    LoRA steps, at most; default ${STEPS}
  --prompts N  prompts, at most; default ${PROMPTS}
  --exports DIR  only the formats that a run is exported in: of this one, which npm run train made of the base
  --formats LIST with --exports: these alone; figures of the others stay as they were found of the same run
With fewer steps or prompts, or another model, docs/verified.md stays as it is.

The last line reads "N passed, N failed"; exit code 0 where nothing failed.`

export interface Options {
  base: string | undefined
  data: string
  steps: number
  prompts: number
  /** A run, whose exports alone are checked. */
  exports: string | undefined
  /** Of its formats these; all where none is named. */
  formats: string[]
}

/** Null for --help. @throws LapidaryError for what can be told before any work */
export function readOptions(argv: string[]): Options | null {
  const flags = parseFlags(argv, {
    base: 'text',
    data: 'text',
    steps: 'number',
    prompts: 'number',
    exports: 'text',
    formats: 'list',
    help: 'switch',
  })
  if (flags.help) return null
  const count = (name: 'steps' | 'prompts', most: number) => {
    const value = flags[name] ?? most
    if (!Number.isInteger(value) || value < 1 || value > most)
      fail('bad_config', `--${name} takes a whole number from 1 to ${most}.`, 'See --help.', { found: value })
    return value
  }
  const data = resolve(flags.data ?? DATA)
  if (!existsSync(data)) fail('missing_file', `There is no file ${data}.`, 'Check --data.', { path: data })
  const base = flags.base === undefined ? undefined : resolve(flags.base)
  if (base !== undefined) checkBase(base)
  const exports = flags.exports === undefined ? undefined : resolve(flags.exports)
  if (exports !== undefined && !existsSync(join(exports, 'run.json')))
    fail('missing_file', `There is no run in ${exports}.`, 'Give the folder of a run with --exports.', {
      path: exports,
    })
  const { formats = [] } = flags
  if (formats.length > 0 && exports === undefined)
    fail('bad_config', '--formats needs --exports.', 'Name the run with --exports.')
  return { base, data, steps: count('steps', STEPS), prompts: count('prompts', PROMPTS), exports, formats }
}
