import * as wasm from 'onnxruntime-web/wasm'
import * as webgpu from 'onnxruntime-web/webgpu'
import type { ModelConfig } from '../src/protocol/model.ts'
import type { DecodePlan, MeasuredStep } from './measured.ts'
import { decodeWhat } from './model.ts'
import { cachesOf, onnxGreedy } from './onnx-greedy.ts'
import { onnxModel } from './onnx-model.ts'
import type { Bench } from './session.ts'
import { summary } from './timer.ts'

/** A build for each: that for WebGPU can pause its WebAssembly, which is much slower where it computes itself. */
const BUILDS = { wasm, webgpu }

/** Greedy decoding by ONNX Runtime Web, which Transformers.js runs on: on one thread of WebAssembly, and on WebGPU. */
export async function onnxDecode(bench: Bench, ours: MeasuredStep): Promise<void> {
  if (!ours.decode) return
  for (const { env } of Object.values(BUILDS)) {
    env.wasm.wasmPaths = '/ort/'
    env.wasm.numThreads = 1
    env.logLevel = 'error'
  }
  const model = await onnxModel(ours.source)
  for (const provider of ['wasm', 'webgpu'] as const) {
    const about = {
      what: decodeWhat(ours.model),
      peer: `ONNX Runtime Web ${wasm.env.versions.web ?? ''}, ${provider === 'wasm' ? 'WebAssembly' : 'WebGPU'}`,
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
  const session = await openSession(model, provider, config)
  const greedy = (count: number) => onnxGreedy(BUILDS[provider], session, config, plan.promptOf(0), count)
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

/** @param model of `onnxModel` */
function openSession(
  model: Uint8Array,
  provider: 'wasm' | 'webgpu',
  config: ModelConfig,
): Promise<webgpu.InferenceSession> {
  return BUILDS[provider].InferenceSession.create(model, {
    executionProviders: [provider],
    // What goes back into the next run stays where it is.
    ...(provider === 'webgpu'
      ? {
          preferredOutputLocation: Object.fromEntries(
            cachesOf(config).map((name) => [`present.${name}`, 'gpu-buffer' as const]),
          ),
        }
      : {}),
  })
}
