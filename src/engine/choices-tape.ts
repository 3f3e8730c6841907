import type { Dims } from '../gpu/kernel.ts'
import { boundTensor, Tape, type Tensor } from '../gpu/tape.ts'
import { gatherRows } from '../kernels/gather-rows.ts'
import { headChoices } from '../kernels/head-choices.ts'
import { rmsNorm } from '../kernels/rms-norm.ts'
import type { ModelConfig } from '../protocol/model.ts'
import { cacheLayers } from './decode-tapes.ts'
import { type GemmaParts, gemmaLayers, type KvCache } from './gemma.ts'

/** Most edges of a pass; a vocabulary with fewer words needs no more than it has of each row. */
const MOST_EDGES = 16384

/** The arrays that choices are scored with. */
export interface ChoiceParts {
  /** Of a pass: rows of the stream, rows of the head, and, as `sequences`, edges. */
  capacity: Dims
  /** u32 [tokens] each: of the rows of a pass, `slots` being their places among keys and values. */
  stream: { tokens: Tensor; positions: Tensor; slots: Tensor }
  /** u32 [cache rows]: the place before each on its path. */
  before: Tensor
  /** u32 [supervised]: rows of the stream that something follows. */
  headRows: Tensor
  /** u32 [sequences] each: row of the head, and the word that follows. */
  edgeRow: Tensor
  edgeWord: Tensor
  /** f32 [sequences]. */
  logProbability: Tensor
  cache: KvCache['layers']
  /** Of the above those with a buffer of their own, */
  tensors: Tensor[]
  /** and those that lie among the tape's, from one pass to the next. */
  lasting: ReadonlySet<Tensor>
}

export function choiceParts(config: ModelConfig, maxTokens: number): ChoiceParts {
  const u32 = (name: string, of: 'tokens' | 'supervised' | 'sequences' | number) =>
    boundTensor(`choices ${name}`, [of], 'u32')
  const stream = {
    tokens: u32('tokens', 'tokens'),
    positions: u32('positions', 'tokens'),
    slots: u32('slots', 'tokens'),
  }
  const own = {
    before: u32('before', maxTokens),
    headRows: u32('head rows', 'supervised'),
    edgeRow: u32('edge rows', 'sequences'),
    edgeWord: u32('edge words', 'sequences'),
    logProbability: boundTensor('choices log probability', ['sequences']),
  }
  const cache = cacheLayers(config, maxTokens)
  const edges = Math.min(config.vocabSize, MOST_EDGES)
  return {
    capacity: { tokens: maxTokens, supervised: maxTokens, sequences: edges },
    stream,
    ...own,
    cache,
    tensors: [...Object.values(stream), ...Object.values(own)],
    lasting: new Set(cache.flatMap(({ k, v }) => [k, v])),
  }
}

/** One pass: its rows through the layers, their keys and values kept, and what may follow them through the head. */
export function choicesTape(
  parts: GemmaParts,
  choices: ChoiceParts,
  chosen: Readonly<Record<string, string>>,
): Tape {
  const { config, weights } = parts
  const { stream, capacity, cache, before, headRows, edgeRow, edgeWord, logProbability } = choices
  const tape = new Tape(chosen, capacity)
  const x = gemmaLayers({
    tape,
    parts,
    stream: { rows: 'tokens', tokens: stream.tokens, positions: stream.positions },
    mode: {
      kind: 'tree',
      cache: {
        layers: cache,
        sequenceOf: null,
        slots: stream.slots,
        positions: capacity.tokens,
        sequences: 1,
      },
      before,
    },
    policy: () => 'everything',
    dropout: false,
  })
  const picked = gatherRows(tape, x, {
    from: 'tokens',
    to: 'supervised',
    width: config.hiddenSize,
    index: headRows,
  })
  const h = rmsNorm(tape, picked, weights.finalNorm, {
    rows: 'supervised',
    width: config.hiddenSize,
    eps: config.rmsNormEps,
  })
  headChoices(tape, h, weights.head, {
    rows: 'supervised',
    edges: 'sequences',
    labels: headRows,
    softCap: config.finalSoftCap,
    edgeRow,
    edgeWord,
    logProbability,
    name: 'head of choices',
  })
  return tape
}
