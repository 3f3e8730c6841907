import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, defineConfig, type Plugin } from 'vite'
import solid from 'vite-plugin-solid'
import { embedEntry } from './cli/embed-script.ts'
import { firstLoad, firstLoadLine } from './cli/first-load.ts'
import { guide } from './cli/guide/plugin.ts'
import { writeLaterFiles } from './cli/later-files.ts'
import { licences } from './cli/licences.ts'
import { oneFileStudio } from './cli/one-file-build.ts'
import { writeServiceWorker, writeStudioList } from './cli/service-worker.ts'
import { policyInPage, trustedPackages } from './cli/trusted-build.ts'

/** TensorFlow.js' build with threads is never taken (see src/portable/backend.ts): its 70 kB need not be there. */
function withoutThreads(): Plugin {
  return {
    name: 'without-threads',
    load: (id) => (/tfjs-backend-wasm-threaded-simd\.js/.test(id) ? 'export default null' : null),
  }
}

/**
 * WebKit runs the script of a worker a second time when a chunk that it loads later imports something of it: two rooms
 * then answer each call, of which one was never told where files lie. So no chunk may import a worker's entry.
 */
function entriesApart(): Plugin {
  return {
    name: 'entries-apart',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle))
        for (const name of chunk.type === 'chunk' ? chunk.imports : []) {
          const other = bundle[name]
          if (other?.type === 'chunk' && other.isEntry)
            throw new Error(
              `${chunk.fileName} imports ${name}, which is a worker's entry: import what they share later`,
            )
        }
    },
  }
}

/** Lists what is loaded later, for pages that nothing keeps. */
function listLater(): Plugin {
  let dist: string
  return {
    name: 'list-later',
    apply: 'build',
    configResolved({ root, build }) {
      dist = resolve(root, build.outDir)
    },
    writeBundle: () => writeLaterFiles(dist),
  }
}

/** Every build says what a first visit fetches; tests/e2e/first-load.e2e.ts holds it. */
function sayFirstLoad(): Plugin {
  let say: (line: string) => void
  let dist: string
  return {
    name: 'say-first-load',
    apply: 'build',
    configResolved({ root, build, logger }) {
      dist = resolve(root, build.outDir)
      say = (line) => logger.info(line)
    },
    // What is only built, and not written, has no size.
    writeBundle() {
      say(firstLoadLine(firstLoad(dist)))
    },
  }
}

/** The page that an export of a run answers in (src/ui/chat-page), built apart, with the list of its files: it is taken along as it is. */
function chatPage(): Plugin {
  let dist: string
  return {
    name: 'chat-page',
    apply: 'build',
    configResolved({ root, build }) {
      dist = resolve(root, build.outDir)
    },
    async writeBundle() {
      const folder = join(dist, 'chat-page')
      const built = await build({
        configFile: false,
        root: join(import.meta.dirname, 'src/ui/chat-page'),
        base: './',
        publicDir: false,
        logLevel: 'error',
        worker: WORKER,
        plugins: [policyInPage()],
        build: { target: TARGET, outDir: folder, emptyOutDir: true },
      })
      const files = [built].flat().flatMap((one) => ('output' in one ? one.output : []))
      const list = files.map(({ fileName }) => fileName).sort()
      writeFileSync(join(folder, 'files.json'), `${JSON.stringify(list)}\n`)
    },
  }
}

/** Licences of what is built in, and once all is written the service worker, which knows every file of the build. */
function completed(): Plugin {
  let root: string
  let dist: string
  return {
    name: 'completed',
    apply: 'build',
    configResolved(config) {
      root = config.root
      dist = resolve(root, config.build.outDir)
    },
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        writeFileSync(join(dist, 'licences.md'), licences(root))
        writeStudioList(dist)
        await writeServiceWorker(root, dist)
      },
    },
  }
}

const TARGET = 'es2023'
const WORKER = { format: 'es', plugins: () => [withoutThreads(), entriesApart(), trustedPackages()] } as const

export default defineConfig({
  // Relative, so that the built studio runs under any path of any static host.
  base: './',
  plugins: [
    solid(),
    trustedPackages(),
    policyInPage(),
    embedEntry(),
    sayFirstLoad(),
    listLater(),
    chatPage(),
    guide(),
    oneFileStudio({ target: TARGET, plugins: () => [solid(), withoutThreads(), trustedPackages()] }),
    completed(),
  ],
  worker: WORKER,
  build: { target: TARGET, sourcemap: true },
})
