import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { inDocument, oneFileDocument } from '../../cli/one-file-build.ts'
import { ONE_FILE_MARKS, type OneFileStudio, oneFilePack } from '../../src/pack/one-file.ts'
import { openPackAt } from '../../src/pack/read.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import { blobFile, blobOf } from '../../src/protocol/exported.ts'
import { type OneFileList, setOneFile } from '../../src/protocol/one-file.ts'
import { ONE_FILE_BYTES } from '../../src/protocol/pack.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { manifestHash } from '../../src/storage/models.ts'
import { answerRequests, unpackFiles } from '../../src/workers/one-file.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  delete (globalThis as { lapidaryOneFile?: unknown }).lapidaryOneFile
})

const SCRIPT = 'document.title = "begun"'
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64')
const WEIGHTS = new Uint8Array(5000).map((_, i) => i * 7)

const STUDIO: OneFileStudio = {
  document: `<!doctype html><head>${ONE_FILE_MARKS.policy}${ONE_FILE_MARKS.title}</head>${ONE_FILE_MARKS.files}<script id="studio">${SCRIPT}</script>`,
  scripts: [sha256(SCRIPT)],
  build: 'studio-0123',
  files: [
    blobFile('models/pebble/model.safetensors', new Blob([WEIGHTS])),
    blobFile('datasets/index.json', new Blob(['[]'])),
  ],
}
const PARTS = {
  title: 'Moods & <b>more</b>',
  language: 'en',
  lesson: '# Moods\n\n<!--files--></script><script>alert(1)</script>\n\n## Look\n',
  config: parseRunConfig({ training: { max_steps: 20 } }),
  model: {
    ...{ id: 'pebble', name: 'Pebble', quantization: null, licence: null },
    files: [
      blobFile('config.json', new Blob(['{}'])),
      // The same bytes as the studio's own: they are there once.
      blobFile('model.safetensors', new Blob([WEIGHTS])),
    ],
  },
  data: blobFile('mood.csv', new Blob(['a,b\n1,2\n'])),
  shown: null,
  locked: [],
  place: 'data' as const,
}

const made = async (parts: Partial<typeof PARTS> = {}) =>
  (await blobOf(await oneFilePack({ ...PARTS, ...parts }, STUDIO, manifestHash))).text()

/** The document as a browser has it: its list, and the text of each element. */
function read(html: string): { list: OneFileList; text: (id: string) => string | null } {
  const script = /<script>self\.lapidaryOneFileList = (.*?); self\.lapidarySealed = true<\/script>/.exec(
    html,
  )!
  const texts = new Map(
    [...html.matchAll(/<script type="text\/plain" id="([^"]+)">([^<]*)<\/script>/g)].map(([, id, text]) => [
      id!,
      text!,
    ]),
  )
  return { list: JSON.parse(script[1]!), text: (id) => texts.get(id) ?? null }
}

