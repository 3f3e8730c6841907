import { safetensorsBlob } from '../files/safetensors-writer.ts'
import { writeAdapterConfig } from '../model/adapter-config.ts'
import { isOfMultimodal, namedOf } from '../model/lora.ts'
import type { StateTensor } from '../protocol/engine.ts'
import { blobFile } from '../protocol/exported.ts'
import type { ExportedFile } from '../protocol/studio.ts'
import { type BaseModel, baseOf } from './base.ts'
import { adapterCard, type CardFacts } from './card.ts'
import { licenceOf, noticeFiles } from './model-files.ts'
import { snippetLines, snippets } from './snippets.ts'
import { type ExportSource, templateFile } from './source.ts'

export interface AdapterExport extends CardFacts {
  /** Adapter tensors under PEFT's names, f32. */
  lora: Record<string, StateTensor>
}

/** The files that `PeftModel.from_pretrained(base, folder)` of PEFT 0.21 loads, and a model card. */
export async function peftFiles(adapter: AdapterExport): Promise<{ path: string; blob: Blob }[]> {
  const own = isOfMultimodal(Object.keys(adapter.lora))
  const multimodal = adapter.base?.multimodal ?? own
  const tensors = Object.entries(adapter.lora).map(([name, { shape, data }]) => ({
    name: namedOf(multimodal, name),
    dtype: 'F32' as const,
    shape,
    data,
  }))
  const config = writeAdapterConfig(adapter.config.lora, adapter.base?.at ?? adapter.baseModel, multimodal)
  const text = (content: string, type: string) => new Blob([content], { type })
  return [
    {
      path: 'adapter_config.json',
      blob: text(`${JSON.stringify(config, null, 2)}\n`, 'application/json'),
    },
    // Transformers refuses safetensors files that do not say which framework wrote them.
    { path: 'adapter_model.safetensors', blob: await safetensorsBlob(tensors, { format: 'pt' }) },
    { path: 'README.md', blob: text(adapterCard(adapter), 'text/markdown') },
  ]
}

/** The same with the chat template, and with a base model that is nowhere else to be had. */
export async function adapterFolder(
  source: ExportSource,
): Promise<{ base: BaseModel; files: ExportedFile[] }> {
  const { config, baseModel, step } = source
  const [lora, events] = [await source.lora(), await source.events()]
  const base = await baseOf(source)
  const lines = snippetLines(await snippets(source), 'peft')
  const shown = source.shown ?? []
  const model = await source.model().catch(() => null)
  const licence = model ? licenceOf(model) : undefined
  const { seconds } = source.meta as { seconds?: number }
  const told = { config, baseModel, base, step, events, shown, snippets: lines, licence, seconds }
  const files = await peftFiles({ lora, ...told })
  return {
    base,
    files: [
      ...files.map(({ path, blob }) => blobFile(path, blob)),
      ...templateFile(source),
      ...(model ? noticeFiles(model) : []),
      ...base.files,
    ],
  }
}
