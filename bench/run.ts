import type { Gpu } from '../src/gpu/device.ts'
import { measureRates } from '../src/gpu/measure.ts'
import { contextOf, type GpuContext } from '../src/gpu/program.ts'
import type { Rates } from '../src/gpu/slicer.ts'
import { attentionSuite } from './attention.ts'
import { headSuite } from './head.ts'
import { type MatmulPeer, matmulSuite } from './matmul.ts'
import type { StepPeer } from './measured.ts'
import { modelSuites } from './model.ts'
import { Bench } from './session.ts'
import { type BenchOptions, type BenchResult, SUITES, type SuiteName } from './types.ts'

/** Seconds for each suite; on software adapters the whole stays under five minutes. */
const SECONDS = {
  software: { matmul: 160, attention: 25, head: 35, model: 80 },
  hardware: { matmul: 45, attention: 10, head: 15, model: 50 },
}

const LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const

export type PeerFactory = (bench: Bench) => Promise<MatmulPeer>

/** Other implementations to measure beside ours. */
export interface Peers {
  matmul: readonly PeerFactory[]
  step: readonly StepPeer[]
}

/**
 * Runs the suites on a device. Needs nothing else: a page, a worker, or Node under Dawn.
 * @param tell is told each finding as it comes
 */
export async function runBench(
  gpu: Gpu,
  options: BenchOptions,
  peers: Peers,
  tell: (text: string) => void,
): Promise<BenchResult> {
  const began = performance.now()
  const context = contextOf(gpu)
  tell(`${gpu.description}${gpu.software ? ' (software)' : ''}`)
  const peak = await measurePeak(context)
  tell(`${(peak.flops / 1e9).toFixed(1)} GFLOP/s f32 FMA peak, ${(peak.bandwidth / 1e9).toFixed(1)} GB/s`)
  const bench = new Bench(context, peak, options.full ?? false, tell)
  const suites = new Set<SuiteName>(options.only?.length ? options.only : SUITES)
  const all = SECONDS[gpu.software ? 'software' : 'hardware']
  const parts: [keyof typeof all, () => Promise<void>][] = [
    ['matmul', () => matmulBeside(bench, peers.matmul)],
    ['attention', () => attentionSuite(bench)],
    ['head', () => headSuite(bench)],
    ['model', () => modelSuites(bench, suites, peers.step)],
  ]
  const wanted = parts.filter(([part]) =>
    part === 'model' ? suites.has('step') || suites.has('decode') : suites.has(part),
  )
  const sum = (of: typeof parts) => of.reduce((seconds, [part]) => seconds + all[part], 0)
  try {
    for (const [part, run] of wanted) {
      // Suites that were left out leave their time to the others.
      bench.begin((all[part] * sum(parts)) / sum(wanted))
      await run()
    }
  } finally {
    bench.timer.dispose()
  }
  return {
    version: 1,
    adapter: gpu.description,
    software: gpu.software,
    features: [...gpu.features].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, gpu.limits[name]])),
    peak,
    full: bench.full,
    seconds: (performance.now() - began) / 1000,
    rows: bench.rows,
    figures: bench.figures,
    compared: bench.compared,
    skipped: bench.skipped,
  }
}

/** The best of a few: whatever else the machine does can only make it look slower than it is. */
async function measurePeak(context: GpuContext): Promise<Rates> {
  const peak = { flops: 0, bandwidth: 0 }
  for (let i = 0; i < 3; i++) {
    const { flops, bandwidth } = await measureRates(context)
    peak.flops = Math.max(peak.flops, flops)
    peak.bandwidth = Math.max(peak.bandwidth, bandwidth)
  }
  return peak
}

async function matmulBeside(bench: Bench, factories: readonly PeerFactory[]): Promise<void> {
  const peers: MatmulPeer[] = []
  for (const make of factories)
    try {
      peers.push(await make(bench))
    } catch (error) {
      bench.skip('another matmul beside ours', String((error as Error).message))
    }
  await matmulSuite(bench, peers)
  for (const peer of peers) peer.dispose()
}
