import type { Gpu } from '../../gpu/device.ts'
import { measureRates } from '../../gpu/measure.ts'
import { GpuContext } from '../../gpu/program.ts'
import { familyOf, kernelOf } from '../../gpu/specialise.ts'
import { runsOn } from '../../gpu/tune.ts'
import type { GpuCheck, OperationCheck } from '../../protocol/gpu-check.ts'
import { type CheckedOperation, checkedOperations } from './cases.ts'
import {
  askedBy,
  compareOperation,
  type Deviation,
  type Expected,
  expected,
  isOutside,
  type OperationCase,
  said,
} from './operation.ts'

export interface CheckOptions {
  /** Share done, and the operation that is next. */
  onProgress?: (share: number, name: string) => void
  signal?: AbortSignal
  operations?: readonly CheckedOperation[]
}

/**
 * Holds every operation against its f64 reference on this adapter, forward and backward, with each kernel that may be chosen here.
 * Drivers have compiled right shaders wrongly: this finds it before a run does.
 * @throws LapidaryError `device_lost`, or the signal's reason
 */
export async function checkGpu(gpu: Gpu, options: CheckOptions = {}): Promise<GpuCheck> {
  const { onProgress = () => {}, signal, operations = checkedOperations() } = options
  const begun = performance.now()
  // Of its own, so that the kernels compiled for it do not stay.
  const context = new GpuContext(gpu)
  const wrong: Faults = new Map()
  const found: { name: string; tried: Tried[] }[] = []
  try {
    const rates = await measureRates(context)
    for (const [i, { name, cases }] of operations.entries()) {
      onProgress(i / operations.length, name)
      const tried: Tried[] = []
      for (const c of cases) {
        let want: Expected | undefined
        const compare = (own: OperationCase) =>
          compareOperation(context, own, (ran) => (want ??= expected(own, ran)))
        tried.push(await tryCase(context, c, compare, wrong, signal))
      }
      found.push({ name, tried })
    }
    onProgress(1, '')
    // Only now is it known what is wrong anywhere.
    const checked = found.map(({ name, tried }) => verdict(name, tried, wrong))
    return {
      device: gpu.description,
      at: Date.now(),
      seconds: (performance.now() - begun) / 1000,
      passed: checked.every(({ failure }) => failure === null),
      operations: checked,
      wrong: [...wrong.keys()].sort(),
      rates,
    }
  } finally {
    context.dispose()
  }
}

/** Kernels that are wrong here, as family and name, and why. */
export type Faults = Map<string, string>

export interface Tried {
  runs: number
  worst: number
  /** Names of what each key may take here. */
  variants: string[][]
  failure: string | null
}

/** One comparison: what is wrong, null where nothing is, and the largest error as a share of what is allowed. */
export async function attempted(
  { gpu }: GpuContext,
  compare: () => Promise<Deviation[]>,
): Promise<{ why: string | null; worst: number }> {
  try {
    const found = await compare()
    const outside = found.find(isOutside)
    const shares = found.flatMap(({ error, tolerance }) => (tolerance > 0 ? [error / tolerance] : []))
    return { why: outside ? said(outside) : null, worst: Math.max(0, ...shares) }
  } catch (error) {
    if (gpu.failure) throw gpu.failure
    return { why: (error instanceof Error ? error.message : String(error)).split('\n')[0]!, worst: 0 }
  }
}

/** Runs a case once for each variant that the adapter may be given; those at fault are added to `wrong`. */
export async function tryCase(
  context: GpuContext,
  c: OperationCase,
  compare: (own: OperationCase) => Promise<Deviation[]>,
  wrong: Faults,
  signal?: AbortSignal,
): Promise<Tried> {
  const asked = [...askedBy(c)].map(([key, variants]) => {
    const able = Object.entries(variants).filter(([, variant]) => runsOn(context, kernelOf(variant)))
    return { key, names: (able.length > 0 ? able : Object.entries(variants)).map(([name]) => name) }
  })
  const runs = Math.max(1, ...asked.map(({ names }) => names.length))
  let worst = 0
  const tryOnce = async (choices: Record<string, string>): Promise<string | null> => {
    signal?.throwIfAborted()
    const attempt = await attempted(context, () => compare({ ...c, choices }))
    if (attempt.why === null) worst = Math.max(worst, attempt.worst)
    return attempt.why
  }
  const right: Record<string, string>[] = []
  const failed: { choices: Record<string, string>; why: string }[] = []
  for (let run = 0; run < runs; run++) {
    const choices = Object.fromEntries(asked.map(({ key, names }) => [key, names[run % names.length]!]))
    const why = await tryOnce(choices)
    if (why === null) right.push(choices)
    else failed.push({ choices, why })
  }
  // Who took part in a right run is not at fault; of the rest each is tried among those that are right.
  let failure: string | null = null
  for (const { choices, why } of failed) {
    const suspects = Object.entries(choices).filter(([key, name]) => right.every((r) => r[key] !== name))
    let found = 0
    if (right.length > 0)
      for (const [key, name] of suspects) {
        const alone = suspects.length === 1 || (await tryOnce({ ...right[0], [key]: name })) !== null
        if (alone) wrong.set(pairOf(key, name), why)
        found += Number(alone)
      }
    // Nothing to choose instead, or wrong only together: the operation cannot be relied on.
    if (found === 0) failure ??= why
  }
  const variants = asked.map(({ key, names }) => names.map((name) => pairOf(key, name)))
  return { runs, worst, variants, failure }
}

export const pairOf = (key: string, name: string) => `${familyOf(key)} ${name}`

export function verdict(name: string, tried: readonly Tried[], wrong: Faults): OperationCheck {
  const bad = tried.find(({ failure }) => failure !== null)?.failure
  const none = tried.flatMap(({ variants }) => variants).find((names) => names.every((n) => wrong.has(n)))
  return {
    name,
    runs: tried.reduce((sum, { runs }) => sum + runs, 0),
    worst: Math.max(0, ...tried.map(({ worst }) => worst)),
    failure: bad ?? (none ? `No kernel is right at every size: ${none.join(', ')}` : null),
  }
}
