/**
 * Trains on adapters that exist only as rates: the engine's own plan, programs and slicer in simulated time, with each way in which
 * browsers tell the time and that work is done. Nothing is computed, and no GPU is needed.
 *
 *   npx tsx bench/simulate-gpu.ts [--steps 50] [--markdown bench/results/simulated-gpu.md]
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { GEMMA_270M, PEBBLE } from './shapes.ts'
import { CLOCKS } from './simulated-gpu.ts'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '50' }, markdown: { type: 'string' } },
})
const steps = Number(values.steps)
const rows: string[][] = [
  [
    'model',
    'tokens',
    'adapter',
    'clock',
    "a step's work",
    'time by work',
    'at least',
    'longest slice, steps 1 to 3',
    'longest after',
    'steps queued',
  ],
]
/** Models, what they are held in, tokens of a step, and TFLOP/s of adapters. */
const RUNS = [
  // At 27 a step takes 45 ms: less than half of the time between two looks for finished work.
  ['270M', GEMMA_270M, null, 512, [0.4, 2, 27, 30]],
  ['270M', GEMMA_270M, null, 4096, [0.4, 2, 30]],
  ['270M in int4', GEMMA_270M, 'int4', 512, [0.4, 2, 30]],
  ['270M in int4', GEMMA_270M, 'int4', 4096, [0.4, 2, 30]],
  // Steps of a few milliseconds.
  ['Pebble', PEBBLE, null, 512, [2, 6, 30]],
] as const

async function main(): Promise<void> {
  for (const [name, model, quantization, tokens, adapters] of RUNS)
    for (const teraflops of adapters)
      for (const clock of CLOCKS) {
        const run = await simulate({ model, quantization, tokens, flops: teraflops * 1e12, clock, steps })
        const ms = (seconds: number) => `${(seconds * 1000).toFixed(1)} ms`
        rows.push([
          name,
          String(tokens),
          `${teraflops} TFLOP/s`,
          clock.name,
          ms(run.stepSeconds),
          (run.seconds / run.work).toFixed(3),
          (run.least / run.work).toFixed(3),
          ms(run.longestFirst),
          ms(run.longest),
          String(run.inFlight),
        ])
      }
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`)
  lines.splice(1, 0, `| ${rows[0]!.map(() => '---').join(' | ')} |`)
  const clocks = CLOCKS.map(
    ({ name, tick, poll }) =>
      `${name}: a clock of ${tick} ms, ${poll ? `finished work looked for every ${poll} ms` : 'finished work told of at once'}`,
  )
  const text = `The first ${steps} steps of Gemma 3 270M and of Pebble, LoRA as by default, every row supervised, kernels as a GPU is given them unmeasured.
Simulated by \`npx tsx bench/simulate-gpu.ts\`: nothing ran on a GPU. Kernels reach 20 to 80 % of the adapter's rates, each another
share that the slicer has to find out, ± 10 %. At least: where finished work is looked for now and then, a look for the first step,
which goes alone, and one for each interval of the others. Clocks: ${clocks.join('; ')}.

${lines.join('\n')}
`
  if (values.markdown) writeFileSync(values.markdown, text)
  process.stdout.write(text)
}
main()
