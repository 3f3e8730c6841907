import { reportOf } from '../evaluation/report.ts'
import { taskOf } from '../evaluation/task.ts'
import { type RunFile, readRunFile } from '../export/run-file-reader.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import { defaultRunConfig } from '../protocol/run-config.ts'
import type {
  Call,
  EvaluateRequest,
  EvaluationInfo,
  JudgedRow,
  RunScore,
  ScoringRoom,
} from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { adapterHash } from './adapter-files.ts'
import { judgeSome, judging, type Subject } from './evaluation-judging.ts'
import { EvaluationData, type FoundRows, noteOf } from './evaluation-rows.ts'
import { RowTokens } from './evaluation-tokens.ts'
import type { OpenModel } from './library.ts'
import { checkpointIn } from './run-file.ts'
import type { TrainParts } from './train-parts.ts'

/** Judges runs that come as files: what is foreign in them is their settings, and the numbers of their adapters. */
export function scoringRoom(parts: TrainParts): ScoringRoom {
  const data = new EvaluationData(parts)
  return {
    async score(blob, name, rows, call = {}) {
      const since = performance.now()
      const file = await readRunFile(blob, name, call.signal ? { signal: call.signal } : {})
      const model = await baseOf(parts, file, call)
      const { subject, step } = await subjectOf(file, model, name, call)
      const run = recordOf(file, model)
      const request = { run: run.id, checkpoint: null, rows }
      const found = await data.find(run, request, call.signal)
      const set = await asTheyStand(data, run, request, found, call.signal)
      // Of the rows alone, or as the set says: it is the same task for all.
      const task = taskOf(null, found.rows, found.said)
      const tokens = new RowTokens(await model.chat(), model, subject.config)
      const usable = tokens.rows(found.rows)
      if (usable.rows.length === 0)
        fail('bad_data', `No row of ${found.data.name} can be put to this run.`, 'Choose another set.', {
          rows: found.rows.length,
        })
      const what = await judging(subject, task, tokens, usable.rows)
      const judged: JudgedRow[] = []
      while (judged.length < usable.rows.length) {
        call.signal?.throwIfAborted()
        call.onProgress?.({ share: judged.length / usable.rows.length })
        judged.push(...(await judgeSome(parts.host, what, usable.rows.slice(judged.length), call)))
      }
      call.onProgress?.({ share: 1 })
      const notes = [
        ...found.notes.filter(({ kind }) => kind !== 'no_training_rows'),
        ...(usable.tooLong.length > 0 ? [noteOf('too_long', usable.tooLong)] : []),
        ...(usable.refused.length > 0 ? [noteOf('left_out', usable.refused)] : []),
      ]
      const labelTokens =
        task.kind === 'labels'
          ? tokens.labels(usable.rows[0]!, task.labels).choices.map(({ length }) => length)
          : []
      const info: EvaluationInfo = {
        ...{ id: '', run: run.id, created: 0, step, data: found.data, task, labelTokens, notes },
        ...{ model: { id: model.info.id, name: model.info.name, hash: model.info.hash } },
        rowsKey: '',
        maxNewTokens: what.maxNewTokens,
        ...{ total: usable.rows.length, judged: judged.length, seconds: 0 },
      }
      const report = reportOf({ judged: { info, rows: judged }, base: null, validation: null, learnt: null })
      const side = report.sides.find((one) => one.name === 'judged')!
      return {
        ...{ data: found.data, kind: task.kind, step, notes, ...set, judged: judged.length },
        ...{ right: side.right, figures: side.figures, seconds: (performance.now() - since) / 1000 },
      } satisfies RunScore
    },
  }
}

/**
 * The set as it is without a run's own steps, which may leave out rows and rewrite them, the answers too: rows that it was not asked are
 * not fewer rows.
 */
async function asTheyStand(
  data: EvaluationData,
  run: RunRecord,
  request: EvaluateRequest,
  found: FoundRows,
  signal?: AbortSignal,
): Promise<Pick<RunScore, 'rows' | 'changed'>> {
  const { config } = run
  const own = config.data.steps.some(({ enabled }) => enabled)
  if (!own || found.data.benchmark !== undefined) return { rows: found.rows.length, changed: false }
  const without = { ...run, config: { ...config, data: { ...config.data, steps: [] } } }
  const plain = await data.find(without, request, signal).catch((error: unknown) => {
    // Columns may be there by its steps alone.
    if (/^(missing_column|bad_data)$/.test(toFailure(error).code)) return null
    throw error
  })
  const left = found.notes.find(({ kind }) => kind === 'left_out')?.count ?? 0
  if (!plain) return { rows: found.rows.length + left, changed: true }
  const said = new Map(plain.rows.map(({ row, question, reference }) => [row, `${question}\n${reference}`]))
  return {
    rows: plain.rows.length,
    changed: found.rows.some(({ row, question, reference }) => said.get(row) !== `${question}\n${reference}`),
  }
}

/** The base that its hash names, whatever it is called here. */
async function baseOf({ library }: TrainParts, { record }: RunFile, call: Call): Promise<OpenModel> {
  const all = await library()
  const { id, name, hash } = record.model
  // The practice model is stored when it is first used, and has no hash before that.
  if (id === 'pebble') await all.open(id, call)
  const here = (await all.list()).find((model) => model.hash === hash)
  if (!here)
    fail(
      'missing_file',
      `Its base model, ${name}, is not in this browser.`,
      'Add it under Model: the same files, which are known by their SHA-256. Then score again.',
      { expected: hash },
    )
  return all.open(here.id, call)
}

/** The adapter of the checkpoint that the file offers first. */
async function subjectOf(
  file: RunFile,
  model: OpenModel,
  name: string,
  { signal }: Call,
): Promise<{ subject: Subject; step: number }> {
  const { checkpoints } = file.record
  const chosen = checkpoints.find(({ offered }) => offered) ?? checkpoints.find(({ last }) => last)
  if (!chosen)
    fail(
      'missing_file',
      `${name} holds no state of the run that could be judged.`,
      'Ask for it again: handed in from the lesson, or saved with its newest state.',
      { file: name },
    )
  const { meta, state } = await checkpointIn(file, chosen.step, signal)
  // Whatever computes here: the pupil's machine may have had something else.
  const config = { ...file.config, engine: defaultRunConfig().engine }
  const adapter = { state, key: `${file.record.id} ${meta.step} ${adapterHash(state.lora)}` }
  return {
    subject: { model, config, quantization: config.model.quantization, adapter },
    step: meta.step,
  }
}

/** As if it were stored here; the rows that it learnt from are not. */
function recordOf({ record, config }: RunFile, { info }: OpenModel): RunRecord {
  return {
    ...{ id: record.id, name: record.name, created: record.created, status: record.status },
    config: { ...config, model: { ...config.model, id: info.id } },
    ...{ model: info.id, modelHash: info.hash, dataset: '', tokens: '', tokensHash: record.data.tokens_hash },
    ...{ samplePrompts: [], step: record.step, maxSteps: record.max_steps, seconds: record.seconds },
    ...{ lastLoss: record.last_loss, evalLoss: record.eval_loss, engine: record.engine },
  }
}
