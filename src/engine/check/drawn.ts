import { type ShardRows, shardShape } from '../../kernels/weight.ts'
import { STORAGE, type StorageType } from '../../lib/storage.ts'
import type { OperationInput } from './operation.ts'
import { BLOCKS, encode, PERIOD } from './values.ts'

/** A frozen matrix in shards, drawn for a check: what the device is given, and what its values are. */
export interface DrawnMatrix {
  /** w0, w1, ...: one for each shard. */
  inputs: Record<string, OperationInput>
  /** One row times `x` from a place on. */
  dot(row: number, x: ArrayLike<number>, from: number): number
  value(row: number, column: number): number
}

/** @param shards in order, together all rows */
export function drawnMatrix(
  format: StorageType,
  shards: readonly ShardRows[],
  cols: number,
  draw: (size: number) => Float32Array<ArrayBuffer>,
): DrawnMatrix {
  const inputs: Record<string, OperationInput> = {}
  const { elements, bytes } = STORAGE[format]
  // Blocks are of 64, and so are rows: a prime of blocks.
  const most = elements > 1 ? BLOCKS * elements : (PERIOD * 4) / bytes
  const parts = shards.map(({ firstRow, rows }, i) => {
    const { stored, values } = encode(format, draw(Math.min(rows * cols, most)))
    const repeated = rows * cols > most
    inputs[`w${i}`] = { shape: shardShape(format, rows, cols), values: stored, ...(repeated && { repeated }) }
    return { firstRow, end: firstRow + rows, values }
  })
  const partOf = (row: number) => parts.find(({ end }) => row < end)!
  return {
    inputs,
    dot(row, x, from) {
      const { values, firstRow } = partOf(row)
      let at = ((row - firstRow) * cols) % values.length
      let sum = 0
      for (let i = from; i < from + cols; i++) {
        sum += x[i]! * values[at]!
        if (++at === values.length) at = 0
      }
      return sum
    },
    value(row, column) {
      const { values, firstRow } = partOf(row)
      return values[((row - firstRow) * cols + column) % values.length]!
    },
  }
}
