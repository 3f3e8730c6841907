import { embedding } from '../../kernels/embedding.ts'
import { headLoss } from '../../kernels/head-loss.ts'
import { rowsOf, type Weight } from '../../kernels/weight.ts'
import { projectionSite } from '../../model/lora.ts'
import { loraScaling } from '../../protocol/run-config.ts'
import type { EnginePlan } from '../plan.ts'
import { adamwCase } from './adamw.ts'
import { attentionCase } from './attention.ts'
import type { CheckedOperation } from './cases.ts'
import { drawnMatrix } from './drawn.ts'
import { linearCase } from './linear.ts'
import { qkNormRopeCase, rmsNormCase } from './norms.ts'
import type { OperationCase } from './operation.ts'
import { copyCase, gatherCase, gegluCase, resultsCase, sumCase } from './pieces.ts'
import { normals } from './values.ts'

/** Rows of a product: of no tile a multiple. */
export const FEW = 5
/** Rows of attention: more than a tile; where a window is narrow, more than it has. */
const ROWS = 70
const MOST_ROWS = 150

/** Different cases of an operation, by what they are made from. */
export class Cases {
  readonly #found = new Map<string, Map<string, OperationCase>>()

  add<Spec>(operation: string, spec: Spec, make: (spec: Spec) => OperationCase): void {
    const cases = this.#found.get(operation) ?? new Map<string, OperationCase>()
    this.#found.set(operation, cases)
    const key = JSON.stringify(spec)
    if (!cases.has(key)) cases.set(key, make(spec))
  }

