import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Compared } from '../bench/types.ts'
import { ROOT } from './build.ts'
import { interpreter } from './python.ts'

/** Pebble's training step as the bench takes it. */
const STEP = ['--shape', 'pebble', '--tokens', '256', '--segments', '4', '--supervised', '24', '--rank', '8']
const RUN = ['--dtypes', 'f32', '--device', 'cpu', '--steps', '10', '--warmup', '3']

interface Measured {
  torch: string
  runs: { lora: string; tokens_per_second: number; step_ms: { median: number } }[]
}

/** The step of `what` in PyTorch and PEFT on the processor, on one thread as the portable engine has it; why not, where Python is not at hand. */
export async function pytorchStep(what: string): Promise<Compared> {
  const where = 'processor, 1 thread'
  const missed = (note: string): Compared => ({
    what,
    peer: 'PyTorch + PEFT',
    where,
    seconds: null,
    rate: null,
    unit: 'tokens/s',
    note,
  })
  const found = await interpreter()
  if ('reason' in found) return missed(`needs Python: ${found.reason}`)
  const script = join(ROOT, 'peers', 'bench_lora_step.py')
  const { stdout, stderr, status } = spawnSync(found.python, [script, ...STEP, ...RUN], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  })
  if (status !== 0)
    return missed(`python peers/bench_lora_step.py failed: ${stderr.trim().split('\n').at(-1)}`)
  const { torch, runs } = JSON.parse(stdout) as Measured
  const { lora, tokens_per_second, step_ms } = runs[0]!
  return {
    ...missed('the same sizes and labels, weights of its own'),
    peer: `PyTorch ${torch} + ${lora}, f32`,
    seconds: step_ms.median / 1000,
    rate: tokens_per_second,
  }
}
