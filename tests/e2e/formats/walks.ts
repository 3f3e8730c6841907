import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tables } from '../../data/golden-files.ts'
import { golden, tfdsFolder } from './files.ts'
import { asked, columnsOf, pair, type Walk } from './walk.ts'
import { WRITTEN } from './walks-written.ts'

/** 300 rows in several scripts, as pyarrow wrote them. */
const TEXT: Omit<Walk, 'files' | 'title'> = {
  size: '300 rows · 5 columns',
  first: tables.text!,
  guess: asked('prompt', 'response'),
  finding: /28 rows have nothing in "prompt" \(the prompt\), row 1 first/,
  step: {
    name: 'Tidy up spaces',
    counts: '300 rows in, 300 out',
    row: 3,
    column: 'prompt',
    before: ' 0',
    after: '0',
  },
  learnt: /: .+<end_of_turn>/,
}

/** Another kind of mapping and another step for each compression. */
const TEXT_WAYS: Record<string, Partial<Walk>> = {
  'text-none.parquet': {},
  'text-snappy.parquet': {
    mapped: { kind: 'Text', roles: { Text: 'response' } },
    finding: /"response" \(the text\), row \d+ first/,
    learnt: /: .*Wie geht's\?/,
  },
  'text-gzip.parquet': {
    mapped: { roles: pair('prompt', 'good'), words: { true: 'yes', false: 'no' } },
    learnt: /: (yes|no)<end_of_turn>/,
  },
  'text-zstd.parquet': {
    step: {
      name: 'Numbers into ranges',
      check: ['count'],
      fill: {
        'Limits, rising, separated by commas': '1000, 5000',
        'A word for each range, one a line': 'few\nsome\nmany',
      },
      counts: '300 rows in, 300 out · 300 changed',
      row: 1,
      column: 'count',
      before: '0',
      after: 'few',
    },
    mapped: { roles: pair('prompt', 'count') },
    learnt: /: (few|some|many)<end_of_turn>/,
  },
  'text-brotli.parquet': {
    mapped: { template: 'Is {score} like {count}?', roles: { 'Answer (response)': 'good' } },
    finding: /"good" \(the response\), row 1 first/,
    read: /Is [\d.]+ like \d+\?/,
    learnt: /: (true|false)<end_of_turn>/,
  },
  'text-lz4.parquet': {
    step: {
      name: 'Join columns',
      check: ['prompt', 'count'],
      fill: { 'New column': 'whole', 'Between them': ' / ' },
      counts: '300 rows in, 300 out · 300 changed',
      row: 1,
      column: 'whole',
      before: '(nothing)',
      after: '0',
    },
  },
  'text-lz4.arrow': {
    step: {
      name: 'Scale numbers',
      check: ['count'],
      counts: '300 rows in, 300 out · 299 changed',
      row: 2,
      column: 'count',
      before: '1000',
      after: '0.003',
    },
  },
  'text-zstd.stream.arrow': {
    step: {
      name: 'Drop rows with empty cells',
      counts: '300 rows in, 272 out · 28 dropped',
      row: 1,
      column: 'prompt',
      before: '(nothing)',
      after: 'dropped',
    },
  },
}

const typed: Omit<Walk, 'files' | 'title'> = {
  size: '3 rows · 19 columns',
  first: tables.typed!,
  guess: {
    kind: 'Chat',
    roles: { 'Conversation (messages)': 'messages' },
    reason: '"messages" holds conversations: turns with a role and content.',
  },
  finding: /nothing in "messages" \(the messages\), row 2 first/,
  step: {
    name: 'Drop rows with empty cells',
    counts: '3 rows in, 2 out · 1 dropped',
    row: 2,
    column: 'messages',
    before: '(nothing)',
    after: 'dropped',
  },
  read: /hi/,
  learnt: /: ho<end_of_turn>/,
}

const others: Record<string, Walk> = {
  'typed-lz4.feather': {
    ...typed,
    files: [golden('files', 'typed-lz4.feather')],
    title: 'typed-lz4.feather',
  },
  'typed-uncompressed.feather': {
    ...typed,
    files: [golden('files', 'typed-uncompressed.feather')],
    title: 'typed-uncompressed.feather',
  },
  'workbook.xlsx': {
    files: [golden('files', 'workbook.xlsx')],
    by: 'dropping it',
    title: 'workbook.xlsx',
    size: '3 rows · 5 columns',
    first: tables.workbook!,
    guess: asked('prompt', 'response'),
    finding: /nothing in "response" \(the response\), row 3 first/,
    step: {
      name: 'Columns into rows',
      check: ['score', 'sure'],
      counts: '3 rows in, 5 out · 3 changed · 2 added',
      row: 2,
      column: 'value',
      before: '1.5',
      after: 'name: score, value: 1.5',
    },
    learnt: /: .+<end_of_turn>/,
  },
}

/** Rows with one feature of each kind that TensorFlow Datasets has; what its own library reads there. */
const tfds = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/tfds/features/expected.json'), 'utf8'),
) as Record<'train' | 'test', { text: string; label: string | null }[]>

const FEATURES: Omit<Walk, 'files'> = {
  by: 'dropping its folder',
  size: '12 rows · 28 columns',
  first: columnsOf(tfds.train.map(({ text, label }) => ({ text, label, split: 'train' }))),
  guess: {
    kind: 'Chat',
    roles: { 'Conversation (messages)': 'turns' },
    reason: '"turns" holds conversations: turns with a role and content.',
  },
  finding: /in "turns" .*row \d+/,
  step: {
    name: 'Remove control characters',
    check: ['text'],
    counts: '12 rows in, 12 out · 2 changed',
    row: 10,
    column: 'text',
    before: '9: \0zero',
    after: '9: zero',
  },
  learnt: /: Hello, world!<end_of_turn>/,
}

const folders: Record<string, Walk> = {
  'TensorFlow Datasets, TFRecord': { ...FEATURES, files: tfdsFolder('tfrecord') },
  'TensorFlow Datasets, ArrayRecord': {
    ...FEATURES,
    files: tfdsFolder('array_record'),
    mapped: { kind: 'Question, answer', roles: pair('text', 'label') },
    finding: /nothing in "label" \(the response\), row \d+ first/,
    learnt: /: (positive|no idea|negative)<end_of_turn>/,
  },
  'TensorFlow Datasets, Parquet': {
    ...FEATURES,
    files: tfdsFolder('parquet'),
    mapped: {
      kind: 'Question, answer',
      template: 'To French: {translation/en}',
      roles: { 'Answer (response)': 'translation/fr' },
    },
    finding: /in "translation\/fr" .*row \d+/,
    read: /To French: \S/,
    learnt: /: .+ vs .+<end_of_turn>/,
  },
}

export const WALKS: Record<string, Walk> = {
  ...WRITTEN,
  ...Object.fromEntries(
    Object.entries(TEXT_WAYS).map(([name, way]): [string, Walk] => [
      name,
      { ...TEXT, files: [golden('files', name)], title: name, ...way },
    ]),
  ),
  ...others,
  ...folders,
}
