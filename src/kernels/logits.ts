/**
 * The head for decoding: every logit of a few rows.
 *
 *   logits[n, v] = cap(h[n] . W[v]),  cap(x) = c tanh(x / c) or x
 *
 * h [rows, hidden]; W [vocab, hidden] frozen, in shards of words; logits [rows, vocab] f32. No gradient.
 * Bound by reading W once: eight neighbouring invocations share a word, so that a load takes whole sectors, and each
 * keeps sums for several words and for all rows of a tile (up to 16), added over the eight in a fixed order.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { storedBytes } from '../lib/storage.ts'
import { floatLiteral, rowsWgsl } from './head-pass.wgsl.ts'
import { rowsOf, type ShardRows, shapeOf, type Weight, type WeightShape, weightReader } from './weight.ts'

export interface LogitsOptions {
  rows: Dim
  softCap: number | null
}

/** Invocations that share a word. */
const LANES = 8
const WORKGROUP = 256
const GROUPS = WORKGROUP / LANES

export function logits(tape: Tape, h: Tensor, weight: Weight, o: LogitsOptions): Tensor {
  if (weight.cols % 4 !== 0)
    throw new Error(`logits need a width that is a multiple of 4, not ${weight.cols}`)
  const out = tape.tensor(`logits of ${h.name}`, [o.rows, weight.rows])
  const capacity = dimOf(o.rows, tape.capacity)
  const rowTile = [1, 2, 4, 8].find((n) => n >= capacity) ?? 16
  weight.shards.forEach((shard, i) => {
    const kernel = logitsKernel({
      rows: o.rows,
      softCap: o.softCap,
      weight: shapeOf(weight),
      shard: rowsOf(shard),
      rowTile,
      carry: i > 0,
    })
    tape.run(kernel, { h, weight: shard.tensor, logits: out })
  })
  return out
}

interface LogitsSpec extends LogitsOptions {
  weight: WeightShape
  shard: ShardRows
  /** Rows that share one reading of W. */
  rowTile: number
  /** Whether another shard has written its logits before. */
  carry: boolean
}

const logitsKernel = specialised((o: LogitsSpec): Kernel => {
  const { weight, shard, rowTile: R, carry } = o
  const reader = weightReader('weight', weight, shard.rows, 4)
  const H4 = weight.cols / 4
  const words = R > 4 ? 2 : 4
  const each = GROUPS * words
  const stages = Math.ceil(R / 4)
  const rows = Array.from({ length: R }, (_, i) => i)
  const own = Array.from({ length: words }, (_, j) => j)
  const cap = o.softCap === null ? '' : floatLiteral(o.softCap)
  const part = (stage: number, j: number) =>
    `vec4<f32>(${[0, 1, 2, 3].map((u) => (stage * 4 + u < R ? `z${stage * 4 + u}_${j}` : '0.0')).join(', ')})`
  return {
    name: 'logits',
    bindings: {
      h: { type: 'vec4<f32>', access: 'read', shape: [o.rows, weight.cols] },
      ...reader.bindings,
      logits: { type: 'f32', access: carry ? 'update' : 'write', shape: [o.rows, weight.rows] },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
${reader.wgsl()}
var<workgroup> parts: array<vec4<f32>, ${WORKGROUP}>;

fn finish(origin: u32, first: u32, local: u32) {
  // One of 4 rows x ${GROUPS} words each.
  let row = origin + local / ${GROUPS}u;
  let word = first + local % ${GROUPS}u;
  if (local < ${4 * GROUPS}u && row < ${rowsWgsl(o.rows)} && word < ${shard.rows}u) {
    var z = 0.0;
    for (var lane = 0u; lane < ${LANES}u; lane++) {
      z += parts[(local % ${GROUPS}u) * ${LANES}u + lane][local / ${GROUPS}u];
    }
    logits[row * ${weight.rows}u + ${shard.firstRow}u + word] = ${cap ? `${cap} * tanh(clamp(z / ${cap}, -15.0, 15.0))` : 'z'};
  }
}

fn kernel(group: vec3<u32>, local: u32) {
  let rows = ${rowsWgsl(o.rows)};
  // Tiles of rows, for each stretch of words: a slice can end between any two of them.
  let tiles = (rows + ${R - 1}u) / ${R}u;
  let origin = group.y % tiles * ${R}u;
  let lane = local % ${LANES}u;
  let first = group.y / tiles * ${each}u;
  let mine = first + local / ${LANES}u;
  ${rows.map((i) => `let at${i} = min(origin + ${i}u, rows - 1u) * ${H4}u;`).join('\n  ')}
  ${own.map((j) => `let word${j} = min(mine + ${j * GROUPS}u, ${shard.rows - 1}u) * ${H4}u;`).join('\n  ')}
  ${rows.map((i) => own.map((j) => `var z${i}_${j} = 0.0;`).join(' ')).join('\n  ')}
  for (var k = lane; k < ${H4}u; k += ${LANES}u) {
    ${own.map((j) => `let w${j} = ${reader.at(`word${j} + k`)};`).join('\n    ')}
    ${rows
      .map(
        (i) => `let h${i} = h[at${i} + k]; ${own.map((j) => `z${i}_${j} += dot(h${i}, w${j});`).join(' ')}`,
      )
      .join('\n    ')}
  }
  ${own
    .flatMap((j) =>
      Array.from(
        { length: stages },
        (_, stage) => `parts[local] = ${part(stage, j)};
  workgroupBarrier();
  finish(origin + ${stage * 4}u, first + ${j * GROUPS}u, local);
  workgroupBarrier();`,
      ),
    )
    .join('\n  ')}
}`,
    grid: (live) => [1, Math.ceil(shard.rows / each) * Math.ceil(dimOf(o.rows, live) / R), 1],
    cost: (live) => {
      const n = dimOf(o.rows, live)
      const weightBytes = storedBytes(weight.format, shard.rows * weight.cols)
      return {
        flops: 2 * n * shard.rows * weight.cols,
        bytes: weightBytes * Math.ceil(n / R) + n * (weight.cols + shard.rows) * 4,
      }
    },
  }
})
