import type { Dims } from '../../gpu/kernel.ts'
import { attentionDecode } from '../../kernels/attention-decode.ts'
import { attentionTree } from '../../kernels/attention-tree.ts'
import { headChoices } from '../../kernels/head-choices.ts'
import { cacheWrite } from '../../kernels/kv-cache.ts'
import { logits } from '../../kernels/logits.ts'
import type { Weight } from '../../kernels/weight.ts'
import { projectionSite } from '../../model/lora.ts'
import { loraScaling } from '../../protocol/run-config.ts'
import type { DecodeParts } from '../decode-tapes.ts'
import type { EnginePlan } from '../plan.ts'
import { type CachedShape, cacheRows, drawnCache, seenBy } from './cached.ts'
import type { CheckedOperation } from './cases.ts'
import { linearCase } from './linear.ts'
import { type OperationCase, sampled } from './operation.ts'
import { Cases, drawnHead, FEW, over, shapesOf } from './plan-cases.ts'
import { sampleCase } from './sample.ts'

/**
 * What a plan runs beside what trains: to score labels, to read prompts and to decode, at its own shapes and on few rows. Operations that
 * are the same kernels as in training are not among them.
 */
export function answerCases(plan: EnginePlan): { capacity: Dims; operations: CheckedOperation[] }[] {
  const { choices, prefill, decode } = plan.tapes
  const head = drawnHead(plan.parts.weights.head, plan.parts.config.finalSoftCap)
  const of = (planned: EnginePlan['tapes']['choices'], add: (cases: Cases) => void) => {
    if (!planned) return []
    const cases = new Cases()
    addLinear(cases, plan, planned === decode ? 'Linear layers, a few rows' : 'Linear layers with LoRA')
    add(cases)
    return [{ capacity: planned.capacity, operations: cases.operations }]
  }
  return [
    ...of(choices, (cases) => {
      addLayers(cases, plan, 'Attention over a tree of choices', (shape) =>
        treeCase(shape, choices!.capacity.tokens),
      )
      cases.add('Head over choices', null, () => choicesCase(plan, head))
    }),
    ...of(prefill, () => {}),
    ...of(decode, (cases) => {
      const parts = plan.decode!
      addLayers(cases, plan, 'Attention over a cache', (shape) => cachedCase(shape, parts))
      cases.add('Logits', null, () => logitsOf(plan, head))
      for (const drawing of DRAWINGS)
        cases.add('Choice of the next token', drawing, () =>
          sampleCase(plan.parts.config.vocabSize, drawing, {
            rows: 'tokens',
            maxPositions: parts.positions,
          }),
        )
    }),
  ]
}

const DRAWINGS = [
  { temperature: 0, topK: 0, topP: 1 },
  { temperature: 1, topK: 20, topP: 0.9 },
] as const

/** Forward alone, nothing dropped. */
function addLinear(cases: Cases, { parts }: EnginePlan, operation: string): void {
  const { config, weights, adapter, lora } = parts
  config.layers.forEach((_, layer) => {
    for (const [name, weight] of Object.entries(weights.layers[layer]!.projections)) {
      const adapted = adapter.pairs.has(projectionSite(layer, name as keyof DeviceProjections))
      cases.add(operation, [shapesOf(weight), adapted], () =>
        linearCase({
          rows: FEW,
          width: weight.cols,
          out: weight.rows,
          format: weight.format,
          shards: weight.shards.map(({ rows }) => rows),
          ...(adapted && { rank: lora.r, scale: loraScaling(lora) }),
          gradX: false,
          gradLora: false,
        }),
      )
    }
  })
}

type DeviceProjections = EnginePlan['parts']['weights']['layers'][number]['projections']

function addLayers(
  cases: Cases,
  { parts: { config } }: EnginePlan,
  operation: string,
  make: (shape: CachedShape) => OperationCase,
): void {
  for (const { headDim, kvHeads, window } of config.layers)
    cases.add(
      operation,
      {
        heads: config.numHeads,
        kvHeads,
        headDim,
        window,
        softCap: config.attentionSoftCap,
        scale: config.queryScale,
      },
      make,
    )
}

/** More keys than a window has, where that is narrow, and more than a stretch of them. */
const MOST_SEEN = 150
const lengthFor = ({ window }: CachedShape, room: number) =>
  Math.min(room, window !== null && window + 20 <= MOST_SEEN ? Math.max(70, window + 20) : 70)

/** The last row of one sequence and the first of another, written and attended to. */
function cachedCase(shape: CachedShape, { sequences, positions: room }: DecodeParts): OperationCase {
  const length = lengthFor(shape, room)
  const rows = [
    { sequence: sequences - 1, position: length - 1 },
    { sequence: 0, position: 0 },
  ].slice(0, sequences > 1 || length > 1 ? 2 : 1)
  const place = ({ sequence, position }: { sequence: number; position: number }) => sequence * room + position
  const cache = drawnCache(shape, sequences * room, rows.map(place))
  return {
    ...cache.operation(`cached attention, width ${shape.headDim}`, (t) =>
      seenBy(
        shape,
        Array.from({ length: rows[t]!.position + 1 }, (_, position) => place({ ...rows[t]!, position })),
      ),
    ),
    inputs: {
      ...cache.inputs,
      positions: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r.position) },
      sequenceOf: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r.sequence) },
    },
    build: (tape, { q, k, v, cacheK, cacheV, positions, sequenceOf }) => {
      const at = { rows: 'tokens' as const, positions: positions!, sequenceOf: sequenceOf! }
      const where = { ...at, maxPositions: room, sequences }
      cacheWrite(tape, k!, v!, cacheK!, cacheV!, { ...where, width: cacheRows(shape) })
      return {
        out: attentionDecode(tape, q!, cacheK!, cacheV!, { ...shape, ...where, name: 'attention' }),
        cacheK: cacheK!,
        cacheV: cacheV!,
      }
    },
  }
}

