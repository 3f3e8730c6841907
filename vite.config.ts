import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import solid from 'vite-plugin-solid'
import { embedEntry } from './cli/embed-script.ts'
import { firstLoad, firstLoadLine } from './cli/first-load.ts'

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

export default defineConfig({
  // Relative, so that the built studio runs under any path of any static host.
  base: './',
  plugins: [solid(), embedEntry(), sayFirstLoad()],
  worker: { format: 'es', plugins: () => [withoutThreads(), entriesApart()] },
  build: { target: 'es2023', sourcemap: true },
})
