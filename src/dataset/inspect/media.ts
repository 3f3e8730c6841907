import type { Finding } from '../../protocol/preparation.ts'
import type { ColumnRoles, Mapping } from '../../protocol/recipe.ts'
import type { Frame } from '../frame.ts'
import { isMissing } from '../values.ts'
import { LOOKED_AT } from './columns.ts'

const MEDIA =
  /^data:(image|audio|video)\/|\.(?:png|jpe?g|gif|webp|bmp|tiff?|svg|wav|mp3|flac|ogg|m4a|mp4|webm|mov)$/i

/** Images, sounds and bytes: the models here read text. An error where such a column is mapped, a note otherwise. */
export function unsupportedColumns(frame: Frame, mapping: Mapping): Finding[] {
  return frame.names.flatMap((name): Finding[] => {
    const kind = mediaKind(frame.column(name))
    if (kind === null) return []
    const roles = (['prompt', 'response', 'system', 'messages', 'text'] as (keyof ColumnRoles)[]).filter(
      (role) => mapping[role] === name,
    )
    const used = roles.length > 0 || mapping.input === name
    return [
      {
        kind: 'unsupported_column',
        severity: used ? 'error' : 'note',
        message: `Column "${name}" holds ${kind}, which cannot be learnt from here.`,
        hint: used
          ? 'Only text is supported. Choose another column.'
          : 'The column is left aside. Only text is supported.',
        column: name,
        ...(used
          ? {
              fix: {
                kind: 'mapping',
                label: 'Do not use this column',
                mapping: {
                  ...Object.fromEntries(roles.map((role) => [role, null])),
                  ...(mapping.input === name ? { input: null } : {}),
                },
              },
            }
          : {}),
      },
    ]
  })
}

function mediaKind(values: readonly unknown[]): string | null {
  let [seen, media] = [0, 0]
  let kind = 'files'
  for (const value of values) {
    if (isMissing(value)) continue
    if (seen++ === LOOKED_AT) break
    const found = mediaOf(value)
    if (found === null) continue
    media++
    kind = found
  }
  return media > 0 && media >= 0.9 * Math.min(seen, LOOKED_AT) ? kind : null
}

function mediaOf(value: unknown): string | null {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return 'bytes'
  if (typeof value === 'object' && value !== null) {
    // As Hugging Face's Image and Audio features are kept: {bytes, path}, {array, sampling_rate}.
    if ('sampling_rate' in value || ('array' in value && 'path' in value)) return 'sound'
    if ('bytes' in value && Object.keys(value).length <= 3) {
      const path = 'path' in value && typeof value.path === 'string' ? value.path : ''
      return mediaOf(path) ?? 'images or other files'
    }
    return null
  }
  if (typeof value !== 'string' || value.length > 100_000_000) return null
  const found = MEDIA.exec(value.length > 300 ? value.slice(0, 40) : value.trim())
  if (!found) return null
  const sign = found[0].toLowerCase()
  if (/audio|wav|mp3|flac|ogg|m4a/.test(sign)) return 'sound'
  return /video|mp4|webm|mov/.test(sign) ? 'video' : 'images'
}
