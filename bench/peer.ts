import type { Direction } from '../src/kernels/matmul.ts'
import type { MeasuredStep } from './measured.ts'
import type { Bench } from './session.ts'
import { summary, type Timing } from './timer.ts'

/** Runs queued before the device is waited for, at most. */
const MOST_REPEATS = 64
const SAMPLE_SECONDS = 0.03

/** Seconds of one run, by the wall clock, where `run` does it several times. */
export async function sampleTimes(budget: number, run: (repeats: number) => Promise<void>): Promise<Timing> {
  const seconds = async (repeats: number) => {
    const began = performance.now()
    await run(repeats)
    return (performance.now() - began) / 1000
  }
  const once = await seconds(1)
  const repeats = Math.max(1, Math.min(MOST_REPEATS, Math.round(SAMPLE_SECONDS / once)))
  const count = Math.max(1, Math.min(9, Math.floor(budget / (once * repeats))))
  const times: number[] = []
  for (let i = 0; i < count; i++) times.push((await seconds(repeats)) / repeats)
  return { ...summary(times), clock: 'wall' }
}

/**
 * It must be the same product: the last element by hand. Forward y = x Wᵀ, backward dx = dy W, W [out, columns].
 * @throws Error where it is another one
 */
export function checkProduct(
  name: string,
  got: ArrayLike<number>,
  left: Float32Array,
  right: Float32Array,
  direction: Direction,
  { rows, out, columns }: { rows: number; out: number; columns: number },
): void {
  const [n, k] = direction === 'forward' ? [out, columns] : [columns, out]
  const [row, column] = [rows - 1, n - 1]
  let want = 0
  for (let i = 0; i < k; i++)
    want += left[row * k + i]! * right[direction === 'forward' ? column * k + i : i * n + column]!
  const found = got[row * n + column]!
  if (!(Math.abs(found - want) <= 1e-3 * Math.sqrt(k)))
    throw new Error(`${name} gives ${found} where ${want} is right`)
}

/** What this engine is called in comparisons. */
export const OURS = 'Lapidary, WGSL'

const WARM_UP = 1
const STEPS = 4
/** Seconds after which a slow one's samples are enough. */
const ENOUGH = 20
/** Largest difference of a loss, as a share of ours, in another implementation of the same steps. */
const SAME_LOSS = 1e-3

/** How a step and a decoded token are called in comparisons. */
export const stepName = ({ model, batch }: Pick<MeasuredStep, 'model' | 'batch'>) =>
  `training step of ${model}, ${batch.tokens.length} tokens, ${batch.supervisedRows.length} supervised, LoRA r = 8`

/**
 * Our training step somewhere else: it must be the same one, loss by loss from the first.
 * @param step one step; its loss when it is done
 * @throws Error where it is another one
 */
export async function measureStep(
  bench: Bench,
  ours: MeasuredStep,
  name: string,
  where: string,
  step: () => Promise<number>,
): Promise<void> {
  const times: number[] = []
  let worst = 0
  const spent = () => times.reduce((sum, one) => sum + one, 0)
  for (let i = 0; i < WARM_UP + STEPS && (i <= WARM_UP || (bench.left > 0 && spent() < ENOUGH)); i++) {
    const began = performance.now()
    const loss = await step()
    if (i >= WARM_UP) times.push((performance.now() - began) / 1000)
    const want = ours.losses[i]
    if (want === undefined) continue
    worst = Math.max(worst, Math.abs(loss - want) / want)
    if (!(worst <= SAME_LOSS)) throw new Error(`step ${i + 1} has a loss of ${loss}, ours of ${want}`)
  }
  const timing = { ...summary(times), clock: 'wall' as const }
  const tokens = ours.batch.tokens.length
  bench.row(
    'step',
    `${ours.model}, ${tokens} tokens, ${ours.batch.supervisedRows.length} supervised, f32`,
    { flops: ours.flops, bytes: 0 },
    timing,
    { peer: name, tokens, tokensPerSecond: tokens / timing.seconds, largestLossDifference: worst },
    name,
  )
  bench.compared.push({
    what: stepName(ours),
    peer: name,
    where,
    seconds: timing.seconds,
    rate: tokens / timing.seconds,
    unit: 'tokens/s',
    note: `losses within ${worst.toExponential(0)} of ours`,
  })
  bench.figure(
    `${ours.model} step: WGSL engine over ${name}`,
    timing.seconds / ours.timing.seconds,
    'times',
    `${(timing.fastest / ours.timing.fastest).toPrecision(3)} by the fastest samples; same adapter, same run`,
  )
}

/** A peer of the step that cannot be measured here, and why. */
export function missedStep(
  bench: Bench,
  ours: MeasuredStep,
  peer: string,
  where: string,
  error: unknown,
): void {
  const note = String((error as Error).message)
  bench.skip(`${ours.model} step, ${peer}`, note)
  bench.compared.push({
    what: stepName(ours),
    peer,
    where,
    seconds: null,
    rate: null,
    unit: 'tokens/s',
    note,
  })
}
