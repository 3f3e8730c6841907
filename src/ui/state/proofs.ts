import { createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { ProofInfo } from '../../protocol/proof.ts'
import type { CheckpointChoice, ExportedFile, Studio } from '../../protocol/studio.ts'

export type Proofs = ReturnType<typeof createProofs>

/** The proofs that exports carry: made when the first is taken away, kept with the checkpoint. */
export function createProofs(studio: Studio) {
  const [making, setMaking] = createSignal<{ run: string; share: number | null } | null>(null)
  const [missing, setMissing] = createSignal<{ run: string; failure: Failure } | null>(null)
  const [made, setMade] = createSignal(0)
  let latest: symbol | null = null

  /**
   * Makes sure that a checkpoint has its proof. What is exported is the same without it: why there is none is told, not thrown.
   * @returns whether exports carry it
   */
  async function ensure(run: string, which: CheckpointChoice, signal?: AbortSignal): Promise<boolean> {
    const own = (latest = Symbol())
    setMissing(null)
    setMaking({ run, share: null })
    try {
      await studio.runs.prove(run, which, {
        ...(signal && { signal }),
        onProgress: ({ share }) => void setMaking({ run, share }),
      })
      setMade((count) => count + 1)
      return true
    } catch (error) {
      signal?.throwIfAborted()
      setMissing({ run, failure: toFailure(error) })
      return false
    } finally {
      if (latest === own) {
        latest = null
        setMaking(null)
      }
    }
  }

  return {
    ensure,
    /** What is known of it; null where the checkpoint cannot be read. */
    info: (run: string, which: CheckpointChoice): Promise<ProofInfo | null> =>
      studio.runs.proof(run, which).catch(() => null),
    /** How far that of a run has come, 0..1; undefined: none is being made. */
    making: (run: string) => (making()?.run === run ? making()!.share : undefined),
    /** Why the last download of a run came without one. */
    missing: (run: string) => (missing()?.run === run ? missing()!.failure : null),
    dismiss: () => setMissing(null),
    /** Changes with each that was made. */
    made,
  }
}

/** An export, as it is asked for. */
interface Asked {
  run: string
  format: string
  which: CheckpointChoice
}

/** Files of an export with its proof, which is made where they have none; as they are where it cannot be made. */
export async function withProof(
  files: ExportedFile[],
  { run, format, which }: Asked,
  { studio, proofs }: { studio: Studio; proofs: Pick<Proofs, 'ensure'> },
  signal?: AbortSignal,
): Promise<ExportedFile[]> {
  if (files.some(({ path }) => path === 'proof.json')) return files
  const made = await proofs.ensure(run, which, signal)
  return made ? studio.runs.exportRun(run, format, which, signal && { signal }) : files
}
