import type { Dims, Kernel } from '../src/gpu/kernel.ts'
import { boundTensor, kernelOf, type Tensor } from '../src/gpu/tape.ts'
import type { Direction, MatmulSpec } from '../src/kernels/matmul.ts'
import { matmulVariants } from '../src/kernels/matmul-variants.ts'
import { shardShape, type Weight } from '../src/kernels/weight.ts'
import type { ModelConfig } from '../src/protocol/model.ts'
import { Bed } from './bed.ts'
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

interface Case {
  model: string
  config: ModelConfig
  rows: number
  /** Whose variants are all measured; the others take the one that was best there. */
  variants: 'every shape' | 'one shape'
  peer: boolean
}

/**
 * Matmul at the shapes of Pebble and Gemma 3 270M: no LoRA, no accumulation. Of the variants the quickest one is
 * reported, and the speed of every one beside it.
 */
export async function matmulSuite(bench: Bench, peer: MatmulPeer | null): Promise<void> {
  const step = bench.software ? (bench.full ? 256 : 128) : 4096
  // Software adapters take up to a minute to compile a large kernel.
  const variants = bench.software && !bench.full ? 'one shape' : 'every shape'
  const cases: Case[] = bench.software
    ? [
        { model: 'gemma-3-270m', config: GEMMA_270M, rows: step, variants, peer: true },
        { model: 'pebble', config: PEBBLE, rows: 512, variants, peer: true },
        { model: 'gemma-3-270m', config: GEMMA_270M, rows: 64, variants, peer: false },
      ]
    : [64, 512, step].flatMap((rows) => [
        { model: 'pebble', config: PEBBLE, rows, variants, peer: true },
        { model: 'gemma-3-270m', config: GEMMA_270M, rows, variants, peer: true },
      ])
  const best = new Map<string, string>()
  for (const c of cases) {
    const seconds = new Map<string, number>()
    // The largest first: it decides for all where only one shape does.
    for (const shape of matmulShapes(c.config).reverse())
      for (const direction of DIRECTIONS) {
        for (const format of FORMATS) await own(bench, c, shape, direction, format, best, seconds)
        if (peer && c.peer) await other(bench, c, shape, direction, peer, seconds)
      }
    if (c.rows === step || c.model === 'pebble') shareOfStep(bench, c, seconds, peer)
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
  best: Map<string, string>,
  seconds: Map<string, number>,
): Promise<void> {
  const name = nameOf(c, shape, direction, format)
  const work = workOf(c.rows, shape, format === 'f32' ? 4 : 2)
  const key = `${c.model} ${direction} ${format}`
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
    const variants = Object.entries(matmulVariants(spec))
      .map(([variant, kernel]) => [variant, kernelOf(kernel)] as const)
      .filter(([, kernel]) => bench.runs(kernel))
    const known = c.variants === 'one shape' ? best.get(key) : undefined
    const wanted = known ? variants.filter(([variant]) => variant === known) : variants
    if (!bench.affords(name, work.flops, 3 * wanted.length)) return
    await bed.noise(tensors.a)
    await bed.noise(w, 0.02, format)
    bed.values(tensors.c)
    // Compiling variants may take no more than a part of what is left.
    const choosing = bench.left === Number.POSITIVE_INFINITY ? 0 : bench.left * 0.92
    const speeds: Record<string, number> = {}
    let quickest: { variant: string; timing: Timing } | null = null
    for (const [variant, kernel] of wanted) {
      if (quickest && bench.left < choosing) break
      const timing = await timeVariant(bench, bed, kernel, tensors, live)
      if (!timing) continue
      speeds[variant] = Math.round(work.flops / timing.seconds / 1e7) / 100
      if (!quickest || timing.seconds < quickest.timing.seconds) quickest = { variant, timing }
    }
    if (!quickest) return bench.skip(name, 'no variant compiles on this adapter')
    best.set(key, quickest.variant)
    seconds.set(`${shape.name} ${direction} ${format}`, quickest.timing.seconds)
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
    return await bench.timer.time(program!, live, bench.software ? 0.4 : 0.15)
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
  seconds: Map<string, number>,
): Promise<void> {
  const name = nameOf(c, shape, direction, peer.name)
  const work = workOf(c.rows, shape, 4)
  // Its matmul may be ten times slower than ours.
  if (!bench.affords(name, work.flops, bench.software ? 15 : 3)) return
  const timing = await peer.time(direction, c.rows, shape.out, shape.in, bench.software ? 0.6 : 0.2)
  seconds.set(`${shape.name} ${direction} ${peer.name}`, timing.seconds)
  bench.row('matmul', name, work, timing)
}

/** Over all layers of one training step, forward and dx: every shape as often as it occurs. */
function shareOfStep(bench: Bench, c: Case, seconds: Map<string, number>, peer: MatmulPeer | null): void {
  const total = (format: string) => {
    const sum = { flops: 0, seconds: 0 }
    for (const shape of matmulShapes(c.config))
      for (const direction of DIRECTIONS) {
        const once = seconds.get(`${shape.name} ${direction} ${format}`)
        if (once === undefined) return null
        sum.flops += workOf(c.rows, shape, 4).flops * shape.projections.length * c.config.numLayers
        sum.seconds += once * shape.projections.length * c.config.numLayers
      }
    return sum
  }
  const what = `matmul over a ${c.model} step of ${c.rows} tokens`
  const ours = FORMATS.flatMap((format) => {
    const sum = total(format)
    if (!sum) return []
    const speed = sum.flops / sum.seconds
    bench.figure(
      `${what}, ${format}`,
      (100 * speed) / bench.peak.flops,
      '% of the FMA peak',
      `${gflops(speed)} GFLOP/s`,
    )
    return [speed]
  })
  const theirs = peer && total(peer.name)
  if (!peer || !theirs || ours.length === 0) return
  const speed = theirs.flops / theirs.seconds
  bench.figure(
    `${what}, ${peer.name}`,
    (100 * speed) / bench.peak.flops,
    '% of the FMA peak',
    `${gflops(speed)} GFLOP/s`,
  )
  bench.figure(`${what}: ours (better of f32 and bf16) over ${peer.name}`, Math.max(...ours) / speed, 'times')
}

const gflops = (speed: number) => (speed / 1e9).toPrecision(4)
