import type { GgufFile } from '../files/gguf.ts'
import { metadataOf } from '../files/gguf-metadata.ts'
import { ggufTensor } from '../files/gguf-tensor.ts'
import type { TensorToRead } from '../files/safetensors-source.ts'
import { fail } from '../protocol/errors.ts'
import { PROJECTIONS } from '../protocol/model.ts'
import { defaultRunConfig, type LoraConfig } from '../protocol/run-config.ts'
import { writeAdapterConfig } from './adapter-config.ts'
import { checkGgufType, shortestF32, tableName } from './gguf.ts'
import { PEFT_PREFIX } from './lora.ts'

/** What begins a run from it: the parts of an adapter in PEFT's layout. */
export interface GgufAdapter {
  config: Record<string, unknown>
  tensors: TensorToRead[]
}

/** What `convert_lora_to_gguf.py` names the two matrices of a projection. */
const MATRIX = /^(.+)\.lora_([ab])$/

/**
 * A LoRA adapter in GGUF (`general.type` = adapter; llama.cpp's `convert_lora_to_gguf.py`) as PEFT has it. llama.cpp scales by
 * `adapter.lora.alpha` over the rank, and by 1 where that is 0.
 * @throws LapidaryError `unsupported_format` for another kind of adapter or a part that no adapter here has; `bad_model` for metadata
 */
export function ggufAdapter(file: GgufFile): GgufAdapter {
  const meta = metadataOf(file)
  const kind = meta.text('general.type', 'model')
  if (kind !== 'adapter')
    refuse(file, `is a ${kind}, not an adapter`, 'Give it with --model, or choose an adapter.', kind)
  const type = meta.text('adapter.type')
  if (type !== 'lora')
    refuse(file, `is an adapter of the type ${type}; lora is read`, 'Use a LoRA adapter.', type)
  const architecture = meta.text('general.architecture')
  if (architecture !== 'gemma3' && architecture !== 'gemma2')
    refuse(file, `is an adapter of a ${architecture}`, 'Use an adapter of a Gemma 2 or 3.', architecture)
  const tensors: TensorToRead[] = []
  const ranks = new Map<string, number>()
  const targets = new Set<string>()
  for (const [given, tensor] of file.tensors) {
    const [, of, matrix] = MATRIX.exec(given) ?? []
    const name = of === undefined ? null : tableName(of)
    const projection = PROJECTIONS.find((role) => name?.endsWith(`.${role}.weight`))
    if (of === undefined || name === null || projection === undefined || tensor.shape.length !== 2)
      return refuse(
        file,
        `holds a tensor ${given}; only ${PROJECTIONS.join(', ')} can carry an adapter`,
        'Make the adapter again with those as its target_modules.',
        given,
      )
    checkGgufType(given, tensor)
    targets.add(projection)
    ranks.set(given, tensor.shape[matrix === 'a' ? 0 : 1]!)
    const own = `${name.slice('model.'.length, -'.weight'.length)}.lora_${matrix!.toUpperCase()}.weight`
    tensors.push(ggufTensor(tensor, PEFT_PREFIX + own))
  }
  const [r] = ranks.values()
  if (r === undefined) return refuse(file, 'holds no tensors', 'Make the adapter again.', 0)
  for (const [given, rank] of ranks)
    if (rank !== r)
      refuse(
        file,
        `has the ranks ${r} and ${rank} (${given}); one rank can be read`,
        'Use a plain LoRA adapter.',
        rank,
      )
  const alpha = meta.amount('adapter.lora.alpha')
  const lora: LoraConfig = {
    ...defaultRunConfig().lora,
    r,
    lora_alpha: alpha === 0 ? r : shortestF32(alpha),
    use_rslora: false,
    lora_dropout: 0,
    target_modules: PROJECTIONS.filter((role) => targets.has(role)),
  }
  const base = 'general.base_model.0.name'
  return { config: writeAdapterConfig(lora, meta.has(base) ? meta.text(base) : null), tensors }
}

function refuse({ name }: GgufFile, what: string, hint: string, found: string | number): never {
  return fail('unsupported_format', `${name} ${what}.`, hint, { file: name, found })
}
