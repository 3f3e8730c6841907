import { beforeAll, describe, expect, test } from 'vitest'
import { readFloats } from '../../src/engine/adapter.ts'
import { READBACK_BYTES } from '../../src/engine/plan.ts'
import { WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import { layOutStack, uploadWeights } from '../../src/engine/weights.ts'
import { readTensor } from '../../src/files/weights.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import type { Dims } from '../../src/gpu/kernel.ts'
import { planMemory, tensorBytes } from '../../src/gpu/memory.ts'
import { CONTEXT_BYTES, contextOf, type Place, Program, Workspace } from '../../src/gpu/program.ts'
import { Tape, type Tensor } from '../../src/gpu/tape.ts'
import { copy } from '../../src/kernels/copy.ts'
import { embedding } from '../../src/kernels/embedding.ts'
import type { Weight } from '../../src/kernels/weight.ts'
import { f32ToBf16 } from '../../src/lib/bf16.ts'
import { quantisedWeights } from '../../src/model/quantised-weights.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { isProjection, tensorTable } from '../../src/model/tensors.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import type { ModelSource, TensorInfo, WeightSource } from '../../src/protocol/model.ts'
import { type Golden, openGolden } from '../support/golden.ts'
import { goldenRequest } from '../support/golden-engine.ts'
import { sharedContext } from '../support/gpu.ts'

/** Formats belong to tensors: what is stored as f32 and what as bf16 lie beside one another. */
describe('weights of several formats', () => {
  let golden: Golden
  let gpu: Gpu
  beforeAll(async () => {
    golden = await openGolden('gemma3-tiny')
    gpu = (await sharedContext()).gpu
  })

  /** The golden model with these tensors rounded to bf16: as bf16, and the same values as f32. */
  function rounded(of: (name: string) => boolean, as: 'BF16' | 'F32'): ModelSource {
    const { config, weights } = golden.model
    const tensors = new Map(
      [...weights.tensors].map(([name, info]): [string, TensorInfo] => [
        name,
        of(name) ? { ...info, dtype: as } : info,
      ]),
    )
    const source: WeightSource = {
      tensors,
      async read(name, start, end, signal) {
        if (!of(name)) return weights.read(name, start, end, signal)
        const size = tensors.get(name)!.shape.reduce((a, b) => a * b, 4)
        const bytes = await weights.read(name, 0, size, signal)
        const bf16 = f32ToBf16(new Float32Array(bytes.slice().buffer))
        const all = as === 'BF16' ? bf16 : Uint32Array.from(bf16, (bits) => bits << 16)
        return new Uint8Array(all.buffer).slice(start, end)
      },
    }
    return { config, weights: source }
  }

  test('plan to the byte what loading allocates, and give the logits of the same values in f32', async () => {
    const batch = batchOf(golden.cases.logits[0]!.batch)
    const isMixed = (name: string) => /embed_tokens|layers\.1\..*(q_proj|down_proj)/.test(name)
    const logits: Float32Array[] = []
    for (const as of ['BF16', 'F32'] as const) {
      const model = rounded(isMixed, as)
      const engine = new WebgpuEngine(gpu, { rates: { flops: 5e9, bandwidth: 5e9 }, tune: false })
      const request = {
        ...goldenRequest(golden, 'nothing'),
        stored: storedTypes(model.weights),
        decode: null,
      }
      const planned = engine.plan(request).bytes
      const before = gpu.liveBytes
      await engine.load(model, request, { seed: 1 })
      expect(gpu.liveBytes - before).toBe(planned.total - CONTEXT_BYTES - READBACK_BYTES)
      logits.push(await engine.logits(batch))
      engine.dispose()
      expect(gpu.liveBytes).toBe(before)
    }
    const error = Math.max(...logits[0]!.map((value, i) => Math.abs(value - logits[1]![i]!)))
    expect(error).toBeLessThan(1e-5)
  })

  test('blocks plan to the byte what loading allocates, and give the logits of the values that they stand for', async () => {
    const { config, weights } = golden.model
    const resolved = resolveWeights(config, weights)
    const blocks = quantisedWeights(config, resolved, 'int4')
    const types = new Set([...blocks.tensors.values()].map(({ dtype }) => dtype))
    // Rows of 160 stay as they are.
    expect(types).toEqual(new Set(['F32', 'Q8_0', 'Q4_0']))
    const wide: WeightSource = {
      tensors: resolved.tensors,
      async read(name, start, end) {
        const { data } = await readTensor(blocks, name)
        return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice(start, end)
      },
    }
    const logits: Float32Array[] = []
    for (const source of [blocks, wide]) {
      const engine = new WebgpuEngine(gpu, { rates: { flops: 5e9, bandwidth: 5e9 }, tune: false })
      const request = { ...goldenRequest(golden, 'nothing'), stored: storedTypes(source), decode: null }
      const planned = engine.plan(request).bytes
      const before = gpu.liveBytes
      await engine.load({ config, weights: source }, request, { seed: 1 })
      expect(gpu.liveBytes - before).toBe(planned.total - CONTEXT_BYTES - READBACK_BYTES)
      logits.push(await engine.logits(batchOf(golden.cases.logits[0]!.batch)))
      engine.dispose()
    }
    const error = Math.max(...logits[0]!.map((value, i) => Math.abs(value - logits[1]![i]!)))
    expect(error).toBeLessThan(1e-5)
    const exact = await golden.tensor(golden.cases.logits[0]!.tensors.off)
    expect(Math.max(...exact.map((value, i) => Math.abs(value - logits[0]![i]!)))).toBeGreaterThan(1e-3)
  })

  test('loading goes by the weights, whatever the request says of them', async () => {
    const engine = new WebgpuEngine(gpu, { rates: { flops: 5e9, bandwidth: 5e9 }, tune: false })
    const { stored, ...rest } = goldenRequest(golden, 'nothing')
    const request = { ...rest, decode: null }
    const planned = engine.plan({ ...request, ...(stored && { stored }) }).bytes
    const before = gpu.liveBytes
    await engine.load(golden.model, request, { seed: 1 })
    expect(gpu.liveBytes - before).toBe(planned.total - CONTEXT_BYTES - READBACK_BYTES)
    engine.dispose()
  })

  /** All rows of a weight, as a kernel reads them. */
  async function rowsOf(weight: Weight, weights: ReadonlyMap<Tensor, Place>): Promise<Float32Array> {
    const live: Dims = { tokens: weight.rows, supervised: 0, sequences: 0 }
    const tape = new Tape({}, live)
    const ids = tape.input('rows', ['tokens'], 'u32')
    const shape = ['tokens', weight.cols] as const
    const out = tape.input('out', shape)
    copy(tape, embedding(tape, ids, weight, { rows: 'tokens', scale: 1 }), out, shape)
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const [idBuffer, buffer] = [ids, out].map((t) => gpu.createBuffer(t.name, tensorBytes(t, live), usage))
    gpu.device.queue.writeBuffer(
      idBuffer!,
      0,
      Uint32Array.from({ length: weight.rows }, (_, i) => i),
    )
    const layout = planMemory(tape.dispatches, live)
    const workspace = new Workspace(gpu, [layout])
    const places = new Map([
      ...weights,
      [ids, { buffer: idBuffer!, offset: 0 }] as const,
      [out, { buffer: buffer!, offset: 0 }] as const,
    ])
    try {
      const context = contextOf(gpu)
      context.writeScalars(live)
      const program = await Program.record(context, tape.dispatches, places, live, layout, workspace)
      await program.run(live)
      return await readFloats(gpu, buffer!, weight.rows * weight.cols * 4)
    } finally {
      workspace.dispose()
      for (const own of [idBuffer!, buffer!]) gpu.destroyBuffer(own)
    }
  }

  test('a stack is uploaded row under row', async () => {
    const { config, weights } = golden.model
    const stored = storedTypes(weights)
    const stack = tensorTable(config).filter(isProjection).slice(0, 3)
    const cols = stack[0]!.shape[1]
    // Shards that end within the second and the third.
    const { weight, pieces } = layOutStack(stack, stored, (stack[0]!.shape[0] + 7) * cols * 4)
    expect(pieces.some(({ stretches }) => stretches.length > 1)).toBe(true)
    const { places, buffers } = await uploadWeights(gpu, pieces, weights, () => {})
    const got = await rowsOf(weight, places)
    const want: number[] = []
    for (const { name, shape } of stack) {
      const bytes = await weights.read(name, 0, shape[0] * shape[1] * 4)
      want.push(...new Float32Array(bytes.slice().buffer))
    }
    expect([...got]).toEqual(want)
    for (const buffer of buffers) gpu.destroyBuffer(buffer)
  })
})
