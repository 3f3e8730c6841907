import type { Dims } from '../gpu/kernel.ts'
import { planMemory, tensorBytes } from '../gpu/memory.ts'
import { type Place, Program, Workspace } from '../gpu/program.ts'
import type { Slicer } from '../gpu/slicer.ts'
import { Tape, type Tensor } from '../gpu/tape.ts'
import { copy } from '../kernels/copy.ts'
import { logits } from '../kernels/logits.ts'
import { rmsNorm } from '../kernels/rms-norm.ts'
import { readFloats } from './adapter.ts'
import { gemmaLayers } from './gemma.ts'
import type { Session } from './session.ts'

/**
 * Logits of every row of the batch that has been written into the session's inputs, [tokens, vocab], through buffers of
 * its own that are gone again afterwards.
 */
export async function allLogits(session: Session, live: Dims, slicer: Slicer): Promise<Float32Array> {
  const { parts, inputs, tapes } = session.plan
  const { config, weights } = parts
  // The same kernels as in training.
  const tape = new Tape(tapes.train!.tape.choices, live)
  const x = gemmaLayers({
    tape,
    parts,
    stream: { rows: 'tokens', tokens: inputs.tokens, positions: inputs.positions },
    mode: { kind: 'stream', segmentStart: inputs.segmentStart },
    policy: () => 'everything',
    dropout: false,
  })
  const width = config.hiddenSize
  const h = rmsNorm(tape, x, weights.finalNorm, { rows: 'tokens', width, eps: config.rmsNormEps })
  const shape = ['tokens', config.vocabSize] as const
  const out = tape.input('logits', shape)
  copy(tape, logits(tape, h, weights.head, { rows: 'tokens', softCap: config.finalSoftCap }), out, shape)
  const layout = planMemory(tape.dispatches, live)
  const workspace = new Workspace(session.gpu, [layout])
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC
  const buffer = session.gpu.createBuffer('logits', tensorBytes(out, live), usage)
  try {
    const places = new Map<Tensor, Place>([...session.places, [out, { buffer, offset: 0 }]])
    const program = await Program.record(session.context, tape.dispatches, places, live, layout, workspace)
    await program.run(live, slicer)
    return await readFloats(session.gpu, buffer, live.tokens * config.vocabSize * 4)
  } finally {
    workspace.dispose()
    session.gpu.destroyBuffer(buffer)
  }
}
