import { fail } from '../../src/protocol/errors.ts'
import type { Call } from '../../src/protocol/studio.ts'
import type { Opened } from '../../src/workers/bridge.ts'

export type TestRoom = ReturnType<typeof testRoom>

/** A room in which everything that can happen at a border happens. */
export function testRoom() {
  const born = Math.random()
  let base = ''
  return {
    open: ((options) => {
      base = options.base
    }) as Opened['open'],
    async born() {
      return { born, base }
    },
    async refuse() {
      fail('bad_data', 'Row 3 is ragged.', 'Mend it.', { row: 3 })
    },
    async broken() {
      return (undefined as unknown as { x: { y: number } }).x.y
    },
    /** Counts until told to stop. */
    async count(onCount: (n: number) => void, { signal, onProgress, onPreview }: Call<number>) {
      for (let n = 1; ; n++) {
        onCount(n)
        onProgress?.({ share: null, note: `${n}` })
        onPreview?.(n)
        await new Promise((resolve) => setTimeout(resolve, 5))
        signal!.throwIfAborted()
      }
    },
    async hang() {
      await new Promise(() => {})
    },
    /** Dies outside of any call, as a worker that runs out of memory does. */
    async die() {
      setTimeout(() => {
        throw new Error('out of everything')
      }, 20)
    },
  }
}
