import { duplicateKey } from '../lib/json-keys.ts'
import { jsonReason } from '../lib/json-reason.ts'
import { fail } from '../protocol/errors.ts'

/**
 * The JSON object in a config file. A byte-order mark, which Windows' programs put first, is no part of it, and decides how the rest
 * is read.
 * @throws LapidaryError `bad_config` for what is no text, no JSON, or says something twice
 */
export function configObject(bytes: Uint8Array, name: string): object {
  const text = decoded(bytes, name)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return refuse(
      name,
      `is not JSON: ${text.trim() === '' ? 'there is nothing in it' : jsonReason(error, text)}`,
    )
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return refuse(name, 'holds no object ({...}), as a config does')
  const twice = duplicateKey(text)
  if (twice !== null) refuse(name, `says "${twice.slice(0, 80)}" twice`)
  return json
}

function decoded(bytes: Uint8Array, name: string): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return refuse(name, `is not ${encoding.toUpperCase()} text`)
  }
}

function refuse(name: string, why: string): never {
  fail('bad_config', `${name} ${why}.`, 'Choose the run.json of a run, or correct the file.', { file: name })
}
