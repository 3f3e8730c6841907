import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import { keptSteps } from '../src/runs/retention.ts'

/** Which checkpoint a run is gone on with from: the last, the one before it, or that of a step. */
export type From = 'last' | 'previous' | number

/** The file that describes it. */
export const descriptionOf = (from: From): string =>
  from === 'last' ? 'checkpoint.json' : from === 'previous' ? 'previous.json' : `step-${from}.json`

/** The file beside it with its proof of effect; each has its own. */
export const proofOfCheckpoint = (from: From, step: number): string =>
  from === 'last' ? 'proof.json' : `step-${step}.proof.json`

const [LAST, PREVIOUS] = [descriptionOf('last'), descriptionOf('previous')]

interface Description {
  step: number
  tensors: string
  event_count: number
  best: { step: number } | null
}

export const readDescription = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Description

/**
 * The checkpoints of a run's folder, each a description (JSON) that names its tensors. The last is `checkpoint.json`; while a run goes on
 * `previous.json` is the one before it. Where `save_total_limit` says how many are kept, the others are `step-N.json`.
 */
export class CheckpointFolder {
  readonly #folder: string
  readonly #limit: number | null
  /** Steps of those that were removed. */
  readonly removed: number[] = []
  /** Whether the run has come to its end: it needs none before the last to go on from. */
  #ended = false

  constructor(folder: string, limit: number | null) {
    this.#folder = folder
    this.#limit = limit
  }

  path(from: From): string {
    return join(this.#folder, descriptionOf(from))
  }

  read(from: From): Description | null {
    return existsSync(this.path(from)) ? readDescription(this.path(from)) : null
  }

  /** Steps of all that are kept, ascending. */
  get steps(): number[] {
    const steps = [this.read('last'), this.read('previous')].flatMap((one) => (one ? [one.step] : []))
    return [...new Set([...steps, ...this.#kept()])].sort((a, b) => a - b)
  }

  /** Those that have a file of their own. */
  #kept(): number[] {
    if (!existsSync(this.#folder)) return []
    return readdirSync(this.#folder).flatMap((name) => {
      const step = /^step-(\d+)\.json$/.exec(name)?.[1]
      return step === undefined ? [] : [Number(step)]
    })
  }

  /** A checkpoint becomes the last: later ones count events that are gone. */
  goBack(from: From): void {
    if (from === 'last') return
    const step = this.read(from)!.step
    if (from === 'previous') renameSync(this.path('previous'), this.path('last'))
    else this.#copy(from, 'last')
    if ((this.read('previous')?.step ?? 0) >= step) rmSync(this.path('previous'))
    for (const later of this.#kept()) if (later >= step) rmSync(this.path(later))
  }

  /** Puts a description, written beside it, in the place of the last one. */
  replaceLast(): void {
    const next = readDescription(`${this.path('last')}.tmp`)
    const last = this.read('last')
    if (last && last.tensors !== next.tensors) {
      if (!this.#ended) this.#copy('last', 'previous')
      if (this.#limit !== null) this.#copy('last', last.step)
    }
    renameSync(`${this.path('last')}.tmp`, this.path('last'))
    this.#removeSurplus(next)
    this.#dropTensors()
  }

  /** The run needs none to go on from any more. */
  end(): void {
    this.#ended = true
    const previous = this.read('previous')
    if (!previous) return
    rmSync(this.path('previous'))
    // Others may be of a checkpoint whose description is still to come.
    if (!this.#named().includes(previous.tensors))
      rmSync(join(this.#folder, previous.tensors), { force: true })
  }

  #removeSurplus({ step: newest, best }: Description): void {
    if (this.#limit === null) return
    const steps = [...new Set([...this.#kept(), newest])].sort((a, b) => a - b)
    const kept = keptSteps(steps, best?.step ?? null, this.#limit)
    for (const step of this.#kept()) {
      if (kept.includes(step) && step !== newest) continue
      rmSync(this.path(step))
      rmSync(join(this.#folder, proofOfCheckpoint(step, step)), { force: true })
      if (step !== newest) this.removed.push(step)
    }
    const previous = this.read('previous')
    if (previous && !kept.includes(previous.step)) rmSync(this.path('previous'))
  }

  #dropTensors(): void {
    const named = this.#named()
    for (const name of readdirSync(this.#folder))
      if (name.endsWith('.safetensors') && !named.includes(name)) rmSync(join(this.#folder, name))
  }

  #named(): string[] {
    return [LAST, PREVIOUS, ...this.#kept().map(descriptionOf)]
      .map((name) => join(this.#folder, name))
      .filter(existsSync)
      .map((path) => readDescription(path).tensors)
  }

  #copy(from: From, to: From): void {
    copyFileSync(this.path(from), `${this.path(to)}.tmp`)
    renameSync(`${this.path(to)}.tmp`, this.path(to))
  }
}

/**
 * The checkpoint that a flag names by its step.
 * @throws LapidaryError `bad_config` for what is no step, `missing_file` where it is not kept, naming those that are
 */
export function requireStep(given: string, flag: string, run: string): From {
  const folder = new CheckpointFolder(join(run, 'checkpoint'), null)
  const step = Number(given)
  if (!/^\d+$/.test(given))
    fail(
      'bad_config',
      `${flag} ${given} names no checkpoint.`,
      `Give the step of one that is kept: ${said(folder)}.`,
      {
        flag,
      },
    )
  for (const from of ['last', 'previous', step] as const) if (folder.read(from)?.step === step) return from
  fail('missing_file', `There is no checkpoint of step ${step} in ${run}.`, `Kept: ${said(folder)}.`, {
    path: folder.path(step),
  })
}

const said = ({ steps }: CheckpointFolder) =>
  steps.length === 0 ? 'none' : steps.map((step) => `step ${step}`).join(', ')
