import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Driver, findExpression, type Query, sleep } from './driver.ts'

/** A WebDriver element reference. */
type Element = Record<string, string>

const CONTROL = '\uE009'

export interface WebKitPaths {
  driver: string
  browser: string
  display: string
}

/**
 * WebKitGTK's MiniBrowser by plain WebDriver, on a display of its own.
 *
 * @param locale of the process, which names the browser's language: `C.UTF-8` gives `C`, as on a machine without any
 */
export async function openWebKit(paths: WebKitPaths, locale: string): Promise<Driver<Element>> {
  const home = mkdtempSync(join(tmpdir(), 'lapidary-webkit-'))
  const downloads = join(home, 'Downloads')
  mkdirSync(downloads)
  mkdirSync(join(home, '.config'))
  writeFileSync(join(home, '.config', 'user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="$HOME/Downloads"\n')
  const children: ChildProcess[] = []
  const stop = () => {
    for (const child of children.reverse()) child.kill()
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  try {
    const display = await openDisplay(paths.display, children)
    const port = await freePort()
    const { LC_ALL: _, LANGUAGE: __, XDG_CONFIG_HOME: ___, XDG_DATA_HOME: ____, ...rest } = process.env
    children.push(
      spawn(paths.driver, [`--port=${port}`], {
        stdio: 'ignore',
        env: { ...rest, HOME: home, DISPLAY: display, LANG: locale, GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1' },
      }),
    )
    const session = await openSession(`http://127.0.0.1:${port}`, paths.browser)
    return driverOf(session, downloads, stop)
  } catch (error) {
    stop()
    throw error
  }
}

type Session = Awaited<ReturnType<typeof openSession>>

function driverOf({ call, version }: Session, downloads: string, stop: () => void): Driver<Element> {
  async function click(element: Element): Promise<void> {
    // WebKitGTK by itself leaves some elements out of view, and says that they cannot be clicked.
    await call('POST', '/execute/sync', {
      script: "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })",
      args: [element],
    })
    // It scrolls beside its scripts: pressed at once, what stood there before is met.
    await sleep(150)
    await call('POST', `/element/${id(element)}/click`, {})
  }
  return {
    version,
    downloads,
    async open(url) {
      await call('POST', '/frame', { id: null })
      await call('POST', '/url', { url })
    },
    reload: async () => void (await call('POST', '/refresh', {})),
    find: (query: Query) =>
      call<Element | null>('POST', '/execute/sync', { script: `return ${findExpression(query)}`, args: [] }),
    click,
    async type(element, text) {
      await click(element)
      // Two calls: within one, WebKitGTK goes on holding the key down.
      await call('POST', `/element/${id(element)}/value`, { text: `${CONTROL}a` })
      await call('POST', `/element/${id(element)}/value`, { text })
    },
    chooseFile: async (element, path) =>
      void (await call('POST', `/element/${id(element)}/value`, { text: path })),
    async enter(frame) {
      await call('POST', '/frame', { id: null })
      if (frame === null) return
      const element = await call<Element | null>('POST', '/execute/sync', {
        script: `return ${frame}`,
        args: [],
      })
      if (!element) throw new Error(`${frame} is no frame`)
      await call('POST', '/frame', { id: element })
    },
    async run<T>(body: string): Promise<T> {
      const script = `const told = arguments[0]
        ;(async () => { ${body} })().then((value) => told({ value }), (error) => told({ error: String(error) }))`
      const { value, error } = await call<{ value: T; error?: string }>('POST', '/execute/async', {
        script,
        args: [],
      })
      if (error !== undefined) throw new Error(error)
      return value
    },
    screenshot: async () => Buffer.from(await call<string>('GET', '/screenshot'), 'base64'),
    async close() {
      await call('DELETE', '').catch(() => {})
      stop()
    },
  }
}

const id = (element: Element): string => Object.values(element)[0]!

async function openSession(address: string, binary: string) {
  async function send<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(address + path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
    const { value } = (await response.json()) as { value: T & { error?: string; message?: string } }
    if (!response.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`)
    return value
  }
  for (let tries = 0; ; tries++)
    try {
      await send('GET', '/status')
      break
    } catch (error) {
      if (tries > 100) throw error
      await sleep(100)
    }
  const { sessionId, capabilities } = await send<{
    sessionId: string
    capabilities: { browserName: string; browserVersion: string }
  }>('POST', '/session', {
    capabilities: {
      alwaysMatch: {
        browserName: 'MiniBrowser',
        unhandledPromptBehavior: 'accept',
        timeouts: { script: 120_000 },
        'webkitgtk:browserOptions': { binary, args: ['--automation', '--geometry=1280x880'] },
      },
    },
  })
  return {
    version: `WebKitGTK ${capabilities.browserVersion}`,
    call: <T>(method: string, path: string, body?: object) =>
      send<T>(method, `/session/${sessionId}${path}`, body),
  }
}

/** A display that nobody sees; its name. */
function openDisplay(xvfb: string, children: ChildProcess[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(xvfb, ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    children.push(child)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)))
    child.stdio[3]!.once('data', (data: Buffer) => resolve(`:${data.toString().trim()}`))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
