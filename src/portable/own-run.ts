import type { DecodeRow, DecodeRun, Decoder } from './decoder.ts'
import { OwnDecoder } from './own-decode.ts'
import type { OwnProducts } from './own-products.ts'

/**
 * Decoding in the caches of a model's own memory. There is one set of them: where another run has taken it meanwhile, this
 * one's tokens are read again. An adapter that changes is that of the tokens from there on.
 */
export class OwnRun implements DecodeRun {
  readonly #decoder: Decoder
  readonly #own: OwnProducts
  /** What each sequence has read, by slot. */
  readonly #tokens = new Map<number, number[]>()
  #rows: OwnDecoder | null = null

  constructor(decoder: Decoder, own: OwnProducts) {
    this.#decoder = decoder
    this.#own = own
  }

  async read(slot: number, tokens: Uint32Array, signal?: AbortSignal): Promise<void> {
    await this.#take(signal)
    const own: number[] = []
    this.#tokens.set(slot, own)
    await this.#feed(slot, [...tokens], signal)
    own.push(...tokens)
  }

  async step(rows: readonly DecodeRow[], signal?: AbortSignal): Promise<Float32Array[]> {
    const decoder = await this.#take(signal)
    await decoder.run(rows, () => this.#pause(signal))
    for (const { slot, token } of rows) this.#tokens.get(slot)!.push(token)
    return decoder.logits(rows.length)
  }

  forget(slot: number): void {
    this.#tokens.delete(slot)
  }

  async #take(signal?: AbortSignal): Promise<OwnDecoder> {
    const { config, weights, adapter, tables } = this.#decoder
    if (this.#rows && this.#own.user === this) {
      if (adapter) this.#rows.follow(adapter)
      return this.#rows
    }
    this.#own.user = this
    this.#rows = new OwnDecoder({ config, weights, own: this.#own, adapter, tables })
    for (const [slot, tokens] of this.#tokens) await this.#feed(slot, tokens, signal)
    return this.#rows
  }

  async #feed(slot: number, tokens: readonly number[], signal?: AbortSignal): Promise<void> {
    const { rows } = this.#rows!
    for (let from = 0; from < tokens.length; from += rows) {
      const block = tokens.slice(from, from + rows)
      await this.#rows!.run(
        block.map((token, i) => ({ token, position: from + i, slot })),
        () => this.#pause(signal),
      )
    }
  }

  async #pause(signal?: AbortSignal): Promise<void> {
    await this.#decoder.pause()
    signal?.throwIfAborted()
  }
}
