import { csvFiles } from '../export/data/csv.ts'
import { jsonLinesFiles } from '../export/data/jsonl.ts'
import { kauldronFiles } from '../export/data/kauldron.ts'
import type { DataFile, DataRow } from '../export/data/rows.ts'
import { blobFile } from '../protocol/exported.ts'
import type { DataFormat, ExampleText } from '../protocol/preparation.ts'
import type { OpenRecipe } from '../protocol/recipe.ts'
import type { Call, ExportedFile } from '../protocol/studio.ts'
import type { Split } from '../protocol/tokens.ts'
import { seq2seqPair } from '../tokens/kauldron.ts'
import type { Library } from './library.ts'
import type { Preparation } from './preparation.ts'

/** Rows taken at a time, so that a stop is heard. */
const PAGE = 5000

/**
 * Prepared rows in a format of other trainers.
 * @throws LapidaryError `bad_data` for rows that the format has no form for (kauldron: plain text), `nothing_to_learn`
 */
export async function exportData(
  preparation: Preparation,
  library: () => Promise<Library>,
  recipe: OpenRecipe,
  format: DataFormat,
  { signal }: Call = {},
): Promise<ExportedFile[]> {
  const { config, model } = recipe
  const rows = async (split: Split): Promise<ExampleText[]> => {
    const all: ExampleText[] = []
    for (;;) {
      signal?.throwIfAborted()
      const page = await preparation.examples(recipe, split, { offset: all.length, count: PAGE }, signal)
      all.push(...page.examples)
      if (all.length >= page.total || page.examples.length === 0) return all
    }
  }
  const splits = {
    train: await rows('train'),
    validation: await rows('validation'),
    test: await rows('test'),
  }
  if (format === 'kauldron') {
    const found = model === undefined ? null : (await (await library()).open(model)).info.config
    const sizes = found && { hiddenSize: found.hiddenSize, numLayers: found.layers.length }
    const numbers = await preparation.rowNumbers(recipe)
    const pairs = ({ row, messages, text, tools }: ExampleText) =>
      seq2seqPair(messages ? { messages, row, ...(tools && { tools }) } : { text: text ?? '', row }, numbers)
    return exported(kauldronFiles(mapped(splits, pairs), { ...config, model: sizes }))
  }
  const plain = mapped(
    splits,
    ({ messages, text, tools }): DataRow =>
      messages ? { messages, ...(tools && { tools }) } : { text: text ?? '' },
  )
  if (format === 'jsonl') return exported(jsonLinesFiles(plain))
  if (format === 'csv') return exported(csvFiles(plain))
  // Its writer is loaded only when it is wanted.
  const { parquetFiles } = await import('../export/data/parquet.ts')
  return exported(parquetFiles(plain))
}

const exported = (files: readonly DataFile[]) => files.map(({ path, blob }) => blobFile(path, blob))

function mapped<A, B>(splits: Record<Split, A[]>, change: (row: A) => B): Record<Split, B[]> {
  return {
    train: splits.train.map(change),
    validation: splits.validation.map(change),
    test: splits.test.map(change),
  }
}
