import { type Example, type ExampleValues, parseExample, shortFloat } from '../../files/tf-example.ts'
import { type TfdsColumn, textOrBase64 } from '../../files/tfds-features.ts'
import { fail } from '../../protocol/errors.ts'
import type { ReadContext } from './reader.ts'
import { type Shard, shardRecords } from './tfds-shards.ts'

/**
 * Columns of records without a features.json: whatever their examples hold. A feature that never has more than one value
 * is a column of single values, any other one of lists; to know, all records are looked at once.
 * @throws LapidaryError `bad_file` (row), `unsupported_format` for records of another kind.
 */
export async function inferSchema(shards: readonly Shard[], context: ReadContext): Promise<TfdsColumn[]> {
  const most = new Map<string, number>()
  for (const shard of shards) {
    let row = 0
    for await (const records of shardRecords(shard, context.signal)) {
      context.signal?.throwIfAborted()
      for (const record of records) {
        for (const [name, { values }] of parsed(record, shard.file.name, row))
          most.set(name, Math.max(most.get(name) ?? 0, values.length))
        row++
      }
    }
  }
  context.finding({
    severity: 'note',
    message: 'There is no features.json: columns were told from the records themselves.',
    hint: 'Labels stay numbers. Choose the whole folder to have their names.',
  })
  return Array.from(most, ([name, count]) => ({
    name,
    read: (example: Example) => {
      const values = cells(example.get(name))
      return count > 1 ? values : (values[0] ?? null)
    },
  })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function cells(stored: ExampleValues | undefined): unknown[] {
  if (!stored) return []
  if (stored.kind === 'bytes') return stored.values.map(textOrBase64)
  return stored.kind === 'float' ? stored.values.map(shortFloat) : stored.values
}

function parsed(record: Uint8Array, file: string, row: number): Example {
  let reason = 'nothing in it is a named feature'
  try {
    const example = parseExample(record)
    if (example.size > 0 || record.length === 0) return example
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    reason = error.message
  }
  fail(
    row === 0 ? 'unsupported_format' : 'bad_file',
    `Record ${row + 1} of ${file} is no tf.train.Example: ${reason}.`,
    'Write the data as tf.train.Example (as TFDS does), or as Parquet or JSON lines.',
    { file, row, reason },
  )
}
