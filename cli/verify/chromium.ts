import { createWriteStream, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { isGguf } from '../../src/workers/gguf-names.ts'
import { isModelFile } from '../../src/workers/model-files.ts'
import { hubServer } from '../../tests/support/hub-server.ts'
import { openBrowser } from '../browser.ts'
import { ROOT } from '../build.ts'
import type { ServedModel } from '../model-path.ts'
import { rawText } from '../raw-text.ts'
import { serve } from '../server.ts'
import type { VerifyJob, VerifyResult } from './page.ts'

/** What it is called on the hub on this machine. */
const REPO = 'verify/gemma'

export interface ChromiumJob extends Omit<VerifyJob, 'model' | 'folder' | 'hub' | 'adapter' | 'out'> {
  model: ServedModel
  /** Where it lies: a folder, or a .gguf file. */
  path: string
  /** The same model as a folder, where the first is a GGUF. */
  folder: ServedModel | null
  /** Folder of the initial adapter. */
  adapter: string
  /** Folder that the trained adapter is written into. */
  out: string
}

/** Runs page.ts in a Chromium without a window. @returns what it found, and the version of that Chromium */
export async function inChromium(
  { model, path, folder, adapter, out, ...job }: ChromiumJob,
  say: (text: string) => void,
): Promise<VerifyResult & { chromium: string }> {
  const { build } = await import('esbuild')
  const built = await build({
    entryPoints: [join(ROOT, 'cli/verify/page.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2023',
    write: false,
    plugins: [rawText],
    logLevel: 'error',
  })
  mkdirSync(out, { recursive: true })
  const under = (at: string, files: ServedModel['files'] = new Map()) =>
    [...files].map(([name, file]) => [`${at}${name}`, file] as const)
  const server = await serve({
    root: out,
    files: new Map([...under('/model/', model.files), ...under('/folder/', folder?.files)]),
    folders: new Map([['/adapter/', adapter]]),
    texts: new Map([
      [
        '/verify.html',
        '<!doctype html><meta charset="utf-8"><script type="module" src="./verify.js"></script>',
      ],
      ['/verify.js', built.outputFiles[0]!.text],
      ['/model/manifest.json', model.manifest],
      ...(folder ? [['/folder/manifest.json', folder.manifest] as const] : []),
      ['/favicon.ico', ''],
    ]),
    async put(path, body) {
      const name = /^\/out\/(\w[\w.-]*)$/.exec(path)?.[1]
      if (!name) throw new Error(`${path} is no part of an adapter`)
      await pipeline(body, createWriteStream(join(out, name)))
    },
  })
  const hub = await hubServer({ [REPO]: { files: filesOf(path) } })
  const browser = await openBrowser()
  const stop = () => void browser.close().finally(() => process.exit(1))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    const { page } = browser
    const crashed = new Promise<never>((_, reject) => {
      page.on('crash', () => reject(new Error('Chromium crashed')))
    })
    crashed.catch(() => {})
    page.on('pageerror', (error) => say(`page: ${error.message}`))
    await page.exposeFunction('verifyTell', say)
    await page.goto(`${server.url}verify.html`)
    await page.waitForFunction(() => window.verify !== undefined, undefined, { timeout: 60_000 })
    const given: VerifyJob = {
      ...job,
      model: `${server.url}model/`,
      folder: folder && `${server.url}folder/`,
      hub: { kind: 'hub', repo: REPO, endpoint: hub.endpoint },
      adapter: `${server.url}adapter/`,
      out: `${server.url}out/`,
    }
    const outcome = await Promise.race([page.evaluate((to) => window.verify!(to), given), crashed])
    if (!outcome.ok) throw new LapidaryError(outcome.failure)
    const session = await page.context().newCDPSession(page)
    const { product } = await session.send('Browser.getVersion')
    return { ...outcome.result, chromium: product.replace(/^.*\//, '') }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
    await browser.close()
    await server.close()
    await hub.close()
  }
}

/** As a repository holds them: a .gguf, or a model's files. */
function filesOf(path: string): Map<string, Uint8Array> {
  const read = (name: string, at: string) => [name, new Uint8Array(readFileSync(at))] as const
  if (statSync(path).isFile()) return new Map([read(basename(path), path)])
  return new Map(
    readdirSync(path)
      .filter((name) => isModelFile(name) || isGguf(name))
      .map((name) => read(name, join(path, name))),
  )
}
