/**
 * A model of 500 MB from a server into storage, and from there to the device on the next visit, beside a
 * plain read of the same bytes from IndexedDB: `npx tsx bench/store.ts [--rounds 5]`. The weights are random, of the shapes of
 * Gemma 3 270M. Memory is what all processes of the browser hold of their own, looked at every 20 ms; Linux only. While the model is
 * fetched no debugger is attached: it would keep what was answered, up to 200 MB in the page's own process.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { createServer as createPages } from 'vite'
import { parseFlags } from '../cli/args.ts'
import { ROOT } from '../cli/build.ts'
import { CHROMIUM_ARGS, findChromium } from '../cli/chromium.mjs'
import { safetensorsHeader } from '../src/files/safetensors-writer.ts'
import type { Gpu } from '../src/gpu/device.ts'
import { tensorTable } from '../src/model/tensors.ts'
import { type Watched as Grown, type Held, watched } from './browser-memory.ts'
import { GEMMA_270M } from './shapes.ts'

const { rounds = 5 } = parseFlags(process.argv.slice(2), { rounds: 'number' })
/** Pebble's tokenizer, with words that nothing has up to 262,144: one that has fewer than its model is refused. */
function manyWords(tokenizer: Uint8Array): Uint8Array {
  const json = JSON.parse(new TextDecoder().decode(tokenizer)) as { model: { vocab: Record<string, number> } }
  const { vocab } = json.model
  const first = Math.max(...Object.values(vocab)) + 1
  for (let id = first; id < GEMMA_270M.vocabSize; id++) vocab[`<word${id}>`] = id
  return new TextEncoder().encode(JSON.stringify(json))
}

/** A model of the real sizes. */
function randomModel(): Map<string, Uint8Array> {
  const tensors = tensorTable(GEMMA_270M)
    .map(({ name, shape }) => ({ name, dtype: 'BF16' as const, shape: [...shape] }))
    // As they lie in the files that are published.
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const header = safetensorsHeader(tensors, { format: 'pt' })
  const count = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const bytes = new Uint8Array(header.length + 2 * count)
  bytes.set(header)
  let seed = 1
  for (let at = header.length; at < bytes.length; at += 2) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    bytes[at] = seed >>> 24
    // Small numbers of either sign.
    bytes[at + 1] = 0x3c | ((seed >>> 16) & 0x80)
  }
  const pebble = (name: string) => new Uint8Array(readFileSync(join(ROOT, 'public/models/pebble', name)))
  const own = JSON.parse(new TextDecoder().decode(pebble('config.json'))) as object
  const shape = {
    vocab_size: 262144,
    hidden_size: 640,
    intermediate_size: 2048,
    num_hidden_layers: 18,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 256,
    query_pre_attn_scalar: 256,
    layer_types: GEMMA_270M.layers.map(({ window }) =>
      window === null ? 'full_attention' : 'sliding_attention',
    ),
    sliding_window: 512,
  }
  return new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify({ ...own, ...shape }))],
    ['tokenizer.json', manyWords(pebble('tokenizer.json'))],
    ...['tokenizer_config.json', 'generation_config.json'].map((name) => [name, pebble(name)] as const),
    ['model.safetensors', bytes],
  ])
}

const median = (of: number[]) => [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)]!
const mega = (bytes: number) => `${Math.round(bytes / 1e6)} MB`

/** In the page: milliseconds that all bytes of the weights take, chunk after chunk. */
async function plainRead(): Promise<number> {
  const { openDatabase } = await import(/* @vite-ignore */ '/src/storage/database.ts' as string)
  const database = await openDatabase()
  const [stored] = await database.getAll('models')
  const { set, size, chunk } = stored.files['model.safetensors']
  const began = performance.now()
  let sum = 0
  for (let i = 0; i < Math.ceil(size / chunk); i++) sum += (await database.get('chunks', [set, i])).length
  if (sum !== size) throw new Error(`${sum} bytes of ${size}`)
  return performance.now() - began
}

/**
 * In the page: a browser's process for graphics takes some memory of its own, with nothing on the device; so do modules in a page, which a
 * server for development gives one by one, with their sources.
 */
async function openDevice(): Promise<void> {
  const { openGpu } = await import(/* @vite-ignore */ '/src/gpu/device.ts' as string)
  const names = ['storage/database', 'storage/models', 'workers/library', 'engine/weights', 'model/storage']
  await Promise.all(names.map((name) => import(/* @vite-ignore */ `/src/${name}.ts`)))
  Object.assign(globalThis, { gpu: await openGpu() })
}

/** In the page: milliseconds from the store to weights on the device. */
async function toDevice(): Promise<number> {
  const { gpu } = globalThis as never as { gpu: Gpu }
  const [storage, models, library, layout, formats] = await Promise.all(
    ['storage/database', 'storage/models', 'workers/library', 'engine/weights', 'model/storage'].map(
      (name) => import(/* @vite-ignore */ `/src/${name}.ts`),
    ),
  )
  const database = await storage.openDatabase()
  const [stored] = await database.getAll('models')
  const began = performance.now()
  const files = models.modelFiles(database, stored)
  const weights = await new library.OpenModel(stored, files).weights()
  const most = gpu.device.limits.maxStorageBufferBindingSize
  const { pieces } = layout.layOutWeights(stored.config, formats.storedTypes(weights), most)
  const { buffers } = await layout.uploadWeights(gpu, pieces, weights, () => {})
  await gpu.device.queue.onSubmittedWorkDone()
  const took = performance.now() - began
  for (const buffer of buffers) gpu.destroyBuffer(buffer)
  gpu.destroy()
  return took
}

