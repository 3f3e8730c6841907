import { fail } from '../protocol/errors.ts'
import type { ExportFormat } from '../protocol/studio.ts'
import { CHECKER_FILES, FORMAT_FILES } from './format-files.ts'
import { proofFiles } from './proof-files.ts'
import type { Exporter } from './source.ts'

/** What a run can be taken away as: a file of `formats/` each, loaded when it is wanted. */
const FORMATS = new Map(
  Object.entries(FORMAT_FILES).map(([path, load]) => [path.replace(/^.*\/|\.ts$/g, ''), load] as const),
)

export async function exportFormats(): Promise<ExportFormat[]> {
  const each = [...FORMATS].map(async ([id, load]) => {
    const { name, about, for: targets, check } = await load()
    return { id, name, about, for: targets, proven: proofFiles(check) }
  })
  return Promise.all(each)
}

/** A part of a `check.py`: the text of a file of `checkers/`. */
export const checkerText = (name: string): Promise<string> => CHECKER_FILES[`./checkers/${name}.py`]!()

/** @throws LapidaryError `unsupported_format` */
export function exporter(id: string): Promise<Exporter> {
  const load = FORMATS.get(id)
  if (!load)
    fail(
      'unsupported_format',
      `"${id}" is no format of export.`,
      `Choose from: ${[...FORMATS.keys()].join(', ')}.`,
      {
        found: id,
      },
    )
  return load()
}
