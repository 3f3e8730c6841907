import type { GeneratedToken, GenerateOptions } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { DecodeRow, DecodeRun, Decoder } from './decoder.ts'
import { OwnRun } from './own-run.ts'
import { drawToken } from './sampling.ts'
import { TensorRun } from './tensor-decode.ts'

interface Sequence extends DecodeRow {
  /** Place among the prompts; in its group it is `slot`, the row that its draws are made for. */
  prompt: number
  left: number
}

/** Decodes prompts side by side, as many at a time as there is room for. */
export async function* generate(
  d: Decoder,
  prompts: readonly Uint32Array[],
  options: GenerateOptions,
  signal?: AbortSignal,
): AsyncGenerator<GeneratedToken> {
  prompts.forEach((prompt, i) => {
    if (prompt.length > 0 && prompt.length < d.room.positions) return
    fail(
      'bad_data',
      prompt.length === 0
        ? `Prompt ${i + 1} is empty.`
        : `Prompt ${i + 1} has ${prompt.length} tokens; there is room for ${d.room.positions - 1}.`,
      'Shorten the prompt.',
      { prompt: i, tokens: prompt.length },
    )
  })
  const run: DecodeRun = d.weights.own ? new OwnRun(d, d.weights.own) : new TensorRun(d)
  for (let first = 0; first < prompts.length; first += d.room.sequences) {
    const group = prompts.slice(first, first + d.room.sequences)
    let active: Sequence[] = []
    /** Those that have not ended. */
    const going = () => {
      for (const { slot, left } of active) if (left <= 0) run.forget(slot)
      return active.filter(({ left }) => left > 0)
    }
    try {
      for (const [slot, prompt] of group.entries()) {
        await d.enqueue(() => run.read(slot, prompt.subarray(0, -1), signal))
        active.push({
          prompt: first + slot,
          slot,
          token: prompt.at(-1)!,
          position: prompt.length - 1,
          left: Math.min(options.maxNewTokens, d.room.positions - prompt.length),
        })
      }
      active = going()
      while (active.length > 0) {
        const running = active
        const drawn = await d.enqueue(async () => {
          const logits = await run.step(running, signal)
          return running.map(({ position, slot }, i) => drawToken(logits[i]!, options, position, slot))
        })
        for (const [i, sequence] of running.entries()) {
          const token = drawn[i]!
          sequence.token = token
          sequence.position++
          sequence.left--
          const stop = options.stopTokens.includes(token)
          const finish = stop ? 'stop' : sequence.left === 0 ? 'length' : undefined
          if (finish) sequence.left = 0
          yield { prompt: sequence.prompt, token, ...(finish ? { finish } : {}) }
        }
        active = going()
      }
    } finally {
      for (const { slot } of active) run.forget(slot)
    }
  }
}
