import { existsSync, openAsBlob, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { withProof } from '../src/export/proof-files.ts'
import { type RunFileSource, runFileEntries } from '../src/export/run-file.ts'
import { sha256Hex } from '../src/lib/hash.ts'
import type { RunEvent, SamplePrompt } from '../src/protocol/events.ts'
import type { RunFileEvaluation, RunFileOptions } from '../src/protocol/run-file.ts'
import { parseRunFileRecord } from '../src/protocol/run-file-schema.ts'
import type { ExportedFile } from '../src/protocol/studio.ts'
import { offered } from '../src/runs/judgement.ts'
import { newRun, type RunRecord, replayed } from '../src/runs/record.ts'
import { parseMeta } from '../src/trainer/checkpoint.ts'
import { answered } from '../src/workers/run-shelf.ts'
import { CheckpointFolder, descriptionOf, type From } from './checkpoint-folder.ts'
import { loadFormat } from './export-formats.ts'
import { checkerText } from './export-proof.ts'
import { loggedEvents, sourceOf } from './export-source.ts'
import { remoteAddress } from './hub.ts'
import type { RunPlace } from './run-file.ts'
import { readRun } from './train-before.ts'

/**
 * A run's folder as the entries of its file, as the page makes it. The folder keeps no rows of data and none of evaluations.
 * @param model the base, where it is not where run.json says
 * @param proven whether with the proof, which may have to be made
 * @throws LapidaryError as an export of its adapter
 */
export async function runFileOf(
  { folder }: Pick<RunPlace, 'folder'>,
  model: string | undefined,
  proven: boolean,
  options: RunFileOptions,
): Promise<ExportedFile[]> {
  const config = readRun(folder)
  const kept = await keptCheckpoints(folder)
  const events = loggedEvents(folder)
  const last = kept.at(-1)!.meta
  const lossAt = (at: number) => last.evaluations.findLast(({ step }) => step <= at)?.eval_loss ?? null
  const best = kept.find(({ best }) => best)?.meta.step
  const found =
    best === undefined || best === last.step
      ? null
      : offered(
          { step: best, evalLoss: lossAt(best) },
          { step: last.step, evalLoss: lossAt(last.step) },
          answered(events),
          config.training.metric_for_best_model,
        )
  const before = recordBefore(folder)
  const told = before?.checkpoints.find((one) => one.offered)
  // As it was told by a file that this folder was, as long as it is that run still.
  const same = told && before!.step === last.step && kept.some(({ meta }) => meta.step === told.step)
  const step = same ? told.step : found?.which === 'best' ? best! : last.step
  const why = same ? told.offered : found?.why
  const from: From = step === last.step ? 'last' : step
  const source = await sourceOf(folder, from, model, proven)
  const peft = await loadFormat('peft')
  const adapter = await peft.files({ ...source, baseBeside: false }, {})
  const hashes = last.hashes
  const own = { id: await idOf(folder), created: statSync(join(folder, 'run.json')).birthtimeMs }
  const begun: RunRecord = {
    ...newRun(
      {
        ...{ id: own.id, config, model: config.model.id, modelHash: hashes.base, dataset: '', tokens: '' },
        ...{ tokensHash: hashes.data, samplePrompts: [], maxSteps: last.step },
      },
      Math.round(own.created),
    ),
    seconds: last.seconds,
  }
  const record = replayed(begun, events)
  const id =
    remoteAddress(config.model.id) || config.model.id === 'pebble' ? config.model.id : source.baseModel
  const { status, step: done, maxSteps, lastLoss, evalLoss, seconds } = record
  return runFileEntries(
    {
      build: 'npm run export',
      config,
      record: {
        ...{
          id: before?.id ?? own.id,
          name: before?.name ?? record.name,
          created: before?.created ?? record.created,
        },
        ...(before?.note !== undefined && { note: before.note }),
        status: status === 'running' ? 'stopped' : status,
        ...{ step: done, max_steps: maxSteps, last_loss: lastLoss, eval_loss: evalLoss, seconds },
        engine: before?.engine ?? null,
        model: { id, name: source.baseModel, hash: hashes.base },
        data: { name: config.data.name, hash: config.data.hash, tokens_hash: hashes.data },
      },
      samplePrompts: asked(events),
      events,
      checkpoints: kept.map((one) => (why && one.meta.step === step ? { ...one, offered: why } : one)),
      adapter: await withProof(adapter, peft, source.proof ?? null, checkerText),
      evaluations: evaluated(folder),
      data: null,
      ...(before && { leftOut: before.left_out }),
    } satisfies RunFileSource,
    options,
  )
}

/** All that are kept, by step. */
async function keptCheckpoints(folder: string) {
  const checkpoints = new CheckpointFolder(join(folder, 'checkpoint'), null)
  const newest = checkpoints.read('last')?.best?.step
  const found = []
  for (const step of checkpoints.steps) {
    const from = (['last', 'previous', step] as const).find((one) => checkpoints.read(one)?.step === step)!
    const json = JSON.parse(readFileSync(join(folder, 'checkpoint', descriptionOf(from)), 'utf8'))
    const { tensors, ...meta } = json as { tensors: string }
    const blob = await openAsBlob(join(folder, 'checkpoint', tensors))
    found.push({ meta: parseMeta(meta), tensors: blob, last: from === 'last', best: step === newest })
  }
  return found
}

/** The same run has the same id, whenever it is written. */
async function idOf(folder: string): Promise<string> {
  const first = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n', 1)[0]
  return `cli-${(await sha256Hex(`${JSON.stringify(readRun(folder))}${first}`)).slice(0, 12)}`
}

/** Of a folder that was a file before. */
function recordBefore(folder: string) {
  const path = join(folder, 'record.json')
  return existsSync(path) ? parseRunFileRecord(JSON.parse(readFileSync(path, 'utf8')), path) : null
}

/** The questions that a run was asked, as its log has them. */
function asked(events: readonly RunEvent[]): SamplePrompt[] {
  const found = new Map<string, SamplePrompt>()
  for (const event of events)
    if (event.type === 'sample' && !found.has(event.prompt)) {
      const { prompt, reference, split } = event
      found.set(prompt, { prompt, ...(reference !== undefined && { reference }), ...(split && { split }) })
    }
  return [...found.values()]
}

/** The figures that npm run evaluate has left. */
function evaluated(folder: string): RunFileSource['evaluations'] {
  const path = join(folder, 'evaluation.json')
  if (!existsSync(path)) return []
  const { labels: _, ...figures } = JSON.parse(readFileSync(path, 'utf8')) as RunFileEvaluation & {
    labels: unknown
  }
  return [{ figures, rows: [] }]
}