  get operations(): CheckedOperation[] {
    return Array.from(this.#found, ([name, cases]) => ({ name, cases: [...cases.values()] }))
  }
}

/**
 * Every operation of a plan's training, scoring and optimizer, at its own shapes and on few rows: what they are written down from are the
 * very kernels of the plan. Large matrices repeat themselves, and are made quickly.
 */
export function planCases(plan: EnginePlan): CheckedOperation[] {
  const { config, weights, adapter, lora } = plan.parts
  const { hiddenSize: hidden, rmsNormEps: eps } = config
  const cases = new Cases()
  cases.add('Embedding', null, () => embeddingOf(weights.embedding, config.embeddingScale))
  const drops = lora.lora_dropout > 0
  const linear = (weight: Weight, adapted: boolean, training: boolean) =>
    cases.add('Linear layers with LoRA', [shapesOf(weight), adapted, training], () =>
      linearCase({
        rows: FEW,
        width: weight.cols,
        out: weight.rows,
        format: weight.format,
        shards: weight.shards.map(({ rows }) => rows),
        ...(adapted && { rank: lora.r, scale: loraScaling(lora), dropout: training && drops }),
        gradX: training,
        gradLora: training,
        formula: true,
      }),
    )
  config.layers.forEach((own, layer) => {
    const { norms, projections } = weights.layers[layer]!
    for (const [which, residual] of NORMS)
      if (norms[which])
        cases.add('RMSNorm', residual, () =>
          rmsNormCase(hidden, residual, undefined, { eps, gradResidual: false }),
        )
      else if (residual) cases.add('Residual sum', null, () => sumCase(hidden))
    const { headDim, kvHeads, window, intermediateSize } = own
    const turned = [{ heads: config.numHeads, norm: 'query' in norms }]
    if (own.keysFrom === layer) turned.push({ heads: kvHeads, norm: 'key' in norms })
    for (const o of turned)
      cases.add('QK-norm and RoPE', { ...o, headDim }, ({ heads, norm }) =>
        qkNormRopeCase(heads, headDim, norm, undefined, eps),
      )
    cases.add('Attention', { headDim, kvHeads, window }, (shape) => {
      const rows = window !== null && window + 20 <= MOST_ROWS ? Math.max(ROWS, window + 20) : ROWS
      return attentionCase({
        name: `attention, width ${headDim}`,
        heads: config.numHeads,
        headDim,
        kvHeads,
        ...(shape.window !== null && { window: shape.window }),
        ...(config.attentionSoftCap !== null && { softCap: config.attentionSoftCap }),
        scale: config.queryScale,
        segments: [1, 7, rows - 8],
        probes: 6,
      })
    })
    cases.add('GeGLU', intermediateSize, (width) => ({ ...gegluCase(width), probes: 100 }))
    for (const [name, weight] of Object.entries(projections)) {
      const adapted = adapter.pairs.has(projectionSite(layer, name as keyof typeof projections))
      linear(weight, adapted, true)
      // Nothing is dropped where a row is scored.
      if (adapted && drops) linear(weight, adapted, false)
    }
  })
  cases.add('Picking of rows', hidden, gatherCase)
  cases.add('RMSNorm', 'supervised', () => rmsNormCase(hidden, false, undefined, { eps, rows: 'supervised' }))
  const head = headCases(weights.head, config.finalSoftCap)
  for (const gradient of [true, false]) cases.add('Head and cross-entropy', gradient, head)
  cases.add('Figures of a step', 'sums', resultsCase)
  cases.add('Figures of a step', 'copy', copyCase)
  const sizes = adapter.chunks.map(({ size }) => size)
  if (sizes.length > 0) cases.add('Clipping and AdamW', sizes, () => adamwCase({ maxGradNorm: 0.5, sizes }))
  return cases.operations
}

const NORMS = [
  ['input', false],
  ['post_attention', true],
  ['pre_feedforward', false],
  ['post_feedforward', true],
] as const

export const shapesOf = ({ rows, cols, format, shards }: Weight) => [rows, cols, format, shards.map(rowsOf)]

/** The same weight over a case's own tensors. */
export const over = (weight: Weight, tensors: Parameters<OperationCase['build']>[1]): Weight => ({
  ...weight,
  shards: weight.shards.map((shard, i) => ({ ...rowsOf(shard), tensor: tensors[`w${i}`]! })),
})

/** The first, the last and some other rows of the table. */
function embeddingOf(table: Weight, scale: number): OperationCase {
  const { rows, cols, format, shards } = table
  const token = Uint32Array.of(0, rows - 1, rows >> 1, 7 % rows, rows >> 1)
  const w = drawnMatrix(format, shards, cols, normals(29))
  return {
    name: `embedding, ${rows} x ${cols} ${format}`,
    live: { tokens: token.length },
    inputs: { token: { shape: ['tokens'], values: token }, ...w.inputs },
    build: (tape, t) => ({ y: embedding(tape, t.token!, over(table, t), { rows: 'tokens', scale }) }),
    reference: () => ({
      y: Float64Array.from({ length: token.length * cols }, (_, i) => {
        return scale * w.value(token[Math.floor(i / cols)]!, i % cols)
      }),
    }),
  }
}

const LOSS_SCALE = 0.37
const HEAD_ROWS = 2

/** A few rows, and the capped logits of each over the whole vocabulary, computed when they are first asked for. */
export function drawnHead(head: Weight, softCap: number | null) {
  const { rows: vocab, cols: hidden, format, shards } = head
  const w = drawnMatrix(format, shards, hidden, (size) => normals(5)(size, 1.5 / Math.sqrt(hidden)))
  const h = normals(17)(HEAD_ROWS * hidden)
  const labels = Uint32Array.of(vocab - 1, vocab >> 1)
  let known: ReturnType<typeof rowOf>[] | undefined
  const rowOf = (label: number, n: number) => {
    const capped = (z: number) => (softCap === null ? z : softCap * Math.tanh(z / softCap))
    const z = Float64Array.from({ length: vocab }, (_, v) => capped(w.dot(v, h, n * hidden)))
    let best = 0
    for (let v = 1; v < vocab; v++) if (z[v]! > z[best]!) best = v
    const top = z[best]!
    let sum = 0
    for (let v = 0; v < vocab; v++) sum += Math.exp(z[v]! - top)
    return { z, label, hit: Number(best === label), norm: top + Math.log(sum) }
  }
  return { w, h, labels, rows: () => (known ??= Array.from(labels, (label, n) => rowOf(label, n))) }
}

/** The head over its whole vocabulary, with and without a gradient: both of the same rows, whose logits are computed once. */
function headCases(head: Weight, softCap: number | null): (gradient: boolean) => OperationCase {
  const { rows: vocab, cols: hidden, format } = head
  const { w, h, labels, rows: known } = drawnHead(head, softCap)
  return (gradient) => ({
    name: `head ${gradient ? 'loss' : 'score'}, ${vocab} x ${hidden} ${format}`,
    live: { supervised: HEAD_ROWS },
    scalars: { loss_scale: LOSS_SCALE },
    inputs: {
      h: { shape: ['supervised', hidden], values: h, grad: gradient },
      labels: { shape: ['supervised'], values: labels },
      ...w.inputs,
    },
    build: (tape, t) => ({
      ...headLoss(tape, t.h!, over(head, t), {
        rows: 'supervised',
        labels: t.labels!,
        softCap,
        gradient,
        name: 'head',
      }),
    }),
    reference: () => ({
      logProbability: Float64Array.from(known(), ({ z, label, norm }) => z[label]! - norm),
      hit: Float64Array.from(known(), ({ hit }) => hit),
    }),
    gradient: () => (_, at) => {
      const { z, label, norm } = known()[Math.floor(at / hidden)]!
      const slope = (v: number) => (softCap === null ? 1 : 1 - (z[v]! / softCap) ** 2)
      const column = at % hidden
      let sum = -slope(label) * w.value(label, column)
      for (let v = 0; v < vocab; v++) sum += Math.exp(z[v]! - norm) * slope(v) * w.value(v, column)
      return LOSS_SCALE * sum
    },
    tolerance: 2e-5,
    probes: 6,
  })
}
