import { difference, type Outputs, outputsOf, wroteNothing } from './agreement.ts'
import { type Dims, type Kernel, sizeOf } from './kernel.ts'
import type { GpuContext } from './program.ts'
import { familyOf, kernelOf, type Variant } from './specialise.ts'
import { KernelTimer } from './timing.ts'

export interface TuneOptions {
  /** Seconds after which no further key is measured. */
  budget?: number
  /** Measure on a software adapter too. */
  software?: boolean
  /** Variants never to be chosen, as family and name: see `familyOf`. */
  avoid?: ReadonlySet<string>
  /** Told of each variant, as family and name, that turned out not to be fit here. */
  onLeftOut?: (variant: string, why: string) => void
  /** Told of each choice that was measured, once it stands. */
  onChosen?: (key: string, variant: string) => void
  /** Milliseconds, for the budget and for what hangs. */
  now?: () => number
}

/** What measuring came to. */
export interface Tuned {
  choices: Record<string, string>
  /** Variants that are not fit here, as family and name, and why. */
  leftOut: Record<string, string>
  /** Whether nothing is left to be measured. */
  done: boolean
}

/** A sample shorter than this says nothing where timestamps are rounded to 100 µs. */
const ENOUGH_SECONDS = 0.004
/** A variant whose single dispatch takes so many times the best one's time is measured no further. */
const HOPELESS = 3
/** A variant that was this much slower than the best in each of the family's first keys is left out of the rest. */
const SLOW = 1.5
const KEYS_BEFORE_PRUNING = 2
const BUDGET_SECONDS = 4
const WARM_UP_SECONDS = 0.05
/** A kernel that holds the device for so long in one dispatch is never run again: Windows takes the device away after two. */
const HANGING_SECONDS = 1.5
/** Sizes above these change no ranking, but cost time and memory. */
const LARGEST: Dims = { tokens: 2048, supervised: 512, sequences: 16 }
const LARGEST_SCRATCH = 2 ** 29

/**
 * Chooses between the variants that tapes asked for, by measuring them on this device at these sizes, and returns
 * `known` with the quickest of each added. What is known is never measured again, unless it is to be avoided: a run's
 * numeric choices stay what they were. The costliest keys come first; once the budget is spent, a key takes what won
 * most often among keys with the same variants. Variants that the device cannot run are left out; so are, and are named, those that
 * do not compile, hang, do nothing, or compute something else than most others, or than the first, on noise at these sizes. On a
 * software adapter nothing is measured, as compiling alone would take longer than is ever gained: every key takes the
 * first variant made for software that runs there, else its first. Long kernels are timed by their trial.
 */
export async function tune(
  context: GpuContext,
  asked: ReadonlyMap<string, Record<string, Variant>>,
  known: Readonly<Record<string, string>>,
  capacity: Dims,
  signal?: AbortSignal,
  options: TuneOptions = {},
): Promise<Record<string, string>> {
  const choices = { ...known }
  const measure = options.software || !context.gpu.software
  const dims: Dims = {
    tokens: Math.min(capacity.tokens, LARGEST.tokens),
    supervised: Math.min(capacity.supervised, LARGEST.supervised),
    sequences: Math.min(capacity.sequences, LARGEST.sequences),
  }
  const questions: Question[] = []
  for (const [key, all] of asked) {
    const variants = without(options.avoid, key, all)
    const names = Object.keys(variants)
    if (choices[key] !== undefined && names.includes(choices[key])) continue
    choices[key] = usual(context, variants)
    if (measure && names.length > 1) questions.push(questionOf(key, variants, dims))
  }
  if (questions.length === 0) return choices
  questions.sort((a, b) => b.flops - a.flops)
  const families = new Map<string, Family>()
  const timer = new KernelTimer(context)
  const now = options.now ?? (() => performance.now())
  const begun = now()
  const elapsed = () => (now() - begun) / 1000
  const unfit = new Set<string>()
  const times = new Map<string, [string, number][]>()
  try {
    const first = kernelOf(Object.values(questions[0]!.variants)[0]!)
    await safely(context, () => timer.time(first.trial?.() ?? first, dims, WARM_UP_SECONDS))
    for (const { key, variants, family: name } of questions) {
      const family = families.get(name) ?? { keys: 0, wins: new Map(), close: new Set<string>() }
      families.set(name, family)
      if (elapsed() > (options.budget ?? BUDGET_SECONDS) && family.keys > 0) {
        choices[key] = mostWins(family) ?? choices[key]!
        options.onChosen?.(key, choices[key])
        continue
      }
      const left = Object.entries(without(unfit, key, variants)).filter(
        ([variant]) => family.keys < KEYS_BEFORE_PRUNING || family.close.has(variant),
      )
      const leaveOut = (variant: string, why: string) => {
        const pair = `${familyOf(key)} ${variant}`
        if (!unfit.has(pair)) options.onLeftOut?.(pair, why)
        unfit.add(pair)
      }
      const ranked = [...(await timeAll(context, timer, left, dims, leaveOut, now, signal))].sort(
        (a, b) => a[1] - b[1],
      )
      const best = ranked[0]
      if (!best) continue
      times.set(key, ranked)
      choices[key] = best[0]
      options.onChosen?.(key, best[0])
      family.keys += 1
      family.wins.set(best[0], (family.wins.get(best[0]) ?? 0) + 1)
      for (const [variant, time] of ranked) if (time <= SLOW * best[1]) family.close.add(variant)
    }
  } finally {
    timer.dispose()
  }
  // What is unfit at one size is relied on at none.
  for (const { key, variants } of questions) {
    if (!unfit.has(`${familyOf(key)} ${choices[key]}`)) continue
    const fit = without(unfit, key, variants)
    choices[key] = times.get(key)?.find(([variant]) => variant in fit)?.[0] ?? usual(context, fit)
    options.onChosen?.(key, choices[key])
  }
  return choices
}

