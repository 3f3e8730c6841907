import { fail } from '../protocol/errors.ts'
import type { GgufFile, GgufNumbers, GgufValue } from './gguf.ts'

export type Metadata = ReturnType<typeof metadataOf>

/** Metadata by key, with its kind checked; every failure is a `bad_model` that names file and key. */
export function metadataOf({ name, metadata }: Pick<GgufFile, 'name' | 'metadata'>) {
  const wrong = (key: string, value: GgufValue, rule: string): never => {
    const shown = typeof value === 'object' ? `a list of ${value.length}` : JSON.stringify(String(value))
    return fail(
      'bad_model',
      `${key} in ${name} is ${shown}; ${rule}.`,
      'Fetch the file again, or another copy of the model.',
      {
        file: name,
        field: key,
      },
    )
  }
  const missing = (key: string): never =>
    fail(
      'bad_model',
      `${name} has no ${key}.`,
      'Fetch another copy of the model: this one was made incomplete.',
      {
        file: name,
        field: key,
      },
    )
  const get = <T>(
    key: string,
    otherwise: T | undefined,
    kind: (value: GgufValue) => T | null,
    rule: string,
  ): T => {
    const value = metadata.get(key)
    if (value === undefined) return otherwise === undefined ? missing(key) : otherwise
    return kind(value) ?? wrong(key, value, rule)
  }
  const positive = (value: GgufValue) =>
    typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : null
  const whole = (least: number) => (value: GgufValue) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : null
  const texts = (value: GgufValue) => (Array.isArray(value) ? (value as readonly string[]) : null)
  const numbers = (value: GgufValue) => (ArrayBuffer.isView(value) ? (value as GgufNumbers) : null)
  return {
    has: (key: string) => metadata.has(key),
    text: (key: string, otherwise?: string) =>
      get(key, otherwise, (value) => (typeof value === 'string' ? value : null), 'it must be text'),
    flag: (key: string, otherwise?: boolean) =>
      get(key, otherwise, (value) => (typeof value === 'boolean' ? value : null), 'it must be true or false'),
    count: (key: string, otherwise?: number) =>
      get(key, otherwise, whole(1), 'it must be a whole number above 0'),
    id: (key: string, otherwise?: number) => get(key, otherwise, whole(0), 'it must be the number of a word'),
    positive: (key: string, otherwise?: number) =>
      get(key, otherwise, positive, 'it must be a number above 0'),
    /** 0 or more. */
    amount: (key: string, otherwise?: number) =>
      get(key, otherwise, (value) => (value === 0 ? 0 : positive(value)), 'it must be a number, 0 or more'),
    texts: (key: string) => get(key, undefined, texts, 'it must be a list of texts'),
    numbers: (key: string) => get(key, undefined, numbers, 'it must be a list of numbers'),
    /** A whole number, or a list of them; null where it is not there. */
    countOrList: (key: string) =>
      get<number | GgufNumbers | null>(
        key,
        null,
        (value) => whole(1)(value) ?? numbers(value),
        'it must be a whole number above 0, or a list',
      ),
    wrong,
  }
}
