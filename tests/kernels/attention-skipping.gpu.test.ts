import { describe, expect, test } from 'vitest'
import { startsOf } from '../../src/engine/check/attention.ts'
import { normals } from '../../src/engine/check/values.ts'
import { planMemory, tensorBytes } from '../../src/gpu/memory.ts'
import { type Place, Program, Workspace } from '../../src/gpu/program.ts'
import { choicesOf } from '../../src/gpu/specialise.ts'
import { boundTensor, Tape, type Tensor } from '../../src/gpu/tape.ts'
import { attention } from '../../src/kernels/attention.ts'
import { readBuffer, sharedContext } from '../support/gpu.ts'

/**
 * What a row does not see, and no row of its tile does, must not be touched: work grows with the segments, not with the
 * stream. Poison there shows a visit, since even a weight of zero times NaN is NaN. Rows of one tile do meet: the poison
 * keeps a tile's distance.
 */
const headDim = 64
const heads = 2
const TILE = 128

async function run(segments: number[], window: number | null, names: Record<string, string>, dirty: Dirty) {
  const context = await sharedContext()
  const { gpu } = context
  const starts = startsOf(segments)
  const rows = starts.length
  const live = { tokens: rows, supervised: 0, sequences: 0 }
  const draft = new Tape({}, live)
  const places = new Map<Tensor, Place>()
  const random = normals(5)
  const bind = (
    name: string,
    width: number,
    values?: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  ) => {
    const t = boundTensor(name, ['tokens', width], values instanceof Uint32Array ? 'u32' : 'f32')
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffer = gpu.createBuffer(name, tensorBytes(t, live), usage)
    if (values) gpu.device.queue.writeBuffer(buffer, 0, values)
    places.set(t, { buffer, offset: 0 })
    return t
  }
  const noise = (width: number, ...parts: (readonly [number, number])[]) => {
    const values = random(rows * width)
    for (const [start, end] of parts) values.fill(Number.NaN, start * width, end * width)
    return values
  }
  const q = bind('q', heads * headDim, noise(heads * headDim, dirty.queries))
  const k = bind('k', headDim, noise(headDim, ...dirty.keys))
  const v = bind('v', headDim, noise(headDim, ...dirty.keys))
  const segmentStart = bind('segmentStart', 1, starts)
  const zeros = (width: number) => new Float32Array(rows * width)
  const grads = {
    q: bind('dq', heads * headDim, zeros(heads * headDim)),
    k: bind('dk', headDim, zeros(headDim)),
  }
  const options = { rows: 'tokens' as const, heads, kvHeads: 1, headDim, scale: 0.1, window, softCap: null }
  const dout = bind('dout', heads * headDim, noise(heads * headDim, dirty.queries))
  const write = (tape: Tape) => {
    tape.seed(q, grads.q)
    tape.seed(k, grads.k)
    tape.seed(attention(tape, q, k, v, { ...options, segmentStart, name: 'attention' }), dout)
    tape.backward()
  }
  write(draft)
  const tape = new Tape(choicesOf(draft.asked, names), live)
  write(tape)
  expect(tape.lost()).toEqual({})
  const layout = planMemory(tape.dispatches, live)
  const workspace = new Workspace(gpu, [layout])
  const program = await Program.record(context, tape.dispatches, places, live, layout, workspace)
  context.writeScalars(live)
  await program.run(live)
  const read = async (t: Tensor) => new Float32Array(await readBuffer(gpu, places.get(t)!.buffer))
  const [dq, dk] = [await read(grads.q), await read(grads.k)]
  workspace.dispose()
  for (const { buffer } of places.values()) gpu.destroyBuffer(buffer)
  const finite = (values: Float32Array, width: number, from: number, to: number) =>
    values.subarray(from * width, to * width).every((x) => Number.isFinite(x) && x !== 0)
  return {
    dq: (from: number, to: number) => finite(dq, heads * headDim, from, to),
    dk: (from: number, to: number) => finite(dk, headDim, from, to),
  }
}

/** Ranges of rows that hold NaN. */
interface Dirty {
  keys: (readonly [number, number])[]
  queries: readonly [number, number]
}

describe('attention leaves alone what no row of a tile sees', () => {
  const variants: Record<string, string>[] = [
    {},
    {
      'attention.forward': 'tiled64x32',
      'attention.backward_query': 'tiled64x32',
      'attention.backward_key_value': 'tiled32x64_2',
    },
  ]
  for (const variant of variants) {
    const name = variant['attention.forward'] ?? 'plain'
    test(name, async () => {
      const before = 100 + TILE
      const segments = [100, TILE, 3, 30, 4 * TILE]
      const rows = before + 33 + 4 * TILE
      const far = before + 33 + TILE
      const at = await run(segments, 16, variant, {
        keys: [
          [0, 100],
          [far, far + 20],
        ],
        queries: [rows - 20, rows],
      })
      // dq needs clean forward results, so it tells of both passes over the keys.
      expect(at.dq(before + 1, before + 3)).toBe(true)
      expect(at.dq(before + 4, before + 33)).toBe(true)
      expect(at.dk(before + 3, before + 32)).toBe(true)
      expect(at.dq(far + 20 + TILE + 16, rows - 20 - TILE)).toBe(true)
      expect(at.dk(far + 20 + TILE + 16, rows - 20 - TILE - 16)).toBe(true)
      // The poison does reach who sees it: the check can fail.
      expect(at.dq(10, 20)).toBe(false)
      expect(at.dq(far + 21, far + 30)).toBe(false)
      expect(at.dk(rows - 20, rows)).toBe(false)
    })
  }
})
