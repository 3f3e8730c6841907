import { blobSource } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import { quantisedWeights } from '../../src/model/quantised-weights.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import { openBackend } from '../../src/portable/backend.ts'
import { PRODUCTS } from '../../src/portable/choices-made.ts'
import { PortableEngine } from '../../src/portable/portable-engine.ts'
import { type Batch, IGNORE } from '../../src/protocol/batch.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { readConfig } from '../../src/workers/library.ts'
import { modelFolderOf } from '../../src/workers/model-files.ts'
import { scalars } from '../model.ts'
import type { Answered, Asked, Opened, Stepped } from './types.ts'

let engine: PortableEngine
let batch: Batch

async function open(asked: Asked & { kind: 'open' }): Promise<Opened> {
  const files = await modelFolderOf(new Map(asked.files.map((file) => [file.name, blobSource(file)])))
  const config = await readConfig(files)
  const stored = resolveWeights(config, await openWeights(files))
  const { quantization, threads, train, supervised } = asked
  const weights = quantization ? quantisedWeights(config, stored, quantization) : stored
  const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear' } })
  engine = new PortableEngine(await openBackend({ threads, wasmPaths: asked.wasmPaths }))
  const began = performance.now()
  const request = {
    model: config,
    stored: storedTypes(weights),
    lora,
    maxTokens: Math.max(64, train),
    maxSupervised: Math.max(32, supervised),
    recompute: 'auto' as const,
    decode: asked.positions > 0 ? { sequences: 1, positions: asked.positions } : null,
  }
  await engine.load({ config, weights }, request, { seed: 1 })
  batch = batchOf(train, supervised, config.vocabSize)
  const { device, choices, liveBytes } = engine.describe()
  return {
    device,
    products: choices[PRODUCTS]!,
    opening: (performance.now() - began) / 1000,
    liveBytes,
  }
}

/** One segment, the last `supervised` of its rows learnt. */
function batchOf(tokens: number, supervised: number, words: number): Batch {
  const word = (t: number) => (t === 0 ? 2 : (1000 + t * 7919) % words)
  const first = tokens - supervised
  return {
    tokens: Uint32Array.from({ length: tokens }, (_, t) => word(t)),
    positions: Uint32Array.from({ length: tokens }, (_, t) => t),
    segmentStart: new Uint32Array(tokens),
    labels: Int32Array.from({ length: tokens }, (_, t) => (t < first ? IGNORE : word(t + 1))),
    supervisedRows: Uint32Array.from({ length: supervised }, (_, n) => first + n),
  }
}

async function answer({ prompt, tokens }: Asked & { kind: 'answer' }): Promise<Answered> {
  const options = {
    maxNewTokens: tokens,
    temperature: 0,
    topK: 0,
    topP: 1,
    seed: 1,
    stopTokens: [],
    adapter: 'off' as const,
  }
  const began = performance.now()
  let first = 0
  const said: number[] = []
  for await (const { token } of engine.generate([Uint32Array.from(prompt)], options)) {
    first ||= performance.now()
    said.push(token)
  }
  return { reading: (first - began) / 1000, decoding: (performance.now() - first) / 1000, said }
}

async function step({ step }: Asked & { kind: 'step' }): Promise<Stepped> {
  const began = performance.now()
  const { loss } = await engine.step([batch], scalars(step))
  return { seconds: (performance.now() - began) / 1000, loss }
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const told = data.kind === 'open' ? open(data) : data.kind === 'answer' ? answer(data) : step(data)
  told.then(
    (result) => self.postMessage({ result }),
    (error: unknown) => self.postMessage({ error: String(error) }),
  )
}
