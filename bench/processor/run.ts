import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../cli/build.ts'
import { interpreter } from '../../cli/python.ts'
import { Bed, MemoryWatch, servePages } from './browser.ts'
import { type GgufType, ggufOf } from './gguf.ts'
import { ask, Ours, type OursOptions, startWorker } from './ours.ts'
import { Pytorch } from './pytorch.ts'
import { byTurns, ratioOf } from './turns.ts'
import type { Answered, Contender, Measured, ProcessorReport, Ratio } from './types.ts'
import { Wllama, wllamaFolder } from './wllama.ts'

/** What can be left out: 270M decoding and reading, Pebble decoding, 270M in training. */
export const WORKS = ['decode', 'pebble', 'train'] as const
export type Work = (typeof WORKS)[number]

export interface ProcessorOptions {
  /** Folder of a Gemma 3 270M. */
  model: string | null
  works: readonly Work[]
  threads: readonly number[]
  types: readonly GgufType[]
  rounds: number
  /** After which nothing more is begun. */
  minutes: number
  /** Tokens of a prompt, and of an answer. */
  prompt: number
  tokens: number
  /** Tokens of a step; each of them but the last is learnt. */
  train: number
}

/** Quick ones are asked for more at a time. */
const PEBBLE_TOKENS = 200
const PEBBLE_PROMPT = 8
/** Tokens read and said to warm up. */
const [WARM, WARM_SAID] = [40, 4] as const
const PEBBLE = join(ROOT, 'public', 'models', 'pebble')

const modelFiles = (folder: string) =>
  readdirSync(folder)
    .filter((name) => /\.(json|safetensors)$/.test(name))
    .map((name) => join(folder, name))

export type Found = Omit<ProcessorReport, 'environment' | 'version' | 'asked'> & { runtime: string }

/** Everything by turns in one run. What cannot be measured here is told with its reason; `save` is given what there is after each work. */
export async function measureProcessor(
  options: ProcessorOptions,
  tell: (text: string) => void,
  save: (found: Found) => void,
): Promise<Found> {
  const began = performance.now()
  const found = (): Found => ({
    seconds: (performance.now() - began) / 1000,
    measured: run.measured,
    ratios: run.ratios,
    missing: run.missing,
    runtime: run.runtime,
  })
  const run = new Run(options, tell, () => save(found()))
  await run.start()
  try {
    for (const work of options.works) await run[work]()
    return found()
  } finally {
    await run.end()
  }
}

class Run {
  readonly measured: Measured[] = []
  readonly ratios: Ratio[] = []
  readonly missing: { what: string; why: string }[] = []
  runtime = ''
  readonly #options: ProcessorOptions
  readonly #tell: (text: string) => void
  readonly #save: () => void
  readonly #began = performance.now()
  #pages!: Awaited<ReturnType<typeof servePages>>

  constructor(options: ProcessorOptions, tell: (text: string) => void, save: () => void) {
    this.#options = options
    this.#tell = tell
    this.#save = save
  }

  async start(): Promise<void> {
    this.#pages = await servePages(0)
  }

  async end(): Promise<void> {
    await this.#pages.server.close()
  }

