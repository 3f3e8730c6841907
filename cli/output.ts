import {
  appendFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fail } from '../src/protocol/errors.ts'
import type { RunEvent } from '../src/protocol/events.ts'
import type { RunConfig } from '../src/protocol/run-config.ts'
import { CheckpointFolder, type From, readDescription } from './checkpoint-folder.ts'
import { unwritten } from './disk.ts'
import { holdFolder, keepHeld, releaseFolder } from './run-folder.ts'

/**
 * The folder that a run leaves. It appears with the first logged event, when every input has been read: bad input leaves
 * nothing. After that each file is whole at any moment: new ones are written beside the old and renamed over them.
 */
export class Output {
  readonly #folder: string
  readonly #resume: Resume
  readonly #checkpoints: CheckpointFolder
  #begun = false
  #lines = 0
  #count: (() => void)[] = []
  #sign = () => {}
  /** Folders in the run's that were written in this sitting. */
  readonly #written = new Set<string>()
  #lose: (error: unknown) => void = () => {}
  /** Rejects once the run itself can be written no more: its log, or a checkpoint. */
  readonly lost: Promise<never>
  /** Why an export could not be written, the first; the run is whole then. */
  leftOut: unknown = null

  /** @param limit checkpoints that are kept (`save_total_limit`); null: the last, and while the run goes on the one before it */
  constructor(folder: string, resume: Resume, limit: number | null) {
    this.#folder = folder
    this.#checkpoints = new CheckpointFolder(join(folder, 'checkpoint'), limit)
    this.#resume = resume
    this.lost = new Promise((_, reject) => {
      this.#lose = reject
    })
    this.lost.catch(() => {})
  }

  /** Where the folder lies, once there is one. */
  get begun(): boolean {
    return this.#begun
  }

