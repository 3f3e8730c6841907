import { fromBf16, mulberry, normals } from '../../src/engine/check/values.ts'
import type { Dims, Kernel } from '../../src/gpu/kernel.ts'
import { planMemory, tensorBytes } from '../../src/gpu/memory.ts'
import { type GpuContext, type Place, Program, Workspace } from '../../src/gpu/program.ts'
import { Slicer } from '../../src/gpu/slicer.ts'
import { choicesOf } from '../../src/gpu/specialise.ts'
import { boundTensor, Tape, type Tensor } from '../../src/gpu/tape.ts'
import { headLoss } from '../../src/kernels/head-loss.ts'
import { shardShape, type WeightShard } from '../../src/kernels/weight.ts'
import { readBuffer } from '../support/gpu.ts'

export interface HeadBench {
  vocab: number
  hidden: number
  rows: number
  gradient: boolean
  /** Name of the pass's variant. */
  variant?: string
  repeats?: number
}

export interface HeadBenchResult {
  /** Best of all runs; the first one may hold some of the compilation. */
  seconds: number
  firstSeconds: number
  gflops: number
  /** Bytes beyond hidden states and weights, by the planner. */
  plannedBytes: number
  /** Of one row against f64: absolute for the log-probability, relative to the largest for dh. */
  logProbabilityError: number
  gradientError: number
}

const LOSS_SCALE = 1 / 64

/** Runs the head over random bf16 weights in shards of at most 128 MiB, times it and checks one row. */
export async function benchHead(context: GpuContext, o: HeadBench): Promise<HeadBenchResult> {
  const { gpu } = context
  const { vocab, hidden, rows } = o
  const live: Dims = { tokens: 0, supervised: rows, sequences: 0 }
  const places = new Map<Tensor, Place>()
  const buffers: GPUBuffer[] = []
  const place = (t: Tensor, values?: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffer = gpu.createBuffer(t.name, tensorBytes(t, live), usage)
    if (values) gpu.device.queue.writeBuffer(buffer, 0, values)
    buffers.push(buffer)
    places.set(t, { buffer, offset: 0 })
    return t
  }
  const words = randomWords((vocab * hidden) / 2)
  const count = Math.ceil((vocab * hidden * 2) / 2 ** 27)
  const each = Math.ceil(vocab / count)
  const shards: WeightShard[] = Array.from({ length: count }, (_, i) => {
    const shardRows = Math.min(each, vocab - i * each)
    const t = boundTensor(`w${i}`, shardShape('bf16', shardRows, hidden), 'u32')
    place(t, words.subarray((i * each * hidden) / 2, ((i * each + shardRows) * hidden) / 2))
    return { tensor: t, firstRow: i * each, rows: shardRows }
  })
  const uniform = mulberry(3)
  const labels = Uint32Array.from({ length: rows }, () => Math.floor(uniform() * vocab))
  const states = normals(4)(rows * hidden)
  const h = place(boundTensor('h', ['supervised', hidden]), states)
  const dh = place(boundTensor('dh', ['supervised', hidden]), new Float32Array(rows * hidden))
  const weight = { rows: vocab, cols: hidden, format: 'bf16' as const, shards }
  const labelled = place(boundTensor('labels', ['supervised'], 'u32'), labels)
  const write = (tape: Tape) => {
    if (o.gradient) tape.requireGrad(h)
    return headLoss(tape, h, weight, {
      rows: 'supervised',
      labels: labelled,
      softCap: null,
      gradient: o.gradient,
      name: 'head',
    })
  }
  const draft = new Tape({}, live)
  write(draft)
  const names = o.variant ? { [`head.${o.gradient ? 'loss' : 'score'}`]: o.variant } : {}
  const tape = new Tape(choicesOf(draft.asked, names), live)
  const { logProbability } = write(tape)
  const layout = planMemory(tape.dispatches, live)
  const out = place(boundTensor('out', ['supervised']))
  const copy = (from: Tensor, to: Tensor) => {
    const kernel: Kernel = {
      name: 'bench.copy',
      bindings: {
        x: { type: 'f32', access: 'read', shape: from.shape },
        y: { type: 'f32', access: 'write', shape: from.shape },
      },
      workgroup: 64,
      wgsl: () => `fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 64u + local;
  if (i < arrayLength(&y)) { y[i] = x[i]; }
}`,
      grid: () => [1, Math.ceil((rows * (from.shape.length > 1 ? hidden : 1)) / 64), 1],
    }
    tape.run(kernel, { x: from, y: to })
  }
  copy(logProbability, out)
  if (o.gradient) copy(tape.grad(h)!.tensor, dh)
  const whole = planMemory(tape.dispatches, live)
  const workspace = new Workspace(gpu, [whole])
  const program = await Program.record(context, tape.dispatches, places, live, whole, workspace)
  context.writeScalars({ ...live, loss_scale: LOSS_SCALE })
  const slicer = new Slicer(
    { flops: gpu.software ? 2e10 : 5e12, bandwidth: gpu.software ? 5e9 : 2e11 },
    { target: 0.5 },
  )
  const once = async () => {
    const start = performance.now()
    await program.run(live, slicer)
    await gpu.device.queue.onSubmittedWorkDone()
    return (performance.now() - start) / 1000
  }
  const firstSeconds = await once()
  let seconds = firstSeconds
  for (let i = 0; i < (o.repeats ?? 0); i++) seconds = Math.min(seconds, await once())

  const gotLog = new Float32Array(await readBuffer(gpu, places.get(out)!.buffer))
  const gotGrad = new Float32Array(await readBuffer(gpu, places.get(dh)!.buffer))
  const row = rows - 1
  const want = reference(words, hidden, vocab, states.subarray(row * hidden), labels[row]!)
  let worst = 0
  let largest = 0
  for (let k = 0; k < hidden; k++) {
    const error = Math.abs(gotGrad[row * hidden + k]! - LOSS_SCALE * want.gradient[k]!)
    if (!(error <= worst)) worst = error
    largest = Math.max(largest, Math.abs(LOSS_SCALE * want.gradient[k]!))
  }
  workspace.dispose()
  for (const buffer of buffers) gpu.destroyBuffer(buffer)
  return {
    seconds,
    firstSeconds,
    gflops: (rows * vocab * hidden * (o.gradient ? 4 : 2)) / seconds / 1e9,
    plannedBytes: layout.bytes,
    logProbabilityError: Math.abs(gotLog[row]! - want.logProbability),
    gradientError: o.gradient ? worst / largest : 0,
  }
}

