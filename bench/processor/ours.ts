import type { Bed } from './browser.ts'
import type { Answered, Asked, Opened, Round, Stepped } from './types.ts'

declare global {
  interface Window {
    ask?: (asked: object) => Promise<never>
  }
}

/** Starts a page's worker, each message of which is answered; `files` of a message are those that the page was given. */
export async function startWorker({ page }: Bed, path: string): Promise<void> {
  await page.evaluate((path) => {
    const worker = new Worker(`/${path}?worker_file&type=module`, { type: 'module' })
    const files = [...document.querySelector('input')!.files!]
    window.ask = (asked) =>
      new Promise((found, failed) => {
        worker.onmessage = ({ data }) => (data.error ? failed(new Error(data.error)) : found(data.result))
        worker.onerror = ({ message }) => failed(new Error(message))
        worker.postMessage('files' in asked ? { ...asked, files } : asked)
      })
  }, path)
}

export const ask = <R>({ page }: Bed, asked: object): Promise<R> =>
  page.evaluate((asked) => window.ask!(asked), asked)

export interface OursOptions extends Omit<Asked & { kind: 'open' }, 'kind' | 'files' | 'wasmPaths'> {
  origin: string
  files: readonly string[]
}

/** Lapidary's portable engine in a browser of its own. */
export class Ours {
  readonly bed: Bed
  readonly opened: Opened
  /** Of the last answer. */
  said: number[] = []
  readonly losses: number[] = []

  private constructor(bed: Bed, opened: Opened) {
    this.bed = bed
    this.opened = opened
  }

  static async open(bed: Bed, { origin, files, ...options }: OursOptions): Promise<Ours> {
    await bed.give(files)
    await startWorker(bed, 'bench/processor/ours.worker.ts')
    const wasm = `${origin}/node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm`
    const wasmPaths = {
      'tfjs-backend-wasm.wasm': `${wasm}.wasm`,
      'tfjs-backend-wasm-simd.wasm': `${wasm}-simd.wasm`,
      'tfjs-backend-wasm-threaded-simd.wasm': `${wasm}-simd.wasm`,
    }
    return new Ours(bed, await ask<Opened>(bed, { kind: 'open', files: [], wasmPaths, ...options }))
  }

  /** By the wall clock: reading ends with the first token, which is decoded by then. */
  async answer(prompt: number[], tokens: number): Promise<Round> {
    const { reading, decoding, said } = await ask<Answered>(this.bed, { kind: 'answer', prompt, tokens })
    this.said = said
    return { reading: prompt.length / reading, decoding: (said.length - 1) / decoding }
  }

  async step(step: number, tokens: number): Promise<Round> {
    const { seconds, loss } = await ask<Stepped>(this.bed, { kind: 'step', step })
    this.losses.push(loss)
    return { training: tokens / seconds }
  }
}
