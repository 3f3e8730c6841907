import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, openAsBlob, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ROOT } from '../../cli/build.ts'
import { mergedGguf } from '../../src/export/gguf.ts'
import type { ExportSource } from '../../src/export/source.ts'
import { blobSource } from '../../src/files/bytes.ts'
import { initialState } from '../../src/model/lora.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { stopTokens } from '../../src/tokens/chat.ts'
import { type OpenModel, openFiles } from '../../src/workers/library.ts'

export type GgufType = 'BF16' | 'Q8_0' | 'Q4_0'

const FOLDER = join(ROOT, '.cache', 'bench-processor')

/**
 * A model's own weights as a GGUF, as `npm run export` writes it; written once for each model.
 * @param paths of the files of its Hugging Face folder
 */
export async function ggufOf(paths: readonly string[], type: GgufType): Promise<string> {
  const blobs = await Promise.all(
    paths.map(async (path) => [basename(path), await openAsBlob(path)] as const),
  )
  const files = new Map(blobs.map(([name, blob]) => [name, blobSource(blob)]))
  const sum = createHash('sha256')
  for (const [name, blob] of blobs)
    if (name.endsWith('.safetensors')) for await (const piece of blob.stream()) sum.update(piece)
  const hash = sum.digest('hex')
  const path = join(FOLDER, `${hash.slice(0, 12)}-${type}.gguf`)
  if (existsSync(path)) return path
  mkdirSync(FOLDER, { recursive: true })
  const made = await mergedGguf(untrained(await openFiles('base', 'base', files, hash)), type, {})
  const gguf = made.find((file) => file.path.endsWith('.gguf'))!
  await pipeline(gguf.chunks(), createWriteStream(`${path}.part`))
  renameSync(`${path}.part`, path)
  return path
}

/** What export reads of a run that has learnt nothing: PEFT's first adapter, whose B is zero. */
function untrained(model: OpenModel): ExportSource {
  const config = parseRunConfig({ lora: { r: 1, lora_alpha: 1, target_modules: ['q_proj'] } })
  const shape = model.info.config
  return {
    config,
    baseModel: 'base',
    template: null,
    step: 0,
    meta: {},
    tensors: async () => new Blob(),
    lora: async () => initialState(shape, config.lora, 1).lora,
    events: async () => [],
    chatPage: async () => [],
    model: async () => ({
      config: shape,
      practice: false,
      files: model.files,
      weights: () => model.weights(),
      template: async () => (await model.chat()).template.source,
      stops: async () => stopTokens(await model.chat(), shape),
    }),
  }
}
