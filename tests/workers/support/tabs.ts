import { AsyncLocalStorage } from 'node:async_hooks'
import { vi } from 'vitest'
import type { RunNews } from '../../../src/protocol/studio.ts'
import type { Database } from '../../../src/storage/database.ts'
import { FakeLocks } from './fake-locks.ts'

const current = new AsyncLocalStorage<Tab>()
const locks = new FakeLocks()
const dead = () => current.getStore()?.closed === true
const never = () => new Promise<never>(() => {})

/** A tab of a browser: whatever is begun by `within` is its own, and stands still for ever once it is closed. */
export class Tab {
  closed = false
  #end: () => void = () => {}
  readonly end = new Promise<void>((resolve) => {
    this.#end = resolve
  })

  within<T>(work: () => T): T {
    return current.run(this, work)
  }

  close(): void {
    this.closed = true
    locks.close(this)
    this.#end()
  }
}

/** Channels between the tabs of one browser: in order, a turn of the event loop late, never to the one that tells. */
class FakeChannel {
  static readonly #open = new Set<FakeChannel>()
  onmessage: ((message: { data: RunNews }) => void) | null = null

  constructor(readonly name: string) {
    FakeChannel.#open.add(this)
  }

  postMessage(data: RunNews): void {
    if (dead()) return
    const copy = structuredClone(data)
    const others = [...FakeChannel.#open].filter((other) => other !== this && other.name === this.name)
    setImmediate(() => {
      for (const other of others) other.onmessage?.({ data: copy })
    })
  }

  close(): void {
    FakeChannel.#open.delete(this)
  }
}

/** Locks and channels as the tabs of one browser share them. */
export function stubBrowser(): void {
  const navigator = {
    get locks() {
      return locks.of(current.getStore() ?? locks)
    },
  }
  vi.stubGlobal('navigator', navigator)
  vi.stubGlobal('BroadcastChannel', FakeChannel)
}

const store = new Proxy({}, { get: () => never })
const transaction = new Proxy(
  {},
  {
    get: (_, name) => (name === 'objectStore' ? () => store : name === 'done' ? never() : () => {}),
  },
)

/** A database that a closed tab gets no answer from any more. */
export function mortal(database: Database): Database {
  return new Proxy(database, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (dead()) return name === 'transaction' ? () => transaction : never
      return (...args: unknown[]) => Reflect.apply(value, target, args)
    },
  })
}
