import type { Tensor } from '../../gpu/tape.ts'
import { headChoices } from '../../kernels/head-choices.ts'
import { headLoss } from '../../kernels/head-loss.ts'
import { logits } from '../../kernels/logits.ts'
import { shardShape, type Weight } from '../../kernels/weight.ts'
import type { StorageType } from '../../lib/storage.ts'
import { type Arrays, choosing, type OperationCase, type OperationInput } from './operation.ts'
import { encode, mulberry, normals } from './values.ts'

export interface HeadShape {
  vocab: number
  hidden: number
  rows: number
  format: StorageType
  shards: number
  softCap: number | null
  /** Largest logits, roughly. */
  spread?: number
}

export interface HeadLossShape extends HeadShape {
  gradient?: boolean
  maxRows?: number
  /** Words 3 and vocab - 2 share a row of W that wins everywhere, and are the labels by turns. */
  tie?: boolean
  probes?: number
  /** Name of the variant. */
  choice?: string
}

const LOSS_SCALE = 0.37

/** Log-probabilities and hits of labels, and with `gradient` what flows back to h. */
export function headLossCase(s: HeadLossShape): OperationCase {
  const gradient = s.gradient ?? true
  const { inputs, values } = headInputs({ spread: 4, ...s })
  if (s.tie)
    // A hit only for the lower of the two.
    for (let n = 0; n < s.rows; n++) values.labels[n] = n % 2 ? 3 : s.vocab - 2
  const forward = (h: Float64Array) => {
    const logProbability = new Float64Array(s.rows)
    const hit = new Float64Array(s.rows)
    for (let n = 0; n < s.rows; n++) {
      const label = values.labels[n]!
      if (label >= s.vocab) continue
      const z = logitsOf(s, h.subarray(n * s.hidden, (n + 1) * s.hidden), values.weight)
      const top = z.reduce((a, b) => Math.max(a, b))
      logProbability[n] = z[label]! - top - Math.log(z.reduce((a, b) => a + Math.exp(b - top), 0))
      hit[n] = z.indexOf(top) === label ? 1 : 0
    }
    return { logProbability, hit }
  }
  const operation: OperationCase = {
    name: `head ${gradient ? 'loss' : 'score'}, ${s.vocab} x ${s.hidden} ${s.format}`,
    live: { supervised: s.rows },
    scalars: { loss_scale: LOSS_SCALE },
    inputs: { ...inputs, h: { ...inputs.h!, grad: gradient } },
    build: (tape, t) => ({
      ...headLoss(tape, t.h!, weightOf(s, t), {
        rows: 'supervised',
        labels: t.labels!,
        softCap: s.softCap,
        gradient,
        name: 'head',
        ...(s.maxRows ? { maxRows: s.maxRows } : {}),
      }),
    }),
    reference: ({ h }: Arrays) => forward(h!),
    objective: ({ h }) => -LOSS_SCALE * forward(h!).logProbability.reduce((a, b) => a + b, 0),
    tolerance: 2e-5,
    probes: s.probes ?? 24,
  }
  return s.choice ? choosing(operation, { [`head.${gradient ? 'loss' : 'score'}`]: s.choice }) : operation
}

/** Several words of each row, as choices have them; edges of all shards, some rows with many and one with none. */
export function headChoicesCase(s: HeadShape & { choice?: string }): OperationCase {
  const { inputs, values } = headInputs({ spread: 4, ...s })
  const uniform = mulberry(23)
  const edgeRow = Uint32Array.from({ length: 3 * s.rows }, (_, e) =>
    e % 3 === 0 ? 0 : Math.floor(uniform() * (s.rows - 1)),
  )
  const edgeWord = edgeRow.map((_, e) => (e === 0 ? s.vocab - 1 : Math.floor(uniform() * s.vocab)))
  const operation: OperationCase = {
    name: `head of choices, ${s.vocab} x ${s.hidden} ${s.format}`,
    live: { supervised: s.rows, sequences: edgeRow.length },
    inputs: {
      ...inputs,
      edgeRow: { shape: ['sequences'], values: edgeRow },
      edgeWord: { shape: ['sequences'], values: edgeWord },
      logProbability: { shape: ['sequences'] },
    },
    build: (tape, t) => {
      headChoices(tape, t.h!, weightOf(s, t), {
        rows: 'supervised',
        edges: 'sequences',
        labels: t.labels!,
        softCap: s.softCap,
        edgeRow: t.edgeRow!,
        edgeWord: t.edgeWord!,
        logProbability: t.logProbability!,
        name: 'head',
      })
      return { logProbability: t.logProbability! }
    },
    reference: ({ h }) => {
      const rows = Array.from({ length: s.rows }, (_, n) => {
        const z = logitsOf(s, h!.subarray(n * s.hidden, (n + 1) * s.hidden), values.weight)
        const top = z.reduce((a, b) => Math.max(a, b))
        return { z, norm: top + Math.log(z.reduce((a, b) => a + Math.exp(b - top), 0)) }
      })
      const logProbability = Float64Array.from(edgeRow, (row, e) => {
        const { z, norm } = rows[row]!
        return z[edgeWord[e]!]! - norm
      })
      return { logProbability }
    },
    tolerance: 2e-5,
  }
  return s.choice ? choosing(operation, { 'head.score': s.choice }) : operation
}

