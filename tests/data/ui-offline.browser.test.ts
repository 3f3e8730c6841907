import { createRoot, createSignal } from 'solid-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isolateOnce } from '../../src/ui/state/offline.ts'

const ADDRESS = 'https://host.test/studio/'

/** A visit: how often it is loaded anew once the service worker controls it and the device is known. */
function visit({ address = ADDRESS, threads = true, controlled = false, touch = '' } = {}): number {
  let reloads = 0
  const workers = new EventTarget() as ServiceWorkerContainer
  Object.assign(workers, { controller: controlled ? {} : null })
  createRoot((dispose) => {
    const [needsThreads, setNeedsThreads] = createSignal(false)
    isolateOnce(workers, needsThreads, new URL(address), () => reloads++)
    // Effects run once the root is there.
    queueMicrotask(dispose)
    if (touch) window.dispatchEvent(new Event(touch))
    workers.dispatchEvent(new Event('controllerchange'))
    setNeedsThreads(threads)
  })
  return reloads
}

beforeEach(() => sessionStorage.clear())
afterEach(() => sessionStorage.clear())

test('a first visit is loaded anew for threads once, where they help', () => {
  expect(globalThis.crossOriginIsolated).toBe(false)
  expect(visit({ threads: false })).toBe(0)
  expect(visit()).toBe(1)
  expect(visit()).toBe(0)
})

test('a page that is used, that the service worker gave, or whose address is of one use, stays', () => {
  for (const touch of ['pointerdown', 'keydown', 'dragenter', 'paste', 'hashchange'])
    expect(visit({ touch }), touch).toBe(0)
  expect(visit({ controlled: true })).toBe(0)
  expect(visit({ address: `${ADDRESS}?code=1&state=2` })).toBe(0)
  expect(visit({ address: `${ADDRESS}#run=abc` })).toBe(0)
  expect(visit({ address: `${ADDRESS}#/train` })).toBe(1)
})
