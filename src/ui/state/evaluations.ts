import { batch, createEffect, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type {
  BenchmarkId,
  CheckpointChoice,
  EvaluateRequest,
  EvaluationOutlook,
  EvaluationReport,
  EvaluationRows,
  HeldAnswersRequest,
  LabelChoice,
  LabelsRequest,
  RunInfo,
  Studio,
  TaskKind,
  TokensRequest,
} from '../../protocol/studio.ts'
import { BENCHMARKS } from '../../runs/benchmarks.ts'
import { recall, remember } from './memory.ts'
import type { ModelState } from './models.ts'

export type EvaluationsState = ReturnType<typeof createEvaluations>

/** Rows of an evaluation as the page chooses them: a split of the run's, a benchmark set, or a data set by its id. */
export type RowsChoice = 'validation' | 'test' | `benchmark:${BenchmarkId}` | `data:${string}`

/** How a person wants a run judged. */
export interface EvaluationSetup {
  rows: RowsChoice
  /** Null: as guessed. */
  kind: TaskKind | null
  choice: LabelChoice
  /** Confidence in a label below which it is silent, 0..1. */
  abstain: number
  limit: number
  /** Id of another model that answers the same rows, untuned; empty: none. */
  other: string
}

export interface Judging {
  run: string
  side: 'judged' | 'base' | 'other'
  judged: number
  total: number
}

/** Rows judged where nothing is said: minutes on a slow machine. */
const LIMIT = 200

/** Evaluations of runs: what is chosen for each, which one is being made, and the figures of what is stored. */
export function createEvaluations(studio: Pick<Studio, 'evaluations'>, models: Pick<ModelState, 'list'>) {
  const [setups, setSetups] = createSignal(
    recall<Record<string, Partial<EvaluationSetup>>>('evaluations') ?? {},
  )
  const [judging, setJudging] = createSignal<Judging | null>(null)
  const [failed, setFailed] = createSignal<{ of: string; failure: Failure } | null>(null)
  const [labels, setLabels] = createSignal<Record<string, string[] | null>>({})
  /** Counts up when more is stored than before. */
  const [version, setVersion] = createSignal(0)
  let abort: AbortController | null = null
  createEffect(() => remember('evaluations', setups()))

  const setupOf = (run: RunInfo): EvaluationSetup => ({
    rows: usualRows(run),
    kind: null,
    choice: 'sum',
    abstain: 0,
    limit: LIMIT,
    other: '',
    ...setups()[run.id],
  })

  function request(run: RunInfo, checkpoint: CheckpointChoice | null): EvaluateRequest {
    const { rows, kind, limit } = setupOf(run)
    return {
      run: run.id,
      checkpoint,
      rows: rowsOf(rows),
      ...(kind && !benchmarkOf(rows) && { task: { kind } }),
      limit,
    }
  }

  /** What the other model is asked; null: none is. */
  function otherRequest(run: RunInfo): EvaluateRequest | null {
    const { other } = setupOf(run)
    const there = other !== run.model && models.list().some(({ id }) => id === other)
    return there ? { ...request(run, null), model: other } : null
  }

  /** Judges the run's adapter, then its base, then another model where one is chosen, on the same rows. */
  async function start(run: RunInfo, checkpoint: CheckpointChoice, total: number): Promise<void> {
    if (judging()) return
    abort = new AbortController()
    const { signal } = abort
    const other = otherRequest(run)
    const requests = [
      ['judged', request(run, checkpoint)],
      ['base', request(run, null)],
      ...(other ? ([['other', other]] as const) : []),
    ] as const
    setFailed(null)
    try {
      for (const [side, asked] of requests) {
        setJudging({ run: run.id, side, judged: 0, total })
        await studio.evaluations.evaluate(
          asked,
          (rows) => setJudging((now) => now && { ...now, judged: now.judged + rows.length }),
          { signal },
        )
        setVersion((n) => n + 1)
      }
    } catch (error) {
      const failure = toFailure(error)
      if (failure.code !== 'cancelled') setFailed({ of: JSON.stringify(requests[0][1]), failure })
    } finally {
      batch(() => {
        setJudging(null)
        setVersion((n) => n + 1)
      })
    }
  }

  /** What stopped the judging that this asks for; of another run, checkpoint or rows it says nothing. */
  function failureOf(asked: EvaluateRequest): Failure | null {
    return failed()?.of === JSON.stringify(asked) ? failed()!.failure : null
  }

  return {
    setupOf,
    change: (run: string, part: Partial<EvaluationSetup>) => {
      batch(() => {
        setFailed(null)
        setSetups((all) => ({ ...all, [run]: { ...all[run], ...part } }))
      })
    },
    request,
    otherRequest,
    judging,
    version,
    start,
    stop: () => abort?.abort(),
    failureOf,
    /** Whether nothing went wrong with it: a run that began has taken its place. */
    gaveWay: (asked: EvaluateRequest): boolean => {
      const { code, detail } = failureOf(asked) ?? {}
      return code === 'bad_state' && (detail?.held_by === 'begin' || detail?.held_by === 'train')
    },
    async outlook(asked: EvaluateRequest): Promise<EvaluationOutlook> {
      const found = await studio.evaluations.outlook(asked)
      // Labels of a benchmark set are not those of the run.
      if (!('benchmark' in asked.rows))
        setLabels((all) => ({ ...all, [asked.run]: found.task.kind === 'labels' ? found.task.labels : null }))
      return found
    },
    /** What a run's questions may be answered with; null where that is no choice of a few, or not known yet. */
    labelsOf: (run: string): string[] | null => labels()[run] ?? null,
    labels: (asked: LabelsRequest, signal: AbortSignal) => studio.evaluations.labels(asked, { signal }),
    report: (run: string, evaluation: string, choice: LabelChoice): Promise<EvaluationReport> =>
      studio.evaluations.report(run, evaluation, { choice }),
    tokens: (asked: TokensRequest, signal: AbortSignal) => studio.evaluations.tokens(asked, { signal }),
    layers: (run: string, step: CheckpointChoice, signal: AbortSignal) =>
      studio.evaluations.layers(run, step, { signal }),
    suspects: (run: string) => studio.evaluations.suspects(run),
    heldAnswers: (asked: HeldAnswersRequest, signal: AbortSignal) =>
      studio.evaluations.heldAnswers(asked, { signal }),
    files: (run: RunInfo, evaluation: string, choice: LabelChoice) =>
      studio.evaluations.files(run.id, evaluation, { choice, abstain: setupOf(run).abstain }),
  }
}

/** The benchmark set of a choice; undefined: it is of none. */
export function benchmarkOf(rows: RowsChoice): BenchmarkId | undefined {
  return BENCHMARKS.find(({ id }) => rows === `benchmark:${id}`)?.id
}

function rowsOf(rows: RowsChoice): EvaluationRows {
  if (rows === 'validation' || rows === 'test') return { split: rows }
  const benchmark = benchmarkOf(rows)
  return benchmark ? { benchmark } : { dataset: rows.slice('data:'.length) }
}

/** Rows for testing where the run has some, else those held out for validation. */
function usualRows({ config: { data } }: RunInfo): RowsChoice {
  const { method, test_share, test_values } = data.split
  const tests = method === 'column' ? test_values.length > 0 : test_share > 0
  return tests ? 'test' : 'validation'
}
