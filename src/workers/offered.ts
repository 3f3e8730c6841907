import { readModelConfig } from '../model/config.ts'
import { GEMMA_TERMS, GEMMAS } from '../model/gemmas.ts'
import { parameterCount } from '../model/tensors.ts'
import type { OfferedModel } from '../protocol/studio.ts'

const BF16_BYTES = 2

/** The Gemma family with what each takes, worked out from its config. */
export function offeredModels(): OfferedModel[] {
  return GEMMAS.map(({ name, made, repos, config: json, besides, unused }) => {
    const config = readModelConfig(json, { dtype: 'float32' })
    const parameters = parameterCount(config)
    const bytes = (parameters + unused) * BF16_BYTES + besides
    return { name, made, repos, config, parameters, unused, bytes, licence: GEMMA_TERMS }
  })
}
