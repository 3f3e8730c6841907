import {
  type Data,
  Field,
  List,
  makeData,
  makeVector,
  Table,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Uint32,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import type { Example } from '../protocol/batch.ts'
import { fail } from '../protocol/errors.ts'
import { ORIGIN_COLUMN, type Origin, type Split, TOKEN_TABLE_COLUMNS } from '../protocol/tokens.ts'

/**
 * The token table: Arrow IPC `{tokens: List<u32>, supervised: List<u8>, row: u32, split: utf8}`, one row an example. Where
 * some examples were made, `origin: utf8` says which and how.
 */

const SPLITS: Split[] = ['train', 'validation', 'test']

export type SplitExamples = Record<Split, Example[]>

/** @throws LapidaryError `internal` where a made example is in validation or test: it would flatter every figure */
export function writeTokenTable(examples: Partial<SplitExamples>): Uint8Array<ArrayBuffer> {
  for (const split of ['validation', 'test'] as const)
    if (examples[split]?.some(isMade))
      fail(
        'internal',
        `A made example is in the ${split} split.`,
        'This is a fault of ours; please report it.',
        {
          split,
        },
      )
  const all = SPLITS.flatMap((split) => examples[split] ?? [])
  const splits = SPLITS.flatMap((split) => (examples[split] ?? []).map((): string => split))
  const offsets = new Int32Array(all.length + 1)
  all.forEach((example, i) => {
    offsets[i + 1] = offsets[i]! + example.tokens.length
  })
  const tokens = new Uint32Array(offsets[all.length]!)
  const supervised = new Uint8Array(tokens.length)
  all.forEach((example, i) => {
    tokens.set(example.tokens, offsets[i])
    supervised.set(example.supervised, offsets[i])
  })
  const table = new Table({
    tokens: list(makeData({ type: new Uint32(), data: tokens }), offsets),
    supervised: list(makeData({ type: new Uint8(), data: supervised }), offsets),
    row: makeVector(Uint32Array.from(all, (example) => example.row)),
    split: vectorFromArray(splits, new Utf8()),
    ...(all.some(isMade)
      ? {
          [ORIGIN_COLUMN]: vectorFromArray(
            all.map(({ origin = 'data' }): string => origin),
            new Utf8(),
          ),
        }
      : {}),
  })
  return tableToIPC(table, 'file') as Uint8Array<ArrayBuffer>
}

function isMade({ origin }: Example): boolean {
  return origin !== undefined && origin !== 'data'
}

function list(child: Data<Uint32> | Data<Uint8>, valueOffsets: Int32Array) {
  return makeVector(makeData({ type: new List(new Field('item', child.type, false)), valueOffsets, child }))
}

/**
 * Examples by split, each in the order they were written. Their arrays are views of `bytes`.
 * @throws LapidaryError `bad_file` where the bytes are not a token table.
 */
export function readTokenTable(bytes: Uint8Array): SplitExamples {
  const examples: SplitExamples = { train: [], validation: [], test: [] }
  let table: Table
  try {
    table = tableFromIPC(bytes)
  } catch (error) {
    return notTokens(error instanceof Error ? error.message : String(error))
  }
  const names = table.schema.fields.map((field) => field.name)
  if (TOKEN_TABLE_COLUMNS.some((name) => !names.includes(name))) return notTokens('its columns are others')
  for (const batch of table.batches) {
    const tokens = batch.getChild('tokens')?.data[0]
    const supervised = batch.getChild('supervised')?.data[0]
    const rows = batch.getChild('row')?.data[0]?.values
    const splits = batch.getChild('split')
    const origins = batch.getChild(ORIGIN_COLUMN)
    const values = tokens?.children[0]?.values
    const flags = supervised?.children[0]?.values
    if (
      !(values instanceof Uint32Array && flags instanceof Uint8Array && rows instanceof Uint32Array && splits)
    )
      return notTokens('its columns are others')
    const offsets = tokens!.valueOffsets as Int32Array
    for (let i = 0; i < batch.numRows; i++) {
      const [start, end] = [offsets[i]!, offsets[i + 1]!]
      const split = splits.get(i) as Split
      if (!examples[split] || !(start <= end && end <= values.length && end <= flags.length))
        return notTokens(`its row ${i} is out of range`)
      const origin = origins?.get(i) as Origin | undefined
      examples[split].push({
        tokens: values.subarray(start, end),
        supervised: flags.subarray(start, end),
        row: rows[i]!,
        ...(origin === undefined || origin === 'data' ? {} : { origin }),
      })
    }
  }
  return examples
}

function notTokens(reason: string): never {
  fail('bad_file', `The stored token table cannot be read: ${reason}.`, 'Prepare the data again.', { reason })
}