/**
 * `known` with the better guess of each other variant that tapes asked for, none to be avoided where there is another. Nothing is
 * compiled for it.
 */
export function usualChoices(
  context: GpuContext,
  tapes: readonly ({ tape: { asked: ReadonlyMap<string, Record<string, Variant>> } } | null)[],
  known: Readonly<Record<string, string>>,
  avoid?: ReadonlySet<string>,
): Record<string, string> {
  const choices = { ...known }
  for (const planned of tapes)
    for (const [key, all] of planned?.tape.asked ?? []) {
      const variants = without(avoid, key, all)
      const known = choices[key]
      if (known === undefined || !Object.hasOwn(variants, known)) choices[key] = usual(context, variants)
    }
  return choices
}

/** All of them where none would be left. */
function without(
  avoid: ReadonlySet<string> | undefined,
  key: string,
  all: Record<string, Variant>,
): Record<string, Variant> {
  if (!avoid?.size) return all
  const left = Object.entries(all).filter(([name]) => !avoid.has(`${familyOf(key)} ${name}`))
  return left.length > 0 ? Object.fromEntries(left) : all
}

interface Question {
  key: string
  /** Keys with the same variants and the same first word of the key. */
  family: string
  variants: Record<string, Variant>
  flops: number
}

interface Family {
  keys: number
  wins: Map<string, number>
  /** Variants that came near the best at some key. */
  close: Set<string>
}

function questionOf(key: string, variants: Record<string, Variant>, dims: Dims): Question {
  const first = kernelOf(Object.values(variants)[0]!)
  const family = `${familyOf(key)} ${Object.keys(variants).sort().join(' ')}`
  return { key, family, variants, flops: first.cost?.(dims).flops ?? 0 }
}

function mostWins({ wins }: Family): string | undefined {
  return [...wins].sort((a, b) => b[1] - a[1])[0]?.[0]
}

