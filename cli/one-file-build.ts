import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { gzipSync } from 'fflate'
import type { InlineConfig, Plugin } from 'vite'
import {
  ONE_FILE_BUILD,
  ONE_FILE_DOCUMENT,
  ONE_FILE_END,
  ONE_FILE_SCRIPT,
  type OneFileBuild,
} from '../src/protocol/one-file.ts'
import { filesBelow } from './service-worker.ts'
import { inlineScripts } from './trusted-build.ts'

/** What a document holds of a build beside its script: all but guide, icons and the modules that the script is made of. */
const TAKEN = /^(models|datasets|benchmarks|lessons|chat-page)\//
/** Written when all else is. */
const LICENCES = 'licences.md'

/** Where `worker.ts` starts workers by addresses, this starts them by names. */
const STAND_IN = { of: /\/protocol\/worker\.ts$/, by: 'src/protocol/worker-one-file.ts' }

/**
 * The studio's sources as one classic script: no module is loaded by its address, a worker is a name, and a file that stands beside
 * the script is found by its name alone.
 * @param wasm takes these files: their names, and where they lie
 */
function asOneScript(root: string, wasm: Map<string, string>): Plugin {
  return {
    name: 'as-one-script',
    enforce: 'pre',
    resolveId(id, importer) {
      const [path, query] = id.split('?')
      if (query === 'url' && path!.endsWith('.wasm')) return `\0one-file:${path}`
      if (importer && STAND_IN.of.test(resolve(importer, '..', id))) return join(root, STAND_IN.by)
      return null
    },
    load(id) {
      const path = /^\0one-file:(.*)$/.exec(id)?.[1]
      if (path === undefined) return null
      const name = basename(path)
      wasm.set(`assets/${name}`, join(root, 'node_modules', path))
      return `export default ${JSON.stringify(`./${name}`)}`
    },
    transform(code, id) {
      if (!id.startsWith(join(root, 'src')) || !code.includes('import.meta.url')) return null
      const named = code.replace(/new URL\(\s*'\.\/([\w-]+)\.worker\.ts',\s*import\.meta\.url\s*\)/g, "'$1'")
      const here = "(lapidaryOneFile.base + 'assets/' + lapidaryOneFile.build + '.js')"
      return { code: named.replaceAll('import.meta.url', here), map: null }
    },
  }
}

/** @param plugins of the studio's own build */
async function buildScript(
  root: string,
  { plugins, target }: { plugins: () => Plugin[]; target: string },
): Promise<{ script: string; style: string; wasm: Map<string, string> }> {
  const { build } = await import('vite')
  const wasm = new Map<string, string>()
  const config: InlineConfig = {
    configFile: false,
    root,
    base: './',
    publicDir: false,
    logLevel: 'error',
    plugins: [asOneScript(root, wasm), ...plugins()],
    build: {
      target,
      write: false,
      modulePreload: false,
      cssCodeSplit: false,
      rolldownOptions: { input: join(root, 'src/one-file.ts'), output: { format: 'iife' } },
    },
  }
  const output = [await build(config)].flat().flatMap((one) => ('output' in one ? one.output : []))
  const scripts = output.flatMap((file) => (file.type === 'chunk' ? [file.code] : []))
  const styles = output.flatMap((file) =>
    file.type === 'asset' && file.fileName.endsWith('.css') ? [String(file.source)] : [],
  )
  if (scripts.length !== 1 || styles.length !== 1)
    throw new Error(`The studio as one file has ${scripts.length} scripts and ${styles.length} styles.`)
  return { script: scripts[0]!, style: styles[0]!, wasm }
}

const CUT = 'This file was cut off. 這個檔案被截斷了。 '
const AGAIN = 'Copy it again from where it came from, or ask for it again. 請從來源重新複製，或再要一次。'

/**
 * Says of a file that was cut off before GUARD's end that it was: it stands before all else, needs no script, and browsers close a style that
 * breaks off. Where reading is slow, it waits for what takes it back.
 */
const CUT_EARLY = `<style>
      html::before { content: '${CUT}${AGAIN}'; display: block; padding: 2rem 1rem; font: 1rem/1.5 system-ui, sans-serif; animation: cut 0s 2s both; }
      @keyframes cut { from { visibility: hidden; } }
    </style>`
const NOT_CUT_EARLY = '<style>html::before { content: none; }</style>'

