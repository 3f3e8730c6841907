import type { Lock, Part, Place } from '../embed.ts'
import type { Pack, PackForm } from '../pack.ts'
import type { RunConfig } from '../run-config.ts'
import type { Call } from './call.ts'
import type { ExportedFile } from './exports.ts'
import type { ModelInfo } from './models.ts'

/** Class packs: made of what is here, and opened. */
export interface PackRoom {
  /**
   * The files of a pack in the order of its archive; each is read once for its hash. As one HTML file it is that file.
   * @throws LapidaryError `bad_config` for a title or lesson that none has, and for what is too large for one HTML file; `missing_file`
   * where the studio's own files cannot be had
   */
  make(request: PackRequest, call?: Call): Promise<ExportedFile[]>
  /**
   * Opens a pack: every hash is checked, then its model is stored, where the very same is not here. One that has the name of another is
   * stored beside it, under the pack's title.
   * @param from its archive, or the address of its `pack.json` where it lies unpacked on a server
   * @param known `PackContents.id` of one that is not wanted again
   * @returns null where there is nothing at that address, or what is known
   * @throws LapidaryError `bad_file`, `unsupported_format`, `missing_file`, `network`: nothing is stored then
   */
  open(from: File | string, known?: string | null, call?: Call): Promise<PackContents | null>
}

export interface PackRequest {
  /** By default `zip`. */
  form?: PackForm
  title: string
  language: string
  /** Markdown. */
  lesson: string
  config: RunConfig
  /** Id of a model that is here; null: none goes along. */
  model: string | null
  /** What its matrices are rounded to on the way; null: as it is. */
  quantization: 'int8' | 'int4' | null
  data: File | null
  shown: readonly Part[] | null
  locked: readonly Lock[]
  place: Place
  /** Whether the built studio goes along; in one HTML file it always does. */
  app: boolean
}

export interface PackContents {
  /** SHA-256 of its list, hex. */
  id: string
  pack: Pack
  /** Markdown; empty: it has none. */
  lesson: string
  /** Its model as it is stored here now. */
  model: ModelInfo | null
  /** Whether that was not here before. */
  added: boolean
  data: File | null
}
