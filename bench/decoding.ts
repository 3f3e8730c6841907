/**
 * The portable engine in Chromium with a model of a Hugging Face folder: reading a prompt, decoding, and (`--train`) steps, on one
 * thread and on several, in turns; beside them what was before products of our own (`tensorflow`).
 *
 *   npx tsx bench/decoding.ts --model DIR [--storage bf16,int8,int4] [--threads 1,2] [--products fma,tensorflow] [--prompt 400]
 *     [--tokens 32] [--rounds 3] [--train 256] [--wllama DIR --gguf FILE]
 *
 * `--wllama`: a folder that `@wllama/wllama` is installed in, and a model for it, measured in the same run.
 */
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { createServer } from 'vite'
import { CHROMIUM_ARGS, findChromium } from '../cli/chromium.mjs'
import type { DecodingRequest, DecodingResult } from './decoding/types.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    storage: { type: 'string', default: 'bf16,int8,int4' },
    threads: { type: 'string', default: '1,2' },
    products: { type: 'string', default: '' },
    prompt: { type: 'string', default: '400' },
    tokens: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
    train: { type: 'string', default: '0' },
    wllama: { type: 'string' },
    gguf: { type: 'string' },
    port: { type: 'string', default: '5213' },
  },
})
if (!values.model) throw new Error('--model DIR is needed')
const folder = resolve(values.model)
const [prompt, tokens, rounds, train] = [values.prompt, values.tokens, values.rounds, values.train].map(
  Number,
)

/** Folders under addresses of their own. */
const served = new Map([['/model/', folder]])
if (values.gguf) served.set('/gguf/', resolve(values.gguf, '..'))
if (values.wllama) served.set('/wllama/', join(resolve(values.wllama), 'node_modules/@wllama/wllama/esm'))
const TYPES: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm' }
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}
const server = await createServer({
  configFile: false,
  logLevel: 'error',
  worker: { format: 'es' },
  server: { port: Number(values.port), headers, hmr: false, watch: null },
  cacheDir: '.cache/bench-decoding',
  optimizeDeps: {
    noDiscovery: true,
    include: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-cpu'],
  },
  plugins: [
    {
      name: 'folders',
      configureServer({ middlewares }) {
        middlewares.use((request, response, next) => {
          const path = (request.url ?? '').split('?')[0]!
          const under = [...served].find(([begin]) => path.startsWith(begin))
          if (!under) return next()
          const file = join(under[1], path.slice(under[0].length))
          const type = TYPES[file.split('.').at(-1)!] ?? 'application/octet-stream'
          response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': statSync(file).size })
          createReadStream(file).pipe(response)
        })
      },
    },
  ],
})
await server.listen()
const origin = `http://localhost:${values.port}`
const executablePath = await findChromium()
const browser = await chromium.launch({ args: CHROMIUM_ARGS, ...(executablePath && { executablePath }) })

const files = readdirSync(folder)
  .filter((name) => /\.(json|safetensors)$/.test(name))
  .map((name): [string, string] => [name, `${origin}/model/${name}`])
const wasm = `${origin}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`
const wasmPaths = {
  'tfjs-backend-wasm.wasm': `${wasm}tfjs-backend-wasm.wasm`,
  'tfjs-backend-wasm-simd.wasm': `${wasm}tfjs-backend-wasm-simd.wasm`,
  'tfjs-backend-wasm-threaded-simd.wasm': `${wasm}tfjs-backend-wasm-simd.wasm`,
}

/** A fresh page, so that nothing is left of the one before. */
async function onPage<A, R>(body: (argument: A) => Promise<R>, argument: A): Promise<R> {
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.error(error.message))
  try {
    await page.goto(`${origin}/bench/decoding/page.html`)
    return await page.evaluate(body as never, argument as never)
  } finally {
    await page.close()
  }
}

const ours = (request: DecodingRequest) =>
  onPage((asked) => {
    const worker = new Worker('/bench/decoding/worker.ts?worker_file&type=module', { type: 'module' })
    return new Promise<DecodingResult>((found, failed) => {
      worker.onmessage = ({ data }) => (data.error ? failed(new Error(data.error)) : found(data.result))
      worker.onerror = ({ message }) => failed(new Error(message))
      worker.postMessage(asked)
    })
  }, request)

/** Figures of llama.cpp's own clock; a text of about as many tokens is read, another each time, since what was read is kept. */
const theirs = (threads: number) =>
  onPage(
    async ({ gguf, threads, prompt, tokens, rounds }) => {
      const { Wllama } = await import(/* @vite-ignore */ '/wllama/index.js' as string)
      const wllama = new Wllama({ default: '/wllama/wasm/wllama.wasm' })
      const blob = await (await fetch(gguf)).blob()
      await wllama.loadModel([blob], { n_threads: threads, n_ctx: 2 * prompt + tokens, n_gpu_layers: 0 })
      const result = { reading: [] as number[], decoding: [] as number[], read: 0, said: 0 }
      for (let round = 0; round <= rounds; round++) {
        const words = Array.from({ length: prompt }, (_, i) => (i % (round + 3) === 0 ? 'green' : 'river'))
        const { timings } = await wllama.createCompletion({
          prompt: `${round} ${words.join(' ')}`,
          max_tokens: tokens,
          temperature: 0,
          ignore_eos: true,
        })
        if (round === 0) continue
        result.reading.push(timings.prompt_per_second)
        result.decoding.push(timings.predicted_per_second)
        result.read = timings.prompt_n
        result.said = timings.predicted_n
      }
      await wllama.exit()
      return result
    },
    {
      gguf: `${origin}/gguf/${basename(values.gguf!)}`,
      threads,
      prompt: prompt!,
      tokens: tokens!,
      rounds: rounds!,
    },
  )

const told = (rates: number[]) => {
  const sorted = [...rates].sort((a, b) => a - b)
  if (sorted.length === 0) return '-'
  return `${sorted[sorted.length >> 1]!.toFixed(1)} (${sorted[0]!.toFixed(1)} to ${sorted.at(-1)!.toFixed(1)})`
}
try {
  for (const threads of values.threads.split(',').map(Number)) {
    for (const storage of values.storage.split(',') as DecodingRequest['storage'][])
      for (const products of values.products ? values.products.split(',') : [null]) {
        const asked = { files, storage, threads, products, prompt, tokens, rounds, train, wasmPaths }
        const found = await ours(asked as DecodingRequest)
        console.log(
          `${storage}, ${found.device}, products ${found.choices['portable.products']}: opened in ${found.opening.toFixed(1)} s, ` +
            `reading ${told(found.reading)}, decoding ${told(found.decoding)}, training ${told(found.training)} tokens/s, ` +
            `${(found.liveBytes / 1e9).toFixed(2)} GB; said ${found.said.slice(0, 6).join(' ')}`,
        )
      }
    if (values.wllama && values.gguf) {
      const found = await theirs(threads)
      console.log(
        `wllama, ${basename(values.gguf)}, ${threads} threads: reading ${found.read} tokens ${told(found.reading)}, ` +
          `decoding ${found.said} ${told(found.decoding)} tokens/s`,
      )
    }
  }
} finally {
  await browser.close()
  await server.close()
}