/** The page that fetches the model, by itself: says when it is ready, and what it took. */
const fetchingPage = (origin: string) => `<!doctype html><script type="module">
  import { createStudio } from '/src/workers/client.ts'
  const tell = (path, body = '') => fetch('${origin}' + path, { method: 'POST', body })
  const { models } = createStudio()
  await models.unfinished()
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await tell('/ready')
  const began = performance.now()
  try {
    await models.download({ kind: 'url', address: '${origin}/random-270m/' })
    await tell('/done', String(performance.now() - began))
  } catch (error) {
    await tell('/done', String(error))
  }
</script>`

/** A Chromium without a debugger, on a profile that is kept. */
async function fetchAlone(profile: string, address: string): Promise<Watched> {
  const executable = await findChromium()
  if (!executable) throw new Error('there is no Chromium')
  const args = [...CHROMIUM_ARGS, '--headless=new', '--no-first-run', `--user-data-dir=${profile}`, address]
  const child = spawn(executable, args, { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    await told.ready
    return await watched(told.done)
  } finally {
    child.kill()
    await ended
  }
}

/** What the page that fetches tells. */
const told = (() => {
  let [ready, done] = [() => {}, (_: string) => {}]
  return {
    ready: new Promise<void>((resolve) => {
      ready = resolve
    }),
    done: new Promise<string>((resolve) => {
      done = resolve
    }).then((took) => {
      if (!Number.isFinite(Number(took))) throw new Error(took)
      return Number(took)
    }),
    hear(path: string, text: string) {
      if (path === '/ready') ready()
      else done(text)
    },
  }
})()
type Watched = Grown<number>

const model = randomModel()
const size = [...model.values()].reduce((sum, { length }) => sum + length, 0)
/** Files by their names, by parts, to pages of any origin. */
const source = createServer((request, response) => {
  if (request.method === 'POST') {
    let text = ''
    request.on('data', (piece) => {
      text += piece
    })
    request.on('end', () => {
      response.writeHead(204, { 'Access-Control-Allow-Origin': '*' }).end()
      told.hear(request.url!, text)
    })
    return
  }
  const file = model.get(decodeURIComponent(request.url!.slice('/random-270m/'.length)))
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'Content-Range, ETag',
  }
  if (!file) return void response.writeHead(404, headers).end()
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [
    '',
    '0',
    String(file.length - 1),
  ]
  const [start, end] = [Number(from), Math.min(Number(to) + 1, file.length)]
  const range = { 'Content-Range': `bytes ${start}-${end - 1}/${file.length}`, 'Content-Length': end - start }
  response.writeHead(206, { ...headers, ...range, ETag: '"1"' }).end(file.subarray(start, end))
})
await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(source.address() as AddressInfo).port}`
const server = await createPages({
  root: ROOT,
  logLevel: 'error',
  server: { port: 0, host: '127.0.0.1' },
  plugins: [
    {
      name: 'fetching-page',
      configureServer({ middlewares }) {
        middlewares.use('/fetching', (_, response) => {
          response.setHeader('Content-Type', 'text/html')
          response.end(fetchingPage(origin))
        })
      },
    },
  ],
})
await server.listen()
const home = server.resolvedUrls!.local[0]!
const profile = mkdtempSync(join(tmpdir(), 'lapidary-profile-'))
let close = async () => {}
try {
  const fetched = await fetchAlone(profile, `${home}fetching`)
  console.log(
    `${mega(size)} fetched, hashed and stored in ${fetched.seconds.toFixed(1)} s ` +
      `(${mega(size / fetched.seconds)} a second); more held by the page at most ${mega(fetched.pages)}, by the whole browser ${mega(fetched.all)}`,
  )
  source.closeAllConnections()
  source.close()
  const executablePath = await findChromium()
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    args: CHROMIUM_ARGS,
    headless: true,
  })
  close = () => context.close()
  const page = context.pages()[0] ?? (await context.newPage())
  const address = `${home}LICENSE`
  /** On a page of its own, whose garbage is not another's. */
  const visit = async <T>(work: () => Promise<T>, before?: () => Promise<void>) => {
    await page.goto('about:blank')
    await page.goto(address)
    if (before) await page.evaluate(before)
    return watched(page.evaluate(work))
  }
  const [plains, loads]: [Watched[], Watched[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    plains.push(await visit(plainRead))
    loads.push(await visit(toDevice, openDevice))
  }
  const [plain, load] = [plains, loads].map((all) => median(all.map(({ value }) => value))) as [
    number,
    number,
  ]
  const most = (all: Watched[], of: keyof Held) => mega(Math.max(...all.map((one) => one[of])))
  console.log(
    `plain read ${(plain / 1000).toFixed(2)} s (${mega((size / plain) * 1000)} a second), more held by the page at most ${most(plains, 'pages')}; store to weights on the device ` +
      `${(load / 1000).toFixed(2)} s (${mega((size / load) * 1000)} a second): ${(plain / load).toFixed(2)} of its speed; ` +
      `more held by the page at most ${most(loads, 'pages')}, by the process for graphics ${most(loads, 'graphics')}, by the whole browser ${most(loads, 'all')}`,
  )
  console.log(JSON.stringify({ plains, loads }))
} finally {
  await close().catch(() => {})
  await server.close()
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
}
