import type { Quantization } from '../protocol/model.ts'
import type { CarriedProof, Proof } from '../protocol/proof.ts'
import type { ExportedFile } from '../protocol/studio.ts'
import { jsonFile, textFile } from './model-files.ts'
import type { Check, Exporter } from './source.ts'
import { ROUNDED } from './tolerance.ts'

/** A base that was held in fewer bits while the adapter learnt is as far off where it is as stored. */
const HELD: Record<Exclude<Quantization, null>, number> = { int8: ROUNDED.Q8_0, int4: ROUNDED.Q4_0 }

/** How many files a proof is: `proof.json`, and where something else than the export checks it `check.py`. */
export const proofFiles = (check: Check | undefined): number =>
  check === undefined ? 0 : check.checker.length > 0 ? 2 : 1

/** What counts as the same in a format of this run. */
export function toleranceOf(
  { nats, reason, onStoredBase }: Check,
  { computed: { quantization } }: Pick<Proof, 'computed'>,
): { nats: number; reason: string } {
  if (!onStoredBase || quantization === null || HELD[quantization] <= nats) return { nats, reason }
  return {
    nats: HELD[quantization],
    reason: `while the adapter learnt the base was held in ${quantization}, here it is as stored`,
  }
}

/**
 * Files of a format with its proof: `proof.json` and `check.py`, which come before weights. A chat page checks itself.
 * @param checker the text of a file of `checkers/`
 */
export async function withProof(
  files: readonly ExportedFile[],
  { check }: Pick<Exporter, 'check'>,
  proof: Proof | null,
  checker: (name: string) => Promise<string>,
): Promise<ExportedFile[]> {
  if (!check || !proof) return [...files]
  const parts = check.checker.length > 0 ? await Promise.all([...check.checker, 'judge'].map(checker)) : null
  return [
    jsonFile('proof.json', { ...proof, tolerance: toleranceOf(check, proof) } satisfies CarriedProof),
    ...(parts ? [textFile('check.py', parts.join('\n\n'))] : []),
    ...files,
  ]
}
