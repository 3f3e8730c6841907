import type { Dims, Kernel } from '../src/gpu/kernel.ts'
import { boundTensor, type Tensor } from '../src/gpu/tape.ts'
import type { Direction, MatmulSpec } from '../src/kernels/matmul.ts'
import { matmulVariants } from '../src/kernels/matmul-variants.ts'
import { shardShape, type Weight } from '../src/kernels/weight.ts'
import { STORAGE } from '../src/lib/storage.ts'
import type { ModelConfig } from '../src/protocol/model.ts'
import { Bed } from './bed.ts'
import { OURS } from './peer.ts'
import type { Bench, Work } from './session.ts'
import { GEMMA_270M, type MatmulShape, matmulShapes, PEBBLE } from './shapes.ts'
import type { Timing } from './timer.ts'

const DIRECTIONS = ['forward', 'backward'] as const
const FORMATS = ['f32', 'bf16'] as const
type Format = (typeof FORMATS)[number]

/** Another implementation of the same two products, y = x Wᵀ and dx = dy W, in f32. */
export interface MatmulPeer {
  name: string
  time(direction: Direction, rows: number, out: number, columns: number, budget: number): Promise<Timing>
  dispose(): void
}

/** By shape, direction, and format or peer. */
type Timings = Map<string, Timing>

interface Case {
  model: string
  config: ModelConfig
  rows: number
}

/**
 * Matmul at the shapes of Pebble and Gemma 3 270M: no LoRA, no accumulation. Of the variants the quickest one is
 * reported, and the speed of every one beside it; on software
 * adapters of those without workgroup memory (the first is what the engine takes there).
 */
export async function matmulSuite(bench: Bench, peers: readonly MatmulPeer[]): Promise<void> {
  const step = bench.software ? (bench.full ? 256 : 128) : 4096
  const cases: Case[] = bench.software
    ? [
        { model: 'gemma-3-270m', config: GEMMA_270M, rows: step },
        { model: 'pebble', config: PEBBLE, rows: 512 },
      ]
    : [64, 512, step].flatMap((rows) => [
        { model: 'pebble', config: PEBBLE, rows },
        { model: 'gemma-3-270m', config: GEMMA_270M, rows },
      ])
  for (const c of cases) {
    const timings: Timings = new Map()
    const each = matmulShapes(c.config).flatMap((shape) =>
      DIRECTIONS.map((direction) => [shape, direction] as const),
    )
    for (const [shape, direction] of each)
      for (const format of FORMATS) await own(bench, c, shape, direction, format, timings)
    for (const peer of peers)
      for (const [shape, direction] of each) await other(bench, c, shape, direction, peer, timings)
    if (c.rows === step || c.model === 'pebble') shareOfStep(bench, c, timings, peers)
  }
}

const workOf = (rows: number, shape: MatmulShape, weightBytes: number): Work => ({
  flops: 2 * rows * shape.out * shape.in,
  bytes: 4 * rows * (shape.out + shape.in) + shape.out * shape.in * weightBytes,
})

const nameOf = (c: Case, shape: MatmulShape, direction: Direction, format: string) => {
  const [n, k] = direction === 'forward' ? [shape.out, shape.in] : [shape.in, shape.out]
  return `${c.model} ${shape.name} ${direction === 'forward' ? 'y' : 'dx'} ${c.rows}x${n}x${k} ${format}`
}

async function own(
  bench: Bench,
  c: Case,
  shape: MatmulShape,
  direction: Direction,
  format: Format,
  timings: Timings,
): Promise<void> {
  const name = nameOf(c, shape, direction, format)
  const work = workOf(c.rows, shape, STORAGE[format].bytes)
  const live: Dims = { tokens: c.rows, supervised: 0, sequences: 0 }
  const bed = new Bed(bench.context, live)
  try {
    const w = boundTensor('w', shardShape(format, shape.out, shape.in), format === 'f32' ? 'f32' : 'u32')
    const weight: Weight = {
      rows: shape.out,
      cols: shape.in,
      format,
      shards: [{ tensor: w, firstRow: 0, rows: shape.out }],
    }
    const spec: MatmulSpec = {
      direction,
      rows: 'tokens',
      weight,
      shard: weight.shards[0]!,
      accumulate: false,
    }
    const [n, k] = direction === 'forward' ? [shape.out, shape.in] : [shape.in, shape.out]
    const tensors = { a: boundTensor('a', ['tokens', k]), w, c: boundTensor('c', ['tokens', n]) }
    const variants = Object.entries(matmulVariants(spec, c.rows)).filter(([, kernel]) => bench.runs(kernel))
    // Software adapters take up to a minute to compile what has barriers, and run it at half the speed.
    const quick = variants.filter(([, kernel]) => !kernel.wgsl().includes('workgroupBarrier'))
    const wanted = bench.software && !bench.full ? quick : variants
    if (!bench.affords('matmul', name, work.flops, 3 * wanted.length)) return
    await bed.noise(tensors.a)
    await bed.noise(w, 0.02, format)
    bed.values(tensors.c)
    const speeds: Record<string, number> = {}
    let quickest: { variant: string; timing: Timing } | null = null
    for (const [variant, kernel] of wanted) {
      const timing = await timeVariant(bench, bed, kernel, tensors, live)
      if (!timing) continue
      speeds[variant] = Math.round(work.flops / timing.seconds / 1e7) / 100
      if (!quickest || timing.seconds < quickest.timing.seconds) quickest = { variant, timing }
    }
    if (!quickest) return bench.skip(name, 'no variant compiles on this adapter')
    timings.set(`${shape.name} ${direction} ${format}`, quickest.timing)
    bench.row('matmul', name, work, quickest.timing, { variant: quickest.variant, gflops: speeds })
  } finally {
    bed.dispose()
  }
}

