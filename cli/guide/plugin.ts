import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { renderGuide } from './render.ts'

/** Puts the guide beside the studio: pages that need no script, whose tutorials hold the studio in a frame. */
export function guide(): Plugin {
  let root: string
  let dist: string
  return {
    name: 'guide',
    apply: 'build',
    configResolved(config) {
      root = config.root
      dist = resolve(root, config.build.outDir)
    },
    writeBundle() {
      const write = (path: string, text: string) => {
        const there = join(dist, 'guide', path)
        mkdirSync(dirname(there), { recursive: true })
        writeFileSync(there, text)
      }
      for (const [path, html] of renderGuide(root)) write(path, html)
      const tokens = readFileSync(join(root, 'src/ui/styles/tokens.css'), 'utf8')
      write('guide.css', `${tokens}\n${readFileSync(join(import.meta.dirname, 'guide.css'), 'utf8')}`)
      write('guide.js', readFileSync(join(import.meta.dirname, 'guide.js'), 'utf8'))
    },
  }
}
