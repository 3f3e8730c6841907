import type { EngineState, StateTensor } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { Evaluated } from './best.ts'

/** Version of the JSON half of a checkpoint. */
export const CHECKPOINT_VERSION = 1

/** Everything but the tensors that the rest of a run depends on. Step names are those of the events. */
export interface CheckpointMeta {
  version: typeof CHECKPOINT_VERSION
  /** Optimizer steps done. */
  step: number
  /** Epochs done, fractional. */
  epoch: number
  /** The next micro-batch to be trained on. */
  position: DataPosition
  seed: number
  hashes: RunHashes
  /** Numeric choices of the engine, binding when resumed. */
  choices: Record<string, string>
  /** Logged events up to and with this checkpoint's own. */
  event_count: number
  /** Tokens trained on so far. */
  tokens: number
  /** Seconds of training so far, over all sittings. */
  seconds: number
  /** Non-finite steps right before this checkpoint. */
  skipped_in_row: number
  /** The best evaluation so far, by the run's `metric_for_best_model`. */
  best: { step: number; eval_loss: number } | null
  /** Evaluations so far: best checkpoint and early stopping are told from them alone. */
  evaluations: Evaluated[]
  /** Shape, and SHA-256 of the bytes, of each tensor by name. Checkpoints of before have none. */
  contents?: Record<string, { shape: number[]; sha256: string }>
}

export interface DataPosition {
  epoch: number
  batch: number
}

/** SHA-256, hex: what a checkpoint must agree with to belong to a run. */
export interface RunHashes {
  config: string
  data: string
  base: string
}

export interface Checkpoint {
  meta: CheckpointMeta
  state: EngineState
}

const GROUPS = { lora: 'lora', adamM: 'adam.m', adamV: 'adam.v' } as const
/** What the names of the adapter's tensors begin with in a checkpoint. */
export const LORA_PREFIX = `${GROUPS.lora}.`

/** Adapter and moments as one flat set of named tensors: `lora.*`, `adam.m.*`, `adam.v.*` under PEFT's names. */
export function toTensors(state: EngineState): Map<string, StateTensor> {
  const tensors = new Map<string, StateTensor>()
  for (const [group, prefix] of Object.entries(GROUPS))
    for (const [name, tensor] of Object.entries(state[group as keyof EngineState]))
      tensors.set(`${prefix}.${name}`, tensor)
  return tensors
}

/**
 * The inverse of `toTensors`.
 * @throws LapidaryError `bad_state` where a name is foreign, a moment is missing, or shapes disagree
 */
export function fromTensors(tensors: ReadonlyMap<string, StateTensor>): EngineState {
  const state: EngineState = { lora: {}, adamM: {}, adamV: {} }
  for (const [name, tensor] of tensors) {
    const entry = Object.entries(GROUPS).find(([, prefix]) => name.startsWith(`${prefix}.`))
    if (!entry)
      fail('bad_state', `The checkpoint holds a tensor "${name}" that no checkpoint has.`, START_OVER, {
        tensor: name,
      })
    state[entry[0] as keyof EngineState][name.slice(entry[1].length + 1)] = tensor
  }
  for (const [name, tensor] of Object.entries(state.lora))
    for (const moments of [state.adamM, state.adamV]) {
      const moment = moments[name]
      if (moment && String(moment.shape) === String(tensor.shape)) continue
      const what = moment ? `has shape [${moment.shape}], not [${tensor.shape}]` : 'is missing'
      fail('bad_state', `The checkpoint's optimizer state of "${name}" ${what}.`, START_OVER, {
        tensor: name,
      })
    }
  if (Object.keys(state.lora).length === 0) fail('bad_state', 'The checkpoint holds no adapter.', START_OVER)
  return state
}

const START_OVER = 'The file is damaged or not a checkpoint; start the run afresh.'

/**
 * Reads the JSON half of a checkpoint.
 * @throws LapidaryError `bad_state`
 */
export function parseMeta(json: unknown): CheckpointMeta {
  const meta = json as Partial<CheckpointMeta> | null
  if (typeof meta !== 'object' || meta === null)
    fail('bad_state', 'The checkpoint has no readable description.', START_OVER)
  if (meta.version !== CHECKPOINT_VERSION)
    fail(
      'bad_state',
      `The checkpoint is of version ${meta.version}; this Lapidary reads version ${CHECKPOINT_VERSION}.`,
      'Go on with the Lapidary that wrote it, or start the run afresh.',
      { field: 'version' },
    )
  const count = (x: unknown) => typeof x === 'number' && Number.isInteger(x) && x >= 0
  const amount = (x: unknown) => typeof x === 'number' && Number.isFinite(x) && x >= 0
  const checks: [string, boolean][] = [
    ['step', count(meta.step)],
    ['epoch', amount(meta.epoch)],
    ['position', count(meta.position?.epoch) && count(meta.position?.batch)],
    ['seed', count(meta.seed)],
    ['hashes', ['config', 'data', 'base'].every((k) => typeof meta.hashes?.[k as 'base'] === 'string')],
    ['choices', typeof meta.choices === 'object' && meta.choices !== null],
    ['event_count', count(meta.event_count)],
    ['tokens', count(meta.tokens)],
    ['seconds', amount(meta.seconds)],
    ['skipped_in_row', count(meta.skipped_in_row)],
    ['best', meta.best === null || amount(meta.best?.eval_loss)],
    ['evaluations', Array.isArray(meta.evaluations)],
  ]
  const bad = checks.find(([, fine]) => !fine)
  if (bad) fail('bad_state', `The checkpoint's "${bad[0]}" cannot be read.`, START_OVER, { field: bad[0] })
  return meta as CheckpointMeta
}

/**
 * Refuses a checkpoint that another run wrote.
 * @throws LapidaryError `bad_state`, naming what differs
 */
export function requireBelongs(meta: CheckpointMeta, hashes: RunHashes): void {
  const words = { config: 'settings', data: 'training data', base: 'base model' }
  for (const key of ['base', 'data', 'config'] as const)
    if (meta.hashes[key] !== hashes[key])
      fail(
        'bad_state',
        `This checkpoint was written with other ${words[key]}: going on would not be the same run.`,
        `Give the ${words[key]} that the run was started with, or start a new run in another folder.`,
        { field: key, expected: meta.hashes[key], found: hashes[key] },
      )
}