  /** The same file for both: not one weight differs. */
  async decode(): Promise<void> {
    const { model, types, threads, prompt, tokens } = this.#options
    if (!model)
      return this.#miss('decoding and reading of 270M', 'needs --model DIR, a folder of Gemma 3 270M')
    const peer = wllamaFolder()
    if ('reason' in peer) this.#miss('wllama', peer.reason)
    const positions = 2 * prompt + tokens
    const words = Array.from({ length: prompt }, (_, i) => (i === 0 ? 2 : 1000 + i * 7))
    for (const type of types) {
      this.#tell(`a GGUF in ${type}`)
      const gguf = await ggufOf(modelFiles(model), type)
      for (const count of threads) {
        const work = `270M in ${type}, ${prompt} tokens read, ${tokens} said`
        await this.#beside(work, [
          () =>
            this.#ours(type, { files: [gguf], threads: count, positions }, (own, round) =>
              round === 0 ? own.answer(words.slice(0, WARM), WARM_SAID) : own.answer(words, tokens),
            ),
          ...('reason' in peer
            ? []
            : [
                async (): Promise<Contender> => {
                  const bed = await this.#bed()
                  const own = await openIn(bed, () => Wllama.open(bed, peer.folder, gguf, count, positions))
                  return {
                    name: `wllama ${peer.version}, ${type}`,
                    threads: count,
                    round: (round) =>
                      round === 0 ? own.answer(0, WARM, WARM_SAID) : own.answer(round, prompt, tokens),
                    memory: () => bed.memory,
                    notes: () => own.counted,
                    close: () => bed.close(),
                  }
                },
              ]),
        ])
      }
    }
  }

  async pebble(): Promise<void> {
    const prompt = Array.from({ length: PEBBLE_PROMPT }, (_, i) => (i === 0 ? 2 : 100 + i * 37))
    const files = modelFiles(PEBBLE)
    const positions = PEBBLE_PROMPT + PEBBLE_TOKENS + 1
    let said = ''
    for (const count of this.#options.threads)
      await this.#beside(`Pebble, ${PEBBLE_TOKENS} tokens said`, [
        () =>
          this.#ours('as stored', { files, threads: count, positions }, async (own) => {
            const { decoding } = await own.answer(prompt, PEBBLE_TOKENS)
            said = own.said.join()
            return { decoding: decoding! }
          }),
        async (): Promise<Contender> => {
          const bed = await this.#bed()
          const version = await openIn(bed, async () => {
            await bed.give(files)
            await startWorker(bed, 'bench/processor/onnx.worker.ts')
            const ortPath = `${this.#pages.origin}/node_modules/onnxruntime-web/dist/`
            return ask<string>(bed, { kind: 'open', files: [], threads: count, ortPath })
          })
          let own = ''
          return {
            name: `ONNX Runtime Web ${version}, WebAssembly, f32`,
            threads: count,
            async round() {
              const answer = await ask<Answered>(bed, { kind: 'answer', prompt, tokens: PEBBLE_TOKENS })
              own = answer.said.join()
              return { decoding: (PEBBLE_TOKENS - 1) / answer.decoding }
            },
            memory: () => bed.memory,
            notes: () => (own === said ? 'the same tokens' : 'OTHER tokens'),
            close: () => bed.close(),
          }
        },
      ])
  }

  async train(): Promise<void> {
    const { model, threads, train } = this.#options
    if (!model) return this.#miss('training of 270M', 'needs --model DIR, a folder of Gemma 3 270M')
    const supervised = train - 1
    const files = modelFiles(model)
    const python = await interpreter()
    if ('reason' in python) this.#miss('PyTorch + PEFT', python.reason)
    const ours = (of: 'bf16' | 'int4', count: number) => () =>
      this.#ours(
        of,
        {
          files,
          threads: count,
          positions: 0,
          train,
          supervised,
          quantization: of === 'bf16' ? null : of,
        },
        (own, round) => own.step(round + 1, train),
      )
    const most = Math.max(...threads)
    await this.#beside(
      `270M, a step of ${train} tokens, ${supervised} learnt, LoRA r = 8 on all projections`,
      [
        ...[...threads].sort((a, b) => b - a).map((count) => ours('bf16', count)),
        ours('int4', most),
        ...('reason' in python
          ? []
          : threads.map((count) => async (): Promise<Contender> => {
              const own = await Pytorch.open(python.python, {
                tokens: train,
                supervised: train,
                threads: count,
              })
              return {
                name: `${own.name}, weights of its own`,
                threads: count,
                round: () => own.step(train),
                memory: () => own.memory,
                notes: () => '',
                close: () => own.close(),
              }
            })),
      ],
    )
  }

  /** Opens contenders of one work, has them take turns, and closes them. The first is ours, and over all the others. */
  async #beside(work: string, open: readonly (() => Promise<Contender>)[]): Promise<void> {
    const { minutes } = this.#options
    if (performance.now() - this.#began > minutes * 60_000)
      return this.#miss(work, `${minutes} minutes were over; --minutes gives more`)
    const contenders: Contender[] = []
    const failed = (what: string, error: unknown) =>
      this.#miss(what, String(error instanceof Error ? error.message : error).split('\n')[0]!)
    try {
      for (const one of open)
        await one().then(
          (made) => contenders.push(made),
          (error) => failed(work, error),
        )
      const found = await byTurns(work, contenders, this.#options.rounds, failed, MemoryWatch.around)
      this.measured.push(...found)
      for (const one of found)
        this.#tell(
          `${work}: ${one.name}, ${one.threads}: ${one.figure} ${one.rates.map((r) => r.toFixed(1)).join(' ')}`,
        )
      this.#compare(found)
      this.#save()
    } finally {
      for (const one of contenders) await one.close()
    }
  }

  /** Ours over each other at as many threads, and over itself with fewer. */
  #compare(found: readonly Measured[]): void {
    const own = found.filter(({ name }) => name.startsWith('Lapidary'))
    for (const ours of own)
      for (const other of found) {
        if (other.figure !== ours.figure || other === ours) continue
        const sameThreads = other.threads === ours.threads && !own.includes(other)
        const fewer = other.name === ours.name && other.threads < ours.threads
        if (sameThreads || fewer) this.ratios.push(ratioOf(ours, other))
      }
  }

  async #ours(
    held: string,
    options: Partial<OursOptions> & { files: readonly string[]; threads: number; positions: number },
    round: (own: Ours, round: number) => Promise<Record<string, number>>,
  ): Promise<Contender> {
    const bed = await this.#bed()
    const whole = { train: 0, supervised: 0, quantization: null, origin: this.#pages.origin, ...options }
    const own = await openIn(bed, () => Ours.open(bed, whole))
    const { opening, products } = own.opened
    return {
      name: `Lapidary, ${held}`,
      threads: options.threads,
      round: (index) => round(own, index),
      memory: () => bed.memory,
      notes: () =>
        [
          `opened in ${opening.toFixed(1)} s`,
          `products ${products}`,
          ...(own.losses.length ? [`losses ${own.losses.join(' ')}`] : []),
          ...(own.said.length ? [`said ${own.said.slice(0, 5).join(' ')}`] : []),
        ].join(', '),
      close: () => bed.close(),
    }
  }

  async #bed(): Promise<Bed> {
    const bed = await Bed.open(this.#pages.origin)
    this.runtime ||= await bed.agent()
    return bed
  }

  #miss(what: string, why: string): void {
    this.missing.push({ what, why })
    this.#tell(`${what}: not measured, ${why}`)
  }
}

/** What is opened in a browser, which goes where that fails. */
async function openIn<T>(bed: Bed, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    await bed.close()
    throw error
  }
}
