import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { archive, checksums, faultsOf, layOut, unpackArchive } from '../../cli/release-files.ts'
import { describeBuild, SERVICE_WORKER } from '../../cli/service-worker.ts'
import { MOST, wholeApp, wholeAppLine } from '../../cli/whole-app.ts'

const FILES = {
  'index.html':
    '<script type="module" src="./assets/index-1.js"></script><link rel="icon" href="./favicon.svg">',
  'assets/index-1.js': 'import("./later-2.js")',
  'assets/later-2.js': 'export {}',
  'favicon.svg': '<svg/>',
  'models/pebble/model.safetensors': 'weights',
}

let folder: string
let dist: string

function write(files: Record<string, string | Uint8Array>, into = dist): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(into, path)), { recursive: true })
    writeFileSync(join(into, path), text)
  }
}

/** As the real one holds it: what it keeps stands in its text. */
async function writeWorker(): Promise<void> {
  write({ [SERVICE_WORKER]: `var build=${JSON.stringify(await describeBuild(dist))};` })
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-release-'))
  dist = join(folder, 'dist')
  write(FILES)
  await writeWorker()
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a build', () => {
  test('that is whole may be released, and is described by all that it needs', async () => {
    expect(await faultsOf(dist)).toEqual([])
    write({ '.built-from': 'stamp' })
    const { files, id } = await describeBuild(dist)
    expect(Object.keys(files).sort()).toEqual(
      ['', ...Object.keys(FILES).filter((path) => path !== 'index.html')].sort(),
    )
    expect(await describeBuild(dist)).toEqual({ files, id })
    write({ 'assets/later-2.js': 'export{ }' })
    expect((await describeBuild(dist)).id).not.toBe(id)
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['a source map', { 'assets/index-1.js.map': '{}' }, /index-1\.js\.map is a source map/],
    [
      'a name of one',
      { 'assets/later-2.js': '//# sourceMappingURL=x.map' },
      /later-2\.js names a source map/,
    ],
    ['an address of the root', { 'index.html': '<script src="/assets/index-1.js">' }, /no sub-folder has/],
    [
      'a missing file',
      { 'index.html': '<script src="./assets/other.js">' },
      /names assets\/other\.js, which is missing/,
    ],
    [
      'a service worker of another build',
      { 'favicon.svg': '<svg />' },
      /service-worker\.js is of another build/,
    ],
  ])('with %s may not', async (_, files, told) => {
    write(files)
    if (!('favicon.svg' in files)) await writeWorker()
    expect((await faultsOf(dist)).join('; ')).toMatch(told)
  })

  test('without its service worker, or its document, may not', async () => {
    rmSync(join(dist, SERVICE_WORKER))
    expect(await faultsOf(dist)).toEqual([`there is no ${SERVICE_WORKER}`])
    rmSync(join(dist, 'index.html'))
    expect((await faultsOf(dist))[0]).toBe('there is no index.html')
  })

  test('that is larger than was agreed may not, as it is stored and as it is sent', async () => {
    write({ 'assets/later-2.js': 'x'.repeat(MOST.stored) })
    await writeWorker()
    const { transfer, stored, files } = await wholeApp(dist)
    expect(files).toBe(Object.keys(FILES).length + 1)
    expect([stored > MOST.stored, transfer < 1e6]).toEqual([true, true])
    expect(await faultsOf(dist)).toEqual([expect.stringMatching(/^it is \d+ bytes, of at most/)])
    // Weights are sent as they are.
    write({ 'assets/later-2.js': '', 'models/pebble/model.safetensors': 'x'.repeat(MOST.transfer) })
    await writeWorker()
    expect(await faultsOf(dist)).toEqual([expect.stringMatching(/bytes compressed, of at most/)])
    expect(wholeAppLine(await wholeApp(dist))).toMatch(/8\.00 MB compressed of at most 8\.00 MB/)
  })
})

describe('a release', () => {
  test('is the same bytes each time, in any time zone and order, and its archive is laid out again', () => {
    const texts = { 'README.txt': 'how', LICENSE: 'terms' }
    const made = archive('lapidary-1.2.3', dist, texts)
    const zone = process.env.TZ
    process.env.TZ = 'Asia/Taipei'
    try {
      const again = archive('lapidary-1.2.3', dist, { LICENSE: 'terms', 'README.txt': 'how' })
      expect(Buffer.from(again).equals(Buffer.from(made))).toBe(true)
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
    expect(Object.keys(unzipSync(made)).slice(0, 3)).toEqual([
      'lapidary-1.2.3/LICENSE',
      'lapidary-1.2.3/README.txt',
      'lapidary-1.2.3/studio/assets/index-1.js',
    ])

    const site = join(folder, 'site')
    const path = join(folder, 'lapidary-1.2.3.zip')
    writeFileSync(path, made)
    expect(unpackArchive(path, site)).toBe('1.2.3')
    layOut(site, dist, '1.3.0')
    for (const version of ['v1.2.3', 'v1.3.0', 'latest'])
      for (const [name, text] of Object.entries(FILES))
        expect(readFileSync(join(site, version, name), 'utf8')).toBe(text)
    expect(existsSync(join(site, 'v1.2.3', 'README.txt'))).toBe(false)
    expect(readFileSync(join(site, 'index.html'), 'utf8')).toContain('./latest/')
  })

  test('takes no other file for an archive', () => {
    const site = join(folder, 'site')
    const path = join(folder, 'lapidary-1.2.3.zip')
    writeFileSync(path, archive('something-else', dist, {}))
    expect(() => unpackArchive(path, site)).toThrow(/holds no lapidary-1\.2\.3\/studio\//)
    expect(() => unpackArchive(join(folder, 'other.zip'), site)).toThrow(/not named as an archive/)
  })

  test('has a checksum of each file, itself left out', () => {
    const list = checksums(dist)
    write({ SHA256SUMS: list })
    expect(checksums(dist)).toBe(list)
    const lines = list.trimEnd().split('\n')
    expect(lines).toHaveLength(Object.keys(FILES).length + 1)
    const sum = createHash('sha256').update('<svg/>').digest('hex')
    expect(lines).toContain(`${sum}  favicon.svg`)
  })
})