describe('a class pack as one HTML file', () => {
  test('holds every file once, whole, and its policy knows each of its scripts', async () => {
    const html = await made()
    expect(await made()).toBe(html)
    const { list, text } = read(html)
    expect(list.build).toBe('studio-0123')
    const files = await unpackFiles(list, text)
    expect([...files.keys()]).toEqual([
      'pack.json',
      'lesson.md',
      'model/config.json',
      'model/model.safetensors',
      'data/mood.csv',
      'models/pebble/model.safetensors',
      'datasets/index.json',
    ])
    expect(await files.get('lesson.md')!.text()).toBe(PARTS.lesson)
    for (const path of ['model/model.safetensors', 'models/pebble/model.safetensors'])
      expect(new Uint8Array(await files.get(path)!.arrayBuffer())).toEqual(WEIGHTS)
    expect(new Set(list.entries.map(({ at }) => at)).size).toBe(list.entries.length - 1)
    // Nothing that was written in the lesson or the title is part of the document.
    expect(html).toContain('<title>Moods &amp; &lt;b&gt;more&lt;/b&gt; – Lapidary</title>')
    const scripts = [...html.matchAll(/<script(?: id="studio")?>([\s\S]*?)<\/script>/g)].map(
      ([, text]) => text!,
    )
    expect(scripts.length).toBe(2)
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)![1]!
    const named = [...policy.matchAll(/'sha256-([^']+)'/g)].map(([, hash]) => hash)
    expect(named.sort()).toEqual(scripts.map(sha256).sort())
    expect(policy).toMatch(/^default-src 'none'; script-src 'wasm-unsafe-eval' /)
    expect(policy).toContain('; connect-src blob: data:; worker-src blob:; ')
    expect(policy).not.toMatch(/https|'unsafe-eval'|'self'|script-src[^;]*unsafe-inline/)
  })

  test('opens as an unpacked pack on a server does, every hash checked, and not a second time', async () => {
    const { list, text } = read(await made())
    const files = await unpackFiles(list, text)
    const base = 'file:///media/stick/'
    const before = globalThis.fetch
    try {
      answerRequests({ build: list.build, base, files })
      const opened = (await openPackAt(`${base}pack.json`, null))!
      expect(opened.pack).toMatchObject({ title: PARTS.title, data: { path: 'data/mood.csv' } })
      const lesson = opened.files.get('lesson.md')!
      expect(new TextDecoder().decode(await lesson.read(0, lesson.size))).toBe(PARTS.lesson)
      expect(await openPackAt(`${base}pack.json`, opened.id)).toBeNull()
      files.set('lesson.md', new Blob(['x'.repeat(lesson.size)]))
      const refused = async () =>
        openPackAt(`${base}pack.json`, null).then(
          () => expect.fail('it was opened'),
          (error: unknown) => toFailure(error).message,
        )
      expect(await refused()).toContain('lesson.md does not have the hash that is listed')
      files.delete('lesson.md')
      expect(await refused()).toContain('was cut off or altered: lesson.md is missing')
    } finally {
      globalThis.fetch = before
    }
  })

  test('whose bytes were altered is told by the file, and nothing is taken of it', async () => {
    const { list, text } = read(await made())
    const { at } = list.entries.find(({ path }) => path === 'lesson.md')!
    for (const other of [
      (held: string) => held.slice(0, held.length / 2),
      (held: string) => `${held.slice(0, 40)}${held[40] === 'A' ? 'B' : 'A'}${held.slice(41)}`,
      () => '',
      () => '%%%',
    ])
      await expect(unpackFiles(list, (id) => (id === at ? other(text(id)!) : text(id)))).rejects.toThrow(
        /This file was altered: what it holds of lesson\.md/,
      )
    // One that is longer than was said is no larger in memory.
    const short = list.entries.map((entry) => (entry.at === at ? { ...entry, bytes: 3 } : entry))
    await expect(unpackFiles({ ...list, entries: short }, text)).rejects.toThrow(/altered/)
  })

  test('that would be too large is refused before it is read', async () => {
    const data = { path: 'big.csv', size: ONE_FILE_BYTES, chunks: () => expect.fail('it was read') }
    const failure = await made({ data } as never).then(
      () => expect.fail('it was made'),
      (error: unknown) => toFailure(error),
    )
    expect(failure).toMatchObject({ code: 'bad_config', detail: { most: ONE_FILE_BYTES } })
  })

  test('answers for its files as a server does, and leaves all else alone', async () => {
    const blob = new Blob(['0123456789'])
    const asked: string[] = []
    const scope = {
      fetch: async (input: RequestInfo | URL, _init?: RequestInit) => {
        asked.push(String(input))
        return new Response(blob)
      },
    }
    const base = 'file:///media/stick%20a/'
    answerRequests({ build: '', base, files: new Map([['data/a b.csv', blob]]) }, scope)
    const range = (Range: string) => ({ headers: { Range } })
    const at = `${base}data/a%20b.csv`
    const whole = await scope.fetch(at)
    expect([whole.status, await whole.text()]).toEqual([200, '0123456789'])
    const part = await scope.fetch(at, range('bytes=2-4') as never)
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ])
    expect((await scope.fetch(at, range('bytes=8-99') as never)).headers.get('content-range')).toBe(
      'bytes 8-9/10',
    )
    expect((await scope.fetch(at, range('bytes=10-') as never)).status).toBe(416)
    expect(asked).toEqual([])
    for (const path of ['pack.json', '__proto__', 'toString', 'data/../../secret.csv', '../other.html'])
      expect([path, (await scope.fetch(new URL(path, base).href)).status]).toEqual([
        path,
        path.startsWith('../') || path.includes('../../') ? 200 : 404,
      ])
    asked.length = 0
    await scope.fetch('https://example.org/')
    expect(asked).toEqual(['https://example.org/'])
  })
})

