import { fail } from '../protocol/errors.ts'
import { isGguf } from './gguf-names.ts'

/** Of an adapter in PEFT's layout. */
export const ADAPTER_FILES = ['adapter_config.json', 'adapter_model.safetensors'] as const

/** Whether names are those of an adapter, and of no model. */
export function isAdapterFolder(names: readonly string[]): boolean {
  const weights = names.some((name) => name.endsWith('.safetensors') && !name.startsWith('adapter_'))
  return ADAPTER_FILES.some((name) => names.includes(name)) && !weights && !names.some(isGguf)
}

/**
 * Says of an adapter that was given as a model which model it was made for.
 * @param what it is called
 * @param config its adapter_config.json, parsed; null where there is none
 * @throws LapidaryError `unsupported_model`, always; its detail has `adapter` and `base`
 */
export function refuseAsModel(what: string, config: unknown): never {
  const found = (config as { base_model_name_or_path?: unknown } | null)?.base_model_name_or_path
  const base = typeof found === 'string' && found !== '' ? found : null
  return fail(
    'unsupported_model',
    base
      ? `${what} is an adapter of ${base}, not a model: it holds only what was learnt on top of one.`
      : `${what} is an adapter, not a model: it holds only what was learnt on top of one.`,
    'Choose the model that it was made for, then begin with this adapter (on the command line: --start-from).',
    { adapter: true, base },
  )
}
