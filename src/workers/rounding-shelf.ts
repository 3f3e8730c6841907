import { type KeptBlocks, keptBlocks } from '../model/kept-blocks.ts'
import { ROUNDING } from '../model/quantise.ts'
import type { QuantisedWeights } from '../model/quantised-weights.ts'
import { RecordedWeights } from '../model/recorded-weights.ts'
import type { Quantization } from '../protocol/model.ts'
import type { Database } from '../storage/database.ts'
import { dropRounding, hasRoomToSpare, keptRounding, roundingWriter } from '../storage/rounded.ts'

type Held = Exclude<Quantization, null>

/** Where blocks that a model was rounded to are kept, so that it opens in fewer bits about as quickly as it came. */
export interface RoundingShelf {
  read(to: Held): Promise<KeptBlocks | null>
  /** Null where they are not worth it, or there is no room to spare. */
  record(weights: QuantisedWeights, to: Held): Promise<RecordedWeights | null>
}

/** Bytes of blocks that take a moment to be made: fewer are rounded each time. */
export const WORTH_KEEPING = 8 * 2 ** 20

/** Of a stored model. @param worth bytes of blocks from which on they are kept */
export function roundingShelf(
  database: Database,
  id: string,
  of: string,
  worth = WORTH_KEEPING,
): RoundingShelf {
  return {
    async read(to) {
      const kept = await keptRounding(database, id, { of, to, version: ROUNDING })
      const set = kept?.bytes.ref?.set ?? ''
      const onGone = () => void dropRounding(database, id, to, set).catch(() => {})
      return kept && keptBlocks(kept.table, kept.bytes, onGone)
    },
    async record(weights, to) {
      const bytes = [...weights.rounded.values()].reduce((sum, own) => sum + own, 0)
      if (bytes < worth || !(await hasRoomToSpare(bytes))) return null
      return new RecordedWeights(weights, roundingWriter(database, id, of, to))
    },
  }
}
