import type { RunConfig } from '../../protocol/run-config.ts'
import type { Call, DatasetInfo, Studio } from '../../protocol/studio.ts'

/** Rows asked for at a time. */
const PAGE = 2000

/** The rows of a stored data set as they are now, edits and all, as JSON lines: every column in each of them, in its order. */
export async function rowsFile(
  data: Studio['data'],
  { id, name, rows, columns }: DatasetInfo,
  { signal }: Call = {},
): Promise<File> {
  const parts: Blob[] = []
  for (let offset = 0; offset < rows; offset += PAGE) {
    signal?.throwIfAborted()
    const page = await data.rows(id, { offset, count: PAGE }, signal ? { signal } : {})
    const lines = page.map(
      (row) =>
        `${JSON.stringify(Object.fromEntries(columns.map(({ name }) => [name, row[name] ?? null])))}\n`,
    )
    parts.push(new Blob([lines.join('')]))
  }
  return new File(parts, `${plainName(name)}.jsonl`)
}

/** Without what was read of it, and what no file system takes. */
function plainName(name: string): string {
  const last = name.replace(/\.(csv|tsv|jsonl?|ndjson|txt|parquet|arrow|feather|xlsx|zip|gz)$/i, '')
  return last.replace(/[^\p{L}\p{N}._ -]+/gu, '-').replace(/^[-. ]+|[-. ]+$/g, '') || 'data'
}

/** The settings as a pack can carry them, and whether something of them had to stay out. */
export function packConfig(config: RunConfig): { config: RunConfig; left: boolean } {
  const { synthetic } = config.data.augment
  return {
    config: {
      ...config,
      data: { ...config.data, augment: { ...config.data.augment, synthetic: null } },
      start: { from: 'nothing' },
    },
    left: synthetic !== null || config.start.from !== 'nothing',
  }
}
