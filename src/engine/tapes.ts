import type { Dims } from '../gpu/kernel.ts'
import { boundTensor, type KeepPolicy, Tape, type Tensor } from '../gpu/tape.ts'
import { adamw } from '../kernels/adamw.ts'
import { copy } from '../kernels/copy.ts'
import { gatherRows } from '../kernels/gather-rows.ts'
import { headLoss } from '../kernels/head-loss.ts'
import { RESULTS, sumResults } from '../kernels/results.ts'
import { rmsNorm } from '../kernels/rms-norm.ts'
import type { Recompute } from '../protocol/engine.ts'
import { type GemmaParts, gemmaLayers } from './gemma.ts'

/** The arrays a batch is written into. */
export interface BatchInputs {
  tokens: Tensor
  positions: Tensor
  segmentStart: Tensor
  /** u32 [supervised]: rows of the stream that are supervised. */
  supervisedRows: Tensor
  /** u32 [tokens]: the inverse of supervisedRows, NOT_PICKED elsewhere. */
  inverse: Tensor
  /** u32 [supervised]: the label of each supervised row. */
  labels: Tensor
}

export function batchInputs(): BatchInputs {
  return {
    tokens: boundTensor('tokens', ['tokens'], 'u32'),
    positions: boundTensor('positions', ['tokens'], 'u32'),
    segmentStart: boundTensor('segment start', ['tokens'], 'u32'),
    supervisedRows: boundTensor('supervised rows', ['supervised'], 'u32'),
    inverse: boundTensor('inverse rows', ['tokens'], 'u32'),
    labels: boundTensor('labels', ['supervised'], 'u32'),
  }
}

/** What a step and a scoring pass leave to be read. */
export interface Outputs {
  results: Tensor
  logProbability: Tensor
  hit: Tensor
}

export function outputs(): Outputs {
  return {
    results: boundTensor('results', [RESULTS]),
    logProbability: boundTensor('log probability', ['supervised']),
    hit: boundTensor('hit', ['supervised']),
  }
}

const POLICY: Record<Recompute, KeepPolicy> = { nothing: 'everything', cheap: 'costly', layer: 'nothing' }

/** Forward and backward of one micro-batch: gradients and figures are added to what is there, log-probabilities are its own. */
export function trainingTape(o: {
  parts: GemmaParts
  inputs: BatchInputs
  out: Outputs
  recompute: Recompute
  choices: Record<string, string>
  capacity: Dims
}): Tape {
  const { parts, inputs, out, recompute, choices, capacity } = o
  const tape = new Tape(choices, capacity)
  for (const { value, gradient } of parts.adapter.matrices) tape.parameter(value, gradient)
  const { logProbability, hit } = supervised(tape, parts, inputs, capacity, {
    policy: () => POLICY[recompute],
    dropout: true,
    gradient: true,
  })
  sumResults(tape, logProbability, hit, out.results, 'supervised')
  copy(tape, logProbability, out.logProbability, ['supervised'])
  tape.backward()
  return tape
}

/** Forward only: log-probability and arg-max hit of each supervised row. */
export function scoringTape(
  parts: GemmaParts,
  inputs: BatchInputs,
  out: Outputs,
  choices: Record<string, string>,
  capacity: Dims,
): Tape {
  const tape = new Tape(choices, capacity)
  const { logProbability, hit } = supervised(tape, parts, inputs, capacity, {
    policy: () => 'everything',
    dropout: false,
    gradient: false,
  })
  copy(tape, logProbability, out.logProbability, ['supervised'])
  copy(tape, hit, out.hit, ['supervised'])
  return tape
}

/** Norm, clip and AdamW over the whole adapter. */
export function optimizerTape(parts: GemmaParts, out: Outputs, capacity: Dims): Tape {
  const tape = new Tape({}, capacity)
  adamw(tape, parts.adapter.chunks, out.results)
  return tape
}

function supervised(
  tape: Tape,
  parts: GemmaParts,
  inputs: BatchInputs,
  capacity: Dims,
  o: { policy: () => KeepPolicy; dropout: boolean; gradient: boolean },
): { logProbability: Tensor; hit: Tensor } {
  const { config, weights } = parts
  const x = gemmaLayers({
    tape,
    parts,
    stream: { rows: 'tokens', tokens: inputs.tokens, positions: inputs.positions },
    mode: { kind: 'stream', segmentStart: inputs.segmentStart },
    policy: o.policy,
    dropout: o.dropout,
  })
  // Only supervised rows go through the final norm and the head.
  const picked = gatherRows(tape, x, {
    from: 'tokens',
    to: 'supervised',
    width: config.hiddenSize,
    index: inputs.supervisedRows,
    inverse: inputs.inverse,
  })
  const h = rmsNorm(tape, picked, weights.finalNorm, {
    rows: 'supervised',
    width: config.hiddenSize,
    eps: config.rmsNormEps,
  })
  return headLoss(tape, h, weights.head, {
    rows: 'supervised',
    maxRows: capacity.supervised,
    labels: inputs.labels,
    softCap: config.finalSoftCap,
    gradient: o.gradient,
    name: 'head',
  })
}
