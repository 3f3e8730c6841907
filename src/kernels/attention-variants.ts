/**
 * Kernels to choose between, by name. The first is correct everywhere, quick to compile and what software adapters run
 * best; the tiled ones, named own rows x other rows, are for hardware. All fit WebGPU's default limits.
 */
import type { Kernel } from '../gpu/kernel.ts'
import { attentionBackwardKeyValue, attentionBackwardQuery } from './attention-backward.ts'
import { attentionForward } from './attention-forward.ts'
import { plainBackwardKeyValue, plainBackwardQuery, plainForward } from './attention-plain.ts'
import type { Accumulate, AttentionShape } from './attention-shape.ts'
import type { AttentionTile } from './attention-tile.wgsl.ts'

export function forwardVariants(o: AttentionShape): Record<string, () => Kernel> {
  return variants(
    () => plainForward(o),
    queryTiles(o.headDim),
    (tile) => attentionForward(o, tile),
  )
}

export function queryVariants(o: AttentionShape, accumulate: boolean): Record<string, () => Kernel> {
  return variants(
    () => plainBackwardQuery(o, accumulate),
    queryTiles(o.headDim),
    (tile) => attentionBackwardQuery(o, tile, accumulate),
  )
}

/** With split heads, gradients are written in parts and added up by another kernel: see `attentionBackwardKeyValue`. */
export function keyValueVariants(o: AttentionShape, accumulate: Accumulate): Record<string, () => Kernel> {
  const group = o.heads / o.kvHeads
  const tile = tileOf(o.headDim, 1)
  const made: Record<string, () => Kernel> = { plain: () => plainBackwardKeyValue(o, accumulate) }
  for (const splits of new Set([group, 1]))
    for (const unroll of [false, true]) {
      const add = splits > 1 ? { dk: false, dv: false } : accumulate
      const name = `tiled${tile.own}x${tile.other}_${splits}${unroll ? '_unrolled' : ''}`
      made[name] = () => named(name, attentionBackwardKeyValue(o, { ...tile, unroll }, splits, add))
    }
  return made
}

function variants(
  plain: () => Kernel,
  tiles: AttentionTile[],
  tiled: (tile: AttentionTile) => Kernel,
): Record<string, () => Kernel> {
  const made: Record<string, () => Kernel> = { plain }
  for (const tile of tiles) {
    const name = `tiled${tile.own}x${tile.other}${tile.unroll ? '_unrolled' : ''}`
    made[name] = () => named(name, tiled(tile))
  }
  return made
}

const named = (name: string, kernel: Kernel): Kernel => ({
  ...kernel,
  name: `${kernel.name}.${name}`,
  hardwareOnly: true,
})

/** Tiles that own queries: forward and dQ. */
function queryTiles(headDim: number): AttentionTile[] {
  const large = tileOf(headDim, 2)
  return [large, tileOf(headDim, 1), { ...large, unroll: true }]
}

/** An invocation accumulates 4 * quads rows by 8 columns (4 at width 64); above 256 fewer rows keep the workgroup at 256. */
function tileOf(headDim: number, quads: number): AttentionTile {
  const across = Math.max(16, headDim / 8)
  const down = headDim > 256 ? 4 : 8
  const own = 4 * quads * down
  const workgroup = across * down
  const tn = workgroup / (own / 4)
  // About 32 other rows beside 64 of our own, 64 beside 32.
  const other = tn * Math.max(1, Math.round(2048 / own / tn))
  return { own, other, workgroup, chunk: headDim > 256 ? 8 : 16, across }
}
