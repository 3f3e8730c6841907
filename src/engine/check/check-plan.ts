import { type Dims, type Kernel, shaderText } from '../../gpu/kernel.ts'
import type { GpuContext } from '../../gpu/program.ts'
import { usual } from '../../gpu/tune.ts'
import type { OperationCheck } from '../../protocol/gpu-check.ts'
import type { EnginePlan } from '../plan.ts'
import { kernelsAtLoad, kernelsOf } from '../session.ts'
import { answerCases } from './answer-cases.ts'
import type { CheckedOperation } from './cases.ts'
import { attempted, type Faults, pairOf, type Tried, tryCase, verdict } from './check-gpu.ts'
import {
  ALL,
  askedBy,
  type Deviation,
  deviations,
  type Expected,
  expected,
  NONE,
  type OperationCase,
  runOperation,
  type Seeded,
  tapeOf,
} from './operation.ts'
import { planCases } from './plan-cases.ts'

export interface PlanCheck {
  /** Operations that were held against their references. */
  operations: OperationCheck[]
  /** Kernels at fault, as family and name, and why. */
  wrong: Record<string, string>
  /** Texts of kernels that were found right. */
  right: string[]
}

export interface PlanCheckOptions {
  /** Share done, and the operation that is next. */
  onProgress?: (share: number, name: string) => void
  signal?: AbortSignal | undefined
  /** Texts of kernels that are known to be right. */
  right?: ReadonlySet<string>
  /** Names of the operations to check; default: all. */
  operations?: readonly string[]
  /** Whether what answers and scores labels is checked as well, each pipeline once. */
  answers?: boolean
}

/** A kernel that holds the device for so long on a few rows is never run again: Windows takes the device away after two. */
const HANGING_SECONDS = 1.5

/**
 * Holds every operation of a plan against its f64 reference, on the pipelines that will train (or answer) and no other, with few live rows. Only
 * where one is wrong, others that might be chosen instead are compiled, to find out which is at fault.
 * @throws LapidaryError `device_lost`, or the signal's reason
 */
export async function checkPlan(
  context: GpuContext,
  plan: EnginePlan,
  {
    onProgress = () => {},
    signal,
    right = new Set(),
    operations: only,
    answers = false,
  }: PlanCheckOptions = {},
): Promise<PlanCheck> {
  if ([...textsOf(plan, answers).keys()].every((text) => right.has(text)))
    return { operations: [], wrong: {}, right: [] }
  const faults: Faults = new Map()
  const found: { name: string; tried: Tried[] }[] = []
  const good = new Set<string>()
  const operations = plannedCases(plan, answers).filter(({ name }) => only?.includes(name) ?? true)
  for (const [i, { name, cases }] of operations.entries()) {
    const isRight = (text: string) => right.has(text) || (answers && good.has(text))
    const left = cases.filter(({ texts }) => ![...texts].every(isRight))
    if (left.length === 0) continue
    onProgress(i / operations.length, name)
    const tried: Tried[] = []
    for (const { c, seeded, texts } of left) {
      let want: Expected | undefined
      const compare = async (own: OperationCase): Promise<Deviation[]> => {
        let ran = await runOperation(context, own, { seeded })
        // Some drivers put work off until a kernel's first run.
        if (ran.seconds > HANGING_SECONDS) ran = await runOperation(context, own, { seeded })
        if (ran.seconds > HANGING_SECONDS)
          throw new Error(`${own.name}: ${own.live ? 'a few rows' : 'it'} took ${ran.seconds.toFixed(1)} s`)
        return deviations(own, ran, (want ??= expected(own, ran)))
      }
      signal?.throwIfAborted()
      const { why, worst } = await attempted(context, () => compare(c))
      if (why === null) {
        tried.push({ runs: 1, worst, variants: [], failure: null })
        for (const text of texts) good.add(text)
      } else
        tried.push(
          (await blameOne(context, c, compare, why, faults, signal)) ??
            (await tryCase(context, c, compare, faults, signal)),
        )
    }
    found.push({ name, tried })
  }
  onProgress(1, '')
  return {
    operations: found.map(({ name, tried }) => verdict(name, tried, faults)),
    wrong: Object.fromEntries([...faults].sort()),
    right: [...good],
  }
}

