/** When a run is cut off: somewhere, before its first checkpoint, or between its last step and its last checkpoint. */
export const KINDS = ['any', 'before the first checkpoint', 'after the last step'] as const
export type Kind = (typeof KINDS)[number]

/** Of an event of a run what tells where the run is. */
export interface Beat {
  type: string
  stage?: string
  step?: number
  /** Of a run that goes back by itself: to this step. */
  back?: { step: number }
}

/** Length and rhythm of the runs that are cut off: short, with several checkpoints. */
export const STEPS = 12
export const SAVE_STEPS = 4

export const CONFIG = {
  model: { id: 'pebble' },
  data: { prompt: 'question', response: 'answer', validation_share: 0.2 },
  lora: { target_modules: 'all-linear' },
  training: {
    max_steps: STEPS,
    save_steps: SAVE_STEPS,
    eval_steps: 6,
    learning_rate: 0.01,
    per_device_train_batch_size: 2,
    max_length: 64,
  },
}

/** Questions and answers for the runs. */
export function rows(): string {
  const lines = Array.from({ length: 40 }, (_, i) => `What is pet ${i} called?,It is called Pip ${i % 7}.`)
  return `question,answer\n${lines.join('\n')}\n`
}

const opens: Record<Kind, (beat: Beat) => boolean> = {
  any: ({ type, stage }) => type === 'stage' && stage === 'load',
  'before the first checkpoint': ({ type, stage }) => type === 'stage' && stage === 'load',
  'after the last step': ({ type, step }) => type === 'step' && step === STEPS,
}
const closes: Record<Kind, (beat: Beat) => boolean> = {
  any: ({ type }) => type === 'done',
  'before the first checkpoint': ({ type }) => type === 'checkpoint',
  'after the last step': ({ type, step }) => type === 'checkpoint' && step === STEPS,
}

/** Notes when a run that nobody cuts off opens and closes each kind's window. */
export class Windows {
  readonly #opened = new Map<Kind, number>()
  readonly #lengths = new Map<Kind, number>()

  hear(beat: Beat): void {
    for (const kind of KINDS) {
      if (!this.#opened.has(kind) && opens[kind](beat)) this.#opened.set(kind, performance.now())
      else if (this.#opened.has(kind) && !this.#lengths.has(kind) && closes[kind](beat))
        this.#lengths.set(kind, performance.now() - this.#opened.get(kind)!)
    }
  }

  /** Milliseconds. */
  length(kind: Kind): number {
    const found = this.#lengths.get(kind)
    if (found === undefined) throw new Error(`the uninterrupted run has no window "${kind}"`)
    return found
  }
}

/** Cuts a run off at a moment of a kind's window, drawn uniformly in time, and notes how far the run had come. */
export class Cutter {
  /** The last step whose figures were told before. */
  reached = 0
  readonly #kind: Kind
  readonly #delay: number
  readonly #cut: () => void
  #timer: ReturnType<typeof setTimeout> | null = null
  #over = false
  #tell: () => void = () => {}
  /** Resolves once it is done, or the window has closed. */
  readonly over = new Promise<void>((resolve) => {
    this.#tell = resolve
  })

  /** @param share of the window, 0..1 */
  constructor(kind: Kind, windows: Windows, share: number, cut: () => void) {
    this.#kind = kind
    this.#delay = share * windows.length(kind)
    this.#cut = cut
  }

  hear(beat: Beat): void {
    if (this.#over) return
    if (beat.type === 'step') this.reached = beat.step ?? 0
    if (!this.#timer && opens[this.#kind](beat)) this.#timer = setTimeout(() => this.#end(true), this.#delay)
    else if (beat.type === 'done') this.#end(false)
  }

  #end(cut: boolean): void {
    if (this.#over) return
    this.#over = true
    if (this.#timer) clearTimeout(this.#timer)
    if (cut) this.#cut()
    this.#tell()
  }
}

/** Whether a run that had so many steps told, and so much stored, was cut off within a kind's window. */
export function belongs(kind: Kind, reached: number, checkpoint: number | null): boolean {
  if (kind === 'any') return true
  if (kind === 'after the last step') return reached === STEPS && checkpoint !== STEPS
  return checkpoint === null
}

/** Where a run that lost its device was, and where it went back to; null: it did not. */
export function wentBack(beats: readonly Beat[]): Pick<Outcome, 'reached' | 'from'> | null {
  const at = beats.findIndex(({ back }) => back)
  if (at < 0) return null
  const reached = beats.slice(0, at).findLast(({ type }) => type === 'step')?.step ?? 0
  return { reached, from: beats[at]!.back!.step || null }
}

/** What became of one. */
export interface Outcome {
  where: 'page' | 'command line'
  what: string
  kind: string
  reached: number
  /** Step of the checkpoint that it went on from; null: it began again, from the start. */
  from: number | null
  /** How it went on. */
  way: string
  said: string
  same: boolean
  /** What is wrong; empty: nothing. */
  wrong: string[]
}

/** Steps that were computed a second time: at most those between two checkpoints, and those in flight. */
export const IN_FLIGHT = 2
export const repeated = ({ reached, from }: Pick<Outcome, 'reached' | 'from'>): number =>
  Math.max(0, reached - (from ?? 0))

export function table(outcomes: readonly Outcome[]): string {
  const cell = (text: unknown) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
  const head = [
    'where',
    'what',
    'when',
    'steps told',
    'went on from',
    'repeated',
    'how',
    'the same bits',
    'said',
  ]
  const lines = outcomes.map((one) => [
    one.where,
    one.what,
    one.kind,
    one.reached,
    one.from === null ? 'the start' : `step ${one.from}`,
    repeated(one),
    one.way,
    one.same ? 'yes' : 'NO',
    [one.said, ...one.wrong.map((wrong) => `WRONG: ${wrong}`)].filter(Boolean).join(' '),
  ])
  return [head, head.map(() => '---'), ...lines].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')
}
