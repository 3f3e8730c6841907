import type { ExportSource } from '../../src/export/source.ts'
import { type ByteSource, bufferSource } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { ExportedFile } from '../../src/protocol/studio.ts'
import { openChatTokenizer, stopTokens } from '../../src/tokens/chat.ts'
import { readConfig } from '../../src/workers/library.ts'
import { tinyTokenizerJson } from '../data/tiny-tokenizer.ts'
import { repositoryFile, repositoryJson } from './files.ts'
import { type Golden, openGolden } from './golden.ts'

/**
 * A tiny Gemma of tests/golden with a tokenizer, and its adapter as a run of it would be exported.
 * @param changed fields of its config.json
 */
export async function goldenSource(
  fixture: string,
  changed: object = {},
): Promise<{ golden: Golden; source: ExportSource }> {
  const golden = await openGolden(fixture)
  const text = (value: unknown) => bufferSource(new TextEncoder().encode(JSON.stringify(value)))
  const files = new Map<string, ByteSource>([
    ['tokenizer.json', text(tinyTokenizerJson())],
    ['tokenizer_config.json', text({ bos_token: '<bos>', eos_token: '<eos>' })],
  ])
  const folder = `tests/golden/${fixture}`
  for (const name of ['generation_config.json', 'model.safetensors'])
    files.set(name, bufferSource(await repositoryFile(`${folder}/${name}`)))
  files.set('config.json', text({ ...(await repositoryJson<object>(`${folder}/config.json`)), ...changed }))
  const config = await readConfig(files)
  const chat = await openChatTokenizer(files)
  const run = parseRunConfig({ lora: golden.lora })
  return {
    golden,
    source: {
      config: run,
      baseModel: fixture,
      template: null,
      step: 20,
      meta: {},
      tensors: async () => new Blob([]),
      lora: async () => golden.state.lora,
      events: async () => [],
      chatPage: async () => [],
      model: async () => ({
        config,
        files,
        practice: false,
        weights: async () => resolveWeights(config, await openWeights(files)),
        template: async () => chat.template.source,
        stops: async () => stopTokens(chat, config),
      }),
    },
  }
}

/** Files by path, each held against the size that it was said to have. */
export async function written(files: readonly ExportedFile[]): Promise<Map<string, ByteSource>> {
  const found = new Map<string, ByteSource>()
  for (const file of files) {
    const blob = await blobOf(file)
    if (blob.size !== file.size)
      throw new Error(`${file.path} has ${blob.size} bytes, not the ${file.size} that it was to have`)
    found.set(file.path, bufferSource(await blob.arrayBuffer()))
  }
  return found
}
