import { BLOCK_BYTES, isBlocked, storedBytes } from '../lib/storage.ts'
import { STORAGE_OF } from '../model/storage.ts'
import { blockedElements, hostSize, type StoredElements, storedElements, widenInto } from '../model/stored.ts'
import type { ModelTensor } from '../model/tensors.ts'
import type { WeightSource } from '../protocol/model.ts'
import type { StoredMatrix } from './simd/stored-matrix.ts'

/** Bytes of a tensor that are read at a time into a place of their own. */
const PIECE = 2 ** 22

/** A matrix on the host, as it is stored. */
export class HostMatrix {
  readonly rows: number
  readonly cols: number
  readonly #elements: StoredElements

  constructor(rows: number, cols: number, elements: StoredElements) {
    this.rows = rows
    this.cols = cols
    this.#elements = elements
  }

  get bytes(): number {
    return hostSize(this.#elements.type, this.#elements.data.length)
  }

  /** A row as f32, into `out` from `at` on. */
  widen(row: number, out: Float32Array<ArrayBuffer>, at: number): void {
    widenInto(this.#elements, row * this.cols, out, at, this.cols)
  }

  widenAll(out: Float32Array<ArrayBuffer>): void {
    widenInto(this.#elements, 0, out, 0, out.length)
  }

  values(): Float32Array<ArrayBuffer> {
    const out = new Float32Array(this.rows * this.cols)
    this.widenAll(out)
    return out
  }
}

/** Reads tensors of a source piece by piece. */
export class TensorReader {
  readonly #source: WeightSource
  readonly #signal: AbortSignal | undefined
  /** What is read is taken at once. */
  #scratch: Uint8Array<ArrayBuffer> | null = null

  constructor(source: WeightSource, signal?: AbortSignal) {
    this.#source = source
    this.#signal = signal
  }

  /** @param into memory for its elements, see `hostSize`; by default what the source gives */
  async host({ name, shape }: ModelTensor, into?: Uint8Array): Promise<HostMatrix> {
    const { dtype } = this.#source.tensors.get(name)!
    const [rows, cols] = shape.length === 1 ? [1, shape[0]] : shape
    const size = storedBytes(STORAGE_OF[dtype], rows * cols)
    if (isBlocked(dtype)) {
      const { elements, fill } = blockedElements(dtype, rows * cols, into)
      await this.#pieces(name, size, PIECE - (PIECE % BLOCK_BYTES[dtype]), fill)
      return new HostMatrix(rows, cols, elements)
    }
    if (into) await this.#pieces(name, size, PIECE, (at, bytes) => into.set(bytes, at))
    this.#signal?.throwIfAborted()
    const bytes = into ?? (await this.#source.read(name, 0, size, this.#signal))
    return new HostMatrix(rows, cols, storedElements(bytes, dtype))
  }

  async rows({ name }: ModelTensor, into: StoredMatrix): Promise<void> {
    const { rowBytes, rows } = into
    const piece = Math.max(1, Math.floor(PIECE / rowBytes)) * rowBytes
    await this.#pieces(name, rows * rowBytes, piece, (at, bytes) => into.write(at / rowBytes, bytes))
  }

  async #pieces(name: string, size: number, piece: number, take: (at: number, bytes: Uint8Array) => void) {
    for (let at = 0; at < size; at += piece) {
      this.#signal?.throwIfAborted()
      this.#scratch ??= new Uint8Array(PIECE)
      take(at, await this.#source.read(name, at, Math.min(size, at + piece), this.#signal, this.#scratch))
    }
  }
}
