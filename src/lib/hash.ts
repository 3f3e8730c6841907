import { sha256 } from '@noble/hashes/sha2.js'

/**
 * SHA-256 as lower-case hex. `crypto.subtle` is missing on plain http pages and hashes no streams, so streams go through
 * JavaScript; whole buffers take the quick way where there is one.
 */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const input = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
  return toHex(subtle ? new Uint8Array(await subtle.digest('SHA-256', input)) : sha256(input))
}

/** Hash of bytes that arrive in pieces. */
export class Sha256 {
  readonly #state = sha256.create()

  update(bytes: Uint8Array): this {
    this.#state.update(bytes)
    return this
  }

  /** Ends the hash; nothing can be added afterwards. */
  hex(): string {
    return toHex(this.#state.digest())
  }
}

/** Hash of a stream or of any series of pieces; `onBytes` hears of the bytes hashed so far. */
export async function sha256Stream(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<string> {
  const hash = new Sha256()
  let bytes = 0
  for await (const piece of pieces) {
    options.signal?.throwIfAborted()
    hash.update(piece)
    options.onBytes?.((bytes += piece.byteLength))
  }
  return hash.hex()
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
