import { messageOf, SPLITS } from '../export/data/rows.ts'
import { linesFile } from '../export/run-file.ts'
import { fail } from '../protocol/errors.ts'
import { blobFile } from '../protocol/exported.ts'
import type { Call, ExampleText, ExportedFile } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import type { StoredTokens } from '../storage/database.ts'
import { readTokens } from '../storage/datasets.ts'
import { storedPreparation } from './stored-preparation.ts'
import type { TrainParts } from './train-parts.ts'

/** Rows of one call of preparation. */
const ALL = Number.MAX_SAFE_INTEGER
/** What a run's file holds of its data. */
export const DATA_FILES = {
  rows: 'data/rows.jsonl',
  tokens: 'data/tokens.arrow',
  prepared: 'data/prepared.json',
} as const

type Parts = Pick<TrainParts, 'database' | 'library'>

/**
 * The token table of a run that has none here, made of the data set that it learnt from.
 * @returns its key
 * @throws LapidaryError `missing_file` where that data is not here
 */
export async function tokensOfRun(parts: Parts, record: RunRecord, { signal }: Call = {}): Promise<string> {
  const { config, dataset, model } = record
  const stored = await (await parts.database()).get('datasets', dataset)
  if (!stored || stored.info.hash !== config.data.hash)
    fail(
      'missing_file',
      `What this run learnt from, ${config.data.name || 'its data'}, is not in this browser.`,
      'Open the same file under Data, then go on with the run. It is known by its SHA-256.',
      { field: 'data', expected: config.data.hash },
    )
  const { preparation } = storedPreparation(parts)
  return (await preparation.prepare({ dataset, model, config }, signal)).tokens
}

/** What a run learnt from: prepared rows where its data set is here, and the token table, with which another studio goes on. */
export async function dataOfRun(
  parts: Parts,
  record: RunRecord,
  { signal }: Call = {},
): Promise<{ rows: number; files(): Promise<ExportedFile[]> } | null> {
  const database = await parts.database()
  const table = await database.get('tokens', record.tokens)
  if (!table) return null
  const { train, validation, test } = table.info.examples
  return {
    rows: train + validation + test,
    files: async () => [
      ...(await rowsOf(parts, record, signal)),
      blobFile(DATA_FILES.tokens, new Blob([await readTokens(database, table)])),
      blobFile(DATA_FILES.prepared, new Blob([JSON.stringify(table.info satisfies StoredTokens['info'])])),
    ],
  }
}

async function rowsOf(parts: Parts, record: RunRecord, signal?: AbortSignal): Promise<ExportedFile[]> {
  const { config, dataset, model } = record
  const { shelf, preparation } = storedPreparation(parts)
  const stored = await shelf.find(dataset).catch(() => null)
  if (stored?.info.hash !== config.data.hash) return []
  const lines: object[] = []
  for (const split of SPLITS) {
    const page = { offset: 0, count: ALL }
    const { examples } = await preparation.examples({ dataset, model, config }, split, page, signal)
    lines.push(...examples.map((example) => ({ split, ...written(example) })))
  }
  return [linesFile(DATA_FILES.rows, lines)]
}

const written = ({ messages, text, tools }: ExampleText) =>
  messages ? { messages: messages.map(messageOf), ...(tools && { tools }) } : { text: text ?? '' }
