/** Tiles to choose between, by name; the first one is the default and fits WebGPU's default limits. */
import type { AttentionTile } from './attention-tile.wgsl.ts'

/** Tiles that own queries: forward and dQ. */
export function queryTiles(headDim: number): Record<string, AttentionTile> {
  return { wide: tileOf(headDim, 2) }
}

export interface KeyValueTile {
  tile: AttentionTile
  /** Parts that the heads of a kv head are cut into, each with a workgroup of its own. */
  splits: number
}

/** Tiles that own keys: dK and dV, whose two accumulators take twice the registers. */
export function keyValueTiles(headDim: number, group: number): Record<string, KeyValueTile> {
  const tile = tileOf(headDim, 1)
  return { split: { tile, splits: group }, whole: { tile, splits: 1 } }
}

/** An invocation accumulates 4 * quads rows by 8 columns; above width 256 fewer rows keep the workgroup at 256. */
function tileOf(headDim: number, quads: number): AttentionTile {
  const across = headDim / 8
  const down = headDim > 256 ? 4 : 8
  const own = 4 * quads * down
  const workgroup = across * down
  const tn = workgroup / (own / 4)
  // About 32 other rows beside 64 of our own, 64 beside 32.
  const other = tn * Math.max(1, Math.round(2048 / own / tn))
  return { own, other, workgroup, chunk: headDim > 256 ? 8 : 16, across }
}
