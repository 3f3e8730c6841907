import type { EngineDescription } from '../protocol/engine.ts'
import type { Failure } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import type { OpenedFrom, RunBase, RunInfo, RunStatus, RunTrial, StartRequest } from '../protocol/studio.ts'
import { baseName } from './named-data.ts'

/** A run as it is kept: what it was started with, and how far it has come. */
export interface RunRecord {
  id: string
  name: string
  /** Milliseconds since 1970. */
  created: number
  status: RunStatus
  config: RunConfig
  /** Model id, and SHA-256 of its manifest. */
  model: string
  modelHash: string
  /** Not there in runs of earlier versions, as long as the model is. */
  base?: RunBase
  /** Id of the data set; empty where that is not known. */
  dataset: string
  /** Key of the token table, and SHA-256 of its bytes. */
  tokens: string
  tokensHash: string
  samplePrompts: StartRequest['samplePrompts']
  /** The chat template that its examples were written with; not there in runs of earlier versions. */
  template?: string
  step: number
  maxSteps: number
  lastLoss: number | null
  evalLoss: number | null
  /** That it was measured at; not there in runs of earlier versions. */
  evalStep?: number
  seconds: number
  engine: EngineDescription | null
  note?: string
  shown?: string[]
  /** Where it is one of a queue. */
  trial?: RunTrial
  failure?: Failure
  opened?: OpenedFrom
}

export function newRun(
  parts: Pick<
    RunRecord,
    | 'id'
    | 'config'
    | 'model'
    | 'modelHash'
    | 'base'
    | 'dataset'
    | 'tokens'
    | 'tokensHash'
    | 'samplePrompts'
    | 'template'
    | 'maxSteps'
    | 'trial'
  >,
  created: number,
): RunRecord {
  const { config, model } = parts
  const data = config.data.name || 'data'
  return {
    ...parts,
    name: `${model.replace(/\/+$/, '').replace(/^.*\//, '')} on ${baseName(data)}`,
    created,
    status: 'running',
    step: 0,
    lastLoss: null,
    evalLoss: null,
    seconds: 0,
    engine: null,
  }
}

/** The record after an event; events that tell nothing lasting leave it as it is. */
export function afterEvent(record: RunRecord, event: RunEvent): RunRecord {
  switch (event.type) {
    case 'step':
      return {
        ...record,
        step: event.step,
        maxSteps: event.max_steps,
        ...(event.skipped ? {} : { lastLoss: event.loss }),
      }
    case 'eval':
      return { ...record, evalLoss: event.eval_loss, evalStep: event.step }
    case 'done': {
      const status = event.reason === 'stopped' ? 'stopped' : 'done'
      return { ...record, status, step: event.step, seconds: event.seconds }
    }
    case 'error': {
      const status = event.failure.code === 'cancelled' ? 'stopped' : 'failed'
      return { ...record, status, failure: event.failure }
    }
    default:
      return record
  }
}

/** A record told afresh from its log, for when the log has been cut to a checkpoint. */
export function replayed(record: RunRecord, events: readonly RunEvent[]): RunRecord {
  const { failure: _, evalStep: _at, ...rest } = record
  const start: RunRecord = { ...rest, status: 'stopped', step: 0, lastLoss: null, evalLoss: null }
  return events.reduce(afterEvent, start)
}

export function runInfo(record: RunRecord): RunInfo {
  const { modelHash, base, dataset, tokens, tokensHash, samplePrompts, template, ...info } = record
  return info
}