  /** Steps of the checkpoints that are kept, and of those that were removed meanwhile. */
  get checkpoints(): { kept: number[]; removed: number[] } {
    return { kept: this.#checkpoints.steps, removed: this.#checkpoints.removed }
  }

  #log(): string {
    return join(this.#folder, 'metrics.jsonl')
  }

  /** Adds an event to the log. */
  add(event: RunEvent, config: RunConfig): void {
    try {
      if (!this.#begun) this.#begin(config)
      appendFileSync(this.#log(), `${JSON.stringify(event)}\n`)
      this.#lines++
      if (event.type === 'done') this.#write('run.json', `${JSON.stringify(event.config, null, 2)}\n`)
      if (event.type === 'done' && event.reason !== 'stopped') this.#checkpoints.end()
    } catch (error) {
      throw this.#losing(error, this.#folder)
    }
    for (const tell of this.#count.splice(0)) tell()
  }

  #losing(error: unknown, path: string): unknown {
    const told = unwritten(error, path, `Make room there: ${this.kept()}. ${this.hint()}`)
    this.#lose(told)
    return told
  }

  /** Goes back to the first so many events: what came after them is trained again. */
  cut(events: number): void {
    if (this.#begun) this.#cut(events)
  }

  #cut(events: number): void {
    const lines = readFileSync(this.#log(), 'utf8').split('\n').slice(0, events)
    this.#lines = events
    this.#write('metrics.jsonl', lines.map((line) => `${line}\n`).join(''))
  }

  #begin(config: RunConfig): void {
    if (this.#resume) {
      // Cut to the checkpoint: what came after it is trained again; without one, everything.
      this.#checkpoints.goBack(this.#resume)
      this.#cut(this.#checkpoints.read('last')?.event_count ?? 0)
    } else {
      mkdirSync(dirname(this.#folder), { recursive: true })
      const fresh = `${this.#folder}.${process.pid}.tmp`
      mkdirSync(fresh)
      try {
        writeFileSync(join(fresh, 'run.json'), `${JSON.stringify(config, null, 2)}\n`)
        writeFileSync(join(fresh, 'metrics.jsonl'), '')
        holdFolder(fresh)
      } catch (error) {
        rmSync(fresh, { recursive: true, force: true })
        throw error
      }
      this.#appear(fresh)
      this.#sign = keepHeld(this.#folder)
    }
    this.#begun = true
  }

  /** @throws LapidaryError `output_exists` where another run has taken its place since it was asked for */
  #appear(fresh: string): void {
    try {
      renameSync(fresh, this.#folder)
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true })
      if (!existsSync(this.#folder)) throw error
      fail(
        'output_exists',
        `${this.#folder} was made by another command meanwhile.`,
        'Name a new folder with --out.',
        { path: this.#folder },
      )
    }
  }

  /** Before a run that is gone on with: nobody else may write to its folder. @throws LapidaryError `bad_state` */
  hold(): void {
    if (!this.#resume) return
    holdFolder(this.#folder)
    this.#sign = keepHeld(this.#folder)
  }

  /** At the end of a sitting, however it ended. */
  release(): void {
    this.#sign()
    if (this.#own) releaseFolder(this.#folder)
  }

  #write(name: string, text: string): void {
    const path = join(this.#folder, name)
    try {
      writeFileSync(`${path}.tmp`, text)
      renameSync(`${path}.tmp`, path)
    } finally {
      rmSync(`${path}.tmp`, { force: true })
    }
  }

  /** Takes a file in: `checkpoint/...`, `adapter/...`, or of a folder of its format. */
  async receive(path: string, body: NodeJS.ReadableStream): Promise<void> {
    // Formats have folders in their folder: no part of a path may begin with a dot, and so none leads out of it.
    const match = /^([a-z][\w-]*(?:\/\w[\w.-]*)*)\/(\w[\w.-]*)$/.exec(path)
    if (!match || !this.#begun) throw new Error(`${path} is no result of a run`)
    const folder = join(this.#folder, match[1]!)
    const file = join(folder, match[2]!)
    const [top] = path.split('/') as [string]
    this.#written.add(top)
    try {
      mkdirSync(folder, { recursive: true })
      await pipeline(body, createWriteStream(`${file}.tmp`))
      if (file !== this.#checkpoints.path('last')) {
        renameSync(`${file}.tmp`, file)
        return
      }
      // The log must not be behind the checkpoint that counts it.
      const { event_count } = readDescription(`${file}.tmp`)
      while (this.#lines < event_count) await new Promise<void>((resolve) => this.#count.push(resolve))
      this.#checkpoints.replaceLast()
    } catch (error) {
      rmSync(`${file}.tmp`, { force: true })
      if (top === 'checkpoint') throw this.#losing(error, file)
      throw this.#leavingOut(error, top, file)
    }
  }

  /** A folder of a format with files of two sittings, or half of them, would pass for a whole one. */
  #leavingOut(error: unknown, top: string, file: string): unknown {
    rmSync(join(this.#folder, top), { recursive: true, force: true })
    this.#written.delete(top)
    const told = unwritten(
      error,
      file,
      `Make room there. ${top}/ was left out, the run is whole: npm run export -- --run ${this.#folder} --format ${top.startsWith('adapter') ? 'peft' : top} writes it.`,
    )
    this.leftOut ??= told
    return told
  }

  /** Which of these folders are there from an earlier sitting: exports of a checkpoint that is not the last any more. */
  outdated(folders: readonly string[]): string[] {
    return folders.filter((name) => !this.#written.has(name) && existsSync(join(this.#folder, name)))
  }

  /** What a run that was cut off has left. */
  kept(): string {
    const step = this.checkpointStep()
    if (step !== null) return `the last checkpoint is of step ${step}`
    return this.#left() ? 'no checkpoint had been written yet' : 'nothing had been written yet'
  }

  /** What to do then. */
  hint(): string {
    if (this.checkpointStep() !== null) return 'Run the same command with --resume to go on from it.'
    if (this.#left()) return 'Run the same command with --resume: it begins again in that folder.'
    return 'Run the same command again.'
  }

  /** What to do where the last checkpoint is damaged. */
  otherWay(): string {
    const previous = this.#resume === 'last' ? this.#checkpoints.read('previous') : null
    if (previous)
      return `Run the same command with --resume --from previous: it goes on from the one before it, of step ${previous.step}.`
    return 'There is none before it: start the run again with the same settings (--config run.json of this folder) in a new folder.'
  }

  #left(): boolean {
    return this.#own && existsSync(join(this.#folder, 'run.json'))
  }

  /** Whether what lies in the folder is this run's: another's may have come there before it began. */
  get #own(): boolean {
    return this.#begun || this.#resume !== null
  }

  /** Step of the checkpoint that is there, or null. */
  checkpointStep(): number | null {
    return this.#own ? (this.#checkpoints.read('last')?.step ?? null) : null
  }
}

/** From where a run is gone on with; null: it is a new one. */
export type Resume = From | null
