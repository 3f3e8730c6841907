import { version } from '../../package.json'
import { sha256Stream } from '../lib/hash.ts'
import type { RunEvent, SamplePrompt } from '../protocol/events.ts'
import { blobFile } from '../protocol/exported.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import {
  type KeptInFile,
  type LeftOut,
  RUN_FILE_FORMAT,
  RUN_FILE_LIST,
  RUN_FILE_VERSION,
  type RunFileEntry,
  type RunFileEvaluation,
  type RunFileManifest,
  type RunFileOptions,
  type RunFileRecord,
} from '../protocol/run-file.ts'
import type { Call, ExportedFile, JudgedRow, Offered } from '../protocol/studio.ts'
import { curvesCsv } from '../runs/curves-csv.ts'
import { RunSeries } from '../runs/series.ts'
import { shareableConfig } from '../runs/shareable-config.ts'
import { jsonFile, textFile } from './model-files.ts'

/** A checkpoint of a run: its JSON half and its tensors. */
export interface RunFileCheckpoint {
  meta: { step: number; event_count: number }
  tensors: Blob
  last: boolean
  best: boolean
  /** Set on the one that is offered first, where the best is not the newest. */
  offered?: Offered
}

/** A run, wherever it lies. */
export interface RunFileSource {
  /** Of the studio that writes. */
  build: string
  config: RunConfig
  /** What is known of it; a run that goes on is stopped in the file. */
  record: Omit<RunFileRecord, 'template' | 'left_out' | 'sample_prompts' | 'checkpoints'>
  samplePrompts: readonly SamplePrompt[]
  /** The whole log, of which a run that goes on may have told more meanwhile. */
  events: readonly RunEvent[]
  /** All that are kept, by step. */
  checkpoints: readonly RunFileCheckpoint[]
  /** PEFT's files of the step that is offered, with its proof where there is one; none where there is no checkpoint. */
  adapter: readonly ExportedFile[]
  evaluations: readonly { figures: RunFileEvaluation; rows: readonly JudgedRow[] }[]
  /** Its prepared data, and how many rows they are; null where they are not here. */
  data: { rows: number; files(): Promise<ExportedFile[]> } | null
  /** What the file that the run came as did not hold. */
  leftOut?: LeftOut
}

/** Lines of a log at a time in memory. */
const LINES = 5000

/**
 * The entries of a run's file in their order, the list of the others first. Each is read twice: for its hash, and when it is written.
 * @throws LapidaryError what reading of the run may end with
 */
