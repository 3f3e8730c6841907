import type { Dims } from '../src/gpu/kernel.ts'
import { boundTensor } from '../src/gpu/tape.ts'
import { headLoss } from '../src/kernels/head-loss.ts'
import { shardShape, type Weight } from '../src/kernels/weight.ts'
import { Bed } from './bed.ts'
import type { Bench } from './session.ts'
import { GEMMA_270M } from './shapes.ts'

/** The head with its cross-entropy and its gradient, at Gemma 3 270M's vocabulary: two products, 4 FLOPs a pair. */
export async function headSuite(bench: Bench): Promise<void> {
  const sizes = bench.software ? (bench.full ? [32, 256] : [16]) : [256, 4096]
  for (const rows of sizes) await measure(bench, rows)
}

async function measure(bench: Bench, rows: number): Promise<void> {
  const { vocabSize: vocab, hiddenSize: hidden } = GEMMA_270M
  const name = `loss and gradient, ${rows} rows, ${vocab}x${hidden} bf16`
  const work = {
    flops: 4 * rows * vocab * hidden,
    bytes: vocab * hidden * 2 + rows * hidden * 8,
  }
  if (!bench.affords('head', name, work.flops, 2)) return
  const live: Dims = { tokens: rows, supervised: rows, sequences: 0 }
  const bed = new Bed(bench.context, live)
  try {
    const { maxStorageBufferBindingSize, maxBufferSize } = bench.context.gpu.limits
    const most = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / (hidden * 2))
    const weight: Weight = { rows: vocab, cols: hidden, format: 'bf16', shards: [] }
    for (let firstRow = 0; firstRow < vocab; firstRow += most) {
      const count = Math.min(most, vocab - firstRow)
      const tensor = boundTensor(`head from ${firstRow}`, shardShape('bf16', count, hidden), 'u32')
      weight.shards.push({ tensor, firstRow, rows: count })
      await bed.noise(tensor, 0.02, 'bf16')
    }
    const h = boundTensor('h', ['supervised', hidden])
    const labels = boundTensor('labels', ['supervised'], 'u32')
    const dh = boundTensor('dh', ['supervised', hidden])
    await bed.noise(h)
    bed.values(
      labels,
      Uint32Array.from({ length: rows }, (_, i) => (i * 7919) % vocab),
    )
    bed.values(dh)
    const { tape } = await bench.tuned(live, (tape) => {
      tape.seed(h, dh)
      const shape = { rows: 'supervised' as const, maxRows: rows, softCap: null, gradient: true }
      return headLoss(tape, h, weight, { ...shape, labels, name: 'head' })
    })
    const [program] = await bed.programs(tape.dispatches)
    const timing = await bench.timer.time(program!, live, bench.software ? 4 : 1)
    bench.row('head', name, work, timing, {
      shards: weight.shards.length,
      dispatches: program!.dispatches.length,
      kernels: program!.dispatches.map(({ kernel }) => kernel.name).join(' '),
    })
  } finally {
    bed.dispose()
  }
}