describe('a worker of a studio that is one file', () => {
  test('is its own script once more, knows what it is, and is sent the files before all else', async () => {
    // As minifiers begin a script: behind a line without its semicolon it would be called.
    const script = '(function () { self.begun = [self.name, lapidaryOneFile.base, self.lapidarySealed] })()'
    const made: { blob: Blob; name: string; sent: unknown[] }[] = []
    const blobs = new Map<string, Blob>()
    vi.stubGlobal('document', { getElementById: () => ({ textContent: script }) })
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      blobs.set('blob:null/1', blob as Blob)
      return 'blob:null/1'
    })
    vi.stubGlobal('origin', 'null')
    vi.stubGlobal(
      'Worker',
      class {
        readonly sent: unknown[] = []
        addEventListener() {}
        constructor(address: string, { name }: { name: string }) {
          made.push({ blob: blobs.get(address)!, name, sent: this.sent })
        }
        postMessage(what: unknown) {
          this.sent.push(what)
        }
      },
    )
    const files = new Map([['pack.json', new Blob(['{}'])]])
    setOneFile({ build: 'studio-0', base: 'file:///media/stick/', files })
    const { Worker } = await import('../../src/protocol/worker-one-file.ts')
    new Worker('train')
    expect(made.map(({ name, sent }) => [name, sent])).toEqual([['train', [files]]])
    const scope: Record<string, unknown> = { name: 'train' }
    scope.self = scope
    runInNewContext(await made[0]!.blob.text(), scope)
    expect(scope.begun).toEqual(['train', 'file:///media/stick/', true])
  })
})

describe('the document that packs are made of', () => {
  const html = `<!doctype html>
  <head>
    <meta charset="utf-8" />
    <title>Lapidary</title>
    <link rel="icon" href="./favicon.svg" type="image/svg+xml" />
  </head>
  <script type="module" src="/src/main.tsx"></script>`

  test('has the script in it, and ends where it is whole', () => {
    const text = oneFileDocument(html, 'begin("$&</script><!--")', 'a { color: red }', '<svg/>')
    expect(text).toContain('<script id="studio">begin("$&\\x3C/script>\\x3C!--")</script>')
    expect(text).toMatch(/<i id="whole" hidden><\/i>\s*$/)
    expect(text).not.toMatch(/(src|href)="\.?\//)
    for (const mark of Object.values(ONE_FILE_MARKS)) expect(text.split(mark).length).toBe(2)
  })

  test('says first that it was cut off, and takes that back where a script can say it', () => {
    const text = oneFileDocument(html, 'begin()', '', '<svg/>')
    const [said, guard, back] = [
      text.indexOf('This file was cut off'),
      text.indexOf('<script>'),
      text.indexOf('content: none'),
    ]
    expect(said).toBeGreaterThan(0)
    expect(said).toBeLessThan(250)
    expect(text.indexOf(ONE_FILE_MARKS.policy)).toBeGreaterThan(said)
    expect(guard).toBeGreaterThan(said)
    expect(back).toBeGreaterThan(text.indexOf('</script>', guard))
    expect(back).toBeLessThan(text.indexOf(ONE_FILE_MARKS.files))
  })

  test('is refused where it would load something, or be read as another script', () => {
    expect(() =>
      oneFileDocument(html.replace('</head>', '<script src="x.js"></script></head>'), '', '', ''),
    ).toThrow(/loads something/)
    expect(() => inDocument('a\rb')).toThrow(/characters/)
  })
})
