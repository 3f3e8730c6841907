/**
 * Writes rows of keys and values into a cache: row t of k and v goes to cache row
 * sequenceOf[t] * maxPositions + positions[t], with no sequenceOf positions[t]. Other cache rows keep what they hold; rows that lie outside the cache are
 * dropped. k, v [rows, width]; caches [sequences * maxPositions, width], f32, bound.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'

const WORKGROUP = 64

export interface CacheWriteOptions {
  rows: Dim
  /** kvHeads * headDim. */
  width: number
  /** u32 [rows]. */
  positions: Tensor
  /** u32 [rows]; null: there is one sequence. */
  sequenceOf: Tensor | null
  /** Cache rows of each sequence. */
  maxPositions: number
  sequences: number
}

export function cacheWrite(
  tape: Tape,
  k: Tensor,
  v: Tensor,
  cacheK: Tensor,
  cacheV: Tensor,
  o: CacheWriteOptions,
): void {
  const { positions, sequenceOf, ...spec } = o
  const kernel = cacheWriteKernel({ ...spec, several: sequenceOf !== null })
  tape.run(kernel, { k, v, positions, ...(sequenceOf && { sequenceOf }), cacheK, cacheV })
}

interface CacheWriteSpec extends Omit<CacheWriteOptions, 'positions' | 'sequenceOf'> {
  several: boolean
}

const cacheWriteKernel = specialised((o: CacheWriteSpec): Kernel => {
  const { rows, width, maxPositions, sequences, several } = o
  const cache = [sequences * maxPositions, width]
  return {
    name: 'kv_cache.write',
    bindings: {
      k: { type: 'vec4<f32>', access: 'read', shape: [rows, width] },
      v: { type: 'vec4<f32>', access: 'read', shape: [rows, width] },
      positions: { type: 'u32', access: 'read', shape: [rows] },
      ...(several && { sequenceOf: { type: 'u32', access: 'read', shape: [rows] } as const }),
      cacheK: { type: 'vec4<f32>', access: 'update', shape: cache },
      cacheV: { type: 'vec4<f32>', access: 'update', shape: cache },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let position = positions[group.y];
  let sequence = ${several ? 'sequenceOf[group.y]' : '0u'};
  if (position >= ${maxPositions}u || sequence >= ${sequences}u) { return; }
  let source = group.y * ${width / 4}u;
  let to = (sequence * ${maxPositions}u + position) * ${width / 4}u;
  for (var i = local; i < ${width / 4}u; i += ${WORKGROUP}u) {
    cacheK[to + i] = k[source + i];
    cacheV[to + i] = v[source + i];
  }
}`,
    grid: (live) => [1, dimOf(rows, live), 1],
    cost: (live) => ({ flops: 0, bytes: dimOf(rows, live) * (width * 16 + 8) }),
  }
})
