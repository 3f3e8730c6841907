import type { ExportFormat, ExportTarget } from '../../../protocol/studio.ts'
import { isText, type MessageKey } from '../../messages/t.ts'

/** A place that a run is taken to, as a person names it. */
export interface Place {
  id: PlaceId
  /** What runs there. */
  targets: readonly ExportTarget[]
  /** Whose snippets are shown, where there are none for the place itself. */
  run?: readonly ExportTarget[]
  /** Formats that are recommended there, the best first; where this version has none of them, the first that is for the place. */
  best: readonly string[]
}

export type PlaceId =
  | 'transformers'
  | 'llama'
  | 'mlx'
  | 'server'
  | 'web'
  | 'phone'
  | 'hub'
  | 'torch'
  | 'keras'

const PLACES: readonly Place[] = [
  { id: 'transformers', targets: ['transformers'], best: ['peft'] },
  { id: 'llama', targets: ['ollama', 'llama.cpp', 'lmstudio'], best: ['gguf-q8_0'] },
  { id: 'mlx', targets: ['mlx'], best: ['mlx'] },
  { id: 'server', targets: ['server'], best: ['rest', 'merged'] },
  { id: 'web', targets: ['web'], best: ['chat-page'] },
  { id: 'phone', targets: ['phone'], best: ['merged'] },
  { id: 'hub', targets: ['hub'], run: ['transformers'], best: ['peft'] },
  { id: 'torch', targets: ['torch'], best: ['pt'] },
  { id: 'keras', targets: ['keras'], best: ['h5-merged'] },
]

/** Where a run can be taken with these formats. */
export const placesFor = (formats: readonly ExportFormat[]): Place[] =>
  PLACES.filter(({ targets }) => formats.some((format) => isFor(format, targets)))

export const isFor = (format: ExportFormat, targets: readonly ExportTarget[]): boolean =>
  format.for.some((target) => targets.includes(target))

/** The formats for a place: first the one that is recommended, then those that are made for it, then the others. */
export function formatsAt(
  { targets, best }: Pick<Place, 'targets' | 'best'>,
  formats: readonly ExportFormat[],
): ExportFormat[] {
  const rank = (format: ExportFormat) => {
    const at = best.indexOf(format.id)
    if (at >= 0) return at
    return targets.includes(format.for[0]!) ? best.length : best.length + 1
  }
  // By name, the plain form of one comes before its variants.
  const order = (a: ExportFormat, b: ExportFormat) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1)
  return formats.filter((format) => isFor(format, targets)).sort(order)
}

/** Why a format is recommended there; null where there is no more to say than what it is. */
export function whyAt(place: PlaceId, format: string): MessageKey | null {
  const key = `export.why.${place}.${format}`
  return isText(key) ? key : null
}

/** Formats that hold a card which shows rows: service and Space have the adapter's. */
const CARDS = /^(peft|merged(-f16|-f32)?|rest|space)$/

/** Whether a format shows the rows that a person chose to show. */
export const hasCard = (format: string): boolean => CARDS.test(format)
