import type { Dims } from '../src/gpu/kernel.ts'
import { boundTensor } from '../src/gpu/tape.ts'
import { attention } from '../src/kernels/attention.ts'
import { Bed } from './bed.ts'
import type { Bench } from './session.ts'
import { attentionPairs, GEMMA_270M, sharedSizes } from './shapes.ts'

/**
 * Attention at Gemma 3 270M's heads over one segment. FLOPs as the literature counts them: 4 for every pair, head and
 * element forward, 10 backward (five products), whatever is computed again.
 */
export async function attentionSuite(bench: Bench): Promise<void> {
  const window = GEMMA_270M.layers[0]!.window
  const cases: [number, number | null][] = [
    [512, null],
    [2048, window],
    [2048, null],
  ]
  for (const [tokens, sliding] of cases) await measure(bench, tokens, sliding)
}

async function measure(bench: Bench, tokens: number, window: number | null): Promise<void> {
  const { numHeads: heads, queryScale: scale } = GEMMA_270M
  const { headDim, kvHeads } = sharedSizes(GEMMA_270M)
  const name = `${tokens} tokens, ${heads}x${headDim} over ${kvHeads}, ${window ? `window ${window}` : 'global'}`
  const flops = attentionPairs(tokens, window) * heads * headDim
  // Backward recomputes scores twice: 14 instead of 10.
  if (!bench.affords('attention', name, 18 * flops, 2)) return
  const live: Dims = { tokens, supervised: 0, sequences: 0 }
  const bed = new Bed(bench.context, live)
  try {
    const q = boundTensor('q', ['tokens', heads * headDim])
    const k = boundTensor('k', ['tokens', kvHeads * headDim])
    const v = boundTensor('v', ['tokens', kvHeads * headDim])
    const dout = boundTensor('dout', q.shape)
    const segmentStart = boundTensor('segment start', ['tokens'], 'u32')
    for (const t of [q, k, v, dout]) await bed.noise(t)
    bed.values(segmentStart)
    const { tape, made: forwardEnd } = await bench.tuned(live, (tape) => {
      for (const t of [q, k, v]) tape.requireGrad(t)
      const shape = { rows: 'tokens' as const, heads, kvHeads, headDim, scale, window, softCap: null }
      const out = attention(tape, q, k, v, { ...shape, segmentStart, name: 'attention' })
      const end = tape.dispatches.length
      tape.seed(out, dout)
      tape.backward()
      return end
    })
    const [forward, backward] = await bed.programs(tape.dispatches, [forwardEnd])
    const rowBytes = 4 * tokens * headDim
    const passes = [
      ['forward', forward!, 4 * flops, rowBytes * (2 * heads + 2 * kvHeads)],
      ['backward', backward!, 10 * flops, rowBytes * (4 * heads + 4 * kvHeads)],
    ] as const
    for (const [pass, program, passFlops, bytes] of passes) {
      const timing = await bench.timer.time(program, live, bench.software ? 2 : 0.5)
      bench.row('attention', `${pass} ${name}`, { flops: passFlops, bytes }, timing, {
        dispatches: program.dispatches.length,
        kernels: program.dispatches.map(({ kernel }) => kernel.name).join(' '),
      })
    }
  } finally {
    bed.dispose()
  }
}
