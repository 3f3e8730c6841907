import {
  appendFileSync,
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { RunEvent } from '../src/protocol/events.ts'
import type { RunConfig } from '../src/protocol/run-config.ts'

/**
 * The folder that a run leaves. It appears with the first logged event, when every input has been read: bad input leaves
 * nothing. After that each file is whole at any moment: new ones are written beside the old and renamed over them.
 */
export class Output {
  readonly #folder: string
  readonly #resume: Resume
  #begun = false
  /** Whether the run has come to its end: it needs no checkpoint but the last. */
  #ended = false
  #lines = 0
  #count: (() => void)[] = []

  constructor(folder: string, resume: Resume) {
    this.#folder = folder
    this.#resume = resume
  }

  /** Where the folder lies, once there is one. */
  get begun(): boolean {
    return this.#begun
  }

  #checkpoint(name: string): string {
    return join(this.#folder, 'checkpoint', name)
  }

  #log(): string {
    return join(this.#folder, 'metrics.jsonl')
  }

  /** Adds an event to the log. */
  add(event: RunEvent, config: RunConfig): void {
    if (!this.#begun) this.#begin(config)
    appendFileSync(this.#log(), `${JSON.stringify(event)}\n`)
    this.#lines++
    if (event.type === 'done') this.#write('run.json', `${JSON.stringify(event.config, null, 2)}\n`)
    if (event.type === 'done' && event.reason !== 'stopped') this.#end()
    for (const tell of this.#count.splice(0)) tell()
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
      const [last, previous] = [this.#checkpoint(LAST), this.#checkpoint(PREVIOUS)]
      if (this.#resume === 'previous') renameSync(previous, last)
      this.#cut(existsSync(last) ? readJson<{ event_count: number }>(last).event_count : 0)
    } else {
      mkdirSync(dirname(this.#folder), { recursive: true })
      const fresh = `${this.#folder}.${process.pid}.tmp`
      mkdirSync(fresh)
      writeFileSync(join(fresh, 'run.json'), `${JSON.stringify(config, null, 2)}\n`)
      writeFileSync(join(fresh, 'metrics.jsonl'), '')
      renameSync(fresh, this.#folder)
    }
    this.#begun = true
  }

  #write(name: string, text: string): void {
    const path = join(this.#folder, name)
    writeFileSync(`${path}.tmp`, text)
    renameSync(`${path}.tmp`, path)
  }

  /** Takes a file in: `checkpoint/...`, `adapter/...`, or of a folder of its format. */
  async receive(path: string, body: NodeJS.ReadableStream): Promise<void> {
    const match = /^([a-z][\w-]*(?:\/base)?)\/(\w[\w.-]*)$/.exec(path)
    if (!match || !this.#begun) throw new Error(`${path} is no result of a run`)
    const folder = join(this.#folder, match[1]!)
    const file = join(folder, match[2]!)
    mkdirSync(folder, { recursive: true })
    await pipeline(body, createWriteStream(`${file}.tmp`))
    if (match[2] === 'checkpoint.json') {
      // The log must not be behind the checkpoint that counts it.
      const { event_count } = readJson<{ event_count: number }>(`${file}.tmp`)
      while (this.#lines < event_count) await new Promise<void>((resolve) => this.#count.push(resolve))
    }
    if (match[2] === LAST) this.#keepPrevious(file)
    renameSync(`${file}.tmp`, file)
    if (match[2] === LAST) this.#dropOldTensors(folder)
  }

  /** The checkpoint that is about to be replaced is the one before it from now on. */
  #keepPrevious(last: string): void {
    const previous = this.#checkpoint(PREVIOUS)
    if (!this.#ended && existsSync(last) && tensorsOf(last) !== tensorsOf(`${last}.tmp`)) {
      copyFileSync(last, `${previous}.tmp`)
      renameSync(`${previous}.tmp`, previous)
    }
  }

  #end(): void {
    this.#ended = true
    const [last, previous] = [this.#checkpoint(LAST), this.#checkpoint(PREVIOUS)]
    if (!existsSync(previous)) return
    const tensors = tensorsOf(previous)
    rmSync(previous)
    if (tensors !== tensorsOf(last)) rmSync(this.#checkpoint(tensors), { force: true })
  }

  #dropOldTensors(folder: string): void {
    const kept = [LAST, PREVIOUS]
      .map((name) => join(folder, name))
      .filter(existsSync)
      .map(tensorsOf)
    for (const name of readdirSync(folder))
      if (name.endsWith('.safetensors') && !kept.includes(name)) rmSync(join(folder, name))
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
    const previous = this.#checkpoint(PREVIOUS)
    if (this.#resume !== 'previous' && existsSync(previous))
      return `Run the same command with --resume --from previous: it goes on from the one before it, of step ${readJson<{ step: number }>(previous).step}.`
    return 'There is none before it: start the run again with the same settings (--config run.json of this folder) in a new folder.'
  }

  #left(): boolean {
    return existsSync(join(this.#folder, 'run.json'))
  }

  /** Step of the checkpoint that is there, or null. */
  checkpointStep(): number | null {
    const path = this.#checkpoint(LAST)
    return existsSync(path) ? readJson<{ step: number }>(path).step : null
  }
}

/** How a run is gone on with: from its last checkpoint, or the one before it; null: it is a new one. */
export type Resume = 'last' | 'previous' | null

/** The files that describe the checkpoints of a folder. */
const LAST = 'checkpoint.json'
const PREVIOUS = 'previous.json'

const tensorsOf = (description: string) => readJson<{ tensors: string }>(description).tensors

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}
