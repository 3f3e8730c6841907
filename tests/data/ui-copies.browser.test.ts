import { unzipSync } from 'fflate'
import { createRoot, createSignal } from 'solid-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { blobFile } from '../../src/protocol/exported.ts'
import type { ExportedFile, RunInfo, Studio } from '../../src/protocol/studio.ts'
import { createCopies } from '../../src/ui/state/copies.ts'
import type { RunView } from '../../src/ui/state/runs.ts'
import type { ChosenFolder } from '../../src/ui/state/save-as.ts'

/** A folder of the browser's own file system, which is written as those of the machine are. */
let folder: FileSystemDirectoryHandle
beforeEach(async () => {
  folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('stick', { create: true })
})
afterEach(async () => {
  await (await navigator.storage.getDirectory()).removeEntry('stick', { recursive: true })
})

const RUN = '0123456789ab'
const FILE = 'My-run-01234567.lapidary-run.zip'

const names = async () => {
  const found: string[] = []
  for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) found.push(name)
  return found.sort()
}
const stepsIn = async (name: string) => {
  const bytes = await (await (await folder.getFileHandle(name)).getFile()).arrayBuffer()
  return Object.keys(unzipSync(new Uint8Array(bytes))).sort()
}
const filesOf = (step: number): ExportedFile[] => [
  blobFile(`checkpoints/step-${step}.json`, new Blob(['{}'])),
  blobFile(`checkpoints/step-${step}.safetensors`, new Blob([new Uint8Array(300_000)])),
]

/** A page on which a run is trained. */
function page(runFile: (run: string) => Promise<ExportedFile[]>, pick: ChosenFolder | Error) {
  return createRoot((dispose) => {
    const [live, setLive] = createSignal<string | null>(null)
    const [busy, setBusy] = createSignal(false)
    const [saved, setSaved] = createSignal<number[]>([])
    const copies = createCopies(
      {
        studio: { runs: { runFile } } as unknown as Studio,
        runs: { live, byId: (id) => ({ id, name: 'My run' }) as RunInfo },
        training: { busy, liveView: () => ({ saved }) as unknown as RunView },
      },
      () => async () => {
        if (pick instanceof Error) throw pick
        return pick
      },
    )
    const begin = (run: string) => {
      setSaved([])
      setBusy(true)
      setLive(run)
    }
    const end = () => {
      setBusy(false)
      setLive(null)
    }
    return { copies, begin, end, checkpoint: (step: number) => setSaved((all) => [...all, step]), dispose }
  })
}
const chosen = () => folder as unknown as ChosenFolder

test('a run is written to the folder with each checkpoint and at its end, in one file that is whole', async () => {
  let step = 0
  const { copies, begin, end, checkpoint, dispose } = page(async () => filesOf(step), chosen())
  begin(RUN)
  await copies.choose()
  expect([copies.folder(), await names()]).toEqual(['stick', []])
  step = 10
  checkpoint(10)
  expect(copies.writing(RUN)).toBe(true)
  await copies.settled()
  expect(await stepsIn(FILE)).toEqual(['checkpoints/step-10.json', 'checkpoints/step-10.safetensors'])
  expect(copies.copied(RUN)).toEqual({ run: RUN, step: 10, file: FILE })
  // Nothing is said of a run that it is not of.
  expect(copies.copied('another')).toBeNull()
  step = 12
  end()
  await copies.settled()
  expect(await stepsIn(FILE)).toEqual(['checkpoints/step-12.json', 'checkpoints/step-12.safetensors'])
  // Another run of the same name has a file of its own.
  begin('fedcba987654')
  checkpoint(5)
  await copies.settled()
  expect(await names()).toEqual([FILE, 'My-run-fedcba98.lapidary-run.zip'])
  expect(copies.writing()).toBe(false)
  dispose()
})

test('what cannot be read or written is told of that run, and the file from before stays', async () => {
  let fails = false
  const { copies, begin, end, checkpoint, dispose } = page(async () => {
    if (fails) throw new LapidaryError({ code: 'missing_file', message: 'Gone.', hint: 'Go on.' })
    return filesOf(3)
  }, chosen())
  await copies.choose()
  begin(RUN)
  checkpoint(3)
  await copies.settled()
  const before = await stepsIn(FILE)
  fails = true
  checkpoint(6)
  await copies.settled()
  expect(copies.failure(RUN)).toMatchObject({ code: 'missing_file' })
  expect([copies.failure('another'), copies.failure(null)]).toEqual([null, null])
  expect([await names(), await stepsIn(FILE)]).toEqual([[FILE], before])
  // The next one may go well, and then that is what is said.
  fails = false
  checkpoint(9)
  await copies.settled()
  expect(copies.failure(RUN)).toBeNull()
  fails = true
  copies.leave()
  end()
  await copies.settled()
  expect([copies.folder(), copies.failure(RUN)]).toEqual([null, null])
  dispose()
})

test('a run that has not been written yet leaves no empty file where writing fails', async () => {
  const { copies, begin, checkpoint, dispose } = page(
    async () => [
      {
        path: 'checkpoints/step-1.json',
        size: 8,
        // biome-ignore lint/correctness/useYield: it fails before
        async *chunks() {
          throw new LapidaryError({ code: 'bad_file', message: 'Torn.', hint: 'Again.' })
        },
      },
    ],
    chosen(),
  )
  begin(RUN)
  await copies.choose()
  checkpoint(1)
  await copies.settled()
  expect([copies.failure(RUN)?.message, await names()]).toEqual(['Torn.', []])
  dispose()
})

test('while one is written, of the checkpoints that come only the last is written next', async () => {
  const waiting: (() => void)[] = []
  let asked = 0
  const { copies, begin, checkpoint, dispose } = page(async () => {
    const now = ++asked
    await new Promise<void>((resolve) => waiting.push(resolve))
    return filesOf(now)
  }, chosen())
  await copies.choose()
  begin(RUN)
  for (const step of [1, 2, 3, 4]) checkpoint(step)
  await expect.poll(() => waiting.length).toBe(1)
  waiting[0]!()
  await expect.poll(() => waiting.length).toBe(2)
  waiting[1]!()
  await copies.settled()
  expect([asked, copies.copied(RUN)?.step]).toEqual([2, 2])
  dispose()
})

test('nobody is told anything where no folder was chosen, and is where the browser refuses one', async () => {
  const none = page(async () => [], new DOMException('', 'AbortError'))
  await none.copies.choose()
  expect([none.copies.folder(), none.copies.failure(null)]).toEqual([null, null])
  none.dispose()
  const refused = page(async () => [], new DOMException('It is a system folder.', 'SecurityError'))
  await refused.copies.choose()
  expect([refused.copies.folder(), refused.copies.failure(null)?.message]).toEqual([
    null,
    'It is a system folder.',
  ])
  refused.dispose()
})
