import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../cli/build.ts'
import {
  type Beat,
  belongs,
  CONFIG,
  Cutter,
  IN_FLIGHT,
  type Kind,
  type Outcome,
  repeated,
  rows,
  SAVE_STEPS,
  STEPS,
  Windows,
  wentBack,
} from './moments.ts'
import { browserOf, descendants, gone, gpuProcessOf, kill } from './processes.ts'

/** What of a command's is killed. */
export const TARGETS = ['command', 'browser', 'both'] as const
export type Target = (typeof TARGETS)[number]

interface Ended {
  status: number | null
  beats: (Beat & { message?: string })[]
  stderr: string
}

/** `npm run train`, cut off, and gone on with by the command that it names. */
export class CommandBed {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lapidary-kills-'))
  readonly windows = new Windows()
  #count = 0

  static async make(engine: 'portable' | 'webgpu'): Promise<CommandBed> {
    const bed = new CommandBed()
    writeFileSync(bed.#file('pets.csv'), rows())
    const asked = { ...CONFIG, engine: { kind: engine } }
    writeFileSync(bed.#file('asked.json'), JSON.stringify(asked))
    // Kernels are chosen once, and part of the config of every run after.
    const first = await bed.#train(bed.#command('first', 'asked.json'), 'first')
    if (first.status !== 0) throw new Error(first.stderr)
    const whole = await bed.#train(bed.#command('whole', join('first', 'run.json')), 'whole', (beat) =>
      bed.windows.hear(beat),
    )
    if (whole.status !== 0) throw new Error(whole.stderr)
    return bed
  }

  #file(name: string): string {
    return join(this.#folder, name)
  }

  #command(out: string, config: string): string[] {
    return [
      ...['--out', this.#file(out), '--data', this.#file('pets.csv'), '--config', this.#file(config)],
      ...['--model', 'pebble', '--sample', 'What is pet 3 called?'],
    ]
  }

  #temporary(out: string): string {
    const path = this.#file(`tmp-${out}`)
    mkdirSync(path, { recursive: true })
    return path
  }

  #browser(out: string): number | null {
    return browserOf(this.#temporary(out))?.pid ?? null
  }

  #train(
    args: string[],
    out: string,
    hear: (beat: Beat, child: ChildProcess) => void = () => {},
  ): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(
        process.execPath,
        [join(ROOT, 'cli', 'bootstrap.mjs'), 'train', '--json', ...args],
        {
          cwd: ROOT,
          env: { ...process.env, TMPDIR: this.#temporary(out) },
        },
      )
      const beats: Ended['beats'] = []
      let [stderr, rest] = ['', '']
      child.stderr.on('data', (piece) => (stderr += piece))
      child.stdout.on('data', (piece) => {
        const lines = (rest + piece).split('\n')
        rest = lines.pop()!
        for (const line of lines) {
          const beat = JSON.parse(line) as Beat
          beats.push(beat)
          hear(beat, child)
        }
      })
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, beats, stderr: stderr.trim() }))
    })
  }

  /** Null where the moment was missed. */
  async cutOff(kind: Kind, share: number, target: Target): Promise<Outcome | null> {
    const out = `cut-${++this.#count}`
    const path = this.#file(out)
    let command = 0
    const cutter = new Cutter(kind, this.windows, share, () => {
      family = [command, ...descendants(command).map(({ pid }) => pid)]
      const browser = this.#browser(out)
      if (target !== 'command' && browser) kill(browser)
      if (target !== 'browser') kill(command)
    })
    let family: number[] = []
    const args = this.#command(out, join('whole', 'run.json'))
    const first = await this.#train(args, out, (beat, child) => {
      command = child.pid!
      cutter.hear(beat)
    })
    const wrong: string[] = []
    const orphans = await gone(family)
    if (orphans.length > 0) wrong.push('a browser was left running')
    if (first.status === 0) return null
    const from = stepOf(path)
    if (!belongs(kind, cutter.reached, from)) return null
    if (target === 'browser') {
      if (first.stderr.split('\n').length !== 1 || !/^internal: Chromium /.test(first.stderr))
        wrong.push(`the command says: ${first.stderr}`)
      if (readdirSync(this.#temporary(out)).some((name) => name.startsWith('lapidary-profile-')))
        wrong.push('a profile was left behind')
    }
    const resume = existsSync(path)
    const second = await this.#train(resume ? [...args, '--resume'] : args, `${out}-on`)
    return this.#told(out, second, {
      where: 'command line',
      what: target === 'both' ? 'command and browser killed' : `${target} killed`,
      kind,
      reached: cutter.reached,
      from,
      way: resume ? 'one command: --resume' : 'the same command',
      said: target === 'browser' ? first.stderr : second.stderr,
      wrong,
    })
  }

  /** Kills the process of the graphics card. Null where the moment was missed. */
  async loseDevice(share: number): Promise<Outcome | null> {
    const out = `lost-${++this.#count}`
    const cutter = new Cutter('any', this.windows, share, () => {
      const browser = this.#browser(out)
      const gpu = browser === null ? null : gpuProcessOf(browser)
      if (gpu) kill(gpu.pid)
    })
    const args = this.#command(out, join('whole', 'run.json'))
    let ended = await this.#train(args, out, (beat) => cutter.hear(beat))
    const back = wentBack(ended.beats)
    let from = back?.from ?? null
    const wrong: string[] = []
    let way = 'by itself'
    let said = ended.beats.findLast(({ type }) => type === 'notice')?.message ?? ''
    if (ended.status !== 0) {
      said = ended.stderr
      way = 'one command: --resume'
      from = stepOf(this.#file(out))
      ended = await this.#train([...args, '--resume'], `${out}-on`)
    } else if (!back) return null
    if (!said) wrong.push('nothing was said')
    return this.#told(out, ended, {
      where: 'command line',
      what: 'GPU process killed',
      kind: 'any',
      reached: back?.reached ?? cutter.reached,
      from,
      way,
      said,
      wrong,
    })
  }

  #told(out: string, ended: Ended, so: Omit<Outcome, 'same'>): Outcome {
    const wrong = [...so.wrong]
    if (ended.status !== 0) wrong.push(ended.stderr)
    const same = ended.status === 0 && this.#left(out) === this.#left('whole')
    if (!same) wrong.push('not what the uninterrupted run gave')
    if (repeated(so) > SAVE_STEPS + IN_FLIGHT)
      wrong.push('more steps repeated than lie between two checkpoints')
    rmSync(this.#file(out), { recursive: true, force: true })
    return { ...so, same, wrong }
  }

  /** Figures, adapter and last checkpoint of a run, for comparing. */
  #left(out: string): string {
    const figures = readFileSync(join(this.#file(out), 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .flatMap((line): unknown[] => {
        const event = JSON.parse(line)
        if (event.type === 'step')
          return [[event.step, event.loss, event.grad_norm, event.tokens, event.learning_rate]]
        if (event.type === 'eval') return [[event.step, event.eval_loss]]
        return event.type === 'sample' ? [[event.step, event.prompt, event.base, event.tuned]] : []
      })
    const bytes = (...path: string[]) => readFileSync(join(this.#file(out), ...path)).toString('base64')
    return JSON.stringify([
      figures,
      bytes('adapter', 'adapter_model.safetensors'),
      bytes('checkpoint', `step-${STEPS}.safetensors`),
    ])
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Step of the checkpoint in a folder; null: there is none. */
function stepOf(folder: string): number | null {
  const path = join(folder, 'checkpoint', 'checkpoint.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')).step as number) : null
}
