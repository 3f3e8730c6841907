import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { firstLoad, firstLoadLine } from '../../cli/first-load.ts'
import { slowest } from '../../cli/stage.ts'

describe('the first load of a build', () => {
  let dist: string
  const write = (path: string, text: string) => writeFileSync(join(dist, path), text)
  beforeAll(() => {
    dist = mkdtempSync(join(tmpdir(), 'lapidary-dist-'))
    mkdirSync(join(dist, 'assets'))
    write(
      'index.html',
      '<script type="module" src="./assets/index-1.js"></script><link href="./assets/index-2.css"><link href="./favicon.svg">',
    )
    write('assets/index-2.css', 'a{}')
    write(
      'assets/index-1.js',
      'import{a}from"./shared-3.js";export*from"./other-4.js";const b=()=>import("./later-5.js");' +
        'new Worker(new URL("data.worker-6.js",import.meta.url));const text=\'import"./text-0.js"\';',
    )
    write('assets/shared-3.js', 'import"./deep-7.js";export const a=1;')
    write('assets/deep-7.js', 'import"./shared-3.js";')
    write('assets/other-4.js', 'export const c=1;')
    write('assets/later-5.js', 'new Worker(new URL("later.worker-8.js",import.meta.url));export{};')
    write('assets/data.worker-6.js', 'import"./part-9.js";import("./later-5.js");')
    write('assets/part-9.js', 'import("./shared-3.js")')
    write('assets/later.worker-8.js', '//')
  })
  afterAll(() => rmSync(dist, { recursive: true }))

  test('is what is imported at once, and not what is loaded later; what a worker’s entry loads, it loads at once', () => {
    const { files } = firstLoad(dist)
    expect(files.page.toSorted()).toEqual([
      'assets/deep-7.js',
      'assets/index-1.js',
      'assets/index-2.css',
      'assets/other-4.js',
      'assets/shared-3.js',
      'index.html',
    ])
    expect(files.workers.toSorted()).toEqual([
      'assets/data.worker-6.js',
      'assets/later-5.js',
      'assets/part-9.js',
    ])
  })

  test('is summed, and said in kilobytes', () => {
    const { workers, page } = firstLoad(dist)
    const scripts = [
      'import"./part-9.js";import("./later-5.js");',
      'import("./shared-3.js")',
      'new Worker(new URL("later.worker-8.js",import.meta.url));export{};',
    ]
    expect(workers.raw).toBe(scripts.join('').length)
    expect(
      firstLoadLine({
        page: { raw: 1_234_567, gzip: 400_499, brotli: 300_500 },
        workers,
        files: { page: [], workers: [] },
      }),
    ).toMatch(/^first load: page 1235 kB \(gzip 400 kB, brotli 301 kB\), its workers 0 kB /)
    write('assets/other-4.js', `export const c="${'x'.repeat(10_000)}";`)
    const grown = firstLoad(dist).page
    expect(grown.raw).toBe(page.raw + 10_001)
    expect(grown.gzip).toBeLessThan(page.gzip + 200)
  })

  test('a page without a script has none', () => {
    write('index.html', '<p>')
    expect(() => firstLoad(dist)).toThrow(/names no script/)
  })
})

test('the slowest files come first, no more than asked for', () => {
  const files = [3, 20, 1, 100.26].map((seconds) => ({ file: `${seconds}.test.ts`, seconds }))
  expect(slowest(files, 3)).toEqual([
    ' 100.3 s  100.26.test.ts',
    '  20.0 s  20.test.ts',
    '   3.0 s  3.test.ts',
  ])
})
