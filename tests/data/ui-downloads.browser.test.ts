import { unzipSync } from 'fflate'
import { createRoot } from 'solid-js'
import { afterEach, expect, test, vi } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { lent } from '../../src/protocol/exported.ts'
import type { ExportedFile, RunInfo, Studio } from '../../src/protocol/studio.ts'
import { ASK_BYTES, createDownloads } from '../../src/ui/state/downloads.ts'
import { blobOnDisk, COPIED_MS, DISK_BYTES, sweepDownloads } from '../../src/ui/state/on-disk.ts'
import { type ChosenFile, DISK_FOLDER, writeAll } from '../../src/ui/state/save-as.ts'
import { zipInto, zipped, zipSize } from '../../src/ui/state/zip.ts'

const PIECE = 64 * 1024
/** Files read and not given back. */
let reading = 0

function file(path: string, pieces: number, at?: (piece: number) => void): ExportedFile {
  return {
    path,
    size: pieces * PIECE,
    async *chunks() {
      reading++
      try {
        for (let i = 0; i < pieces; i++) {
          await new Promise((resolve) => setTimeout(resolve))
          at?.(i)
          yield new Uint8Array(PIECE).fill(i + 1)
        }
      } finally {
        reading--
      }
    },
  }
}

const NAME = 'taken.zip'
const room = () => navigator.storage.getDirectory()
/** A file of the browser's own file system, which is written as those of the machine are. */
const chosen = async () => (await (await room()).getFileHandle(NAME, { create: true })) as ChosenFile
const there = async () => {
  try {
    const found = await (await (await room()).getFileHandle(NAME)).getFile()
    return new Uint8Array(await found.arrayBuffer())
  } catch {
    return null
  }
}
const failureOf = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
  work.then(
    () => expect.fail('went well'),
    (error) => error,
  )

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  await (await room()).removeEntry(NAME).catch(() => {})
  expect(reading).toBe(0)
})

test('a zip is written as it is made, of the size that was said', async () => {
  const files = [file('a.bin', 3), file('in/b.bin', 2)]
  const told: number[] = []
  const onProgress = ({ share }: { share: number | null }) => void told.push(share!)
  await zipInto(files, 'run', async (zip) => writeAll(await chosen(), zip), { onProgress })
  const bytes = (await there())!
  expect(bytes.length).toBe(zipSize(files, 'run'))
  expect(Object.entries(unzipSync(bytes)).map(([path, { length }]) => [path, length])).toEqual([
    ['run/a.bin', 3 * PIECE],
    ['run/in/b.bin', 2 * PIECE],
  ])
  expect(told.at(-1)).toBe(1)
  expect(new Uint8Array(await (await zipped(files, 'run')).arrayBuffer()).length).toBe(bytes.length)
})

test('what has been written goes back where it came from, whole, and in the order of the file', async () => {
  const back: number[] = []
  const own = file('a.bin', 3)
  const borrowed = {
    ...own,
    async *chunks() {
      for await (const piece of own.chunks())
        yield lent(piece, (buffer) => void back.push(new Uint8Array(buffer)[0]!))
    },
  }
  await zipInto([borrowed], 'run', async (zip) => writeAll(await chosen(), zip))
  expect(back).toEqual([1, 2, 3])
  expect([...unzipSync((await there())!)['run/a.bin']!.slice(-1)]).toEqual([3])
})

test('stopped at any moment nothing is left, what was there before stays, and the next try works', async () => {
  for (let at = 0; at < 10; at++) {
    const before = at % 2 === 1 ? new TextEncoder().encode('of an earlier day') : null
    if (before) {
      const writable = await (await chosen()).createWritable()
      await writable.write(before)
      await writable.close()
    }
    const control = new AbortController()
    const stop = (piece: number) => piece === at % 5 && control.abort()
    // The first file is cut, or the second.
    const files = [file('a.bin', 5, at < 5 ? stop : undefined), file('b.bin', 5, at < 5 ? undefined : stop)]
    const cut = zipInto(files, 'run', async (zip) => writeAll(await chosen(), zip), {
      signal: control.signal,
    })
    expect((await failureOf(cut)).name).toBe('AbortError')
    expect(await there()).toEqual(before)
    expect((await failureOf(zipped(files, 'run', { signal: control.signal }))).name).toBe('AbortError')
    const whole = [file('a.bin', 5), file('b.bin', 5)]
    await zipInto(whole, 'run', async (zip) => writeAll(await chosen(), zip))
    expect(Object.keys(unzipSync((await there())!))).toEqual(['run/a.bin', 'run/b.bin'])
    await (await room()).removeEntry(NAME)
  }
})