/** Logits of all words, as decoding needs them. */
export function logitsCase(s: HeadShape): OperationCase {
  const { inputs, values } = headInputs({ spread: 20, ...s })
  const { labels: _, ...rest } = inputs
  return {
    name: `logits, ${s.vocab} x ${s.hidden} ${s.format}`,
    live: { supervised: s.rows },
    inputs: rest,
    build: (tape, t) => ({
      logits: logits(tape, t.h!, weightOf(s, t), { rows: 'supervised', softCap: s.softCap }),
    }),
    reference: ({ h }) => {
      const out = new Float64Array(s.rows * s.vocab)
      for (let n = 0; n < s.rows; n++)
        out.set(logitsOf(s, h!.subarray(n * s.hidden, (n + 1) * s.hidden), values.weight), n * s.vocab)
      return { logits: out }
    },
  }
}

/** Capped logits of one row. */
function logitsOf(s: HeadShape, h: Float64Array, weight: Float32Array): Float64Array {
  const z = new Float64Array(s.vocab)
  for (let v = 0; v < s.vocab; v++) {
    let dot = 0
    for (let k = 0; k < s.hidden; k++) dot += h[k]! * weight[v * s.hidden + k]!
    z[v] = s.softCap ? s.softCap * Math.tanh(dot / s.softCap) : dot
  }
  return z
}

/** h, labels and the shards of W, with W also as the f32 values the device sees. */
function headInputs(s: Omit<HeadLossShape, 'spread'> & { spread: number }) {
  const [random, uniform] = [normals(5), mulberry(17)]
  const h = random(s.rows * s.hidden)
  const drawn = random(s.vocab * s.hidden, s.spread / 3 / Math.sqrt(s.hidden))
  if (s.tie)
    for (let k = 0; k < s.hidden; k++) {
      for (let n = 0; n < s.rows; n++) h[n * s.hidden + k] = Math.abs(h[n * s.hidden + k]!)
      drawn[3 * s.hidden + k] = drawn[(s.vocab - 2) * s.hidden + k] = 0.25
    }
  const { stored, values: weight } = encode(s.format, drawn)
  const labels = Uint32Array.from({ length: s.rows }, () => Math.floor(uniform() * s.vocab))
  const inputs: Record<string, OperationInput> = {
    h: { shape: ['supervised', s.hidden], values: h },
    labels: { shape: ['supervised'], values: labels },
  }
  for (const [i, { firstRow, rows }] of shardRows(s).entries()) {
    const shape = shardShape(s.format, rows, s.hidden)
    const width = shape[1]!
    inputs[`w${i}`] = { shape, values: stored.slice(firstRow * width, (firstRow + rows) * width) }
  }
  return { inputs, values: { h, weight, labels } }
}

function weightOf(s: HeadShape, tensors: Record<string, Tensor>): Weight {
  const shards = shardRows(s).map((shard, i) => ({ ...shard, tensor: tensors[`w${i}`]! }))
  return { rows: s.vocab, cols: s.hidden, format: s.format, shards }
}

function shardRows(s: { vocab: number; shards: number }) {
  const each = Math.ceil(s.vocab / s.shards)
  return Array.from({ length: s.shards }, (_, i) => ({
    firstRow: i * each,
    rows: Math.min(each, s.vocab - i * each),
  }))
}
