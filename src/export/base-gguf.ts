import { isBlocked } from '../lib/storage.ts'
import type { ModelConfig, WeightType } from '../protocol/model.ts'
import { baseOf } from './base.ts'
import { ggufModelMeta } from './gguf-model.ts'
import type { BaseSource, ExportSource } from './source.ts'

/** As it was held while the adapter learnt. */
const HELD = { int8: 'Q8_0', int4: 'Q4_0' } as const

/**
 * The type in which a base that is nowhere else to be had is put beside its adapter as `base.gguf`: the one that it has, so that nothing is
 * rounded. Null where it is to be had, on the Hub or as the GGUF that it came as, and where llama.cpp would compute something else.
 */
export async function baseGgufType(
  source: ExportSource,
  base: Pick<BaseSource, 'config' | 'weights'>,
): Promise<WeightType | null> {
  if ((await baseOf(source)).kind !== 'beside' || !knownToLlama(base.config)) return null
  const { quantization } = source.config.model
  if (quantization !== null) return HELD[quantization]
  const types = [...(await base.weights()).tensors.values()]
    .filter(({ shape }) => shape.length > 1)
    .map(({ dtype }) => dtype)
  if (types.some(isBlocked)) return null
  return (['BF16', 'F16'] as const).find((type) => types.every((found) => found === type)) ?? 'F32'
}

function knownToLlama(config: ModelConfig): boolean {
  try {
    ggufModelMeta(config)
    return true
  } catch {
    return false
  }
}
