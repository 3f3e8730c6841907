import type { Dims } from '../gpu/kernel.ts'
import { boundTensor, Tape, type Tensor } from '../gpu/tape.ts'
import { logits } from '../kernels/logits.ts'
import { rmsNorm } from '../kernels/rms-norm.ts'
import { advance, sample } from '../kernels/sample.ts'
import type { PlanRequest } from '../protocol/engine.ts'
import type { ModelConfig } from '../protocol/model.ts'
import { type ForwardPass, type GemmaParts, gemmaLayers, type KvCache } from './gemma.ts'

/** The arrays decoding keeps between steps. */
export interface DecodeParts {
  sequences: number
  /** Cache rows of each sequence. */
  positions: number
  /** One row for each sequence. */
  capacity: Dims
  /** A flat stream of prompts. */
  prefillCapacity: Dims
  cache: KvCache['layers']
  /** u32 [tokens], one row a sequence: the token to feed next, its position, its sequence. */
  state: { tokens: Tensor; positions: Tensor; sequenceOf: Tensor }
  /** u32 [tokens] of a prefill's stream. */
  stream: { tokens: Tensor; positions: Tensor; segmentStart: Tensor; sequenceOf: Tensor }
  /** Every bound tensor of the above with the sizes it is to have. */
  tensors: [Tensor, Dims][]
}

const FORWARD: Pick<ForwardPass, 'policy' | 'dropout'> = { policy: () => 'everything', dropout: false }

export function decodeParts(config: ModelConfig, request: NonNullable<PlanRequest['decode']>): DecodeParts {
  const { sequences, positions } = request
  const rows = (name: string) => boundTensor(name, ['tokens'], 'u32')
  const cache = cacheLayers(config, sequences * positions)
  const state = {
    tokens: rows('next tokens'),
    positions: rows('next positions'),
    sequenceOf: rows('sequences'),
  }
  const stream = {
    tokens: rows('prompt tokens'),
    positions: rows('prompt positions'),
    segmentStart: rows('prompt segment start'),
    sequenceOf: rows('prompt sequences'),
  }
  const capacity: Dims = { tokens: sequences, supervised: 0, sequences }
  const prefillCapacity: Dims = { tokens: positions, supervised: 0, sequences }
  const tensors: [Tensor, Dims][] = [
    ...[...[...new Set(cache)].flatMap(({ k, v }) => [k, v]), ...Object.values(state)].map(
      (t): [Tensor, Dims] => [t, capacity],
    ),
    ...Object.values(stream).map((t): [Tensor, Dims] => [t, prefillCapacity]),
  ]
  return { sequences, positions, capacity, prefillCapacity, cache, state, stream, tensors }
}

/** Keys and values of so many rows in each layer that has its own. */
export function cacheLayers(config: ModelConfig, rows: number): KvCache['layers'] {
  const cache: KvCache['layers'] = []
  config.layers.forEach(({ keysFrom, kvHeads, headDim }, layer) => {
    const own = (what: string) => boundTensor(`${what} cache ${layer}`, [rows, kvHeads * headDim])
    cache.push(keysFrom === layer ? { k: own('key'), v: own('value') } : cache[keysFrom]!)
  })
  return cache
}

/** Reads prompts: nothing but their keys and values is kept. */
export function prefillTape(parts: GemmaParts, decode: DecodeParts, choices: Record<string, string>): Tape {
  const tape = new Tape(choices, decode.prefillCapacity)
  const { stream } = decode
  const cache = cacheOf(decode, stream.sequenceOf)
  gemmaLayers({
    tape,
    parts,
    stream: { rows: 'tokens', ...stream },
    mode: { kind: 'stream', segmentStart: stream.segmentStart, cache },
    ...FORWARD,
  })
  return tape
}

/** One decoding step: a token of each sequence in, the next one drawn and put in its place. */
export function decodeTape(parts: GemmaParts, decode: DecodeParts, choices: Record<string, string>): Tape {
  const { config, weights } = parts
  const tape = new Tape(choices, decode.capacity)
  const { state } = decode
  const x = gemmaLayers({
    tape,
    parts,
    stream: { rows: 'tokens', tokens: state.tokens, positions: state.positions },
    mode: { kind: 'cache', cache: cacheOf(decode, state.sequenceOf) },
    ...FORWARD,
  })
  const h = rmsNorm(tape, x, weights.finalNorm, {
    rows: 'tokens',
    width: config.hiddenSize,
    eps: config.rmsNormEps,
  })
  const scores = logits(tape, h, weights.head, { rows: 'tokens', softCap: config.finalSoftCap })
  const { token } = sample(tape, scores, {
    rows: 'tokens',
    vocab: config.vocabSize,
    positions: state.positions,
    name: 'sample',
  })
  advance(tape, token, { rows: 'tokens', ...state, maxPositions: decode.positions })
  return tape
}

function cacheOf(decode: DecodeParts, sequenceOf: Tensor): KvCache & { sequenceOf: Tensor } {
  return { layers: decode.cache, sequenceOf, positions: decode.positions, sequences: decode.sequences }
}