/** Seconds of each variant that runs here and is fit; drivers compile them side by side first. */
async function timeAll(
  context: GpuContext,
  timer: KernelTimer,
  variants: [string, Variant][],
  dims: Dims,
  leaveOut: (variant: string, why: string) => void,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const able = variants
    .map(([name, variant]) => [name, kernelOf(variant)] as const)
    .map(([name, kernel]) => [name, kernel, kernel.trial?.() ?? kernel] as const)
    .filter(
      ([, kernel, trial]) => runsOn(context, kernel) && scratchOf(context, trial, dims) <= LARGEST_SCRATCH,
    )
  context.gpu.device.pushErrorScope('validation')
  const compiled = Promise.allSettled(able.map(([, , trial]) => context.pipeline(trial)))
  await context.gpu.device.popErrorScope()
  // Compiling takes long, and gives way at once.
  await Promise.race([compiled, stopped(signal)])
  const made: [string, Kernel, Outputs][] = []
  for (const [name, , trial] of able) {
    stopIfAsked(context, signal)
    const ran = await safely(context, () => outputsOf(context, trial, dims, now))
    if (typeof ran === 'string') leaveOut(name, ran)
    else if (ran.seconds > HANGING_SECONDS) leaveOut(name, `one dispatch took ${ran.seconds.toFixed(1)} s`)
    else made.push([name, trial, ran.outputs])
  }
  const fit = able.length > 1 ? agreeing(made, leaveOut) : made
  const seconds = new Map<string, number>()
  let best = Number.POSITIVE_INFINITY
  for (const [name, trial] of fit) {
    stopIfAsked(context, signal)
    const time = await safely(context, () => timer.time(trial, dims, ENOUGH_SECONDS, best * HOPELESS))
    if (typeof time === 'string') continue
    seconds.set(name, time)
    best = Math.min(best, time)
  }
  return seconds
}

const stopped = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve()
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })

function stopIfAsked({ gpu }: GpuContext, signal: AbortSignal | undefined): void {
  signal?.throwIfAborted()
  if (gpu.failure) throw gpu.failure
}

/** The largest group of those that computed the same; of equal ones that with the first. The others are left out. */
function agreeing(
  made: [string, Kernel, Outputs][],
  leaveOut: (variant: string, why: string) => void,
): [string, Kernel, Outputs][] {
  const groups: [string, Kernel, Outputs][][] = []
  for (const one of made) {
    if (wroteNothing(one[2])) {
      leaveOut(one[0], 'it did nothing')
      continue
    }
    const own = groups.find(([first]) => difference(first![2], one[2]) === null)
    if (own) own.push(one)
    else groups.push([one])
  }
  const right = groups.reduce<[string, Kernel, Outputs][]>((a, b) => (b.length > a.length ? b : a), [])
  for (const group of groups)
    if (group !== right)
      for (const [name, , outputs] of group)
        leaveOut(name, difference(right[0]![2], outputs) ?? 'it computed something else')
  return right
}

/** Why not, where the driver refuses the kernel, or its buffers find no room. */
async function safely<T>({ gpu }: GpuContext, work: () => Promise<T>): Promise<T | string> {
  const { device } = gpu
  device.pushErrorScope('out-of-memory')
  device.pushErrorScope('validation')
  let done: T | string
  try {
    done = await work()
  } catch (error) {
    done = (error instanceof Error ? error.message : String(error)).split('\n')[0]!
  }
  const refused = [await device.popErrorScope(), await device.popErrorScope()].find(Boolean)
  return refused ? refused.message : done
}

/** The better guess where nothing was measured: the first variant made for this kind of adapter that runs here, else the first that does. */
export function usual(context: GpuContext, variants: Record<string, Variant>): string {
  const able = Object.entries(variants).filter(([, variant]) => runsOn(context, kernelOf(variant)))
  const made = able.find(([, variant]) => {
    const kernel = kernelOf(variant)
    return context.gpu.software ? kernel.softwareOnly : kernel.hardwareOnly
  })
  return (made ?? able[0])?.[0] ?? Object.keys(variants)[0]!
}

/** Whether the kernel is meant for this kind of device, and the device has what it needs. */
export function runsOn({ gpu }: GpuContext, kernel: Kernel): boolean {
  const { limits } = gpu
  return (
    !(gpu.software ? kernel.hardwareOnly : kernel.softwareOnly) &&
    (kernel.requires ?? []).every((feature) => gpu.features.has(feature)) &&
    kernel.workgroup <= Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX) &&
    Object.keys(kernel.bindings).length <= limits.maxStorageBuffersPerShaderStage
  )
}

/** Bytes of all its buffers; infinite where one of them is larger than a binding may be. */
function scratchOf({ gpu }: GpuContext, kernel: Kernel, dims: Dims): number {
  let sum = 0
  for (const { shape } of Object.values(kernel.bindings)) {
    const bytes = sizeOf(shape, dims) * 4
    if (bytes > gpu.limits.maxStorageBufferBindingSize) return Number.POSITIVE_INFINITY
    sum += bytes
  }
  return sum
}
