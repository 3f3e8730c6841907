import { proofOf } from '../export/proof.ts'
import { withProof } from '../export/proof-files.ts'
import { checkerText, exporter } from '../export/registry.ts'
import { type RunFileCheckpoint, runFileEntries } from '../export/run-file.ts'
import { type RunFile, readRunFile } from '../export/run-file-reader.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { EngineState } from '../protocol/engine.ts'
import { identity } from '../protocol/identity.ts'
import { loraScaling } from '../protocol/run-config.ts'
import type { RunFileOptions, RunFileRecord } from '../protocol/run-file.ts'
import { parseRunFileRows } from '../protocol/run-file-schema.ts'
import type { Call, ExportedFile, OpenedFrom, OpenedRun } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { keptSteps } from '../runs/retention.ts'
import type { Database } from '../storage/database.ts'
import { listEvaluations, readJudged } from '../storage/evaluations.ts'
import { putOpenedRun, type RunToStore } from '../storage/opened-run.ts'
import { readEvents } from '../storage/runs.ts'
import { type CheckpointMeta, parseMeta, requireBelongs } from '../trainer/checkpoint.ts'
import { adapterHash } from './adapter-files.ts'
import { readCheckpointFiles } from './checkpoint-files.ts'
import { BUILD } from './engine/remembering.ts'
import { evaluationRoom } from './evaluation-room.ts'
import { newId } from './new-id.ts'
import { baseOfRun } from './run-base.ts'
import { DATA_FILES, dataOfRun } from './run-data.ts'
import { sourceOf } from './run-export.ts'
import type { TrainParts } from './train-parts.ts'
import type { Unkept } from './unkept.ts'

/** What an id of a run is made of. */
const ID = /^[\w-]{1,64}$/

/**
 * A stored run as the entries of its file.
 * @param unkept its newest checkpoint, where it is in memory only
 */
export async function saveRun(
  parts: TrainParts,
  run: string,
  options: RunFileOptions = {},
  call: Call = {},
  unkept: Unkept | null = null,
): Promise<ExportedFile[]> {
  const { shelf } = parts
  const database = await parts.database()
  const record = unkept?.record ?? (await shelf.find(run))
  const kept = await shelf.checkpoints(run)
  // Before the log, which then has whatever they count.
  const checkpoints: (RunFileCheckpoint & { meta: CheckpointMeta })[] = []
  for (const { step, best, last, offered } of kept.filter(({ step }) => step !== unkept?.meta.step)) {
    const { meta, tensors } = await shelf.checkpointFiles(run, step, call.signal)
    checkpoints.push({ meta, tensors, best, last: last && !unkept, ...(offered && !unkept && { offered }) })
  }
  if (unkept) checkpoints.push({ meta: unkept.meta, tensors: unkept.tensors, last: true, best: false })
  const events = unkept ? await unkept.events() : await readEvents(database, run)
  const base = await baseOfRun(parts, record).catch(() => null)
  const name = base?.info.name ?? record.base?.name ?? record.opened?.model ?? record.model
  const { id, note, created, step, maxSteps, seconds, lastLoss, evalLoss, engine, config } = record
  return runFileEntries(
    {
      build: BUILD,
      config,
      record: {
        ...{ id, name: record.name, ...(note && { note }), created },
        status: record.status === 'running' ? 'stopped' : record.status,
        ...{
          step,
          max_steps: maxSteps,
          last_loss: finite(lastLoss),
          eval_loss: finite(evalLoss),
          seconds,
          engine,
        },
        model: { id: /^https?:/.test(record.model) ? name : record.model, name, hash: record.modelHash },
        data: { name: config.data.name, hash: config.data.hash, tokens_hash: record.tokensHash },
      },
      samplePrompts: record.samplePrompts,
      events,
      checkpoints,
      adapter: await adapterOf(
        parts,
        run,
        kept.find(({ offered }) => offered)?.step,
        checkpoints,
        call,
        unkept,
      ),
      evaluations: await evaluationsOf(parts, run, call),
      data: await dataOfRun(parts, record, call),
      ...(record.opened && { leftOut: record.opened.leftOut }),
    },
    options,
    call,
  )
}

