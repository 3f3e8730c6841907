import { blobSource, readJson } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { quantisedWeights } from '../../src/model/quantised-weights.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import { openBackend } from '../../src/portable/backend.ts'
import { PortableEngine } from '../../src/portable/portable-engine.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { scalars } from '../model.ts'
import type { DecodingRequest, DecodingResult } from './types.ts'

async function measure(asked: DecodingRequest): Promise<DecodingResult> {
  const { files, storage, threads, products, prompt, tokens, rounds } = asked
  const fetched = files.map(
    async ([name, url]) => [name, blobSource(await (await fetch(url)).blob())] as const,
  )
  const opened = new Map(await Promise.all(fetched))
  const config = readModelConfig(await readJson(opened.get('config.json')!, 'config.json'), {
    dtype: 'float32',
  })
  const plain = resolveWeights(config, await openWeights(opened))
  const weights = storage === 'bf16' ? plain : quantisedWeights(config, plain, storage)
  const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear' } })
  const engine = new PortableEngine(await openBackend({ threads, wasmPaths: asked.wasmPaths }))
  const began = performance.now()
  const trained = asked.train
  const request = {
    model: config,
    stored: storedTypes(weights),
    lora,
    maxTokens: Math.max(64, trained),
    maxSupervised: Math.max(32, trained / 2),
    recompute: 'auto' as const,
    decode: { sequences: 1, positions: prompt + tokens + 1 },
  }
  const choices: Record<string, string> = products ? { 'portable.products': products } : {}
  await engine.load({ config, weights }, request, { seed: 1, choices })
  const opening = (performance.now() - began) / 1000
  const result: DecodingResult = {
    ...engine.describe(),
    opening,
    reading: [],
    decoding: [],
    training: [],
    said: [],
  }
  const words = Uint32Array.from({ length: prompt }, (_, i) => (i === 0 ? 2 : 1000 + i * 7))
  const options = {
    maxNewTokens: tokens,
    temperature: 0,
    topK: 0,
    topP: 1,
    seed: 1,
    stopTokens: [],
    adapter: 'off' as const,
  }
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now()
    let first = 0
    const said: number[] = []
    for await (const { token } of engine.generate([words], options)) {
      first ||= performance.now()
      said.push(token)
    }
    // The first warms up.
    if (round === 0) continue
    result.said = said
    result.reading.push((prompt / (first - start)) * 1000)
    result.decoding.push(((said.length - 1) / (performance.now() - first)) * 1000)
  }
  if (trained > 0) {
    const batch = batchOf({
      tokens: Array.from({ length: trained }, (_, i) => (i === 0 ? 2 : 1000 + i * 7)),
      positions: Array.from({ length: trained }, (_, i) => i),
      segmentStart: new Array(trained).fill(0),
      labels: Array.from({ length: trained }, (_, i) => (i < trained / 2 ? -100 : 1007 + i * 7)),
      supervisedRows: Array.from({ length: trained / 2 }, (_, i) => trained / 2 + i),
    })
    for (let step = 1; step <= rounds + 1; step++) {
      const start = performance.now()
      await engine.step([batch], scalars(step))
      if (step > 1) result.training.push((trained / (performance.now() - start)) * 1000)
    }
  }
  engine.dispose()
  return result
}

self.onmessage = ({ data }: MessageEvent<DecodingRequest>) => {
  measure(data).then(
    (result) => self.postMessage({ result }),
    (error: unknown) => self.postMessage({ error: String(error) }),
  )
}
