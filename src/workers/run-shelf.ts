import { fail, toFailure } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { Proof } from '../protocol/proof.ts'
import type { CheckpointChoice, CheckpointInfo } from '../protocol/studio.ts'
import { type Answered, offered } from '../runs/judgement.ts'
import type { RunRecord } from '../runs/record.ts'
import { openBlob } from '../storage/blobs.ts'
import type { Database, StoredCheckpoint } from '../storage/database.ts'
import { listCheckpoints, readCheckpoint, readEvents } from '../storage/runs.ts'
import { type Checkpoint, type CheckpointMeta, parseMeta } from '../trainer/checkpoint.ts'
import { damage, readCheckpointFiles } from './checkpoint-files.ts'
import { placed } from './run-base.ts'
import type { Unkept } from './unkept.ts'

/** A checkpoint as it is stored, and as a run goes on from it. */
export interface ShelvedCheckpoint {
  stored: StoredCheckpoint
  checkpoint: Checkpoint
}

/** Stored runs and their checkpoints. */
export class RunShelf {
  readonly #database: () => Promise<Database>
  /** Runs of this worker that have ended, and whose newest checkpoint is in memory only. */
  readonly unkept = new Map<string, Unkept>()
  /** Proofs of checkpoints that are in memory only, by their tensors. */
  readonly proofs = new WeakMap<Blob, Proof>()

  constructor(database: () => Promise<Database>) {
    this.#database = database
  }

  /** @throws LapidaryError `missing_file` */
  async find(run: string): Promise<RunRecord> {
    const database = await this.#database()
    const record = await database.get('runs', run)
    if (record)
      return placed(
        record,
        await database.getAll('models'),
        record.opened ? await database.getAll('datasets') : [],
      )
    fail('missing_file', `There is no run "${run}".`, 'Choose one of the list.', { run })
  }

  /** Those that are kept, by step; the newest and the best may be the same. */
  async checkpoints(run: string): Promise<CheckpointInfo[]> {
    const stored = await listCheckpoints(await this.#database(), run)
    const steps = [...new Set(stored.map(({ step }) => step))].sort((a, b) => a - b)
    const kept = steps.map((step): CheckpointInfo => {
      const same = stored.filter((one) => one.step === step)
      const { evaluations, seconds } = same[0]!.meta as CheckpointMeta
      const evaluated = evaluations.findLast((evaluation) => evaluation.step <= step)
      const has = (slot: StoredCheckpoint['slot']) => same.some((one) => one.slot === slot)
      return {
        ...{ step, last: has('last'), best: has('best') },
        ...{ evalLoss: evaluated?.eval_loss ?? null, evalStep: evaluated?.step ?? null },
        ...{ bytes: same[0]!.tensors.size, seconds },
      }
    })
    const [best, last] = [kept.find((one) => one.best), kept.find((one) => one.last)]
    if (!best || !last || best === last) return kept
    const { config, opened } = await this.find(run)
    const told = opened?.offered
    if (told?.last === last.step && kept.some(({ step }) => step === told.step))
      return kept.map((one) => (one.step === told.step ? { ...one, offered: told.why } : one))
    const { metric_for_best_model: metric } = config.training
    const { which, why } = offered(
      best,
      last,
      answered(await readEvents(await this.#database(), run)),
      metric,
    )
    return kept.map((one) => (one === (which === 'best' ? best : last) ? { ...one, offered: why } : one))
  }

  /**
   * Null where the run has none at all.
   * @throws LapidaryError `missing_file` where it has others; `bad_state` where it is damaged, naming the one before it
   */
  async checkpoint(run: string, which: CheckpointChoice = 'last'): Promise<ShelvedCheckpoint | null> {
    const database = await this.#database()
    return this.#read(run, which, async (stored) => {
      try {
        const bytes = await readCheckpoint(database, stored)
        return { stored, checkpoint: await readCheckpointFiles(parseMeta(stored.meta), bytes) }
      } catch (error) {
        return this.#failWithWayOn(stored, error)
      }
    })
  }

  /** @throws always: what was thrown, and of a damaged checkpoint which one the run can go on from */
  async #failWithWayOn({ run, step }: StoredCheckpoint, error: unknown): Promise<never> {
    const damaged = toFailure(error).code === 'bad_file' ? damage(step, error) : toFailure(error)
    if (damaged.detail?.checkpoint === undefined) throw error
    const steps = (await listCheckpoints(await this.#database(), run)).map((other) => other.step)
    const before = Math.max(0, ...steps.filter((other) => other < step))
    fail(
      damaged.code,
      damaged.message,
      before > 0
        ? `Go on from the one before it, of step ${before}: the steps since then are trained again.`
        : 'There is none before it: begin the run again from the start.',
      { ...damaged.detail, before },
    )
  }

  /** As it ended, stored or not. @throws LapidaryError `missing_file` */
  async record(run: string): Promise<RunRecord> {
    return this.unkept.get(run)?.record ?? this.find(run)
  }

  /** The newest may be in memory only. @throws LapidaryError `missing_file` */
  async needCheckpoint(run: string, which: CheckpointChoice = 'last'): Promise<Checkpoint> {
    const inMemory = which === 'last' ? this.unkept.get(run) : undefined
    if (inMemory)
      return readCheckpointFiles(inMemory.meta, new Uint8Array(await inMemory.tensors.arrayBuffer()))
    return ((await this.checkpoint(run, which)) ?? none(await this.find(run))).checkpoint
  }

  /**
   * Both halves as stored, the tensors as a blob, which browsers keep on disk.
   * @throws LapidaryError `missing_file`
   */
  async checkpointFiles(
    run: string,
    which?: CheckpointChoice,
    signal?: AbortSignal,
  ): Promise<{ meta: CheckpointMeta; tensors: Blob; stored: StoredCheckpoint }> {
    const database = await this.#database()
    const found = await this.#read(run, which ?? 'last', async (stored) => {
      const { chunk, size } = stored.tensors
      const bytes = openBlob(database, stored.tensors, `the checkpoint of step ${stored.step}`)
      const parts: Blob[] = []
      for (let at = 0; at < size; at += chunk)
        parts.push(new Blob([await bytes.read(at, Math.min(size, at + chunk), signal)]))
      const type = 'application/octet-stream'
      return { meta: parseMeta(stored.meta), tensors: new Blob(parts, { type }), stored }
    })
    return found ?? none(await this.find(run))
  }

