import * as ort from 'onnxruntime-web/webgpu'
import type { DecodePlan, MeasuredStep } from './measured.ts'
import { decodeWhat } from './model.ts'
import { onnxModel } from './onnx-model.ts'
import type { Bench } from './session.ts'
import { sharedSizes } from './shapes.ts'
import { summary } from './timer.ts'

const HIDDEN = -1e9

/** Greedy decoding by ONNX Runtime Web, which Transformers.js runs on: on one thread of WebAssembly, and on WebGPU. */
export async function onnxDecode(bench: Bench, ours: MeasuredStep): Promise<void> {
  if (!ours.decode) return
  ort.env.wasm.wasmPaths = '/ort/'
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  const model = await onnxModel(ours.source)
  for (const provider of ['wasm', 'webgpu'] as const) {
    const about = {
      what: decodeWhat(ours.model),
      peer: `ONNX Runtime Web ${ort.env.versions.web ?? ''}, ${provider === 'wasm' ? 'WebAssembly' : 'WebGPU'}`,
      where: provider === 'wasm' ? 'processor, 1 thread' : bench.adapter,
      unit: 'tokens/s' as const,
    }
    try {
      const seconds = await measure(model, provider, ours, ours.decode)
      bench.compared.push({ ...about, seconds, rate: 1 / seconds, note: 'plain operators; the same tokens' })
    } catch (error) {
      const note = String((error as Error).message).split('\n')[0]!
      bench.skip(`decoding with ${about.peer}`, note)
      bench.compared.push({ ...about, seconds: null, rate: null, note })
    }
  }
}

async function measure(
  model: Uint8Array,
  provider: 'wasm' | 'webgpu',
  ours: MeasuredStep,
  plan: DecodePlan,
): Promise<number> {
  const { config } = ours.source
  const { headDim } = sharedSizes(config)
  const caches = config.layers.flatMap((_, layer) => ['key', 'value'].map((what) => `${layer}.${what}`))
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [provider],
    // What goes back into the next run stays where it is.
    ...(provider === 'webgpu'
      ? {
          preferredOutputLocation: Object.fromEntries(
            caches.map((name) => [`present.${name}`, 'gpu-buffer' as const]),
          ),
        }
      : {}),
  })
  const window = config.layers.find((layer) => layer.window !== null)?.window ?? null
  const greedy = async (count: number): Promise<number[]> => {
    let fresh = [...plan.promptOf(0)]
    let past: Record<string, ort.Tensor> = Object.fromEntries(
      caches.map((name) => [name, new ort.Tensor('float32', new Float32Array(0), [1, 1, 0, headDim])]),
    )
    const tokens: number[] = []
    for (let at = 0; tokens.length < count; ) {
      const feeds = inputs(fresh, at, window)
      for (const name of caches) feeds[`past_key_values.${name}`] = past[name]!
      const made = await session.run(feeds)
      for (const held of Object.values(past)) held.dispose()
      past = Object.fromEntries(caches.map((name) => [name, made[`present.${name}`]!]))
      const logits = (await made.logits!.getData()) as Float32Array
      at += fresh.length
      fresh = [highest(logits.subarray(logits.length - config.vocabSize))]
      tokens.push(fresh[0]!)
    }
    for (const held of Object.values(past)) held.dispose()
    return tokens
  }
  try {
    const tokens = await greedy(plan.many)
    if (tokens.join() !== plan.tokens.join())
      throw new Error(`it writes other tokens: ${tokens}, ours ${plan.tokens}`)
    const timed = async (count: number) => {
      const began = performance.now()
      await greedy(count)
      return (performance.now() - began) / 1000
    }
    const times: number[] = []
    for (let i = 0; i < 3; i++)
      times.push(((await timed(plan.many)) - (await timed(plan.few))) / (plan.many - plan.few))
    return summary(times).seconds
  } finally {
    await session.release()
  }
}

function inputs(tokens: readonly number[], at: number, window: number | null): Record<string, ort.Tensor> {
  const [count, all] = [tokens.length, at + tokens.length]
  const whole = (values: readonly number[]) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, count])
  const mask = (reach: number | null) =>
    new ort.Tensor(
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
