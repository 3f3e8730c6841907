import type { Chunk } from '../files/table-builder.ts'
import type { Finding } from '../protocol/studio.ts'

/** What an empty value is called in the names of folders. */
const NOTHING = '__HIVE_DEFAULT_PARTITION__'

/** What the folders of a path say of the rows in it, as Hive, Spark and DuckDB write them: `lang=de/year=2024/part-0.parquet`. */
export function hiveColumns(path: string): Map<string, string | null> {
  const found = new Map<string, string | null>()
  for (const folder of path.split('/').slice(0, -1)) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(folder) ?? []
    if (name !== undefined) found.set(decoded(name), value === NOTHING ? null : decoded(value!))
  }
  return found
}

/** The same for several files, in their order; null where their folders do not name the same columns, or none. */
export function hiveOf(names: readonly string[]): {
  columns: Map<string, string | null>[] | null
  findings: Finding[]
} {
  const columns = names.map(hiveColumns)
  const all = new Set(columns.flatMap((each) => [...each.keys()]))
  if (all.size === 0) return { columns: null, findings: [] }
  const listed = [...all].map((name) => `"${name}"`).join(', ')
  if (columns.some((each) => each.size !== all.size))
    return {
      columns: null,
      findings: [
        {
          severity: 'warning',
          message: `Folders name columns (${listed}), but not all files lie in such folders: these columns were left out.`,
          hint: 'Put every file into folders of the same columns, or write them as columns of the files.',
        },
      ],
    }
  return {
    columns,
    findings: [
      {
        severity: 'note',
        message: `${all.size === 1 ? 'The column' : 'The columns'} ${listed} ${all.size === 1 ? 'was' : 'were'} made from the names of folders.`,
        hint: 'A column of that name in a file itself stays as it is.',
      },
    ],
  }
}

/** Rows with the columns that their folders name behind their own. */
export async function* withFolders(
  chunks: AsyncIterable<Chunk>,
  columns: ReadonlyMap<string, string | null> | null,
): AsyncIterable<Chunk> {
  for await (const chunk of chunks) {
    const more = [...(columns ?? [])].filter(([name]) => !chunk.columns.some((own) => own.name === name))
    if (more.length === 0) yield chunk
    else
      yield {
        ...chunk,
        columns: [
          ...chunk.columns,
          ...more.map(([name, value]) => ({
            name,
            values: new Array<string | null>(chunk.rows).fill(value),
          })),
        ],
      }
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
