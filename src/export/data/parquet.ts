import type { SchemaElement } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { fail } from '../../protocol/errors.ts'
import {
  type DataCell,
  type DataColumn,
  type DataFile,
  type DataSplits,
  dataColumns,
  hasTools,
  type WrittenMessage,
} from './rows.ts'

/** Rows of a row group: small enough to be read alone by Range requests. */
const ROW_GROUP = 10_000

/**
 * Parquet (snappy), a file a split, named as the Hugging Face Hub finds splits. Conversations of several turns are a list
 * of structs `{role, content}`, as `datasets` has them.
 * @throws LapidaryError `unsupported_format` for conversations with functions, whose arguments have no one type
 */
export function parquetFiles(splits: DataSplits): DataFile[] {
  if (Object.values(splits).some((rows) => rows.some(hasTools)))
    fail(
      'unsupported_format',
      'The conversations have functions in them (tools), which a table of fixed types has no place for.',
      'Take JSON lines or CSV.',
    )
  return dataColumns(splits).map(([split, columns]) => {
    const bytes = parquetWriteBuffer({
      columnData: columns.map(({ name, values }) => ({ name, data: values as unknown[] })),
      schema: schemaOf(columns),
      rowGroupSize: ROW_GROUP,
    })
    const blob = new Blob([bytes], { type: 'application/vnd.apache.parquet' })
    return { path: `data/${split}-00000-of-00001.parquet`, blob }
  })
}

function schemaOf(columns: readonly DataColumn[]): SchemaElement[] {
  const text = (name: string): SchemaElement => ({
    name,
    type: 'BYTE_ARRAY',
    repetition_type: 'OPTIONAL',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
  })
  return [
    { name: 'root', num_children: columns.length },
    ...columns.flatMap(({ name, values }): SchemaElement[] =>
      name === 'messages'
        ? [
            { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
            { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
            { name: 'element', repetition_type: 'OPTIONAL', num_children: isWeighted(values) ? 3 : 2 },
            text('role'),
            text('content'),
            ...(isWeighted(values)
              ? [{ name: 'weight', type: 'INT32', repetition_type: 'OPTIONAL' } as const]
              : []),
          ]
        : [text(name)],
    ),
  ]
}

function isWeighted(values: readonly DataCell[]): boolean {
  return values.some(
    (value) =>
      Array.isArray(value) && (value as readonly WrittenMessage[]).some(({ weight }) => weight === 0),
  )
}
