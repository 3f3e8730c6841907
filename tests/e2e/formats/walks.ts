import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tables } from '../../data/golden-files.ts'
import {
  CALLS,
  CHATS,
  CONTRARY,
  file,
  type GivenFile,
  golden,
  gzip,
  HALVES,
  INSTRUCTIONS,
  jsonLines,
  LINES,
  QUESTIONS,
  REVIEWS,
  SCORES,
  SENTENCES,
  SHARED,
  separated,
  tfdsFolder,
  utf16,
  WORDS,
  windows1252,
  zip,
} from './files.ts'

type Kind = 'Question, answer' | 'Chat' | 'Text'
/** Columns by the part they play. */
type Roles = Partial<
  Record<'Question (prompt)' | 'Answer (response)' | 'Conversation (messages)' | 'Text', string>
>

/** What a person sees and does on the way from a file to what a model learns from it. */
export interface Walk {
  files: GivenFile[]
  /** Chosen with the button where nothing is said. */
  by?: 'dropping it' | 'dropping its folder'
  /** What it is called; a folder's name is not known yet. */
  title?: string
  size: string
  /** Cells of the first rows, by column: as they stand in the file. */
  first: Record<string, unknown[]>
  guess: { kind: Kind; roles?: Roles; reason: string }
  /** What is chosen instead of the guess, or besides. */
  mapped?: { kind?: Kind; roles?: Roles; template?: string; words?: Record<string, string> }
  /** What a finding says, with row and column. */
  finding: RegExp
  step: {
    name: string
    fill?: Record<string, string>
    check?: string[]
    choose?: Record<string, string>
    counts: string
    /** The first row that it changes. */
    row: number
    column: string
    before: string
    after: string
  }
  /** An example as tokens. */
  read?: RegExp
  learnt: RegExp
  /** Goes on to be learnt: one of each kind. */
  trained?: true
}

const columnsOf = (all: Record<string, unknown>[]): Record<string, unknown[]> =>
  Object.fromEntries(Object.keys(all[0]!).map((name) => [name, all.map((row) => row[name])]))

const pair = (prompt: string, response: string): Roles => ({
  'Question (prompt)': prompt,
  'Answer (response)': response,
})
const asked = (prompt: string, response: string): Walk['guess'] => ({
  kind: 'Question, answer',
  roles: pair(prompt, response),
  reason: `By their names, "${prompt}" is what is asked and "${response}" what is to be answered.`,
})

const TIDY: Walk['step'] = {
  name: 'Tidy up spaces',
  counts: '24 rows in, 24 out · 24 changed',
  row: 1,
  column: 'question',
  before: 'Where is  the café number 1?',
  after: 'Where is the café number 1?',
}

