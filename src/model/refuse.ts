import { fail } from '../protocol/errors.ts'

export const SUPPORTED =
  'gemma2 (Gemma 2 2B and larger), gemma3_text (Gemma 3 270M, 1B, FunctionGemma) and the text part of gemma3 (4B and larger)'

/** @throws LapidaryError `bad_model`: no model has this value */
export function impossible(field: string, found: string | number, rule: string): never {
  fail(
    'bad_model',
    `${field} in config.json is ${found}; ${rule}.`,
    'Use the config.json that came with the model.',
    { field, found },
  )
}

/** @throws LapidaryError `unsupported_model`: the engines do not compute this */
export function unsupported(what: string, field: string, found: string | number): never {
  fail('unsupported_model', `This Gemma cannot be run: ${what}.`, `Supported: ${SUPPORTED}.`, {
    field,
    found,
  })
}