test('what cannot be read any more is told as it says, and leaves nothing', async () => {
  const gone = () => {
    throw new LapidaryError({ code: 'bad_file', message: 'Part of it is gone.', hint: 'Add it again.' })
  }
  const files = [file('a.bin', 2), file('b.bin', 4, (piece) => piece === 2 && gone())]
  const failure = await failureOf(zipInto(files, 'run', async (zip) => writeAll(await chosen(), zip)))
  expect([failure.code, failure.message]).toEqual(['bad_file', 'Part of it is gone.'])
  expect(await there()).toBeNull()
  expect((await failureOf(zipped(files, 'run'))).message).toBe('Part of it is gone.')
})

test.each([
  ['QuotaExceededError', 'quota_exceeded', 'There is no room left where taken.zip was to go.'],
  ['NotAllowedError', 'not_saved', 'its permission was withdrawn'],
  ['NotFoundError', 'not_saved', 'is not there any more'],
  ['NoModificationAllowedError', 'not_saved', 'taken.zip could not be written'],
  // What a browser's own check of the file says at its end: nobody has stopped it.
  ['AbortError', 'not_saved', 'taken.zip could not be written'],
])('%s of the file is told by name, and leaves nothing', async (name, code, message) => {
  for (const when of ['createWritable', 'write', 'close'] as const) {
    const handle = await chosen()
    const refuse = () => Promise.reject(new DOMException('no', name))
    const place = new Proxy(handle, {
      get(target, key) {
        if (key === when) return refuse
        if (key !== 'createWritable') {
          const value = Reflect.get(target, key)
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async () => Object.assign(await target.createWritable(), { [when]: refuse })
      },
    })
    const failure = await failureOf(zipInto([file('a.bin', 3)], 'run', (zip) => writeAll(place, zip)))
    expect(failure.code).toBe(code)
    expect(failure.message).toContain(message)
    expect(await there()).toBeNull()
  }
})

const RUNS = {
  label: () => 'Pebble on boats',
  chosen: async () => ({ which: 'last', step: null }) as const,
}

test('the first download of a checkpoint has its proof made, and carries it; one of a run as it was does not ask for it', async () => {
  const saved: Blob[] = []
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {})
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    saved.push(blob as Blob)
    return 'blob:none'
  })
  const asked: unknown[] = []
  const [plain, proven] = [[file('a.bin', 1)], [file('proof.json', 1), file('a.bin', 1)]]
  const exportRun = async (...[id, format, which]: unknown[]) => {
    asked.push([id, format, which])
    return proven
  }
  let can = true
  const { downloads, dispose } = createRoot((dispose) => ({
    dispose,
    downloads: createDownloads({ runs: { exportRun } } as unknown as Studio, RUNS, {
      ensure: async (...of) => asked.push(of.slice(0, 2)) > 0 && can,
    }),
  }))
  const run = { id: 'a' } as RunInfo
  const names = async () => Object.keys(unzipSync(new Uint8Array(await saved.at(-1)!.arrayBuffer())))
  await downloads.run(run, 'merged', { files: plain, step: 7 })
  expect(asked.splice(0)).toEqual([
    ['a', 7],
    ['a', 'merged', 7],
  ])
  expect(await names()).toEqual(
    ['proof.json', 'a.bin'].map((name) => `Pebble-on-boats-step-7-merged/${name}`),
  )
  can = false
  await downloads.run(run, 'merged', { files: plain, step: null })
  expect(asked.splice(0)).toEqual([['a', 'last']])
  expect(await names()).toEqual(['Pebble-on-boats-merged/a.bin'])
  await downloads.run(run, 'merged', { files: proven, step: null })
  await downloads.run(run, 'checkpoint', { files: plain, step: null, proven: false })
  expect(asked).toEqual([])
  expect(saved).toHaveLength(4)
  dispose()
})

