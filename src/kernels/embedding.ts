/**
 * Embedding gather: y[t, :] = scale * W[token[t], :].
 *
 * token u32 [rows]; W [vocab, width] in any weight format, possibly in shards (one dispatch a shard writes the rows whose
 * token lies in it; together they write every row). The table is frozen: no gradient.
 * Source: Transformers `Gemma3TextScaledWordEmbedding`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { storedBytes } from '../lib/storage.ts'
import { ELEMENT_WORKGROUP, elementGrid, elementPrologue } from './elementwise.ts'
import {
  leastColumns,
  rowsOf,
  type ShardRows,
  shapeOf,
  type Weight,
  type WeightShape,
  weightReader,
} from './weight.ts'

export function embedding(tape: Tape, token: Tensor, table: Weight, o: { rows: Dim; scale: number }): Tensor {
  const y = tape.tensor('embedding', [o.rows, table.cols])
  for (const shard of table.shards) {
    const kernel = embeddingKernel({
      rows: o.rows,
      table: shapeOf(table),
      shard: rowsOf(shard),
      scale: o.scale,
    })
    tape.run(kernel, { token, table: shard.tensor, y }, { cheap: true })
  }
  return y
}

interface EmbeddingSpec {
  rows: Dim
  table: WeightShape
  shard: ShardRows
  scale: number
}

const embeddingKernel = specialised(({ rows, table, shard, scale }: EmbeddingSpec): Kernel => {
  const { cols, format } = table
  const columns = leastColumns(format)
  const width = cols / columns
  const reader = weightReader('table', table, shard.rows, columns)
  return {
    name: 'embedding',
    bindings: {
      token: { type: 'u32', access: 'read', shape: [rows] },
      ...reader.bindings,
      y: { type: reader.type, access: 'write', shape: [rows, cols] },
    },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: () => `
${reader.wgsl()}
fn kernel(group: vec3<u32>, local: u32) {${elementPrologue(width)}
  let word = token[row] - ${shard.firstRow}u;
  if (word >= ${shard.rows}u) { return; }
  y[i] = ${reader.at(`word * ${width}u + column`)} * ${scale};
}`,
    grid: elementGrid(rows, width),
    cost: (live) => ({
      flops: dimOf(rows, live) * cols,
      bytes: dimOf(rows, live) * (cols * 4 + storedBytes(format, cols)),
    }),
  }
})