const finite = (value: number | null) => (Number.isFinite(value) ? value : null)

/** PEFT's files of the step that is offered, by default the newest. */
async function adapterOf(
  parts: TrainParts,
  run: string,
  offered: number | undefined,
  checkpoints: readonly { meta: { step: number } }[],
  call: Call,
  unkept: Unkept | null,
): Promise<ExportedFile[]> {
  if (checkpoints.length === 0) return []
  const peft = await exporter('peft')
  const newest = offered === undefined || offered === unkept?.meta.step
  const source = await sourceOf(parts, run, newest ? 'last' : offered, call, newest ? unkept : null)
  const files = await peft.files({ ...source, baseBeside: false, shown: [] }, call)
  return withProof(files, peft, source.proof ?? null, checkerText)
}

async function evaluationsOf(parts: TrainParts, run: string, call: Call) {
  const database = await parts.database()
  const room = evaluationRoom(parts)
  const found = []
  for (const { id } of await listEvaluations(database, run)) {
    // Other runs are not part of this one's file.
    const { rows: _, labels: __, beside: ___, ...figures } = await room.report(run, id, {}, call)
    found.push({ figures, rows: await readJudged(database, run, id) })
  }
  return found
}

/**
 * Stores the run of a file, under a new id where there is one of its own already.
 * @throws LapidaryError as `readRunFile`, `bad_state` where its parts are of different runs, `quota_exceeded`; nothing is stored then
 */
export async function openRun(
  parts: TrainParts,
  blob: Blob,
  name: string,
  call: Call = {},
): Promise<OpenedRun> {
  const file = await readRunFile(blob, name, call)
  const database = await parts.database()
  const { record: told, config, events, manifest } = file
  const known = ID.test(told.id) && (await database.getKey('runs', told.id)) === undefined
  const id = known ? told.id : newId()
  const checkpoints = await checkpointsOf(file, call.signal)
  const tokens = await tokensOf(file, database)
  const template = told.template ? await textOf(file, 'adapter/chat_template.jinja') : null
  const evaluations = await judgedOf(file, id)
  const record: RunRecord = {
    ...{
      id,
      name: told.name,
      ...(told.note && { note: told.note }),
      created: told.created,
      status: told.status,
    },
    ...{ config, model: told.model.id, modelHash: told.model.hash },
    ...{ dataset: '', tokens: tokens?.id ?? '', tokensHash: told.data.tokens_hash },
    ...{ samplePrompts: told.sample_prompts, ...(template !== null && { template }) },
    ...{ step: told.step, maxSteps: told.max_steps, lastLoss: told.last_loss, evalLoss: told.eval_loss },
    ...{ seconds: told.seconds, engine: told.engine },
    opened: {
      ...{ file: name, at: Date.now(), model: told.model.name },
      ...(manifest.by !== undefined && { by: manifest.by }),
      leftOut: manifest.left_out,
      ...offeredBy(told.checkpoints),
    },
  }
  const best = told.checkpoints.find((one) => one.best)?.step ?? null
  const stored = tokens?.known ? null : (tokens?.fresh ?? null)
  await putOpenedRun(
    database,
    { record, events, checkpoints, best, evaluations, tokens: stored },
    call.signal,
  )
  const here = await parts.shelf.find(id)
  const base = await baseOfRun(parts, here).catch(() => null)
  const data = tokens !== null || here.dataset !== ''
  const figures = file.evaluations.length - evaluations.length
  return {
    run: id,
    name: told.name,
    lacks: {
      ...(base === null && { model: { name: told.model.name, hash: told.model.hash } }),
      ...(!data && { data: told.data.name }),
      ...(checkpoints.length === 0 && { checkpoint: true as const }),
      ...(figures > 0 && { evaluations: figures }),
    },
  }
}

