import { type Failure, fail, LapidaryError } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import { blobOf } from '../protocol/exported.ts'
import { gatedFetch } from '../protocol/gate.ts'
import type { EngineConfig, RunConfig } from '../protocol/run-config.ts'
import type {
  Abstention,
  BenchmarkId,
  EvaluateRequest,
  EvaluationReport,
  FileInFolder,
  LabelChoice,
  LayerView,
  Mapping,
  Studio,
  Suspects,
} from '../protocol/studio.ts'

/** An evaluation of a run's folder, as the command line asks for it. */
export interface HeadlessEvaluation {
  /** What the run is called, its config, where its checkpoints lie, the file there that describes the one that is meant, and where its log lies. */
  run: { name: string; config: RunConfig; checkpoint: string; of: string; log: string | null }
  model: string
  /** Another model that answers the same rows, untuned; null: none does. */
  other: string | null
  /** What is judged: files, or a set that comes with the studio. */
  data: ServedFiles | { benchmark: BenchmarkId }
  /** What the run learnt from; null where that is not at hand. Only where it was `given` must it be that: a file found may have changed since. */
  train: (ServedFiles & { given: boolean }) | null
  /** Columns that were named. */
  mapping: Partial<Mapping>
  task: EvaluateRequest['task'] | null
  limit: number | null
  choice: LabelChoice
  /** Confidence below which the model is silent, 0..1. */
  abstain: number
  engine: Partial<Pick<EngineConfig, 'kind' | 'portable_backend'>>
  /** Where `evaluation.json` and `predictions.csv` are PUT, with a slash at its end. */
  out: string
}

export interface ServedFiles {
  name: string
  files: { url: string; name: string }[]
}

/** Whose answers are being judged, and how far that is. */
export interface Evaluating {
  side: 'tuned' | 'base' | 'other'
  judged: number
  total: number
}

/** What is printed: the report without its rows and its matrix, which are in the files. */
export type PrintedReport = Omit<EvaluationReport, 'rows' | 'labels'> & {
  /** Null where labels are not what is judged. */
  abstain: Abstention | null
  layers: LayerView
  /** Null where what the run learnt from is not at hand, or its log. */
  suspects: Suspects | null
}

export type HeadlessEvaluated = { ok: true; report: PrintedReport } | { ok: false; failure: Failure }

/** Evaluates the run's adapter and its base by the same rooms as the page, and leaves the files. */
export async function evaluateHeadless(
  studio: Pick<Studio, 'data' | 'evaluations'>,
  job: HeadlessEvaluation,
  tell: (evaluating: Evaluating) => void,
): Promise<PrintedReport> {
  const { config } = job.run
  const train = job.train && (await openTrain(studio, job.train, config))
  const { of } = job.run
  const meta = await (await gatedFetch(job.run.checkpoint + of)).json().catch(() =>
    fail('bad_state', `The checkpoint is damaged: ${of} is no JSON.`, 'Evaluate another one.', {
      checkpoint: of,
    }),
  )
  const tensors = await (await gatedFetch(job.run.checkpoint + meta.tensors)).blob()
  const data = { ...config.data, hash: train?.hash ?? config.data.hash }
  const run = await studio.evaluations.adopt({
    name: job.run.name,
    model: job.model,
    config: { ...config, data, engine: { ...config.engine, ...job.engine } },
    dataset: train?.id ?? null,
    checkpoint: { meta, tensors },
    events: job.run.log === null ? [] : await rowLosses(job.run.log),
  })
  const rows = await rowsOf(studio, job)
  const request = (side: Evaluating['side']): EvaluateRequest => ({
    run,
    checkpoint: side === 'tuned' ? 'last' : null,
    ...(side === 'other' && { model: job.other! }),
    rows,
    ...(job.task && { task: job.task }),
    ...(job.limit !== null && { limit: job.limit }),
  })
  const judge = async (side: Evaluating['side']) => {
    const asked = request(side)
    const { rows: total } = await studio.evaluations.outlook(asked)
    let judged = 0
    return studio.evaluations.evaluate(asked, (rows) => {
      judged += rows.length
      tell({ side, judged, total })
    })
  }
  const tuned = await judge('tuned')
  await judge('base')
  if (job.other !== null) await judge('other')
  const how = { choice: job.choice, abstain: job.abstain }
  for (const file of await studio.evaluations.files(run, tuned.id, how)) {
    const response = await gatedFetch(job.out + file.path, { method: 'PUT', body: await blobOf(file) })
    if (!response.ok)
      throw new LapidaryError({
        code: 'internal',
        message: `${file.path} could not be written: ${await response.text()}`,
        hint: 'Check that the folder can be written to.',
      })
  }
  const { rows: _, labels, ...report } = await studio.evaluations.report(run, tuned.id, how)
  return {
    ...report,
    abstain: labels?.abstain ?? null,
    layers: await studio.evaluations.layers(run, 'last'),
    suspects: train && job.run.log !== null ? await studio.evaluations.suspects(run) : null,
  }
}

async function rowsOf(
  { data }: Pick<Studio, 'data'>,
  job: Pick<HeadlessEvaluation, 'data' | 'mapping'>,
): Promise<EvaluateRequest['rows']> {
  if ('benchmark' in job.data) return job.data
  const { id } = await data.openFiles(await fetchFiles(job.data.files))
  return { dataset: id, ...(Object.keys(job.mapping).length > 0 && { mapping: job.mapping }) }
}

/** What rows cost, of a log; its last line may have been cut off. */
async function rowLosses(log: string): Promise<RunEvent[]> {
  const lines = (await (await gatedFetch(log)).text()).split('\n')
  return lines.flatMap((line): RunEvent[] => {
    if (!line.includes('"row_losses"')) return []
    try {
      return [JSON.parse(line) as RunEvent]
    } catch {
      return []
    }
  })
}

/** What the run learnt from; null where it was found and is something else by now. @throws LapidaryError `bad_state` where it was given */
async function openTrain(
  { data }: Pick<Studio, 'data'>,
  { name, files, given }: ServedFiles & { given: boolean },
  { data: { hash, reading } }: RunConfig,
): Promise<{ id: string; hash: string } | null> {
  const opened = await data.openFiles(await fetchFiles(files), reading)
  if (hash !== null && opened.hash !== hash) {
    if (!given) return null
    fail(
      'bad_state',
      `${name} is not what this run learnt from, by its hash.`,
      'Give the file that the run was started with, or leave --train out: then there are no baselines.',
      { field: 'data', expected: hash, found: opened.hash },
    )
  }
  return opened
}

/** Served files as a person would choose them. */
export async function fetchFiles(given: ServedFiles['files']): Promise<FileInFolder[]> {
  const files: FileInFolder[] = []
  for (const { url, name } of given)
    files.push({ path: name, file: new File([await (await gatedFetch(url)).blob()], name) })
  return files
}
