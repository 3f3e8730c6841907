import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { createServer, type ViteDevServer } from 'vite'
import { ROOT } from '../../cli/build.ts'
import { CHROMIUM_ARGS, findChromium } from '../../cli/chromium.mjs'
import { browserOf, descendants } from '../kills/processes.ts'

/** Between two looks at memory, milliseconds. */
const LOOK = 400

/** Serves this checkout's sources to pages, isolated, so that WebAssembly may use threads. */
export async function servePages(port: number): Promise<{ origin: string; server: ViteDevServer }> {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    server: {
      port,
      strictPort: false,
      host: '127.0.0.1',
      headers: {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      },
      hmr: false,
      watch: null,
      fs: { strict: false },
    },
    cacheDir: '.cache/bench-processor/vite',
    optimizeDeps: {
      noDiscovery: true,
      include: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-cpu'],
    },
  })
  await server.listen()
  return { origin: server.resolvedUrls!.local[0]!.replace(/\/$/, ''), server }
}

/** Proportional set size of processes together, bytes; null where the system does not tell. */
export async function heldBy(pids: readonly number[]): Promise<number | null> {
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
      return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0)
    }),
  )
  const sum = sizes.reduce((total, size) => total + size, 0)
  return sum > 0 ? sum : null
}

/**
 * The most that processes hold while it is watched: now and then, and where something is timed, before and after it. A look walks all of
 * their page tables, which takes a share of a core that two threads would be short of.
 */
export class MemoryWatch {
  static readonly #all = new Set<MemoryWatch>()
  static #timing = false
  #most: number | null = null
  readonly #pids: () => readonly number[]
  readonly #timer: NodeJS.Timeout

  constructor(pids: () => readonly number[]) {
    this.#pids = pids
    MemoryWatch.#all.add(this)
    this.#timer = setInterval(() => !MemoryWatch.#timing && this.#look(), LOOK)
  }

  static async around<T>(timed: () => Promise<T>): Promise<T> {
    MemoryWatch.#timing = true
    try {
      return await timed()
    } finally {
      MemoryWatch.#timing = false
      await Promise.all([...MemoryWatch.#all].map((watch) => watch.#look()))
    }
  }

  get most(): number | null {
    return this.#most
  }

  end(): void {
    clearInterval(this.#timer)
    MemoryWatch.#all.delete(this)
  }

  async #look(): Promise<void> {
    const now = await heldBy(this.#pids())
    if (now !== null) this.#most = Math.max(this.#most ?? 0, now)
  }
}

/** A browser of its own for one contender: what its processes hold is that contender's. */
export class Bed {
  readonly page: Page
  readonly #context: BrowserContext
  readonly #profile: string
  readonly #memory: MemoryWatch

  private constructor(context: BrowserContext, page: Page, profile: string) {
    this.#context = context
    this.page = page
    this.#profile = profile
    const browser = browserOf(profile)
    this.#memory = new MemoryWatch(() =>
      browser ? [browser.pid, ...descendants(browser.pid).map(({ pid }) => pid)] : [],
    )
  }

  static async open(origin: string): Promise<Bed> {
    const profile = mkdtempSync(join(tmpdir(), 'lapidary-processor-'))
    const executablePath = await findChromium()
    const context = await chromium.launchPersistentContext(profile, {
      ...(executablePath ? { executablePath } : {}),
      args: CHROMIUM_ARGS,
      headless: true,
    })
    const page = context.pages()[0] ?? (await context.newPage())
    page.setDefaultTimeout(300_000)
    page.on('pageerror', ({ message }) => process.stderr.write(`page: ${message}\n`))
    await page.goto(`${origin}/bench/processor/page.html`)
    return new Bed(context, page, profile)
  }

  /** Files that the page reads from disk, as one that a person chose. */
  async give(paths: readonly string[]): Promise<void> {
    await this.page.setInputFiles('input', [...paths])
  }

  async agent(): Promise<string> {
    const agent = await this.page.evaluate(() => navigator.userAgent)
    return /(Headless)?Chrom\w+\/[\d.]+/.exec(agent)?.[0] ?? agent
  }

  get memory(): number | null {
    return this.#memory.most
  }

  async close(): Promise<void> {
    this.#memory.end()
    await this.#context.close().catch(() => {})
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10 }).catch(() => {})
  }
}
