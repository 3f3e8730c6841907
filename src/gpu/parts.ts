/** Bytes from slot to slot: what WebGPU wants dynamic offsets to be multiples of. */
const STRIDE = 256
/** Different parts of dispatches in one submit. Most submits hold two that are not whole: where it begins and where it ends. */
const SLOTS = 64
/** As a last step: all there are. */
const TO_THE_END = 0xffffffff

/** Bytes of the table. */
export const PARTS_BYTES = SLOTS * STRIDE

/** Dynamic offset of the slot for a dispatch that is not cut. */
export const WHOLE_OFFSET = 0

/**
 * Which parts of dispatches one submit holds, as the uniform `slice` tells kernels. The table is written again before each submit:
 * the queue works in order, so what an earlier submit reads has been read by then, and no number of parts that a run comes to is
 * too many. A submit that has no slot left is closed, and the next one begins with an empty table.
 */
export class Parts {
  readonly #queue: GPUQueue
  readonly #buffer: GPUBuffer
  readonly #words: number[] = []
  readonly #slotOf = new Map<string, number>()

  constructor(queue: GPUQueue, buffer: GPUBuffer) {
    this.#queue = queue
    this.#buffer = buffer
  }

  /** Writes the slot of whole dispatches, which never changes. */
  static begin(queue: GPUQueue, buffer: GPUBuffer): void {
    queue.writeBuffer(buffer, 0, new Uint32Array([0, 0, TO_THE_END, 0]))
  }

  /**
   * Dynamic offset of the slot for a part that begins at this row of workgroups and this step, and ends before the step `end`.
   * Null: no slot is left.
   * @param end null: with the last step
   */
  offset(row: number, step: number, end: number | null): number | null {
    if (row === 0 && step === 0 && end === null) return WHOLE_OFFSET
    const key = `${row} ${step} ${end}`
    const known = this.#slotOf.get(key)
    if (known !== undefined) return known * STRIDE
    const slot = 1 + this.#slotOf.size
    if (slot >= SLOTS) return null
    this.#slotOf.set(key, slot)
    this.#words.push(row, step, end ?? TO_THE_END, 0)
    return slot * STRIDE
  }

  /** Queues the table; the submit that goes by it has to come next. */
  write(): void {
    const count = this.#slotOf.size
    if (count === 0) return
    const words = new Uint32Array((count * STRIDE) / 4)
    for (let i = 0; i < count; i++) words.set(this.#words.slice(i * 4, i * 4 + 4), (i * STRIDE) / 4)
    this.#queue.writeBuffer(this.#buffer, STRIDE, words)
  }
}