const written: Record<string, Walk> = {
  CSV: {
    files: [file('plain.csv', separated(QUESTIONS))],
    by: 'dropping it',
    title: 'plain.csv',
    size: '24 rows · 2 columns',
    first: columnsOf(QUESTIONS),
    guess: asked('question', 'answer'),
    finding: /nothing in "answer" \(the response\), row 7 first/,
    step: TIDY,
    read: /Where is the caf/,
    learnt: /Behind hill \d+, .+ gauche\.<end_of_turn>/,
    trained: true,
  },
  'TSV of labels': {
    files: [file('labels.tsv', separated(REVIEWS, '\t'))],
    title: 'labels.tsv',
    size: '24 rows · 2 columns',
    first: columnsOf(REVIEWS),
    guess: asked('review', 'label'),
    mapped: { words: { p: 'positive', n: 'negative' } },
    finding: /1 text in "review" holds e-mail addresses, such as "rose@example.org", row 5 first/,
    step: {
      name: 'Even out labels',
      choose: { Column: 'label' },
      fill: { 'Rows of each value at most': '8' },
      counts: '24 rows in, 16 out · 8 dropped',
      row: 5,
      column: 'label',
      before: 'p',
      after: 'dropped',
    },
    read: /soup/,
    learnt: /: (positive|negative)<end_of_turn>/,
    trained: true,
  },
  'CSV with semicolons in Windows-1252': {
    files: [file('semicolons.csv', windows1252(separated(SENTENCES, ';', '\r\n')))],
    title: 'semicolons.csv',
    size: '24 rows · 2 columns',
    first: columnsOf(SENTENCES),
    guess: {
      kind: 'Question, answer',
      roles: pair('english', 'french'),
      reason:
        '"english" and "french" are named for languages: the model learns to translate from English to French. A template may say so in each prompt, such as "Translate {english} to French".',
    },
    mapped: { template: 'Translate {english} to French' },
    finding: /nothing in "french" \(the response\), row 7 first/,
    step: {
      name: 'Find and replace',
      fill: { Find: '’', 'Put in its place': "'" },
      counts: '24 rows in, 24 out · 24 changed',
      row: 1,
      column: 'english',
      before: 'It’s 1 €.',
      after: "It's 1 €.",
    },
    read: /Translate It's \d+ <0xE2><0x82><0xAC>\. to French/,
    learnt: /: C'est \d+ <0xE2><0x82><0xAC>, .+ peu pr.+s\.<end_of_turn>/,
    trained: true,
  },
  'CSV in UTF-16': {
    files: [file('wide.csv', utf16(separated(WORDS)))],
    by: 'dropping it',
    title: 'wide.csv',
    size: '24 rows · 2 columns',
    first: columnsOf(WORDS),
    guess: asked('prompt', 'completion'),
    finding: /1 row repeats an earlier one, row 9 first/,
    step: {
      name: 'Drop repeated rows',
      counts: '24 rows in, 23 out · 1 dropped',
      row: 9,
      column: 'prompt',
      before: '数据 🙂 number 8?',
      after: 'dropped',
    },
    read: /number \d+\?/,
    learnt: /: Gr<0xC3><0xB6><0xC3><0x9F>er than \d+\.<end_of_turn>/,
  },
  'CSV with old line ends and white space in its heading': {
    files: [file('old.csv', separated(CALLS, ',', '\r'))],
    title: 'old.csv',
    size: '24 rows · 2 columns',
    first: columnsOf(CALLS.map((row) => ({ question: row[' question '], answer: row['answer\t'] }))),
    guess: asked('question', 'answer'),
    finding: /1 text in "answer" holds telephone numbers, such as "\+44 20 7946 0958", row 3 first/,
    step: {
      name: 'First rows only',
      fill: { Rows: '10' },
      counts: '24 rows in, 10 out · 14 dropped',
      row: 11,
      column: 'question',
      before: 'Who answers at desk 11?',
      after: 'dropped',
    },
    read: /Who answers at desk \d+\?/,
    learnt: /: (Anna answers at desk \d+|Call \+44 20 7946 0958)\.<end_of_turn>/,
  },
  'JSON array in Alpaca’s shape': {
    files: [file('array.json', JSON.stringify(INSTRUCTIONS, null, 2))],
    title: 'array.json',
    size: '24 rows · 3 columns',
    first: columnsOf(INSTRUCTIONS),
    guess: {
      ...asked('instruction', 'output'),
      reason: '"input" is put after what is asked, in rows where it holds something.',
    },
    finding: /1 answer in "output" is a placeholder such as "N\/A", row 4 first/,
    step: {
      name: 'Keep or drop rows',
      fill: { 'At least': '15' },
      counts: '24 rows in, 12 out · 12 dropped',
      row: 2,
      column: 'instruction',
      before: 'Reverse it.',
      after: 'dropped',
    },
    read: /Write number \d+ as a word\./,
    learnt: /: made of \d+<end_of_turn>/,
  },
  'JSON object of arrays': {
    files: [file('object.json', JSON.stringify(CONTRARY))],
    title: 'object.json',
    size: '24 rows · 2 columns',
    first: CONTRARY,
    guess: asked('question', 'answer'),
    finding: /1 question has different answers in different rows, row 6 first/,
    step: {
      name: 'Upper or lower case',
      counts: '24 rows in, 24 out · 24 changed',
      row: 1,
      column: 'question',
      before: 'How Far Is Village 1?',
      after: 'how far is village 1?',
    },
    read: /how far is village \d+\?/,
    learnt: /: \d+ miles\.<end_of_turn>/,
  },
  'JSON lines of conversations': {
    files: [file('chats.jsonl', jsonLines(CHATS))],
    title: 'chats.jsonl',
    size: '24 rows · 1 column',
    first: columnsOf(CHATS),
    guess: {
      kind: 'Chat',
      roles: { 'Conversation (messages)': 'messages' },
      reason: '"messages" holds conversations: turns with a role and content.',
    },
    finding: /Row 7 .*role/,
    step: {
      ...TIDY,
      column: 'messages',
      before: 'Where is  the mill number 1?',
      after: 'Where is the mill number 1?',
    },
    read: /Be brief\..*Where is the mill number \d+\?/s,
    learnt: /: At the river, mile \d+\.<end_of_turn>/,
    trained: true,
  },
  'ZIP of JSON lines in ShareGPT’s shape': {
    files: [file('packed.zip', zip('inner/lines.jsonl', jsonLines(SHARED)))],
    by: 'dropping it',
    title: 'packed.zip',
    size: '24 rows · 1 column',
    first: columnsOf(SHARED),
    guess: {
      kind: 'Chat',
      roles: { 'Conversation (messages)': 'conversations' },
      reason: '"conversations" holds conversations: turns with a role and content.',
    },
    finding: /1 text in "conversations" holds control characters, row 3 first/,
    step: {
      name: 'Remove control characters',
      counts: '24 rows in, 24 out · 1 changed',
      row: 3,
      column: 'conversations',
      before: 'Yes,',
      after: 'Yes, it is.',
    },
    read: /Is door \d+ open\?/,
    learnt: /: (Door \d+ is open|Yes, it is)\.<end_of_turn>/,
  },
  'gzip of CSV with numbers': {
    files: [file('packed.csv.gz', gzip(separated(SCORES)))],
    title: 'packed.csv.gz',
    size: '24 rows · 2 columns',
    first: columnsOf(SCORES),
    guess: {
      kind: 'Question, answer',
      roles: pair('essay', 'score'),
      reason: 'There are two columns: "essay" was taken as what is asked, "score" as the answer.',
    },
    finding: /nothing in "score" \(the response\), row 11 first/,
    step: {
      name: 'Round numbers',
      check: ['score'],
      fill: { 'Digits after the point': '1' },
      counts: '24 rows in, 24 out · 23 changed',
      row: 1,
      column: 'score',
      before: '1.375',
      after: '1.4',
    },
    read: /Essay on topic \d+\./,
    learnt: /: \d+\.4<end_of_turn>/,
  },
  'several CSVs at once': {
    files: [file('test.csv', separated(HALVES.slice(18))), file('train.csv', separated(HALVES.slice(0, 18)))],
    by: 'dropping it',
    title: 'test.csv and 1 more',
    size: '24 rows · 3 columns',
    first: { ...columnsOf(HALVES.slice(18)), split: HALVES.slice(18).map(() => 'test') },
    guess: asked('question', 'answer'),
    // In the order of their names: six rows come before the second of the other file.
    finding: /nothing in "answer" \(the response\), row 8 first/,
    step: {
      name: 'Fill empty cells',
      check: ['answer'],
      fill: { 'Fill with': 'It is 3.' },
      counts: '24 rows in, 24 out · 1 changed',
      row: 8,
      column: 'answer',
      before: '(nothing)',
      after: 'It is 3.',
    },
    read: /What is \d+ \+ 1\?/,
    learnt: /: It is \d+\.<end_of_turn>/,
  },
  'plain text': {
    files: [file('lines.txt', `${LINES.join('\n\n')}\n`)],
    title: 'lines.txt',
    size: '24 rows · 1 column',
    first: { text: LINES },
    guess: {
      kind: 'Text',
      roles: { Text: 'text' },
      reason: '"text" is the only text; the model learns to continue it.',
    },
    finding: /1 text in "text" holds replacement characters .* row 12 first/,
    step: {
      name: 'Leave out single rows',
      fill: { 'Row numbers, separated by commas': '12, 3' },
      counts: '24 rows in, 22 out · 2 dropped',
      row: 3,
      column: 'text',
      before: 'Once upon a time there were 3 hills.',
      after: 'dropped',
    },
    learnt: /: .*Once upon a time there were \d+ hills\./,
    trained: true,
  },
}

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
    finding: /nothing in "response" \(the response\), row 2 first/,
    step: {
      name: 'Columns into rows',
      check: ['score', 'sure'],
      counts: '3 rows in, 5 out · 3 changed · 2 added',
      row: 1,
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
  ...written,
  ...Object.fromEntries(
    Object.entries(TEXT_WAYS).map(([name, way]): [string, Walk] => [
      name,
      { ...TEXT, files: [golden('files', name)], title: name, ...way },
    ]),
  ),
  ...others,
  ...folders,
}