  /** A run that goes on may replace its checkpoint while the old one is being read; then the new one is. */
  async #read<T>(
    run: string,
    which: CheckpointChoice,
    read: (stored: StoredCheckpoint) => Promise<T>,
  ): Promise<T | null> {
    for (;;) {
      const stored = await this.#find(run, which)
      if (!stored) return null
      try {
        return await read(stored)
      } catch (error) {
        const now = await this.#find(run, which)
        if (!now || now.tensors.set === stored.tensors.set) throw error
      }
    }
  }

  async #find(run: string, which: CheckpointChoice): Promise<StoredCheckpoint | null> {
    const kept = await listCheckpoints(await this.#database(), run)
    if (kept.length === 0) return null
    const found = kept.find(({ slot, step }) => (typeof which === 'number' ? step === which : slot === which))
    if (found) return found
    const steps = [...new Set(kept.map(({ step }) => step))].sort((a, b) => a - b)
    fail(
      'missing_file',
      which === 'best'
        ? 'This run keeps no best checkpoint: nothing was validated before one was saved.'
        : `This run keeps no checkpoint of step ${which}.`,
      `Kept: ${steps.map((step) => `step ${step}`).join(', ')}.`,
      { run, which, kept: steps.join(', ') },
    )
  }
}

/** The questions of a run, each with all that was answered to it, ascending by step. */
export function answered(events: readonly RunEvent[]): Answered[] {
  const found = new Map<string, Answered & { tuned: { step: number; text: string }[] }>()
  for (const event of events)
    if (event.type === 'sample') {
      const { prompt, reference, split, step, tuned: text } = event
      const known = { ...(reference !== undefined && { reference }), ...(split && { split }) }
      const before = found.get(prompt)
      if (before) before.tuned.push({ step, text })
      else found.set(prompt, { ...known, tuned: [{ step, text }] })
    }
  return [...found.values()]
}

/** @throws always: that it has no checkpoint at all, and the way to one */
function none({ id: run, opened }: RunRecord): never {
  if (opened)
    fail(
      'missing_file',
      'This run came as a file without a checkpoint.',
      'Have it saved again with a state to go on from, and open that file.',
      { run },
    )
  fail(
    'missing_file',
    'This run has no checkpoint yet.',
    'While it trains, wait, or stop it: a stop saves one. Where it was cut off, go on with it: it begins again.',
    { run },
  )
}
