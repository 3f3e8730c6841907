import { safetensorsBlob } from '../files/safetensors-writer.ts'
import { adapterTensors } from '../model/lora.ts'
import { moduleOf, projectionsOf } from '../model/tensors.ts'
import { blobFile } from '../protocol/exported.ts'
import { loraScaling, targetModules } from '../protocol/run-config.ts'
import type { ExportedFile } from '../protocol/studio.ts'
import { baseOf, placeBesides } from './base.ts'
import { jsonFile, noticeFiles } from './model-files.ts'
import { snippetReadme } from './snippets.ts'
import type { ExportSource } from './source.ts'

/**
 * The two files that `mlx_lm.load(model, adapter_path=folder)` loads (`tuner/utils.py`, `load_adapters`): y = x Wᵀ + scale · (x a) b, a [in, r],
 * b [r, out]. It takes only names that it knows, and says nothing of others.
 */
export async function mlxAdapter(source: ExportSource): Promise<ExportedFile[]> {
  const model = await source.model()
  const { config } = model
  const { lora: settings } = source.config
  const [lora, base] = [await source.lora(), await baseOf(source)]
  const modules = new Map(
    projectionsOf(config).map((tensor) => [`${tensor.layer}.${tensor.role}`, moduleOf(tensor)]),
  )
  const tensors = adapterTensors(config, settings).map(({ name, layer, projection, matrix, shape }) => ({
    name: `${base.multimodal ? 'language_model.' : ''}${modules.get(`${layer}.${projection}`)}.lora_${matrix.toLowerCase()}`,
    dtype: 'F32' as const,
    shape: [shape[1], shape[0]],
    data: () => transposed(lora[name]!.data, ...shape),
  }))
  const targets = targetModules(settings)
  // Within a layer, e.g. self_attn.q_proj.
  const keys = projectionsOf(config)
    .filter(({ layer, role }) => layer === 0 && targets.includes(role))
    .map((tensor) => moduleOf(tensor).replace(/^model\.layers\.0\./, ''))
  return [
    jsonFile('adapter_config.json', {
      model: placeBesides(base, source.baseModel),
      fine_tune_type: 'lora',
      num_layers: config.layers.length,
      lora_parameters: {
        rank: settings.r,
        scale: loraScaling(settings),
        dropout: settings.lora_dropout,
        keys,
      },
    }),
    await snippetReadme(source, 'mlx', 'A LoRA adapter for mlx-lm.'),
    ...noticeFiles(model),
    blobFile('adapters.safetensors', await safetensorsBlob(tensors, { format: 'mlx' })),
  ]
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!
  return out
}
