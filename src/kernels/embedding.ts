/**
 * Embedding gather: y[t, :] = scale * W[token[t], :].
 *
 * token u32 [rows]; W [vocab, width] in any weight format, possibly in shards (one dispatch a shard writes the rows whose
 * token lies in it; together they write every row). The table is frozen: no gradient.
 * Source: Transformers `Gemma3TextScaledWordEmbedding`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { storedBytes } from '../lib/storage.ts'
import { ELEMENT_WORKGROUP, elementPrologue } from './elementwise.ts'
import { shardShape, unpackWgsl, type Weight, type WeightShard, weightType } from './weight.ts'

export function embedding(tape: Tape, token: Tensor, table: Weight, o: { rows: Dim; scale: number }): Tensor {
  const y = tape.tensor('embedding', [o.rows, table.cols])
  for (const shard of table.shards)
    tape.run(
      embeddingKernel(o.rows, table, shard, o.scale),
      { token, table: shard.tensor, y },
      { cheap: true },
    )
  return y
}

function embeddingKernel(rows: Dim, table: Weight, shard: WeightShard, scale: number): Kernel {
  const { cols, format } = table
  const packed = format !== 'f32'
  const width = packed ? cols / 2 : cols
  return {
    name: 'embedding',
    bindings: {
      token: { type: 'u32', access: 'read', shape: [rows] },
      table: { type: weightType(format), access: 'read', shape: shardShape(format, shard.rows, cols) },
      y: { type: packed ? 'vec2<f32>' : 'f32', access: 'write', shape: [rows, cols] },
    },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: `
${packed ? unpackWgsl(format) : ''}
fn kernel(group: vec3<u32>, local: u32) {${elementPrologue(width)}
  let word = token[row] - ${shard.firstRow}u;
  if (word >= ${shard.rows}u) { return; }
  let value = table[word * ${width}u + column];
  y[i] = ${packed ? 'unpack_weight(value)' : 'value'} * ${scale};
}`,
    grid: (live) => [Math.ceil(width / ELEMENT_WORKGROUP), dimOf(rows, live), 1],
    cost: (live) => ({
      flops: dimOf(rows, live) * cols,
      bytes: dimOf(rows, live) * (cols * 4 + storedBytes(format, cols)),
    }),
  }
}
