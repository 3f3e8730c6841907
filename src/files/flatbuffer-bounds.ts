import { ByteBuffer } from 'flatbuffers'

let bounded = false

/**
 * Makes reading a FlatBuffer (the metadata of Arrow files) stop at lists that are longer than the bytes they lie in. The
 * library itself reads on outside, and a damaged file could keep it busy for minutes with a list of a thousand million
 * nothings.
 */
export function boundFlatBuffers(): void {
  if (bounded) return
  bounded = true
  const { prototype } = ByteBuffer
  const original = prototype.__vector_len
  prototype.__vector_len = function (this: ByteBuffer, offset: number): number {
    const length = original.call(this, offset)
    if (length < 0 || length > this.capacity()) throw new Error(`a list of ${length} at byte ${offset}`)
    return length
  }
}