export async function runFileEntries(
  source: RunFileSource,
  { checkpoints: which = 'last', rows = {}, by }: RunFileOptions = {},
  { signal, onProgress }: Call = {},
): Promise<ExportedFile[]> {
  const { samples = false, evaluations = false, data = false } = rows
  const { config, record } = source
  const model = record.model.id
  const stripped = shareableConfig(config, model)
  const kept = (event: RunEvent) => samples || isNoSample(event)
  const events = source.events
    .filter(kept)
    .map((event) =>
      event.type === 'done' ? { ...event, config: shareableConfig(event.config, model) } : event,
    )
  const chosen = source.checkpoints.filter((checkpoint) => isChosen(checkpoint, which))
  /** Where events were left out before a checkpoint, it counts fewer. */
  const counted = ({ meta }: RunFileCheckpoint) => ({
    ...meta,
    event_count: source.events.slice(0, meta.event_count).filter(kept).length,
  })
  const judged = source.evaluations.reduce((sum, { rows: all }) => sum + all.length, 0)
  const { leftOut: before = {} } = source
  /** What there is of it, and whether it goes along. */
  const share = (there: number, taken: boolean, gone = 0) => (taken ? [there, gone] : [0, there + gone])
  const shares = {
    samples: share(source.events.length - source.events.filter(isNoSample).length, samples, before.samples),
    questions: share(source.samplePrompts.length, samples, before.questions),
    judged_rows: share(judged, evaluations, before.judged_rows),
    // A run's data as prepared has them already; by themselves they quote rows.
    corrections: share(config.data.corrections?.length ?? 0, false, before.corrections),
    // Rows that did not come along may be here by now.
    data: source.data ? share(source.data.rows, data) : share(0, false, before.data),
    checkpoints: [chosen.length, source.checkpoints.length - chosen.length + (before.checkpoints ?? 0)],
  }
  const counts = (which: 0 | 1): LeftOut =>
    Object.fromEntries(
      Object.entries(shares).flatMap(([what, found]) => (found[which]! > 0 ? [[what, found[which]!]] : [])),
    )
  const files: ExportedFile[] = [
    jsonFile('run.json', stripped),
    jsonFile('record.json', {
      ...record,
      data: { ...record.data, name: stripped.data.name },
      left_out: counts(1),
      template: source.adapter.some(({ path }) => path === 'chat_template.jinja'),
      sample_prompts: samples ? [...source.samplePrompts] : [],
      checkpoints: chosen.map(({ meta: { step }, last, best, offered }) => ({
        ...{ step, last, best },
        ...(offered && { offered }),
      })),
    } satisfies RunFileRecord),
    linesFile('metrics.jsonl', events),
    textFile('curves.csv', curvesCsv([{ name: record.name, series: RunSeries.from(events) }])),
    ...source.adapter.map((file) => ({ ...file, path: `adapter/${file.path}` })),
    ...chosen.flatMap((checkpoint) => {
      const at = `checkpoints/step-${checkpoint.meta.step}`
      return [
        jsonFile(`${at}.json`, {
          ...counted(checkpoint),
          tensors: `step-${checkpoint.meta.step}.safetensors`,
        }),
        blobFile(`${at}.safetensors`, checkpoint.tensors),
      ]
    }),
    ...source.evaluations.flatMap(({ figures, rows: judged }) => [
      jsonFile(`evaluations/${figures.evaluation.id}.json`, evaluations ? figures : wordless(figures)),
      ...(evaluations && judged.length > 0
        ? [linesFile(`evaluations/${figures.evaluation.id}.rows.jsonl`, judged)]
        : []),
    ]),
    ...(data && source.data ? await source.data.files() : []),
  ]
  const total = files.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  const entries: RunFileEntry[] = []
  for (const file of files) {
    const before = done
    const onBytes = (bytes: number) => {
      done = before + bytes
      onProgress?.({ share: done / total })
    }
    const sha256 = await sha256Stream(file.chunks(), { ...(signal && { signal }), onBytes })
    entries.push({ path: file.path, bytes: file.size, sha256 })
  }
  const list: RunFileManifest = {
    format: RUN_FILE_FORMAT,
    version: RUN_FILE_VERSION,
    written_by: { version, build: source.build },
    name: record.name,
    ...(by !== undefined && { by }),
    rows: samples || evaluations || data ? 'chosen' : 'none',
    holds: counts(0),
    left_out: counts(1),
    entries,
  }
  return [jsonFile(RUN_FILE_LIST, list), ...files]
}

const isNoSample = ({ type }: RunEvent) => type !== 'sample'

function isChosen({ last, best }: RunFileCheckpoint, which: KeptInFile): boolean {
  return which === 'all' || (which !== 'none' && last) || (which === 'best' && best)
}

/** A line of JSON for each, as the command line logs events. */
export function linesFile(path: string, values: readonly unknown[]): ExportedFile {
  const parts: Blob[] = []
  for (let at = 0; at < values.length; at += LINES)
    parts.push(
      new Blob([
        values
          .slice(at, at + LINES)
          .map((value) => `${JSON.stringify(value)}\n`)
          .join(''),
      ]),
    )
  return blobFile(path, new Blob(parts))
}

/** Figures without the words that rows are sorted by, which are a person's own. */
function wordless(figures: RunFileEvaluation): RunFileEvaluation {
  const { evaluation, base } = figures
  const plain = (info: RunFileEvaluation['evaluation']) => ({
    ...info,
    task: { ...info.task, labels: [] },
    notes: info.notes.map(({ names: _, ...note }) => note),
  })
  return { ...figures, evaluation: plain(evaluation), base: base && plain(base) }
}