/** Says of a file that was cut off, or whose script was altered, so that its policy refuses it: of that nothing else would be heard. */
const GUARD = `
      document.addEventListener('DOMContentLoaded', () => {
        const again = '${AGAIN}'
        if (!document.getElementById('${ONE_FILE_END}')) throw new Error('${CUT}' + again)
        if (!self.lapidaryOneFileBegan || !self.lapidaryOneFileList)
          throw new Error('This file was altered. 這個檔案被更改了。 ' + again)
      })
    `

const ENTRY = '<script type="module" src="/src/main.tsx"></script>'

/** The studio's document (index.html) with all that it loads in it, and the marks of src/pack/one-file.ts. */
export function oneFileDocument(html: string, script: string, style: string, icon: string): string {
  const once = (text: string, what: string, by: string) => {
    if (text.split(what).length !== 2) throw new Error(`index.html does not hold ${what} once.`)
    return text.replace(what, () => by)
  }
  let text = html.replace(/\n *<link rel="(icon|apple-touch-icon|manifest)"[^>]*>/g, '')
  if (/<(link|script)\b[^>]*(href|src)=/.test(text.replace(ENTRY, '')))
    throw new Error('index.html loads something that is left out here.')
  text = once(
    text,
    '<meta charset="utf-8" />',
    `<meta charset="utf-8" />\n    ${CUT_EARLY}\n    <!--policy-->`,
  )
  text = once(text, '<title>Lapidary</title>', '<!--title-->')
  const link = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}" />`
  text = once(text, '</head>', `${link}\n    <style>${style}</style>\n  </head>`)
  return once(
    text,
    ENTRY,
    `<script>${GUARD}</script>\n    ${NOT_CUT_EARLY}\n    <!--files-->\n    <script id="${ONE_FILE_SCRIPT}">${inDocument(script)}</script>\n    <i id="${ONE_FILE_END}" hidden></i>`,
  )
}

/** A script as the text of an element: nothing in it ends that, and what browsers change as they read it is not there. */
export function inDocument(script: string): string {
  if (/[\r\0]/.test(script)) throw new Error('The script holds characters that a document changes.')
  // In strings, templates and regular expressions, where alone these stand, it is the same character.
  return script.replace(/<(?=!--|\/?script)/gi, '\\x3C')
}

const sha256 = (text: string | Uint8Array, as: 'hex' | 'base64') =>
  createHash('sha256').update(text).digest(as)

/** Builds the studio as one script, too, and puts what packs are made of beside it. */
export function oneFileStudio(how: { plugins: () => Plugin[]; target: string }): Plugin {
  let root: string
  let dist: string
  return {
    name: 'one-file-studio',
    apply: 'build',
    configResolved(config) {
      root = config.root
      dist = resolve(root, config.build.outDir)
    },
    writeBundle: {
      // After all that is written of the build itself, and before the list of it.
      order: 'post',
      sequential: true,
      async handler() {
        const { script, style, wasm } = await buildScript(root, how)
        const icon = readFileSync(join(root, 'public/favicon.svg'), 'utf8')
        const document = oneFileDocument(readFileSync(join(root, 'index.html'), 'utf8'), script, style, icon)
        const all = filesBelow(dist)
        const beside = all.filter((path) => TAKEN.test(path) && !path.endsWith('.map'))
        const about: OneFileBuild = {
          build: `studio-${sha256(script, 'hex').slice(0, 8)}`,
          scripts: [...inlineScripts(document), sha256(inDocument(script), 'base64')],
          files: Object.fromEntries([
            ...[...beside, LICENCES].map((path) => [path, path]),
            ...[...wasm].map(([path, from]) => [path, sameIn(dist, all, from)]),
          ]),
        }
        mkdirSync(join(dist, ONE_FILE_BUILD, '..'), { recursive: true })
        writeFileSync(join(dist, ONE_FILE_BUILD), `${JSON.stringify(about)}\n`)
        writeFileSync(join(dist, ONE_FILE_DOCUMENT), gzipSync(Buffer.from(document), { level: 9, mtime: 0 }))
      },
    },
  }
}

/** The file of a build that has these bytes. */
function sameIn(dist: string, all: readonly string[], from: string): string {
  const wanted = readFileSync(from)
  const found = all.find(
    (path) =>
      path.startsWith('assets/') && path.endsWith('.wasm') && readFileSync(join(dist, path)).equals(wanted),
  )
  if (!found) throw new Error(`The build does not hold ${from}.`)
  return found
}