/** The end of a prompt, and two rows of a branch whose places are the last of the cache and go backwards. */
function treeCase(shape: CachedShape, room: number): OperationCase {
  const prompt = lengthFor(shape, Math.max(1, room - 2))
  const slots = [prompt - 1, room - 1, room - 2].filter((slot, i) => i === 0 || slot >= prompt)
  const before = Uint32Array.from({ length: room }, (_, row) => Math.max(0, row - 1))
  if (slots.length > 1) before[room - 1] = prompt - 1
  if (slots.length > 2) before[room - 2] = room - 1
  const cache = drawnCache(shape, room, slots)
  const path = (t: number) => [
    ...Array.from({ length: prompt }, (_, row) => row),
    ...(t > 0 ? [room - 1] : []),
    ...(t > 1 ? [room - 2] : []),
  ]
  return {
    ...cache.operation(`tree attention, width ${shape.headDim}`, (t) => seenBy(shape, path(t))),
    inputs: {
      ...cache.inputs,
      slots: { shape: ['tokens'], values: Uint32Array.from(slots) },
      positions: { shape: ['tokens'], values: Uint32Array.from(slots, (_, t) => prompt - 1 + t) },
      before: { shape: [room], values: before },
    },
    build: (tape, { q, k, v, cacheK, cacheV, slots: places, positions, before: rows }) => {
      cacheWrite(tape, k!, v!, cacheK!, cacheV!, {
        rows: 'tokens',
        width: cacheRows(shape),
        positions: places!,
        sequenceOf: null,
        maxPositions: room,
        sequences: 1,
      })
      const out = attentionTree(tape, q!, cacheK!, cacheV!, {
        ...shape,
        rows: 'tokens',
        slots: places!,
        positions: positions!,
        before: rows!,
        capacity: room,
        name: 'attention',
      })
      return { out, cacheK: cacheK!, cacheV: cacheV! }
    },
  }
}

type DrawnHead = ReturnType<typeof drawnHead>

/** Words of all shards after each of two rows. */
function choicesCase({ parts }: EnginePlan, { w, h, labels, rows }: DrawnHead): OperationCase {
  const { head } = parts.weights
  const { rows: vocab, cols: hidden, format } = head
  const words = [vocab - 1, 0, vocab >> 1, 7 % vocab]
  const edges = Array.from(labels, (_, row) => words.map((word) => ({ row, word }))).flat()
  const u32 = (of: (edge: { row: number; word: number }) => number) => ({
    shape: ['sequences'] as const,
    values: Uint32Array.from(edges, of),
  })
  return {
    name: `head of choices, ${vocab} x ${hidden} ${format}`,
    live: { supervised: labels.length, sequences: edges.length },
    inputs: {
      h: { shape: ['supervised', hidden], values: h },
      labels: { shape: ['supervised'], values: labels },
      edgeRow: u32(({ row }) => row),
      edgeWord: u32(({ word }) => word),
      logProbability: { shape: ['sequences'] },
      ...w.inputs,
    },
    build: (tape, t) => {
      headChoices(tape, t.h!, over(head, t), {
        rows: 'supervised',
        edges: 'sequences',
        labels: t.labels!,
        softCap: parts.config.finalSoftCap,
        edgeRow: t.edgeRow!,
        edgeWord: t.edgeWord!,
        logProbability: t.logProbability!,
        name: 'head',
      })
      return { logProbability: t.logProbability! }
    },
    reference: () => ({
      logProbability: Float64Array.from(edges, ({ row, word }) => {
        const { z, norm } = rows()[row]!
        return z[word]! - norm
      }),
    }),
    tolerance: 2e-5,
  }
}

function logitsOf({ parts }: EnginePlan, { w, h, labels, rows }: DrawnHead): OperationCase {
  const head: Weight = parts.weights.head
  const { rows: vocab, cols: hidden, format } = head
  return {
    name: `logits, ${vocab} x ${hidden} ${format}`,
    live: { tokens: labels.length },
    inputs: { h: { shape: ['tokens', hidden], values: h }, ...w.inputs },
    build: (tape, t) => ({
      logits: logits(tape, t.h!, over(head, t), { rows: 'tokens', softCap: parts.config.finalSoftCap }),
    }),
    reference: () => ({
      logits: sampled(labels.length * vocab, (i) => rows()[Math.floor(i / vocab)]!.z[i % vocab]!),
    }),
    tolerance: 2e-5,
  }
}
