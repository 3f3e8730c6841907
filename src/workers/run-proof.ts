import { addsNothing, effectOf, proofOf } from '../export/proof.ts'
import type { EngineState } from '../protocol/engine.ts'
import type { Proof, ProofInfo } from '../protocol/proof.ts'
import { loraScaling } from '../protocol/run-config.ts'
import type { Call, CheckpointChoice } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { putProof } from '../storage/runs.ts'
import { adapterHash } from './adapter-files.ts'
import { readCheckpointFiles } from './checkpoint-files.ts'
import { refuse } from './engine/lease.ts'
import { engineFor } from './evaluation-judging.ts'
import { proofPlan, prove } from './proving.ts'
import { baseOfRun } from './run-base.ts'
import type { TrainParts } from './train-parts.ts'
import type { Unkept } from './unkept.ts'

interface Found {
  record: RunRecord
  step: number
  state: EngineState
  adapter: string
  proof: Proof | null
  keep(proof: Proof): Promise<void>
}

/** What is known of a checkpoint's proof; nothing is computed. */
export async function proofInfo(...asked: Parameters<typeof find>): Promise<ProofInfo> {
  const { state, proof } = await find(...asked)
  return infoOf(state, proof)
}

/**
 * Makes the proof of a checkpoint, where it was not made yet, and keeps it with the checkpoint.
 * @throws LapidaryError `bad_state` while a run goes on, whose engine holds another adapter; and what loading the base may end with
 */
export async function proveRun(
  parts: TrainParts,
  run: string,
  which?: CheckpointChoice,
  call: Call = {},
  unkept: Unkept | null = null,
): Promise<ProofInfo> {
  const known = await find(parts, run, which, call, unkept)
  const { record, step, state, adapter } = known
  if (known.proof) return infoOf(state, known.proof)
  const { config } = record
  const made = await parts.host.use(
    'proof',
    async (engines) => {
      if (engines.lent) refuse('train')
      const signal = call.signal ? AbortSignal.any([call.signal, engines.recalled]) : engines.recalled
      const model = await baseOfRun(parts, record, { ...call, signal })
      const plan = await proofPlan({ config, model })
      const subject = {
        model,
        config,
        quantization: config.model.quantization,
        adapter: { state, key: `${run} ${step} ${adapter}` },
      }
      const engine = await engineFor(engines, { subject, plan, planKey: ' for a proof' }, signal)
      return prove(engine, { config, model, step, adapter }, { ...call, signal })
    },
    call,
  )
  await known.keep(made)
  return infoOf(state, made)
}

async function find(
  { database, shelf }: TrainParts,
  run: string,
  which?: CheckpointChoice,
  { signal }: Call = {},
  unkept: Unkept | null = null,
): Promise<Found> {
  const record = unkept?.record ?? (await shelf.find(run))
  const { meta, tensors, stored } = unkept
    ? { ...unkept, stored: null }
    : await shelf.checkpointFiles(run, which, signal)
  const { state } = await readCheckpointFiles(meta, new Uint8Array(await tensors.arrayBuffer()))
  const adapter = adapterHash(state.lora)
  const kept = stored ? stored.proof : shelf.proofs.get(tensors)
  return {
    record,
    step: meta.step,
    state,
    adapter,
    proof: proofOf(kept, { adapter, base: record.modelHash, scaling: loraScaling(record.config.lora) }),
    async keep(proof) {
      if (stored) await putProof(await database(), stored, proof)
      else shelf.proofs.set(tensors, proof)
    },
  }
}

function infoOf({ lora }: EngineState, proof: Proof | null): ProofInfo {
  const effect = proof && effectOf(proof)
  return { made: proof !== null, effect, dead: addsNothing(lora) || effect === 0 }
}
