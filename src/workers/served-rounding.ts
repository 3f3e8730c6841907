import { httpSource } from '../files/bytes.ts'
import { keptBlocks } from '../model/kept-blocks.ts'
import { ROUNDING } from '../model/quantise.ts'
import { type BlockSink, RecordedWeights } from '../model/recorded-weights.ts'
import { gatedFetch } from '../protocol/gate.ts'
import type { Quantization, RoundedTable } from '../protocol/model.ts'
import { type RoundingShelf, WORTH_KEEPING } from './rounding-shelf.ts'

/**
 * Blocks of a served model, where its server keeps them for whoever opens the same files next: under the model's hash, what it is held
 * in and the version of the rounding. A server that keeps none answers that there are none, and takes none.
 * @param base address with a slash at its end, `cli/rounded-cache.ts` behind it
 * @param of hash of the model
 * @param worth bytes of blocks from which on they are kept
 */
export function servedRounding(base: string, of: string, worth = WORTH_KEEPING): RoundingShelf {
  const at = (to: Exclude<Quantization, null>) => `${base}${of}-${to}-${ROUNDING}/`
  return {
    async read(to) {
      const answer = await gatedFetch(`${at(to)}table.json`)
      if (!answer.ok) return null
      const table = (await answer.json()) as RoundedTable
      const source = await httpSource(`${at(to)}blocks.bin`)
      const wanted = table.stretches.reduce((sum, { start, end }) => sum + end - start, 0)
      const onGone = () => void put(`${at(to)}gone`, '').catch(() => {})
      if (table.version === ROUNDING && source.size === wanted) return keptBlocks(table, source, onGone)
      onGone()
      return null
    },
    async record(weights, to) {
      const bytes = [...weights.rounded.values()].reduce((sum, own) => sum + own, 0)
      if (bytes < worth) return null
      await put(`${at(to)}begin`, JSON.stringify({ bytes }))
      return new RecordedWeights(weights, sinkAt(at(to)))
    },
  }
}

function sinkAt(address: string): BlockSink {
  let piece = 0
  return {
    write: (bytes) => put(`${address}${piece++}`, bytes as Uint8Array<ArrayBuffer>),
    finish: (table) => put(`${address}table.json`, JSON.stringify(table)),
    discard: () => put(`${address}discard`, ''),
  }
}

/** @throws Error where the server does not take it */
async function put(url: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const { ok, status } = await gatedFetch(url, { method: 'PUT', body })
  if (!ok) throw new Error(`status ${status}`)
}
