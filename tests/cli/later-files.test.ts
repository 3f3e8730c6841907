import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { laterFiles, writeLaterFiles } from '../../cli/later-files.ts'

let dist = ''
afterEach(() => rmSync(dist, { recursive: true, force: true }))

/** A build of these scripts, whose document begins with the first. */
function build(scripts: Record<string, string>): void {
  dist = mkdtempSync(join(tmpdir(), 'lapidary-later-'))
  mkdirSync(join(dist, 'assets'))
  for (const [name, code] of Object.entries(scripts)) writeFileSync(join(dist, 'assets', name), code)
  writeFileSync(
    join(dist, 'index.html'),
    `<script type="module" src="./assets/${Object.keys(scripts)[0]}"></script>`,
  )
}

const WORKERS = {
  'data.worker-a.js': 'import("./front-a.js")',
  'front-a.js': 'export const a = () => import("./room-a.js")',
  'room-a.js': '',
  'train.worker-a.js': 'import("./train-a.js")',
  'train-a.js': 'import("./portable-host-a.js"), import("./check-a.js")',
  'portable-host-a.js': 'import("./tfjs-a.js")',
  'tfjs-a.js': '',
  'check-a.js': '',
}

test('of a build is listed what page and workers load later, each once, with styles, and without engines and other languages', () => {
  build({
    'index-a.js':
      'import "./shared-a.js"; const deps = ["./chart-a.js", "./chart-a.css"]; load(() => import("./chart-a.js"), deps); import("./zh-Hant-a.js")',
    'shared-a.js': '',
    'chart-a.js':
      'import "./shared-a.js"; import "./plot-a.js"; import("./more-a.js"); import("./index-a.js")',
    'plot-a.js': '',
    'more-a.js': '',
    'chart-a.css': '',
    'zh-Hant-a.js': 'import("./said-a.js")',
    ...WORKERS,
  })
  expect(laterFiles(dist)).toEqual({
    page: ['chart-a.js', 'plot-a.js', 'chart-a.css', 'more-a.js'].map((name) => `assets/${name}`),
    data: ['assets/front-a.js', 'assets/room-a.js'],
    train: ['assets/train-a.js', 'assets/check-a.js'],
  })
  writeLaterFiles(dist)
  expect(JSON.parse(readFileSync(join(dist, 'later-files.json'), 'utf8'))).toEqual(laterFiles(dist))
})

test('a build whose workers are not there is refused', () => {
  build({ 'index-a.js': '' })
  expect(() => laterFiles(dist)).toThrow('0 scripts of the data worker')
})
