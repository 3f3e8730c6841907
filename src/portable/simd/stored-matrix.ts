import { BLOCK_BYTES, isBlocked } from '../../lib/storage.ts'
import { blockedElements, hostSize, nibbleSteps, unpackNibbles, widenInto } from '../../model/stored.ts'
import type { WeightType } from '../../protocol/model.ts'
import { GROUP, type MatrixPlace } from './matrices.ts'

/** A matrix in the memory of products: filled piece by piece, read by rows. */
export class StoredMatrix {
  readonly rows: number
  readonly cols: number
  readonly #memory: WebAssembly.Memory
  readonly #place: MatrixPlace
  readonly #type: WeightType

  constructor(memory: WebAssembly.Memory, place: MatrixPlace, type: WeightType) {
    this.#memory = memory
    this.#place = place
    this.#type = type
    this.rows = place.rows
    this.cols = place.cols
  }

  /** Bytes of a row as files have it. */
  get rowBytes(): number {
    const { cols } = this
    return isBlocked(this.#type) ? (cols / GROUP) * BLOCK_BYTES[this.#type] : hostSize(this.#type, cols)
  }

  /** Whole rows from `row` on, as files have them. */
  write(row: number, bytes: Uint8Array): void {
    const { at, stride, scales, scaleStride } = this.#place
    const { buffer } = this.#memory
    const count = bytes.length / this.rowBytes
    if (this.#place.type === 'nibbles') {
      const own = new Uint8Array(buffer, at + row * stride, count * stride)
      const shared = new Float32Array(buffer, scales + row * scaleStride, (count * scaleStride) / 4)
      unpackNibbles(bytes, own, shared)
      return
    }
    if (isBlocked(this.#type)) {
      const { elements, fill } = blockedElements(this.#type, count * this.cols)
      fill(0, bytes)
      if (!('scales' in elements)) return
      // Rows of blocks are a whole number of groups, and of units: nothing is between them.
      if (stride !== this.cols) throw new Error(`rows of ${this.cols} in blocks`)
      new Int8Array(buffer, at + row * stride, count * stride).set(elements.data)
      new Float32Array(buffer, scales + row * scaleStride, (count * scaleStride) / 4).set(elements.scales)
      return
    }
    const own = new Uint8Array(buffer, at + row * stride, count * stride)
    const { rowBytes } = this
    if (rowBytes === stride) own.set(bytes)
    else for (let i = 0; i < count; i++) own.set(bytes.subarray(i * rowBytes, (i + 1) * rowBytes), i * stride)
  }

  /** A row as f32, into `out` from `to` on. */
  widen(row: number, out: Float32Array<ArrayBuffer>, to: number): void {
    const { at, stride, scales, scaleStride, cols } = this.#place
    const { buffer } = this.#memory
    const from = at + row * stride
    if (isBlocked(this.#type)) {
      const nibbles = this.#place.type === 'nibbles'
      const elements = {
        type: this.#type,
        data: nibbles ? nibbleSteps(new Uint8Array(buffer, from, stride)) : new Int8Array(buffer, from, cols),
        scales: new Float32Array(buffer, scales + row * scaleStride, cols / GROUP),
      }
      widenInto(elements, 0, out, to, cols)
    } else {
      const data =
        this.#type === 'F32' ? new Float32Array(buffer, from, cols) : new Uint16Array(buffer, from, cols)
      widenInto({ type: this.#type, data }, 0, out, to, cols)
    }
  }
}