/** Which gradients of a case are added to something: none, all, or those of a LoRA pair, which are in every step. */
const SEEDINGS: readonly Seeded[] = [NONE, ALL, (input) => input === 'a' || input === 'b']

/** A case as a plan runs it. */
export interface PlannedCase {
  c: OperationCase
  seeded: Seeded
  /** Texts of its kernels. */
  texts: ReadonlySet<string>
}

/** Puts another kernel in each one's place by turns, until the rest is right. Null: it is not one alone. */
async function blameOne(
  context: GpuContext,
  c: OperationCase,
  compare: (own: OperationCase) => Promise<Deviation[]>,
  why: string,
  faults: Faults,
  signal: AbortSignal | undefined,
): Promise<Tried | null> {
  let runs = 1
  for (const [key, variants] of askedBy(c)) {
    const name = c.choices?.[key] ?? Object.keys(variants)[0]!
    const { [name]: _, ...others } = variants
    if (Object.keys(others).length === 0) continue
    signal?.throwIfAborted()
    const choices = { ...c.choices, [key]: usual(context, others) }
    const instead = await attempted(context, () => compare({ ...c, choices }))
    runs++
    if (instead.why !== null) continue
    faults.set(pairOf(key, name), why)
    return { runs, worst: instead.worst, variants: [], failure: null }
  }
  return null
}

const texts = new WeakMap<Kernel, string>()

/** Written once for each kernel. */
function textOf(kernel: Kernel): string {
  let text = texts.get(kernel)
  if (text === undefined) texts.set(kernel, (text = shaderText(kernel)))
  return text
}

/** Texts of all kernels that run before a first step is over; with `answers` of all that a plan runs. */
export const textsOf = (plan: Pick<EnginePlan, 'tapes'>, answers: boolean): Map<string, Kernel> =>
  new Map(Array.from((answers ? kernelsOf : kernelsAtLoad)(plan), (kernel) => [textOf(kernel), kernel]))

/** The cases of a plan, written down so that they run pipelines of the plan and no other; with `answers` of all that it runs. */
export function plannedCases(plan: EnginePlan, answers = false): { name: string; cases: PlannedCase[] }[] {
  const texts = textsOf(plan, answers)
  return [
    ...written(plan, texts, { capacity: plan.tapes.train!.capacity, operations: planCases(plan) }),
    ...(answers ? answerCases(plan).flatMap((own) => written(plan, texts, own)) : []),
  ]
}

function written(
  plan: EnginePlan,
  texts: ReadonlyMap<string, Kernel>,
  { capacity, operations }: { capacity: Dims; operations: readonly CheckedOperation[] },
): { name: string; cases: PlannedCase[] }[] {
  return operations.map(({ name, cases }) => ({
    name,
    cases: cases.flatMap((one) => {
      const c = { ...one, capacity, choices: chosen({ ...one, capacity }, plan.choices) }
      const found: PlannedCase[] = []
      for (const seeded of SEEDINGS) {
        const own = new Set(tapeOf(c, seeded).dispatches.map(({ kernel }) => textOf(kernel)))
        const known = found.some(
          ({ texts }) => own.size === texts.size && [...own].every((t) => texts.has(t)),
        )
        if (!known && [...own].every((text) => texts.has(text))) found.push({ c, seeded, texts: own })
      }
      return found
    }),
  }))
}

/** Of all choices those that a case asks for. */
function chosen(c: OperationCase, choices: Readonly<Record<string, string>>): Record<string, string> {
  const keys = [...askedBy(c).keys()].filter((key) => choices[key] !== undefined)
  return Object.fromEntries(keys.map((key) => [key, choices[key]!]))
}
