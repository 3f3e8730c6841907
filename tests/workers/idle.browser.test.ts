import { createRoot, createSignal } from 'solid-js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DeviceInfo, Studio } from '../../src/protocol/studio.ts'
import { prepareWhileIdle } from '../../src/ui/state/idle.ts'

const GPU: DeviceInfo = { engine: 'webgpu', description: 'a GPU', software: false, speeds: [], check: null }
/** Longer than the quiet that is waited for. */
const LONG_MS = 10_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A page with a device; `asked` are the signals of what it asked to be prepared. */
function page(first: DeviceInfo | null, answer: () => Promise<boolean> = async () => true) {
  const asked: AbortSignal[] = []
  const studio = {
    models: {
      prepareGpu({ signal }: { signal: AbortSignal }) {
        asked.push(signal)
        return answer()
      },
    },
  } as unknown as Studio
  const [device, setDevice] = createSignal(first)
  const [busy, setBusy] = createSignal(false)
  const [likely, setLikely] = createSignal(0)
  const close = createRoot((dispose) => {
    prepareWhileIdle(studio, device, busy, likely)
    return dispose
  })
  return { asked, setDevice, setBusy, setLikely, close }
}

const quiet = () => vi.advanceTimersByTimeAsync(LONG_MS)

test('once it is quiet a GPU is prepared, and again only where the next run is another', async () => {
  const { asked, setLikely, close } = page(GPU)
  expect(asked).toHaveLength(0)
  await quiet()
  expect(asked).toHaveLength(1)
  await quiet()
  expect(asked).toHaveLength(1)
  setLikely(1)
  await quiet()
  expect(asked).toHaveLength(2)
  close()
})

test.each([
  ['no device that is known', null],
  ['a software adapter', { ...GPU, software: true }],
  ['the processor', { ...GPU, engine: 'portable' as const }],
])('%s is not prepared', async (_, device) => {
  const { asked, setDevice, close } = page(device)
  await quiet()
  expect(asked).toHaveLength(0)
  setDevice(GPU)
  await quiet()
  expect(asked).toHaveLength(1)
  close()
})

test('a run that starts ends it, and its end begins it again', async () => {
  const { asked, setBusy, close } = page(GPU, () => new Promise(() => {}))
  await quiet()
  expect(asked[0]!.aborted).toBe(false)
  setBusy(true)
  expect(asked[0]!.aborted).toBe(true)
  await quiet()
  expect(asked).toHaveLength(1)
  setBusy(false)
  await quiet()
  expect(asked).toHaveLength(2)
  close()
  expect(asked[1]!.aborted).toBe(true)
})

test('a page that is not seen leaves the GPU alone', async () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  const { asked, close } = page(GPU)
  await quiet()
  expect(asked).toHaveLength(0)
  hidden.mockReturnValue(false)
  document.dispatchEvent(new Event('visibilitychange'))
  await quiet()
  expect(asked).toHaveLength(1)
  hidden.mockReturnValue(true)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(asked[0]!.aborted).toBe(true)
  close()
})

test('what was broken off is tried again, five times at most', async () => {
  const { asked, close } = page(GPU, async () => false)
  for (let i = 0; i < 10; i++) await quiet()
  expect(asked).toHaveLength(5)
  close()
})
