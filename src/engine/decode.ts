import type { Dims } from '../gpu/kernel.ts'
import type { Slicer } from '../gpu/slicer.ts'
import type { GeneratedToken, GenerateOptions } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { DecodeParts } from './decode-tapes.ts'
import { Readbacks } from './readback.ts'
import type { Session } from './session.ts'

/** Steps queued before the oldest one's tokens are looked at. */
const IN_FLIGHT = 4

/** What decoding runs on. */
export interface Decoder {
  session: Session
  slicer: Slicer
  /** Runs a piece of work when the engine is free. */
  enqueue<T>(task: () => Promise<T>): Promise<T>
  signal?: AbortSignal | undefined
}

/** Prompts that are decoded side by side. */
interface Group {
  decode: DecodeParts
  prompts: readonly Uint32Array[]
  options: GenerateOptions
  readbacks: Readbacks
}

/**
 * Decodes prompts side by side, as many at a time as the plan has sequences. Each drawn token goes back into the model on
 * the device; the host reads tokens a few steps behind.
 */
export async function* generate(
  decoder: Decoder,
  prompts: readonly Uint32Array[],
  options: GenerateOptions,
): AsyncGenerator<GeneratedToken> {
  const { session } = decoder
  const { decode } = session.plan
  if (!decode) throw new Error('no decoding was planned')
  prompts.forEach((prompt, i) => {
    if (prompt.length > 0 && prompt.length < decode.positions) return
    fail(
      'bad_data',
      prompt.length === 0
        ? `Prompt ${i + 1} is empty.`
        : `Prompt ${i + 1} has ${prompt.length} tokens; there is room for ${decode.positions - 1}.`,
      'Shorten the prompt.',
      { prompt: i, tokens: prompt.length },
    )
  })
  const readbacks = new Readbacks(session.gpu, Math.max(16, decode.sequences * 4))
  try {
    for (let first = 0; first < prompts.length; first += decode.sequences) {
      const group = { decode, prompts: prompts.slice(first, first + decode.sequences), options, readbacks }
      for await (const out of generateGroup(decoder, group)) yield { ...out, prompt: first + out.prompt }
    }
  } finally {
    readbacks.dispose()
  }
}

async function* generateGroup(decoder: Decoder, group: Group): AsyncGenerator<GeneratedToken> {
  const { session, slicer, signal } = decoder
  const { decode, prompts, options, readbacks } = group
  const adapter = options.adapter === 'off' ? 0 : 1
  await decoder.enqueue(() => prefill(decoder, group, adapter))
  const live: Dims = { tokens: prompts.length, supervised: 0, sequences: prompts.length }
  const scalars = {
    ...live,
    adapter,
    seed: options.seed,
    temperature: options.temperature,
    top_k: options.topK,
    top_p: options.topP,
  }
  const room = prompts.map((p) => Math.min(options.maxNewTokens, decode.positions - p.length))
  const steps = Math.max(...room)
  const produced = prompts.map(() => 0)
  const done = prompts.map(() => false)
  const pending: Promise<{ tokens: Promise<ArrayBuffer> }>[] = []
  const queue = () =>
    decoder.enqueue(async () => {
      session.context.writeScalars(scalars)
      await (await session.program('decode')).run(live, slicer, signal)
      return { tokens: readbacks.read(session.buffer(decode.state.tokens), prompts.length * 4) }
    })
  try {
    for (let queued = 0, read = 0; read < steps && !done.every(Boolean); read++) {
      for (; queued < steps && pending.length < IN_FLIGHT; queued++) pending.push(queue())
      const { tokens } = await pending.shift()!
      const ids = new Uint32Array(await tokens)
      for (const [prompt, token] of ids.entries()) {
        if (done[prompt]) continue
        produced[prompt]!++
        const stop = options.stopTokens.includes(token)
        done[prompt] = stop || produced[prompt] === room[prompt]
        yield { prompt, token, ...(stop ? { finish: 'stop' } : done[prompt] ? { finish: 'length' } : {}) }
      }
    }
  } finally {
    // What is still under way must have let go of its read-back before that is destroyed.
    for (const step of pending) await step.then(({ tokens }) => tokens).catch(() => {})
  }
}

/** Fills the caches with all but each prompt's last token, which is what decoding begins with. */
async function prefill(
  { session, slicer, signal }: Decoder,
  { decode, prompts }: Group,
  adapter: number,
): Promise<void> {
  const { state, stream } = decode
  session.write(
    state.tokens,
    Uint32Array.from(prompts, (p) => p.at(-1)!),
  )
  session.write(
    state.positions,
    Uint32Array.from(prompts, (p) => p.length - 1),
  )
  session.write(
    state.sequenceOf,
    Uint32Array.from(prompts, (_, i) => i),
  )
  let rows: { token: number; position: number; start: number; sequence: number }[] = []
  const flush = async () => {
    if (rows.length === 0) return
    session.write(
      stream.tokens,
      Uint32Array.from(rows, (r) => r.token),
    )
    session.write(
      stream.positions,
      Uint32Array.from(rows, (r) => r.position),
    )
    session.write(
      stream.segmentStart,
      Uint32Array.from(rows, (r) => r.start),
    )
    session.write(
      stream.sequenceOf,
      Uint32Array.from(rows, (r) => r.sequence),
    )
    const live: Dims = { tokens: rows.length, supervised: 0, sequences: prompts.length }
    session.context.writeScalars({ ...live, adapter })
    await (await session.program('prefill')).run(live, slicer, signal)
    rows = []
  }
  for (const [sequence, prompt] of prompts.entries()) {
    const head = prompt.subarray(0, -1)
    if (rows.length + head.length > decode.prefillCapacity.tokens) await flush()
    const start = rows.length
    head.forEach((token, position) => {
      rows.push({ token, position, start, sequence })
    })
  }
  await flush()
}
