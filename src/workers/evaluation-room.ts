import { transfer } from 'comlink'
import { evaluationJson, predictionsCsv } from '../evaluation/files.ts'
import { reportOf } from '../evaluation/report.ts'
import { guessKind, prefixLabels, saidOf, taskOf, unseenLabels } from '../evaluation/task.ts'
import { sha256Hex } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import { blobFile } from '../protocol/exported.ts'
import { canonical } from '../protocol/identity.ts'
import type {
  Call,
  EvaluateRequest,
  EvaluationInfo,
  EvaluationNote,
  EvaluationReport,
  EvaluationRoom,
  ReportOptions,
  Task,
  ViewsRoom,
} from '../protocol/studio.ts'
import { newRun, type RunRecord } from '../runs/record.ts'
import {
  addJudged,
  evaluationsOf,
  listEvaluations,
  readJudged,
  removeEvaluation,
} from '../storage/evaluations.ts'
import { RunLog, readEvents } from '../storage/runs.ts'
import { parseMeta } from '../trainer/checkpoint.ts'
import { adapterHash } from './adapter-files.ts'
import { readCheckpointFiles } from './checkpoint-files.ts'
import { type Judging, judgeSome, judging, type Subject } from './evaluation-judging.ts'
import { EvaluationData, type FoundRows, noteOf } from './evaluation-rows.ts'
import { heldAnswers, suspects } from './evaluation-suspects.ts'
import { RowTokens, type TokenRow } from './evaluation-tokens.ts'
import { labelView, layerView, tokenView, type ViewParts } from './evaluation-views.ts'
import { newId } from './new-id.ts'
import { baseOfRun } from './run-base.ts'
import type { TrainParts } from './train-parts.ts'

/** Counts up when the same rows would be judged otherwise. */
const VERSION = 1

/** Others that a report holds beside: each costs its intervals. */
const MOST_BESIDE = 4

/** Everything that an evaluation is of, before a row of it is judged. */
interface Prepared {
  info: EvaluationInfo
  subject: Subject
  tokens: RowTokens
  rows: TokenRow[]
  learnt: FoundRows['learnt']
}