/** Which checkpoint was offered first where the run was saved. */
function offeredBy(checkpoints: RunFileRecord['checkpoints']): Pick<OpenedFrom, 'offered'> {
  const found = checkpoints.find(({ offered }) => offered)
  const last = checkpoints.find((one) => one.last)
  return found?.offered && last ? { offered: { step: found.step, why: found.offered, last: last.step } } : {}
}

/** Each read once, to see that it is whole and of this run; its tensors are read again when they are stored. */
async function checkpointsOf(file: RunFile, signal?: AbortSignal): Promise<RunToStore['checkpoints']> {
  const { config, record } = file
  const limit = config.training.save_total_limit
  const best = record.checkpoints.find((one) => one.best)?.step ?? null
  const steps = record.checkpoints.map(({ step }) => step).sort((a, b) => a - b)
  const proof = file.paths.includes('adapter/proof.json')
    ? JSON.parse(await textOf(file, 'adapter/proof.json'))
    : null
  const found = []
  for (const step of keptSteps(steps, best, limit)) {
    const { meta, state, path, size } = await checkpointIn(file, step, signal)
    const { tolerance: _, ...plain } = (proof ?? {}) as { tolerance?: unknown }
    const facts = {
      ...{ adapter: adapterHash(state.lora), base: record.model.hash },
      scaling: loraScaling(config.lora),
    }
    const tensors = { [Symbol.asyncIterator]: () => file.stream(path, signal)[Symbol.asyncIterator]() }
    found.push({ meta, size, tensors, proof: proof && proofOf(plain, facts) })
  }
  return found
}

/**
 * A checkpoint of a run's file, whole and of this run.
 * @throws LapidaryError `bad_state`, `bad_file`
 */
export async function checkpointIn(
  file: RunFile,
  step: number,
  signal?: AbortSignal,
): Promise<{ meta: CheckpointMeta; state: EngineState; path: string; size: number }> {
  const { config, record } = file
  const { tensors: _, ...json } = JSON.parse(await textOf(file, `checkpoints/step-${step}.json`))
  const meta = parseMeta(json)
  requireBelongs(meta, {
    config: await sha256Hex(identity(config)),
    data: record.data.tokens_hash,
    base: record.model.hash,
  })
  const path = `checkpoints/step-${step}.safetensors`
  const bytes = await file.bytes(path, signal)
  const { state } = await readCheckpointFiles(meta, bytes)
  return { meta, state, path, size: bytes.byteLength }
}

/** The token table that came along, under a key of its own; null: none did. */
async function tokensOf(
  file: RunFile,
  database: Database,
): Promise<{ id: string; known: boolean; fresh: RunToStore['tokens'] } | null> {
  if (!file.paths.includes(DATA_FILES.tokens)) return null
  const { tokens_hash: hash } = file.record.data
  const id = `run file ${hash}`
  const known = (await database.get('tokens', id))?.table.hash === hash
  const table = await file.bytes(DATA_FILES.tokens)
  const info = JSON.parse(await textOf(file, DATA_FILES.prepared))
  return { id, known, fresh: { id, dataset: '', model: file.record.model.hash, info, table } }
}

/** Evaluations whose rows came along: figures are made of rows. */
async function judgedOf(file: RunFile, run: string): Promise<RunToStore['evaluations']> {
  const found = []
  for (const { evaluation } of file.evaluations) {
    const path = `evaluations/${evaluation.id}.rows.jsonl`
    if (!file.paths.includes(path)) continue
    const rows = parseRunFileRows(await textOf(file, path), path)
    found.push({ info: { ...evaluation, run, judged: rows.length }, rows })
  }
  return found
}

const textOf = async (file: RunFile, path: string) => new TextDecoder().decode(await file.bytes(path))
