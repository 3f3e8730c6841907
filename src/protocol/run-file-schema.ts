import * as v from 'valibot'
import { fail } from './errors.ts'
import type { RunEvent } from './events.ts'
import type { JudgedRow } from './rooms/evaluations.ts'
import {
  RUN_FILE_ENDING,
  RUN_FILE_FORMAT,
  RUN_FILE_LIST,
  RUN_FILE_VERSION,
  type RunFileEvaluation,
  type RunFileManifest,
  type RunFileRecord,
} from './run-file.ts'

/** What the entries of a run's file must be, for whoever reads one. */

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const amount = v.pipe(v.number(), v.finite(), v.minValue(0))

const ManifestSchema = v.looseObject({
  format: v.literal(RUN_FILE_FORMAT),
  version: v.literal(RUN_FILE_VERSION),
  written_by: v.looseObject({ version: v.string(), build: v.string() }),
  name: v.string(),
  by: v.optional(v.string()),
  rows: v.picklist(['none', 'chosen']),
  holds: v.record(v.string(), count),
  left_out: v.record(v.string(), count),
  entries: v.array(v.looseObject({ path: v.string(), bytes: count, sha256: hash })),
})

const RecordSchema = v.looseObject({
  id: v.string(),
  name: v.string(),
  note: v.optional(v.string()),
  created: amount,
  status: v.picklist(['stopped', 'done', 'failed']),
  step: count,
  max_steps: count,
  last_loss: v.nullable(v.number()),
  eval_loss: v.nullable(v.number()),
  seconds: amount,
  engine: v.nullable(v.looseObject({ kind: v.picklist(['webgpu', 'portable']), device: v.string() })),
  model: v.looseObject({ id: v.string(), name: v.string(), hash }),
  data: v.looseObject({ name: v.string(), hash: v.nullable(hash), tokens_hash: hash }),
  template: v.boolean(),
  left_out: v.record(v.string(), count),
  sample_prompts: v.array(v.looseObject({ prompt: v.string() })),
  checkpoints: v.array(v.looseObject({ step: count, last: v.boolean(), best: v.boolean() })),
})

const figure = v.nullable(v.number())
const EventSchema = v.variant('type', [
  v.looseObject({ type: v.literal('step'), step: count, max_steps: count, epoch: v.number(), loss: figure }),
  v.looseObject({
    type: v.literal('eval'),
    step: count,
    eval_loss: figure,
    metrics: v.record(v.string(), figure),
  }),
  v.looseObject({
    type: v.literal('sample'),
    ...{ step: count, prompt: v.string(), base: v.string(), tuned: v.string() },
  }),
  v.pipe(
    v.looseObject({
      type: v.literal('row_losses'),
      ...{ version: v.literal(1), step: count, pass: count },
      ...{ rows: v.array(count), nats: v.array(amount), tokens: v.array(count) },
    }),
    v.check(({ rows, nats, tokens }) => nats.length === rows.length && tokens.length === rows.length),
  ),
  v.looseObject({ type: v.literal('checkpoint'), step: count, epoch: v.number() }),
  v.looseObject({ type: v.literal('notice'), message: v.string() }),
  v.looseObject({ type: v.literal('done'), step: count, seconds: amount, reason: v.string() }),
  v.looseObject({
    type: v.literal('error'),
    failure: v.looseObject({ code: v.string(), message: v.string() }),
  }),
])

const EvaluationSchema = v.looseObject({
  evaluation: v.looseObject({
    ...{ id: v.string(), total: count, judged: count, step: v.nullable(count) },
    model: v.looseObject({ name: v.string() }),
    data: v.looseObject({ name: v.string(), hash: v.string() }),
  }),
  count,
  sides: v.array(
    v.looseObject({
      name: v.string(),
      right: v.nullable(count),
      figures: v.array(v.looseObject({ name: v.string(), value: figure, low: figure, high: figure })),
    }),
  ),
})

/**
 * @param name of the file, for a person
 * @throws LapidaryError `unsupported_format` for what is no run file, or one of a later version; `bad_file` for one that is damaged
 */
export function parseRunFileManifest(json: unknown, name: string): RunFileManifest {
  const found = json as Partial<RunFileManifest> | null
  if (typeof found !== 'object' || found === null || found.format !== RUN_FILE_FORMAT) notRunFile(name)
  if (found.version !== RUN_FILE_VERSION)
    fail(
      'unsupported_format',
      `${name} is a run file of version ${String(found.version)}; this Lapidary reads version ${RUN_FILE_VERSION}.`,
      'Open it with the Lapidary that wrote it, or with a newer one.',
      { file: name, field: 'version' },
    )
  return checked(ManifestSchema, json, RUN_FILE_LIST, name) as RunFileManifest
}

/** @throws LapidaryError `bad_file` */
export function parseRunFileRecord(json: unknown, name: string): RunFileRecord {
  return checked(RecordSchema, json, 'record.json', name) as RunFileRecord
}

/** @throws LapidaryError `bad_file` */
export function parseRunFileEvents(lines: readonly unknown[], name: string): RunEvent[] {
  for (const [i, line] of lines.entries()) checked(EventSchema, line, `metrics.jsonl (line ${i + 1})`, name)
  return lines as RunEvent[]
}

/** @throws LapidaryError `bad_file` */
export function parseRunFileEvaluation(json: unknown, path: string, name: string): RunFileEvaluation {
  return checked(EvaluationSchema, json, path, name) as RunFileEvaluation
}

const JudgedSchema = v.looseObject({
  ...{ row: count, number: v.number(), question: v.string(), reference: v.string() },
  ...{ answer: v.nullable(v.string()), logProbability: figure, tokens: count, hits: count },
  scores: v.optional(v.array(figure)),
})

/**
 * Rows of an evaluation, a line of JSON each.
 * @throws LapidaryError `bad_file`
 */
export function parseRunFileRows(text: string, name: string): JudgedRow[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => checked(JudgedSchema, JSON.parse(line), `row ${i + 1}`, name) as JudgedRow)
}

/** @throws LapidaryError `unsupported_format` */
export function notRunFile(name: string): never {
  fail(
    'unsupported_format',
    `${name} is not the file of a run.`,
    `Choose a file that "Save this run" or npm run export -- --format run has written (its name ends in ${RUN_FILE_ENDING}).`,
    { file: name },
  )
}

function checked(schema: v.GenericSchema, json: unknown, entry: string, file: string): unknown {
  const result = v.safeParse(schema, json)
  if (result.success) return json
  const field = v.getDotPath(result.issues[0]) ?? entry
  return fail(
    'bad_file',
    `${file} cannot be read: "${field}" of its ${entry} is not what it must be.`,
    'The file was changed after it was written, or was not written by Lapidary. Save the run again.',
    { file, entry, field },
  )
}
