import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { proofOf } from '../src/export/proof.ts'
import { createPortableEngine } from '../src/portable/portable-engine.ts'
import type { Proof } from '../src/protocol/proof.ts'
import { loraScaling, type RunConfig } from '../src/protocol/run-config.ts'
import type { CheckpointMeta } from '../src/trainer/checkpoint.ts'
import { adapterHash } from '../src/workers/adapter-files.ts'
import { readCheckpointFiles } from '../src/workers/checkpoint-files.ts'
import type { OpenModel } from '../src/workers/library.ts'
import { proofPlan, prove } from '../src/workers/proving.ts'
import { type From, proofOfCheckpoint } from './checkpoint-folder.ts'

const CHECKERS = join(import.meta.dirname, '..', 'src', 'export', 'checkers')

/** A part of a `check.py`. */
export const checkerText = async (name: string): Promise<string> =>
  readFileSync(join(CHECKERS, `${name}.py`), 'utf8')

/**
 * The proof of a checkpoint of a run: the one that lies beside it, or else made on the processor, and laid there.
 * @param tensors the file of the checkpoint's tensors
 * @param model the base, asked for only where it has to be made
 * @param onMake hears that it has to be made
 */
export async function proofFor(
  run: string,
  {
    config,
    model,
    meta,
    tensors,
    from,
  }: { config: RunConfig; model: () => Promise<OpenModel>; meta: CheckpointMeta; tensors: Blob; from: From },
  onMake: () => void,
): Promise<Proof> {
  const { state } = await readCheckpointFiles(meta, new Uint8Array(await tensors.arrayBuffer()))
  const adapter = adapterHash(state.lora)
  const file = join(run, 'checkpoint', proofOfCheckpoint(from, meta.step))
  const kept = proofOf(jsonAt(file), { adapter, base: meta.hashes.base, scaling: loraScaling(config.lora) })
  if (kept) return kept
  const base = await model()
  onMake()
  const engine = await createPortableEngine()
  try {
    const weights = await base.weights(config.model.quantization)
    const plan = await proofPlan({ config, model: base })
    await engine.load({ config: base.info.config, weights }, plan, { seed: 0 })
    await engine.loadState(state)
    const proof = await prove(engine, { config, model: base, step: meta.step, adapter })
    try {
      writeFileSync(`${file}.tmp`, `${JSON.stringify(proof, null, 2)}\n`)
      renameSync(`${file}.tmp`, file)
    } catch {
      // Where a run may not be written to, or its disk is full, it is made anew for the next export.
      rmSync(`${file}.tmp`, { force: true })
    }
    return proof
  } finally {
    engine.dispose()
  }
}

/** Null where there is none that can be read: it is made again then. */
function jsonAt(file: string): unknown {
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  } catch {
    return null
  }
}
