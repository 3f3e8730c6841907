import type { ByteSource } from '../files/bytes.ts'
import { LapidaryError } from '../protocol/errors.ts'
import type { RoundedTable, WeightSource } from '../protocol/model.ts'

type Stretch = RoundedTable['stretches'][number]

/** Blocks that were rounded before, read where they are kept. */
export interface KeptBlocks {
  readonly costs: RoundedTable['costs']
  /** Null where they are not there, or not there any more: they are rounded then. */
  read(...asked: Parameters<WeightSource['read']>): Promise<Uint8Array | null>
}

/** @param onGone is told once, when what is kept turns out to be gone */
export function keptBlocks(table: RoundedTable, source: ByteSource, onGone: () => void): KeptBlocks {
  const byName = new Map<string, Stretch[]>()
  for (const stretch of table.stretches)
    byName.set(stretch.name, [...(byName.get(stretch.name) ?? []), stretch])
  let gone = false
  return {
    costs: table.costs,
    async read(name, start, end, signal, into) {
      if (gone) return null
      const own = byName.get(name) ?? []
      const out = into && into.byteLength >= end - start ? into.subarray(0, end - start) : null
      const bytes = out ?? new Uint8Array(end - start)
      try {
        for (let at = start; at < end; ) {
          const there = own.find((stretch) => stretch.start <= at && at < stretch.end)
          if (!there) return null
          const until = Math.min(end, there.end)
          const from = there.at + at - there.start
          const part = bytes.subarray(at - start, until - start)
          const read = await source.read(from, from + part.length, signal, part)
          if (read.buffer !== part.buffer) part.set(read)
          at = until
        }
        return bytes
      } catch (error) {
        if (!(error instanceof LapidaryError) || error.code !== 'bad_file') throw error
        gone = true
        onGone()
        return null
      }
    },
  }
}
