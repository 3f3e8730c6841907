import { expect, test, vi } from 'vitest'
import { PEBBLE } from '../../bench/shapes.ts'
import { layOutWeights, uploadWeights, weightBuffers } from '../../src/engine/weights.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import { tensorTable } from '../../src/model/tensors.ts'
import type { WeightSource } from '../../src/protocol/model.ts'

const MB = 2 ** 20
/** Pebble with many words: its embedding is 64 MB, in shards. */
const config = { ...PEBBLE, vocabSize: (64 * MB) / (2 * PEBBLE.hiddenSize) }

/** A byte of a tensor, from its name and place. */
const byteAt = (name: string, at: number) => (name.length * 7 + at + (at >> 13)) & 0x3f

/** A source that puts what it reads where it is told, as storage does. */
const source: WeightSource = {
  tensors: new Map(
    tensorTable(config).map(({ name, shape }) => [name, { dtype: 'BF16' as const, shape: [...shape] }]),
  ),
  async read(name, start, end, _, into) {
    const bytes = into ? into.subarray(0, end - start) : new Uint8Array(end - start)
    for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(name, start + i)
    return bytes
  },
}

test('weights lie on the device as they are stored, and what is queued for it is waited for', async () => {
  vi.stubGlobal('GPUBufferUsage', { STORAGE: 1, COPY_DST: 2 })
  const written = new Map<object, Uint8Array>()
  let [queued, taken, most] = [0, 0, 0]
  const queue = {
    // Copies at once, as WebGPU does.
    writeBuffer(buffer: object, at: number, data: Uint8Array) {
      written.get(buffer)!.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
      queued += data.byteLength
      most = Math.max(most, queued - taken)
    },
    /** What is queued by now is taken only later. */
    async onSubmittedWorkDone() {
      const all = queued
      await new Promise((resolve) => setTimeout(resolve))
      taken = Math.max(taken, all)
    },
  }
  const gpu = {
    device: { queue },
    createBuffer(_: string, bytes: number) {
      const buffer = {}
      written.set(buffer, new Uint8Array(bytes))
      return buffer
    },
    destroyBuffer() {},
  } as unknown as Gpu
  const { pieces } = layOutWeights(config, undefined, 12 * MB)
  const { places } = await uploadWeights(gpu, pieces, source, () => {})
  vi.unstubAllGlobals()
  const matrices = pieces.filter(({ normOffset }) => normOffset === null)
  expect(matrices.length).toBeGreaterThan(3)
  const spans = new Map<object, [number, number][]>()
  for (const { tensor, bytes } of pieces) {
    const { buffer, offset } = places.get(tensor)!
    expect(offset % 256).toBe(0)
    const others = spans.get(buffer) ?? []
    for (const [start, end] of others) expect(offset + bytes <= start || offset >= end).toBe(true)
    spans.set(buffer, [...others, [offset, offset + bytes]])
  }
  // Few of them, so that little is lost to a device's rounding.
  expect(written.size).toBeLessThan(6)
  expect([...written.values()].reduce((sum, { length }) => sum + length, 0)).toBe(
    weightBuffers(pieces).sizes.reduce((sum, bytes) => sum + bytes, 0),
  )
  for (const { tensor, stretches, cols, bytes } of matrices) {
    const { buffer, offset } = places.get(tensor)!
    const found = written.get(buffer)!.subarray(offset, offset + bytes)
    let wrong = 0
    let at = 0
    for (const { source, firstRow, rows } of stretches)
      for (let i = 0; i < rows * cols * 2; i++)
        if (found[at++] !== byteAt(source, firstRow * cols * 2 + i)) wrong++
    expect([tensor.name, wrong, at]).toEqual([tensor.name, 0, found.length])
  }
  expect(most).toBeGreaterThan(8 * MB)
  expect(most).toBeLessThanOrEqual(40 * MB)
})