/** Pairs of bf16 of magnitude 2^-5 to 2^-3, of either sign. */
function randomWords(length: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(length)
  let a = 12345
  for (let i = 0; i < length; i++) {
    a = (Math.imul(a, 1664525) + 1013904223) | 0
    const b = a ^ (a >>> 15)
    words[i] = 0x3d003d00 | (b & 0x80ff80ff)
  }
  return words
}

function reference(words: Uint32Array, hidden: number, vocab: number, h: Float32Array, label: number) {
  const decode = new Float64Array(65536)
  for (let i = 0; i < 65536; i++) decode[i] = fromBf16(i)
  const z = new Float64Array(vocab)
  const half = hidden / 2
  for (let v = 0; v < vocab; v++) {
    let dot = 0
    for (let k = 0; k < half; k++) {
      const word = words[v * half + k]!
      dot += decode[word & 0xffff]! * h[2 * k]! + decode[word >>> 16]! * h[2 * k + 1]!
    }
    z[v] = dot
  }
  const top = z.reduce((a, b) => Math.max(a, b))
  const total = z.reduce((a, b) => a + Math.exp(b - top), 0)
  const gradient = new Float64Array(hidden)
  for (let v = 0; v < vocab; v++) {
    const p = Math.exp(z[v]! - top) / total - (v === label ? 1 : 0)
    for (let k = 0; k < half; k++) {
      const word = words[v * half + k]!
      gradient[2 * k]! += p * decode[word & 0xffff]!
      gradient[2 * k + 1]! += p * decode[word >>> 16]!
    }
  }
  return { logProbability: z[label]! - top - Math.log(total), gradient }
}
