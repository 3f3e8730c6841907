import { fail } from '../../src/protocol/errors.ts'
import type { Call, ExportedFile } from '../../src/protocol/studio.ts'
import type { Opened } from '../../src/workers/bridge.ts'

/** Bytes of a piece of a file. */
const PART = 2 ** 20

export type TestRoom = ReturnType<typeof testRoom>

/** A room in which everything that can happen at a border happens. */
export function testRoom() {
  const born = Math.random()
  let base = ''
  let made = 0
  let rested = 0
  return {
    open: ((options) => {
      base = options.base
    }) as Opened['open'],
    rest: (() => {
      rested++
    }) as NonNullable<Opened['rest']>,
    /** How often a module of a test was loaded, and how often it gave back what it holds. */
    async state() {
      return { loaded: (globalThis as { loaded?: number }).loaded ?? 0, rested }
    },
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
    /** A file of so many bytes, made as it is read; it breaks off after `breakAt`. */
    async files(size: number, breakAt = Number.POSITIVE_INFINITY): Promise<ExportedFile[]> {
      return [
        {
          path: 'folder/large.bin',
          size,
          async *chunks() {
            for (let at = 0; at < size; at += PART) {
              made = at
              if (at >= breakAt) fail('bad_file', 'It broke off.', 'Try again.')
              yield new Uint8Array(Math.min(PART, size - at)).fill(at / PART)
            }
          },
        },
      ]
    },
    /** How far the file was made. */
    async made() {
      return made
    },
    /** Hears nothing for so long. */
    async busy(ms: number, _: Call) {
      for (const start = performance.now(); performance.now() - start < ms; );
      return born
    },
    async hang() {
      await new Promise(() => {})
    },
    /** Ends by itself, which no event tells. */
    async close() {
      self.close()
    },
    /** Dies outside of any call, as a worker that runs out of memory does. */
    async die() {
      setTimeout(() => {
        throw new Error('out of everything')
      }, 20)
    },
  }
}
