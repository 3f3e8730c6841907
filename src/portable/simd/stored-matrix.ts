import { f16ToF32 } from '../../files/bf16.ts'
import { BLOCK_BYTES, isBlocked } from '../../lib/storage.ts'
import { blockedElements, hostSize, widenInto } from '../../model/stored.ts'
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
        data: nibbles ? stepsOf(new Uint8Array(buffer, from, stride)) : new Int8Array(buffer, from, cols),
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

/** What makes a sign of the highest bit of a number that is eight more, twice in a byte. */
const SIGNS = 0x88

/** Blocks of Q4_0: their steps as they lie, two in a byte, and scales as f32. */
function unpackNibbles(blocks: Uint8Array, steps: Uint8Array, scales: Float32Array<ArrayBuffer>): void {
  const { Q4_0 } = BLOCK_BYTES
  const half = GROUP / 2
  const bits = new Uint16Array(scales.length)
  for (let block = 0; block < scales.length; block++) {
    const from = block * Q4_0
    bits[block] = blocks[from]! | (blocks[from + 1]! << 8)
    for (let i = 0; i < half; i++) steps[block * half + i] = blocks[from + 2 + i]! ^ SIGNS
  }
  f16ToF32(bits, scales)
}

function stepsOf(nibbles: Uint8Array): Int8Array {
  const half = GROUP / 2
  const steps = new Int8Array(2 * nibbles.length)
  for (const [i, byte] of nibbles.entries()) {
    const at = Math.floor(i / half) * GROUP + (i % half)
    steps[at] = (byte << 28) >> 28
    steps[at + half] = (byte << 24) >> 28
  }
  return steps
}
