import * as ort from 'onnxruntime-web/wasm'
import { blobSource } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import type { ModelConfig } from '../../src/protocol/model.ts'
import { readConfig } from '../../src/workers/library.ts'
import { onnxGreedy } from '../onnx-greedy.ts'
import { onnxModel } from '../onnx-model.ts'
import type { Answered } from './types.ts'

type Asked =
  | { kind: 'open'; files: File[]; threads: number; ortPath: string }
  | { kind: 'answer'; prompt: number[]; tokens: number }

let config: ModelConfig
let session: ort.InferenceSession

async function open({ files, threads, ortPath }: Asked & { kind: 'open' }): Promise<string> {
  ort.env.wasm.wasmPaths = ortPath
  ort.env.wasm.numThreads = threads
  ort.env.logLevel = 'error'
  const sources = new Map(files.map((file) => [file.name, blobSource(file)]))
  config = await readConfig(sources)
  const weights = resolveWeights(config, await openWeights(sources))
  session = await ort.InferenceSession.create(await onnxModel({ config, weights }), {
    executionProviders: ['wasm'],
  })
  return ort.env.versions.web ?? ''
}

async function answer({ prompt, tokens }: Asked & { kind: 'answer' }): Promise<Answered> {
  const began = performance.now()
  let first = 0
  const said = await onnxGreedy(ort, session, config, prompt, tokens, () => {
    first = performance.now()
  })
  return { reading: (first - began) / 1000, decoding: (performance.now() - first) / 1000, said }
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const told: Promise<unknown> = data.kind === 'open' ? open(data) : answer(data)
  told.then(
    (result) => self.postMessage({ result }),
    (error: unknown) => self.postMessage({ error: String(error) }),
  )
}
