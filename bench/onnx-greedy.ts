import type { InferenceSession, Tensor } from 'onnxruntime-web'
import type { ModelConfig } from '../src/protocol/model.ts'
import { sharedSizes } from './shapes.ts'

const HIDDEN = -1e9

/** The build of ONNX Runtime Web that made a session. */
interface Runtime {
  Tensor: typeof Tensor
}

export const cachesOf = ({ layers }: ModelConfig): string[] =>
  layers.flatMap((_, layer) => ['key', 'value'].map((what) => `${layer}.${what}`))

/** The likeliest tokens after a prompt, one after the other; `onFirst` is called when the first is there. */
export async function onnxGreedy(
  { Tensor }: Runtime,
  session: InferenceSession,
  config: ModelConfig,
  prompt: ArrayLike<number>,
  count: number,
  onFirst: () => void = () => {},
): Promise<number[]> {
  const { headDim } = sharedSizes(config)
  const caches = cachesOf(config)
  const window = config.layers.find((layer) => layer.window !== null)?.window ?? null
  let fresh = Array.from(prompt)
  let past: Record<string, Tensor> = Object.fromEntries(
    caches.map((name) => [name, new Tensor('float32', new Float32Array(0), [1, 1, 0, headDim])]),
  )
  const tokens: number[] = []
  for (let at = 0; tokens.length < count; ) {
    const feeds = inputs({ Tensor }, fresh, at, window)
    for (const name of caches) feeds[`past_key_values.${name}`] = past[name]!
    const made = await session.run(feeds)
    for (const held of Object.values(past)) held.dispose()
    past = Object.fromEntries(caches.map((name) => [name, made[`present.${name}`]!]))
    const logits = (await made.logits!.getData()) as Float32Array
    at += fresh.length
    fresh = [highest(logits.subarray(logits.length - config.vocabSize))]
    tokens.push(fresh[0]!)
    if (tokens.length === 1) onFirst()
  }
  for (const held of Object.values(past)) held.dispose()
  return tokens
}

function inputs(
  { Tensor }: Runtime,
  tokens: readonly number[],
  at: number,
  window: number | null,
): Record<string, Tensor> {
  const [count, all] = [tokens.length, at + tokens.length]
  const whole = (values: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), [1, count])
  const mask = (reach: number | null) =>
    new Tensor(
      'float32',
      Float32Array.from({ length: count * all }, (_, i) => {
        const back = at + Math.floor(i / all) - (i % all)
        return back >= 0 && (reach === null || back < reach) ? 0 : HIDDEN
      }),
      [1, 1, count, all],
    )
  return {
    input_ids: whole(tokens),
    position_ids: whole(tokens.map((_, i) => at + i)),
    mask_local: mask(window),
    mask_global: mask(null),
  }
}

function highest(values: Float32Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
