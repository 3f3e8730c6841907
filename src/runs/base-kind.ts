import type { ModelInfo } from '../protocol/studio.ts'

export type BaseKind = 'instruction' | 'pretrained'

/**
 * Whether a base answers already, or only continues text: by the end of its name where that says it, else by the tokens that
 * end its answers, of which only an instruction-tuned Gemma has an end of turn besides the end of text.
 */
export function baseKind({ name, config }: Pick<ModelInfo, 'name' | 'config'>): BaseKind {
  if (/[-_](it|instruct)$/i.test(name)) return 'instruction'
  if (/[-_](pt|base)$/i.test(name)) return 'pretrained'
  return config.eosTokenIds.length > 1 ? 'instruction' : 'pretrained'
}