export function evaluationRoom(parts: TrainParts): EvaluationRoom & ViewsRoom {
  const { database, library, host, shelf } = parts
  const data = new EvaluationData(parts)
  const views: ViewParts = {
    ...{ host, data },
    async subject(run, checkpoint, call) {
      const record = await shelf.record(run)
      const { subject, step } = await subjectOf(record, { run, checkpoint }, call)
      return { record, subject, step: step! }
    },
  }

  async function found(
    request: EvaluateRequest,
    signal?: AbortSignal,
  ): Promise<FoundRows & { record: RunRecord; task: Task }> {
    const record = await shelf.record(request.run)
    const rows = await data.find(record, request, signal)
    const task = taskOf(rows.learnt, rows.rows, rows.said ?? request.task ?? saidOf(record.config))
    if (task.kind === 'labels' && task.labels.length < 2)
      fail(
        'bad_data',
        `Labels can be held against each other where there are two or more; here ${task.labels.length === 0 ? 'there is none' : 'there is one'}.`,
        'Name the labels, or evaluate the answers as text.',
        { labels: task.labels.length },
      )
    if (task.kind === 'labels' && rows.rows.some(({ plain }) => plain))
      fail('bad_data', 'Plain text has no labels.', 'Evaluate it as text.', { kind: 'labels' })
    return { ...rows, record, task, notes: [...rows.notes, ...labelNotes(task, rows)] }
  }

  async function subjectOf(
    record: RunRecord,
    { checkpoint, model: other, run }: Pick<EvaluateRequest, 'run' | 'checkpoint' | 'model'>,
    call: Call,
  ): Promise<{ subject: Subject; step: number | null }> {
    const foreign = other !== undefined && other !== record.model
    if (foreign && checkpoint !== null)
      fail(
        'bad_state',
        'An adapter answers on its own base model only.',
        'Evaluate the other model untuned (checkpoint: null).',
        { field: 'model' },
      )
    const model = foreign ? await (await library()).open(other, call) : await baseOfRun(parts, record, call)
    const { config } = record
    const quantization = foreign ? null : config.model.quantization
    if (checkpoint === null) return { subject: { model, config, quantization, adapter: null }, step: null }
    const { meta, state } = await shelf.needCheckpoint(run, checkpoint)
    const adapter = { state, key: `${run} ${meta.step} ${adapterHash(state.lora)}` }
    return { subject: { model, config, quantization, adapter }, step: meta.step }
  }

  /** What the request comes to; what is stored of it already is known by its id. */
  async function prepared(request: EvaluateRequest, call: Call): Promise<Prepared> {
    const { record, task, rows, learnt, data, notes, key } = await found(request, call.signal)
    const { subject, step } = await subjectOf(record, request, call)
    const { model, quantization, adapter } = subject
    const tokens = new RowTokens(await model.chat(), model, subject.config)
    const usable = tokens.rows(rows)
    if (usable.rows.length === 0)
      fail(
        'bad_data',
        `No row of ${data.name} can be put to ${model.info.name}: ${usable.tooLong.length} are too long, ${usable.refused.length} are refused by its chat template.`,
        'Choose another file, or another model.',
        { rows: rows.length },
      )
    const rowsKey = (await sha256Hex(canonical([VERSION, key, task]))).slice(0, 16)
    const who = [rowsKey, model.info.hash, quantization, adapter?.key ?? null]
    const info: EvaluationInfo = {
      id: (await sha256Hex(canonical(who))).slice(0, 16),
      run: record.id,
      created: Date.now(),
      model: { id: model.info.id, name: model.info.name, hash: model.info.hash },
      step,
      data,
      rowsKey,
      task,
      labelTokens:
        task.kind === 'labels'
          ? tokens.labels(usable.rows[0]!, task.labels).choices.map(({ length }) => length)
          : [],
      maxNewTokens: null,
      notes: [
        ...notes,
        ...(usable.tooLong.length > 0 ? [noteOf('too_long', usable.tooLong)] : []),
        ...(usable.refused.length > 0 ? [noteOf('left_out', usable.refused)] : []),
      ],
      total: usable.rows.length,
      judged: 0,
      seconds: 0,
    }
    return { info, subject, tokens, rows: usable.rows, learnt }
  }

  async function stored(run: string, id: string): Promise<EvaluationInfo> {
    const info = await (await database()).get('evaluations', [run, id])
    return (
      info ??
      fail('missing_file', 'This evaluation is not in this browser any more.', 'Evaluate again.', {
        run,
        evaluation: id,
      })
    )
  }

  async function report(
    run: string,
    id: string,
    { choice = 'sum', abstain = 0 }: ReportOptions = {},
    call: Call = {},
  ): Promise<EvaluationReport> {
    const db = await database()
    const info = await stored(run, id)
    const rows = await readJudged(db, run, id)
    const all = await listEvaluations(db, run)
    const finished = all.filter(({ judged, total }) => judged === total)
    const record = await shelf.record(run)
    const base = info.step === null ? undefined : finished.find((other) => isBase(other, info))
    const same = info.data.split === 'validation'
    const fitting = same
      ? info
      : finished.find(
          (other) =>
            other.data.split === 'validation' &&
            other.step === info.step &&
            other.model.hash === info.model.hash &&
            canonical(other.task) === canonical(info.task),
        )
    const of = async (other: EvaluationInfo) => ({
      info: other,
      rows: await readJudged(db, other.run, other.id),
    })
    const others = (await evaluationsOf(db, info.rowsKey)).filter(
      // The base model is one of the sides; rows that a model cannot be given make it judged by others.
      (other) => other.id !== info.id && !isBase(other, info) && other.total === info.total,
    )
    const known = new Map(others.toReversed().map((other) => [other.id, other]))
    const beside = await Promise.all([...known.values()].reverse().slice(0, MOST_BESIDE).map(of))
    const learnt = info.task.kind === 'labels' ? await data.learnt(record, call.signal) : null
    return reportOf({
      judged: { info, rows },
      base: base ? await of(base) : null,
      validation: fitting ? { rows: (await of(fitting)).rows, labelTokens: fitting.labelTokens, same } : null,
      beside,
      learnt,
      choice,
      abstain,
    })
  }

  return {
    async outlook(request, call = {}) {
      const { info, rows, learnt } = await prepared(request, call)
      const all = await listEvaluations(await database(), info.run)
      return {
        evaluation: info.id,
        task: info.task,
        guess: guessKind(learnt ?? rows.map(({ row }) => row)),
        rows: info.total,
        judged: all.find(({ id }) => id === info.id)?.judged ?? 0,
        baseJudged: all.find((other) => isBase(other, info))?.judged ?? 0,
        data: info.data,
        notes: info.notes,
      }
    },

    async evaluate(request, onRows, call = {}) {
      const { info: fresh, subject, tokens, rows } = await prepared(request, call)
      const db = await database()
      const known = await db.get('evaluations', [fresh.run, fresh.id])
      const before = known ? await readJudged(db, fresh.run, fresh.id) : []
      const goesOn = known?.total === fresh.total && known.judged === before.length
      if (known && !goesOn) await removeEvaluation(db, fresh.run, fresh.id)
      let info = goesOn ? known : fresh
      if (goesOn) onRows(before)
      if (info.judged === info.total) return info
      const what = await judging(subject, info.task, tokens, rows)
      info = { ...info, maxNewTokens: what.maxNewTokens }
      while (info.judged < info.total) {
        call.signal?.throwIfAborted()
        call.onProgress?.({ share: info.judged / info.total })
        info = await some(what, info, rows, onRows, call)
      }
      call.onProgress?.({ share: 1 })
      return info
    },

    list: async (run) => listEvaluations(await database(), run),
    async report(...asked) {
      const made = await report(...asked)
      return made.labels ? transfer(made, [made.labels.confusion.buffer as ArrayBuffer]) : made
    },
    async files(...asked) {
      const made = await report(...asked)
      return [
        blobFile('evaluation.json', new Blob([evaluationJson(made)], { type: 'application/json' })),
        blobFile('predictions.csv', new Blob([predictionsCsv(made)], { type: 'text/csv' })),
      ]
    },
    tokens: (request, call) => tokenView(views, request, call),
    labels: (request, call) => labelView(views, request, call),
    layers: (run, checkpoint, call) => layerView(views, run, checkpoint, call),
    async suspects(run, call) {
      const { unkept } = shelf
      const events = (await unkept.get(run)?.events()) ?? (await readEvents(await database(), run))
      return suspects(views, await shelf.record(run), events, call)
    },
    heldAnswers: (request, call) => heldAnswers(views, request, call),
    remove: async (run, id) => removeEvaluation(await database(), run, id),

    async adopt({ name, model: id, config, dataset, checkpoint, events = [] }, call = {}) {
      const model = await (await library()).open(id, call)
      const meta = parseMeta(checkpoint.meta)
      if (meta.hashes.base !== model.info.hash)
        fail(
          'bad_state',
          `This run trained an adapter of other weights than those of ${model.info.name}.`,
          'Give the model that the run was started with.',
          { field: 'base', expected: meta.hashes.base, found: model.info.hash },
        )
      const bytes = new Uint8Array(await checkpoint.tensors.arrayBuffer())
      await readCheckpointFiles(meta, bytes)
      const record = newRun(
        {
          ...{ id: newId(), config, model: id, modelHash: model.info.hash, dataset: dataset ?? '' },
          ...{ tokens: '', tokensHash: meta.hashes.data, samplePrompts: [], maxSteps: meta.step },
        },
        Date.now(),
      )
      const { seconds, step, epoch } = meta
      const log = await RunLog.begin(await database(), { ...record, name, status: 'stopped', step, seconds })
      for (const event of events) if (event.type === 'row_losses') log.add(event)
      await log.saveCheckpoint(meta, bytes, { type: 'checkpoint', step, epoch })
      return record.id
    },
  }

  /** Judges the next few rows and stores them; between these, others may use the engine. */
  async function some(
    what: Judging,
    info: EvaluationInfo,
    rows: readonly TokenRow[],
    onRows: Parameters<EvaluationRoom['evaluate']>[1],
    call: Call,
  ): Promise<EvaluationInfo> {
    const since = performance.now()
    const judged = await judgeSome(host, what, rows.slice(info.judged), call)
    const after = {
      ...info,
      judged: info.judged + judged.length,
      seconds: info.seconds + (performance.now() - since) / 1000,
    }
    if (!(await addJudged(await database(), after, judged)))
      fail('cancelled', 'The run was removed while it was evaluated.', 'Choose another run.', {
        run: info.run,
      })
    onRows(judged)
    return after
  }
}

/** Whether an evaluation is of the same rows by the base model of another. */
function isBase(other: EvaluationInfo, { rowsKey, model }: EvaluationInfo): boolean {
  return other.step === null && other.rowsKey === rowsKey && other.model.hash === model.hash
}

/** What must be known of labels beside the figures. */
function labelNotes(task: Task, { rows }: FoundRows): EvaluationNote[] {
  if (task.kind !== 'labels') return []
  const [unseen, prefixes] = [unseenLabels(task, rows), prefixLabels(task)]
  const asked = new Set(unseen)
  const [only, ...others] = new Set(rows.map(({ reference }) => reference))
  const one = only !== undefined && others.length === 0 && task.labels.length > 1 ? [only] : []
  return [
    ...(one.length > 0 ? [{ kind: 'one_label' as const, count: rows.length, names: one }] : []),
    ...(unseen.length > 0
      ? [
          {
            ...noteOf(
              'unseen_labels',
              rows.filter(({ reference }) => asked.has(reference)),
            ),
            names: unseen,
          },
        ]
      : []),
    ...(prefixes.length > 0
      ? [{ kind: 'prefix_labels' as const, count: prefixes.length, names: prefixes }]
      : []),
  ]
}
