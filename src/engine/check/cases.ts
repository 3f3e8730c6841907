import { adamwCase } from './adamw.ts'
import { attentionCase, decodeAttentionCase, treeAttentionCase, treeOf } from './attention.ts'
import { headChoicesCase, headLossCase, logitsCase } from './head.ts'
import { linearCase } from './linear.ts'
import { qkNormRopeCase, rmsNormCase } from './norms.ts'
import type { OperationCase } from './operation.ts'
import { cacheWriteCase, embeddingCase, gatherCase, gegluCase, resultsCase, sumCase } from './pieces.ts'
import { sampleCase } from './sample.ts'

/** An operation of the engine, as people know it, and cases of it: sizes that are no multiples of tiles. */
export interface CheckedOperation {
  name: string
  cases: OperationCase[]
}

/**
 * Every operation that training and decoding take, at sizes that an adapter answers at once. Head widths are those of Pebble and
 * of Gemma 3.
 */
export function checkedOperations(): CheckedOperation[] {
  const head = { vocab: 1031, hidden: 96, rows: 35, shards: 2, format: 'bf16', softCap: null } as const
  const windowed = { heads: 4, kvHeads: 1, window: 11, segments: [1, 7, 1, 23, 31], probes: 8 }
  const cached = { heads: 4, kvHeads: 1, lengths: [1, 33, 90], maxPositions: 100, window: 60 }
  const branched = {
    heads: 4,
    kvHeads: 1,
    window: 30,
    softCap: 20,
    before: treeOf(33, [
      { from: 32, length: 9 },
      { from: 36, length: 4 },
      { from: 32, length: 1 },
    ]),
    slots: [0, 7, 32, 33, 36, 57, 60, 69, 72],
  }
  return [
    {
      name: 'Embedding',
      cases: [
        embeddingCase('bf16', 3),
        ...(['f16', 'f32', 'int8', 'int4'] as const).map((format) => embeddingCase(format, 1)),
      ],
    },
    {
      name: 'Linear layers with LoRA',
      cases: [
        linearCase({ rows: 67, width: 72, out: 140, format: 'bf16', rank: 4, dropout: true, probes: 8 }),
        linearCase({ rows: 33, width: 64, out: 100, format: 'f16', rank: 8, shards: [40, 60], probes: 6 }),
        linearCase({ rows: 70, width: 38, out: 66, rank: 3, probes: 6 }),
        linearCase({ rows: 33, width: 192, out: 70, format: 'int4', rank: 4, probes: 6 }),
        linearCase({ rows: 33, width: 64, out: 100, format: 'int8', shards: [40, 60], probes: 6 }),
      ],
    },
    {
      name: 'Linear layers, a few rows',
      cases: [
        linearCase({ rows: 11, width: 332, out: 70, rank: 3, format: 'bf16', gradX: false, probes: 4 }),
        linearCase({ rows: 1, width: 38, out: 18, format: 'f16', gradX: false }),
        linearCase({ rows: 2, width: 320, out: 70, format: 'int4', gradX: false }),
        linearCase({ rows: 1, width: 64, out: 18, format: 'int8', gradX: false }),
      ],
    },
    { name: 'RMSNorm', cases: [rmsNormCase(70, true), rmsNormCase(640, false)] },
    { name: 'QK-norm and RoPE', cases: [qkNormRopeCase(3, 64, true), qkNormRopeCase(1, 256, true)] },
    { name: 'GeGLU', cases: [gegluCase(72)] },
    { name: 'Residual sum', cases: [sumCase(72)] },
    {
      name: 'Attention',
      cases: [
        attentionCase({ name: 'attention, width 64', headDim: 64, ...windowed }),
        attentionCase({ name: 'attention, width 256', headDim: 256, softCap: 20, ...windowed }),
      ],
    },
    {
      name: 'Attention over a cache',
      cases: [
        cacheWriteCase(),
        decodeAttentionCase({ name: 'cached attention, width 64', headDim: 64, ...cached }),
        decodeAttentionCase({ name: 'cached attention, width 256', headDim: 256, softCap: 3, ...cached }),
      ],
    },
    {
      name: 'Attention over a tree of choices',
      cases: [64, 256].map((headDim) =>
        treeAttentionCase({ name: `tree attention, width ${headDim}`, headDim, ...branched }),
      ),
    },
    { name: 'Picking of rows', cases: [gatherCase()] },
    {
      name: 'Head and cross-entropy',
      cases: [
        headLossCase({ ...head, probes: 12 }),
        headLossCase({ ...head, rows: 6, softCap: 30, format: 'f16', probes: 12 }),
        headLossCase({ ...head, gradient: false }),
        headLossCase({ ...head, hidden: 128, format: 'int8', probes: 12 }),
      ],
    },
    {
      name: 'Head over choices',
      cases: [headChoicesCase(head), headChoicesCase({ ...head, rows: 6, softCap: 30, format: 'f16' })],
    },
    {
      name: 'Logits',
      cases: [
        logitsCase({ ...head, rows: 3 }),
        logitsCase({ ...head, hidden: 128, format: 'int8', rows: 3 }),
      ],
    },
    { name: 'Figures of a step', cases: [resultsCase()] },
    {
      name: 'Clipping and AdamW',
      cases: [adamwCase({ maxGradNorm: 0.5 }), adamwCase({ maxGradNorm: 1, poison: Number.NaN })],
    },
    {
      name: 'Choice of the next token',
      cases: [
        sampleCase(1000, { temperature: 0, topK: 0, topP: 1 }),
        sampleCase(1000, { temperature: 0.7, topK: 5, topP: 1 }),
        sampleCase(1000, { temperature: 1, topK: 20, topP: 0.9 }),
      ],
    },
  ]
}