test('small downloads go where downloads go; large ones ask at once where, and a press of cancel leaves nothing', async () => {
  const saved: string[] = []
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download)
  })
  const asked: string[] = []
  let answer: () => Promise<ChosenFile> = chosen
  vi.stubGlobal('showSaveFilePicker', ({ suggestedName }: { suggestedName: string }) => {
    asked.push(suggestedName)
    return answer()
  })
  const run = { id: 'a' } as RunInfo
  const { downloads, dispose } = createRoot((dispose) => ({
    dispose,
    downloads: createDownloads({} as Studio, RUNS, { ensure: async () => false }),
  }))
  await downloads.run(run, 'merged', { files: [file('a.bin', 2)], step: 7 })
  expect([saved, asked]).toEqual([['Pebble-on-boats-step-7-merged.zip'], []])

  const large = [file('a.bin', ASK_BYTES / PIECE, (piece) => piece === 9 && downloads.cancel())]
  const under = downloads.run(run, 'merged', { files: large, step: null })
  // In the very task of the press, after which a browser would not ask any more.
  expect(asked).toEqual(['Pebble-on-boats-merged.zip'])
  expect([downloads.making(), downloads.last()]).toEqual(['a', 'a'])
  await under
  expect(downloads.last()).toBeNull()
  expect([downloads.making(), downloads.progress(), downloads.failureOf('a')]).toEqual([null, null, null])
  expect(await there()).toBeNull()

  answer = () => Promise.reject(new DOMException('The user aborted a request.', 'AbortError'))
  await downloads.run(run, 'merged', { files: large, step: null })
  expect(downloads.failureOf('a')).toBeNull()
  expect(saved).toHaveLength(1)

  // What came to nothing is told until it is dismissed, of a run that is gone as well.
  const gone = () => {
    throw new Error('It is gone.')
  }
  await downloads.run(run, 'merged', { files: [file('a.bin', 2, gone)], step: null })
  expect([downloads.making(), downloads.last()]).toEqual([null, 'a'])
  expect(downloads.failureOf('a')).not.toBeNull()
  downloads.dismiss()
  expect(downloads.last()).toBeNull()
  dispose()
})

/** What is on its way to the browser's downloads. */
async function onDisk(): Promise<string[]> {
  const folder = await (await room()).getDirectoryHandle(DISK_FOLDER).catch(() => null)
  const names: string[] = []
  const each = folder as unknown as { keys(): AsyncIterable<string> } | null
  if (each) for await (const name of each.keys()) names.push(name)
  return names
}

test('a large download that no place is asked for lies on the disk, whole; cancelled or cut nothing is left, and later visits remove it', async () => {
  await sweepDownloads(Date.now() + COPIED_MS)
  const saved: Blob[] = []
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {})
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    saved.push(blob as Blob)
    return 'blob:none'
  })
  vi.stubGlobal('showSaveFilePicker', undefined)
  const { downloads, dispose } = createRoot((dispose) => ({
    dispose,
    downloads: createDownloads({} as Studio, RUNS, { ensure: async () => false }),
  }))
  const run = { id: 'a' } as RunInfo
  const many = DISK_BYTES / PIECE
  const cut = [file('a.bin', many, (piece) => piece === 9 && downloads.cancel())]
  await downloads.run(run, 'merged', { files: cut, step: null, proven: false })
  expect([saved.length, downloads.failureOf('a'), await onDisk()]).toEqual([0, null, []])

  await downloads.run(run, 'merged', { files: [file('a.bin', many)], step: null, proven: false })
  const [made] = saved
  expect(made).toBeInstanceOf(File)
  expect(await onDisk()).toHaveLength(1)
  const [name, bytes] = Object.entries(unzipSync(new Uint8Array(await made!.arrayBuffer())))[0]!
  expect([name, bytes.length, bytes.at(-1)]).toEqual([
    'Pebble-on-boats-merged/a.bin',
    many * PIECE,
    many % 256,
  ])
  // It may still be copied.
  await sweepDownloads()
  expect(await onDisk()).toHaveLength(1)
  await sweepDownloads(Date.now() + COPIED_MS)
  expect(await onDisk()).toEqual([])

  const small = await blobOnDisk(file('a.bin', 2))
  expect([small instanceof File, small.size]).toEqual([false, 2 * PIECE])
  vi.spyOn(FileSystemFileHandle.prototype, 'createWritable').mockRejectedValue(
    new DOMException('', 'QuotaExceededError'),
  )
  const full = await failureOf(blobOnDisk(file('in/a.bin', many)))
  expect([full.code, full.message]).toEqual([
    'quota_exceeded',
    'There is no room left where a.bin was to go.',
  ])
  expect(await onDisk()).toEqual([])
  // Chromium says so in its own way while it writes. @param free bytes of the browser's quota
  const broken = async (free: number) => {
    vi.spyOn(FileSystemFileHandle.prototype, 'createWritable').mockRejectedValue(
      new DOMException('Failed to write data to data pipe', 'InvalidStateError'),
    )
    vi.spyOn(navigator.storage, 'estimate').mockResolvedValue({ quota: 1000 + free, usage: 1000 })
    const failure = await failureOf(blobOnDisk(file('in/a.bin', many)))
    expect(await onDisk()).toEqual([])
    return [failure.code, failure.message]
  }
  expect(await broken(many * PIECE - 1)).toEqual([
    'quota_exceeded',
    'The browser found no room to make a.bin.',
  ])
  expect((await broken(many * PIECE))[0]).toBe('not_saved')
  // A private window has no part of the disk.
  vi.spyOn(navigator.storage, 'getDirectory').mockRejectedValue(new DOMException('', 'SecurityError'))
  expect((await blobOnDisk(file('a.bin', many))).size).toBe(many * PIECE)
  dispose()
})
