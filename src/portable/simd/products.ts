import { Worker } from '../../protocol/worker.ts'
import type { AttentionPlace } from './attention-place.ts'
import { Hand, MOST_JOBS } from './crew.ts'
import { type Kernels, ROWS } from './kernels.ts'
import { BLOCK, roundUp } from './layout.ts'
import { type MatrixShape, operandWidth, type ProductsLayout } from './matrices.ts'
import { FEW, type PlacedProduct, type Product } from './multiplier.ts'
import { StoredMatrix } from './stored-matrix.ts'
import type { Task } from './tasks.ts'
import { begun } from './thread-stopped.ts'

const PAGE = 65_536

/** A worker that serves; it ends with `terminate`. */
export interface CrewPort {
  postMessage(message: unknown): void
  onmessage: ((event: { data: unknown }) => void) | null
  onerror: ((event: { message?: string }) => void) | null
  terminate(): void
}

export type OpenCrewPort = () => CrewPort

/** A worker of this build. */
const openWorker: OpenCrewPort = () =>
  new Worker(new URL('./crew.worker.ts', import.meta.url), {
    type: 'module',
    name: 'crew',
  }) as unknown as CrewPort

export interface ProductsOptions {
  threads: number
  fma: boolean
  /** Of the memory, where others have places behind the products'. */
  end?: number
  /** Where attention over whole batches has its places, if it has any. */
  attention?: AttentionPlace | null
  openPort?: OpenCrewPort
  /** See `Hand.await`; by default a minute. */
  patience?: number
}

/** Matrices at their stored width, in one memory that threads share, and products with them. */
export class Products {
  readonly layout: ProductsLayout
  readonly matrices: StoredMatrix[]
  readonly fma: boolean
  readonly memory: WebAssembly.Memory
  readonly #own: Hand
  readonly #patience: number | undefined
  #ports: CrewPort[] = []

  private constructor(
    shapes: readonly MatrixShape[],
    layout: ProductsLayout,
    { end, threads, fma, attention = null, patience }: ProductsOptions & { end: number },
  ) {
    this.fma = fma
    this.#patience = patience
    this.layout = layout
    const pages = Math.ceil(end / PAGE)
    this.memory = new WebAssembly.Memory(
      threads > 1 ? { initial: pages, maximum: pages, shared: true } : { initial: pages },
    )
    this.matrices = this.layout.matrices.map(
      (place, i) => new StoredMatrix(this.memory, place, shapes[i]!.type),
    )
    this.#own = new Hand({ layout: this.layout, attention, memory: this.memory, fma, thread: 0 })
  }

  /**
   * Threads that cannot begin are done without: the results are the same.
   * @throws RangeError where the memory is not given
   */
  static async open(
    shapes: readonly MatrixShape[],
    layout: ProductsLayout,
    options: ProductsOptions,
  ): Promise<Products> {
    const made = new Products(shapes, layout, { end: layout.end, ...options })
    await made.#open(options).catch(() => made.dispose())
    return made
  }

  /** Of its memory. */
  get bytes(): number {
    return this.memory.buffer.byteLength
  }

  /** What computes in this thread. */
  get kernels(): Kernels {
    return this.#own.multiplier.kernels
  }

  /** Threads beside this one. */
  get others(): number {
    return this.#ports.length
  }

  floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer, at, count)
  }

  /**
   * y [rows, out] = x Wᵀ, or (`backward`) [rows, in] = x W.
   * @param x [rows, in] or [rows, out], row by row
   */
  multiply(matrix: number, x: Float32Array, y: Float32Array, rows: number, backward = false): void {
    const { rows: out, cols } = this.layout.matrices[matrix]!
    const [from, to] = backward ? [out, cols] : [cols, out]
    const [xWidth, yWidth] = [operandWidth(from), operandWidth(to)]
    for (let first = 0; first < rows; first += BLOCK) {
      const count = Math.min(BLOCK, rows - first)
      const { input, output } = this.layout
      this.#take(input, x.subarray(first * from, (first + count) * from), from, xWidth, count)
      const mode = backward ? 'backward' : count <= FEW ? 'rows' : 'forward'
      const strides = { xStride: xWidth * 4, yStride: yWidth * 4 }
      if (mode !== 'rows') this.#own.multiplier.pack(input, strides.xStride, count, from)
      this.run([{ matrix, mode, x: input, y: output, rows: count, ...strides }])
      const got = this.floats(output, count * yWidth)
      if (to === yWidth) y.set(got, first * to)
      else
        for (let row = 0; row < count; row++)
          y.set(got.subarray(row * yWidth, row * yWidth + to), (first + row) * to)
    }
  }

  /** `rows` rows at an address as `run` takes them for products of many. */
  pack(x: number, stride: number, rows: number, depth: number): void {
    this.#own.multiplier.pack(x, stride, rows, depth)
  }

  /**
   * Products that do not need one another's results; of many rows, those that were packed last.
   * @param alone whether this thread computes them by itself: of small ones it takes longer to tell the others
   */
  run(products: readonly Product[], alone = false): void {
    const tasks = products.map((product): Task => ({ kind: 'product', ...this.placed(product) }))
    if (alone || this.others === 0) this.#own.alone(tasks)
    else this.tasks(tasks)
  }

  placed(product: Product): PlacedProduct {
    return this.#own.multiplier.placed(product)
  }

  /**
   * Tasks that do not need one another's results, as many as there are.
   * @throws LapidaryError `internal` where a thread has stopped meanwhile: from then on this one does all
   */
  tasks(tasks: readonly Task[]): void {
    try {
      for (let from = 0; from < tasks.length; from += MOST_JOBS) {
        const parts = this.#own.announce(tasks.slice(from, from + MOST_JOBS))
        this.#own.work()
        this.#own.await(parts, this.#patience)
      }
    } catch (error) {
      // Whoever is left may hold a part of what has failed.
      this.dispose()
      this.#own.forget()
      throw error
    }
  }

  dispose(): void {
    for (const port of this.#ports) port.terminate()
    this.#ports = []
  }

  /** Rows with zeros behind them, and rows of zeros up to a panel. */
  #take(at: number, x: Float32Array, width: number, stride: number, rows: number): void {
    const own = this.floats(at, roundUp(rows, ROWS) * stride)
    if (width === stride) own.set(x)
    else {
      own.fill(0)
      for (let row = 0; row < rows; row++) own.set(x.subarray(row * width, (row + 1) * width), row * stride)
    }
    own.fill(0, rows * stride)
  }

  async #open({ threads, fma, attention = null, openPort = openWorker }: ProductsOptions): Promise<void> {
    const opened: Promise<void>[] = []
    for (let thread = 1; thread < threads; thread++) {
      const port = openPort()
      this.#ports.push(port)
      opened.push(
        new Promise((resolve, reject) => {
          port.onmessage = () => resolve()
          port.onerror = ({ message }) => reject(new Error(message ?? 'a thread does not start'))
        }),
      )
      port.postMessage({ layout: this.layout, attention, memory: this.memory, fma, thread })
    }
    await begun(Promise.all(opened))
  }
}
