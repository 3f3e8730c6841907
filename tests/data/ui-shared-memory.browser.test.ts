import { createRoot, createSignal } from 'solid-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSharedMemory, type Pressed, takePressed } from '../../src/ui/state/shared-memory.ts'

const ADDRESS = 'https://host.test/studio/'
const START: Pressed = { what: 'start', config: '{}' }

let end = () => {}

/** A visit to a page whose threads share no memory. */
function visit({ address = ADDRESS, keepsAll = true, reachable = true } = {}) {
  return createRoot((dispose) => {
    end = dispose
    const [helps, setHelps] = createSignal<boolean | null>(null)
    const [served, setServed] = createSignal<boolean | null>(null)
    const [keeps, setKeeps] = createSignal(keepsAll)
    const seen = { reloads: 0 }
    const memory = createSharedMemory({
      ...{ helps, served, keepsAll: keeps, opened: new URL(address) },
      reach: () => (reachable ? Promise.resolve() : Promise.reject(new TypeError('no connection'))),
      reload: () => seen.reloads++,
    })
    return { ...memory, setHelps, setServed, setKeeps, seen }
  })
}

/** What becomes of a press on a page of which all is known. */
async function pressed(how: Parameters<typeof visit>[0] = {}, helps = true, served = true) {
  const page = visit(how)
  page.setHelps(helps)
  page.setServed(served)
  const left = await page.before(START)
  expect([page.seen.reloads, page.leaving()]).toEqual([left ? 1 : 0, left])
  const again = takePressed()
  expect(again).toEqual(left ? START : null)
  end()
  return left
}

function hide(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
  document.dispatchEvent(new Event('visibilitychange'))
}

function type(field: HTMLInputElement | HTMLTextAreaElement): void {
  document.body.append(field)
  field.dispatchEvent(new Event('input', { bubbles: true }))
  field.remove()
}

beforeEach(() => sessionStorage.clear())
afterEach(() => {
  end()
  sessionStorage.clear()
  Reflect.deleteProperty(document, 'hidden')
})

test('before a press begins to compute the page is loaded anew once, and what was pressed is done once', async () => {
  expect(globalThis.crossOriginIsolated).toBe(false)
  expect(await pressed()).toBe(true)
  // Threads that share none after all: it is not tried for ever.
  expect(await pressed()).toBe(false)
  expect(takePressed()).toBe(null)
})

test('it stays where a reload would be of no use, or lose something', async () => {
  expect(await pressed({}, false)).toBe(false)
  expect(await pressed({}, true, false)).toBe(false)
  expect(await pressed({ keepsAll: false })).toBe(false)
  expect(await pressed({ reachable: false })).toBe(false)
  expect(await pressed({ address: `${ADDRESS}?code=1&state=2` })).toBe(false)
  expect(await pressed({ address: `${ADDRESS}#/train?lr=1` })).toBe(true)
})

test('a press waits for what is known moments after opening, and for no more than that', async () => {
  const page = visit()
  const left = page.before(START)
  page.setHelps(true)
  await Promise.resolve()
  expect(page.seen.reloads).toBe(0)
  page.setServed(true)
  expect(await left).toBe(true)
  end()
  sessionStorage.clear()

  // A graphics card: nothing else is waited for.
  const other = visit()
  const stays = other.before(START)
  other.setHelps(false)
  expect(await stays).toBe(false)
  end()

  const slow = visit()
  slow.setHelps(true)
  expect(await slow.before(START)).toBe(false)
  end()

  // Something has come into the page meanwhile.
  const changed = visit()
  const late = changed.before(START)
  changed.setKeeps(false)
  changed.setHelps(true)
  changed.setServed(true)
  expect(await late).toBe(false)
  expect(takePressed()).toBe(null)
})

test('what is written in a field is not lost; numbers and choices are kept as they are made', async () => {
  const number = Object.assign(document.createElement('input'), { inputMode: 'decimal' })
  const choice = Object.assign(document.createElement('input'), { type: 'radio' })
  for (const [field, left] of [
    [number, true],
    [choice, true],
    [document.createElement('input'), false],
    [Object.assign(document.createElement('input'), { type: 'password' }), false],
    [document.createElement('textarea'), false],
  ] as const) {
    const page = visit()
    page.setHelps(true)
    page.setServed(true)
    type(field)
    expect(await page.before(START), field.outerHTML).toBe(left)
    end()
    sessionStorage.clear()
  }
})

test('while nobody looks at a page that nothing has begun on, it is loaded anew at once', async () => {
  const opened = async (events: string[], address = ADDRESS) => {
    sessionStorage.clear()
    hide(false)
    const page = visit({ address })
    page.setHelps(true)
    page.setServed(true)
    await new Promise((resolve) => setTimeout(resolve))
    expect(page.seen.reloads).toBe(0)
    for (const name of events) window.dispatchEvent(new Event(name))
    hide(true)
    await new Promise((resolve) => setTimeout(resolve))
    end()
    expect(takePressed()).toBe(null)
    return page.seen.reloads
  }
  expect(await opened([])).toBe(1)
  for (const name of ['pointerdown', 'keydown', 'dragenter', 'paste', 'hashchange'])
    expect(await opened([name]), name).toBe(0)
  expect(await opened([], `${ADDRESS}#run=abc`)).toBe(0)
  expect(await opened([], `${ADDRESS}#/train`)).toBe(1)
})
