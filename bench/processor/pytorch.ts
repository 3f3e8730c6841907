import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { ROOT } from '../../cli/build.ts'
import { MemoryWatch } from './browser.ts'
import type { Round } from './types.ts'

interface Turn {
  milliseconds: number
  loss: number
}

/** PyTorch with PEFT in f32, a step whenever it is asked for one. */
export class Pytorch {
  readonly name: string
  readonly losses: number[] = []
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #reader: Interface
  readonly #memory: MemoryWatch

  private constructor(
    name: string,
    child: ChildProcess,
    reader: Interface,
    lines: AsyncIterator<string>,
    memory: MemoryWatch,
  ) {
    this.name = name
    this.#child = child
    this.#reader = reader
    this.#lines = lines
    this.#memory = memory
  }

  /** @throws Error with what it says, where it does not start */
  static async open(
    python: string,
    { tokens, supervised, threads }: { tokens: number; supervised: number; threads: number },
  ): Promise<Pytorch> {
    const script = join(ROOT, 'peers', 'bench_lora_step.py')
    const size = [
      '--shape',
      '270m',
      '--tokens',
      `${tokens}`,
      '--supervised',
      `${supervised}`,
      '--segments',
      '1',
    ]
    const run = ['--dtypes', 'f32', '--device', 'cpu', '--turns']
    const child = spawn(python, [script, ...size, ...run], {
      env: { ...process.env, OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (data) => (said += data))
    const reader = createInterface({ input: child.stdout })
    const lines = reader[Symbol.asyncIterator]()
    const memory = new MemoryWatch(() => [child.pid!])
    const { value, done } = await lines.next()
    if (done) {
      memory.end()
      throw new Error(said.trim().split('\n').at(-1) || 'it did not start')
    }
    const { torch, lora } = JSON.parse(value) as { torch: string; lora: string }
    return new Pytorch(`PyTorch ${torch} + ${lora}, f32`, child, reader, lines, memory)
  }

  get memory(): number | null {
    return this.#memory.most
  }

  async step(tokens: number): Promise<Round> {
    this.#child.stdin!.write('\n')
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('PyTorch ended')
    const { milliseconds, loss } = JSON.parse(value) as Turn
    this.losses.push(loss)
    return { training: (tokens / milliseconds) * 1000 }
  }

  async close(): Promise<void> {
    this.#memory.end()
    this.#reader.close()
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin!.end()
    this.#child.kill()
    await ended
  }
}
