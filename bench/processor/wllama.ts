import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../cli/build.ts'
import type { Bed } from './browser.ts'
import type { Round } from './types.ts'

/** llama.cpp in WebAssembly. */
const PACKAGE = '@wllama/wllama'
const VERSION = '3.13.0'
const FOLDER = join(ROOT, '.cache', 'bench-processor', 'wllama')

/** Where it lies below the checkout, installed into a folder of its own the first time; or why it is not there. */
export function wllamaFolder(): { folder: string; version: string } | { reason: string } {
  const folder = join(FOLDER, 'node_modules', PACKAGE)
  const known = () =>
    existsSync(join(folder, 'package.json'))
      ? (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
      : null
  if (known() !== VERSION) {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(join(FOLDER, 'package.json'), '{"private":true}\n')
    const args = ['install', '--no-audit', '--no-fund', `${PACKAGE}@${VERSION}`]
    const { status, stderr } = spawnSync('npm', args, { cwd: FOLDER, encoding: 'utf8' })
    if (status !== 0 || known() !== VERSION)
      return { reason: `npm ${args.join(' ')} failed: ${stderr?.trim().split('\n').at(-1) ?? ''}` }
  }
  return { folder: '.cache/bench-processor/wllama/node_modules/@wllama/wllama/esm', version: VERSION }
}

interface Timings {
  prompt_n: number
  prompt_per_second: number
  predicted_n: number
  predicted_per_second: number
}

declare global {
  interface Window {
    wllama?: {
      createCompletion(options: object): Promise<{ timings: Timings }>
    }
  }
}

/** wllama in a browser of its own, a GGUF given as a file. Figures are of llama.cpp's own clock. */
export class Wllama {
  readonly bed: Bed
  /** Tokens read and said, of the last round. */
  counted = ''

  private constructor(bed: Bed) {
    this.bed = bed
  }

  static async open(
    bed: Bed,
    folder: string,
    gguf: string,
    threads: number,
    positions: number,
  ): Promise<Wllama> {
    await bed.give([gguf])
    await bed.page.evaluate(
      async ({ folder, threads, positions }) => {
        const { Wllama } = await import(/* @vite-ignore */ `/${folder}/index.js`)
        const wllama = new Wllama({ default: `/${folder}/wasm/wllama.wasm` }, { suppressNativeLog: true })
        const files = [...document.querySelector('input')!.files!]
        // No graphics card: this is about processors.
        await wllama.loadModel(files, { n_threads: threads, n_ctx: positions, n_gpu_layers: 0 })
        window.wllama = wllama
      },
      { folder, threads, positions },
    )
    return new Wllama(bed)
  }

  /** Other words each time, since what was read is kept. */
  async answer(round: number, prompt: number, tokens: number): Promise<Round> {
    const timings = await this.bed.page.evaluate(
      async ({ round, prompt, tokens }) => {
        const words = Array.from({ length: prompt - 3 }, (_, i) =>
          i % (round + 3) === 0 ? 'green' : 'river',
        )
        const { timings } = await window.wllama!.createCompletion({
          prompt: `${round} ${words.join(' ')}`,
          max_tokens: tokens,
          temperature: 0,
          ignore_eos: true,
        })
        return timings
      },
      { round, prompt, tokens },
    )
    if (timings.predicted_n < tokens / 2) throw new Error(`it said ${timings.predicted_n} tokens`)
    this.counted = `${timings.prompt_n} tokens read, ${timings.predicted_n} said`
    return { reading: timings.prompt_per_second, decoding: timings.predicted_per_second }
  }
}