async function timeVariant(
  bench: Bench,
  bed: Bed,
  kernel: Kernel,
  tensors: Record<string, Tensor>,
  live: Dims,
): Promise<Timing | null> {
  try {
    const [program] = await bed.programs([{ kernel, tensors }])
    return await bench.timer.time(program!, live, bench.software ? 0.6 : 0.15)
  } catch (error) {
    if (bench.context.gpu.failure) throw bench.context.gpu.failure
    bench.note(`${kernel.name} left out: ${String((error as Error).message).split('\n')[0]}`)
    return null
  }
}

async function other(
  bench: Bench,
  c: Case,
  shape: MatmulShape,
  direction: Direction,
  peer: MatmulPeer,
  timings: Timings,
): Promise<void> {
  const name = nameOf(c, shape, direction, peer.name)
  const work = workOf(c.rows, shape, 4)
  if (!bench.affords(peer.name, name, work.flops, 3)) return
  const timing = await peer.time(direction, c.rows, shape.out, shape.in, bench.software ? 0.6 : 0.2)
  timings.set(`${shape.name} ${direction} ${peer.name}`, timing)
  bench.row('matmul', name, work, timing, {}, peer.name)
}

/** Over all layers of one training step, forward and dx: every shape as often as it occurs. */
function shareOfStep(bench: Bench, c: Case, timings: Timings, peers: readonly MatmulPeer[]): void {
  const speed = (format: string, of: 'seconds' | 'fastest') => {
    let [flops, seconds] = [0, 0]
    for (const shape of matmulShapes(c.config))
      for (const direction of DIRECTIONS) {
        const count = shape.projections.length * c.config.layers.length
        flops += workOf(c.rows, shape, 4).flops * count
        // Not a number where one was not measured.
        seconds += (timings.get(`${shape.name} ${direction} ${format}`)?.[of] ?? Number.NaN) * count
      }
    return flops / seconds
  }
  const what = `matmul over a ${c.model} step of ${c.rows} tokens`
  for (const format of [...FORMATS, ...peers.map(({ name }) => name)]) {
    const [median, fastest] = [speed(format, 'seconds'), speed(format, 'fastest')]
    if (Number.isNaN(median)) continue
    const share = (100 * median) / bench.peak.flops
    const best = `${gflops(fastest)} GFLOP/s (${((100 * fastest) / bench.peak.flops).toFixed(1)}%) by the fastest samples`
    bench.figure(`${what}, ${format}`, share, '% of the FMA peak', `${gflops(median)} GFLOP/s; ${best}`)
  }
  const better = FORMATS.map((format) => speed(format, 'seconds')).sort((a, b) => b - a)[0]!
  for (const [peer, found] of [
    [OURS, better],
    ...peers.map(({ name }) => [name, speed(name, 'seconds')]),
  ] as const)
    if (!Number.isNaN(found))
      bench.compared.push({
        what,
        peer: peer as string,
        where: bench.adapter,
        seconds: null,
        rate: (found as number) / 1e9,
        unit: 'GFLOP/s',
        note: `${((100 * (found as number)) / bench.peak.flops).toFixed(1)}% of the measured f32 peak`,
      })
  for (const { name } of peers) {
    const ratio = (of: 'seconds' | 'fastest') =>
      Math.max(...FORMATS.map((format) => speed(format, of))) / speed(name, of)
    if (Number.isNaN(ratio('seconds'))) continue
    bench.figure(
      `${what}: ours (better of f32 and bf16) over ${name}`,
      ratio('seconds'),
      'times',
      `${ratio('fastest').toPrecision(3)} by the fastest samples`,
    )
  }
}

const gflops = (speed: number) => (speed / 1e9).toPrecision(4)
