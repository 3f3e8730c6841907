import { BLOCK_BYTES, GROUP, isBlocked, typeBytes } from '../lib/storage.ts'
import { fail } from '../protocol/errors.ts'
import type { BlockedType, WeightType } from '../protocol/model.ts'

/**
 * Matrices of GGUF's blocks, and how they lie in safetensors, which has no such type: as bytes (U8) [rows, bytes of a row], named with
 * their type under a key of the file's metadata.
 */

/** Of `__metadata__`: JSON, types of blocks by name of their tensor. */
const KEY = 'lapidary.blocks'

/** Type and shape in a safetensors header. */
export function headerType(type: WeightType, shape: readonly number[]): { dtype: string; shape: number[] } {
  if (!isBlocked(type)) return { dtype: type, shape: [...shape] }
  return { dtype: 'U8', shape: [...shape.slice(0, -1), typeBytes(type, shape.at(-1)!)] }
}

/** What the metadata of a file says of these; nothing where there is no block among them. */
export function blocksMetadata(
  tensors: readonly { name: string; dtype: WeightType }[],
): Record<string, string> {
  const types = tensors.filter(({ dtype }) => isBlocked(dtype)).map(({ name, dtype }) => [name, dtype])
  return types.length > 0 ? { [KEY]: JSON.stringify(Object.fromEntries(types)) } : {}
}

/** Of a file that holds none any more. */
export function withoutBlocks(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== KEY))
}

/**
 * Tensors of blocks among a file's, with the shape of their values.
 * @throws LapidaryError `bad_file` where the metadata names what the file does not hold so
 */
export function blockedTensors(
  file: string,
  metadata: Readonly<Record<string, string>>,
  entries: ReadonlyMap<string, { dtype: string; shape: number[] }>,
): Map<string, { dtype: BlockedType; shape: number[] }> {
  const found = new Map<string, { dtype: BlockedType; shape: number[] }>()
  const text = metadata[KEY]
  if (text === undefined) return found
  const wrong = (what: string): never =>
    fail('bad_file', `${file} is not a valid model file: ${what}.`, 'It is damaged; fetch or add it again.', {
      file,
    })
  for (const [name, type] of Object.entries(typesOf(text) ?? wrong(`its "${KEY}" is no list of types`))) {
    const entry = entries.get(name)
    if (!isBlocked(String(type)) || entry?.dtype !== 'U8' || entry.shape.length !== 2)
      return wrong(`"${KEY}" gives ${name} a type that it does not have`)
    const [rows, bytes] = entry.shape as [number, number]
    const blocks = bytes / BLOCK_BYTES[type as BlockedType]
    if (!Number.isInteger(blocks / 2)) wrong(`rows of ${name} are no whole blocks, two by two`)
    found.set(name, { dtype: type as BlockedType, shape: [rows, blocks * GROUP] })
  }
  return found
}

function typesOf(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
