import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { findIssues } from '../../src/dataset/findings.ts'
import { checkMapping } from '../../src/dataset/mapping.ts'
import { readMessages } from '../../src/dataset/messages.ts'
import { describeDataset, openDataset } from '../../src/dataset/open.ts'
import { mapRows } from '../../src/dataset/rows.ts'
import { splitRows } from '../../src/dataset/split.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { makeTable, tableRows } from '../../src/files/table.ts'
import { textKey } from '../../src/lib/text-key.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import { failure, seeded, utf8 } from './helpers.ts'

const open = (text: string, name = 'data.csv') => openDataset(name, bufferSource(utf8(text)))
const info = async (text: string, name?: string) => describeDataset('id', await open(text, name))
const guess = async (text: string, name?: string) => (await info(text, name)).guess
const lines = (...rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n')
const CHAT = [
  { role: 'user', content: 'hi' },
  { role: 'assistant', content: 'ho' },
]

describe('opening', () => {
  test('the format is told by content, not by name', async () => {
    const jsonl = lines({ prompt: 'a', response: 'b' }, { prompt: 'c', response: 'd' })
    for (const name of ['x.json', 'x.jsonl', 'x.csv', 'x.txt', 'x'])
      expect([(await open(jsonl, name)).format, (await open(jsonl, name)).table.numRows]).toEqual(['json', 2])
    for (const name of ['x.txt', 'x.csv', 'x'])
      expect((await open('q,a\n1,2\n3,4\n', name)).format).toBe('csv')
    const poem = await open('A line, and then\nanother one\n\nthe end.\n', 'poem.txt')
    expect([poem.format, tableRows(poem.table)[2]]).toEqual(['text', { text: 'the end.' }])
  })

  test('describes columns, hashes the bytes, previews', async () => {
    const text =
      'q,n,when,yes,none,mixed\na,1,2024-01-02,true,,1\nb,,2024-01-02 10:30,false,,x\nc,-2.5e3,,TRUE,,\n'
    const described = await info(text)
    expect(described.columns).toEqual([
      { name: 'q', type: 'text', missing: 0 },
      { name: 'n', type: 'number', missing: 1 },
      { name: 'when', type: 'date', missing: 1 },
      { name: 'yes', type: 'boolean', missing: 0 },
      { name: 'none', type: 'empty', missing: 3 },
      { name: 'mixed', type: 'text', missing: 1 },
    ])
    expect(described.rows).toBe(3)
    expect(described.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(described.preview[1]).toEqual({
      q: 'b',
      n: null,
      when: '2024-01-02 10:30',
      yes: 'false',
      none: null,
      mixed: 'x',
    })
  })

  test('survives Arrow IPC whole', async () => {
    const dataset = await open(lines({ messages: CHAT, id: 1 }, { messages: CHAT, id: null }), 'x.jsonl')
    const back = tableFromIPC(tableToIPC(dataset.table))
    expect(tableRows(back)).toEqual(tableRows(dataset.table))
    expect(mapRows(back, { ...NO_MAPPING, messages: 'messages' }).rows.length).toBe(2)
  })

  test('says when letters may be wrong, and refuses what holds nothing', async () => {
    const latin = bufferSource(Uint8Array.of(...utf8('q,a\nGr'), 0xfc, ...utf8('n,b\n')))
    const described = describeDataset('id', await openDataset('x.csv', latin))
    expect(described.findings[0]!.message).toContain('Windows-1252')
    expect(described.preview[0]).toEqual({ q: 'Grün', a: 'b' })
    await failure(() => open(''), 'bad_data')
    await failure(() => open(' \n\n'), 'bad_data')
    await failure(() => open('%PDF-1.7\n', 'x.csv'), 'unsupported_format')
  })
})

describe('guessing roles', () => {
  test.each([
    ['prompt,response\na,b\n', { prompt: 'prompt', response: 'response' }],
    ['Question,Answer\na,b\n', { prompt: 'Question', response: 'Answer' }],
    ['id,answer,question\n1,a,b\n', { prompt: 'question', response: 'answer' }],
    ['system,prompt,completion\ns,a,b\n', { prompt: 'prompt', response: 'completion', system: 'system' }],
    ['text,label\na,b\n', { prompt: 'text', response: 'label' }],
    ['userPrompt,model_answer,score\na,b,1\n', { prompt: 'userPrompt', response: 'model_answer' }],
    ['instruction,input,output\na,,b\n', { prompt: 'instruction', response: 'output' }],
    ['Kunde,Wir\nFrage?,Antwort\n', { prompt: 'Kunde', response: 'Wir' }],
    ['text\nhello there\n', { text: 'text' }],
    ['story\nonce upon\n', { text: 'story' }],
    ['a,b,c\nx,y,z\n', {}],
  ])('%j', async (text, roles) => {
    const { reason, ...mapping } = await guess(text)
    expect(mapping).toEqual({ ...NO_MAPPING, ...roles })
    expect(reason.length).toBeGreaterThan(20)
  })

  test('conversations', async () => {
    const chats = lines({ id: 1, messages: CHAT }, { id: 2, messages: CHAT })
    expect((await guess(chats, 'x.jsonl')).messages).toBe('messages')
    const shared = lines({
      conversations: [
        { from: 'human', value: 'hi' },
        { from: 'gpt', value: 'ho' },
      ],
    })
    expect((await guess(shared, 'x.jsonl')).messages).toBe('conversations')
    const odd = lines({ dialog_x: CHAT, tags: ['a'] })
    expect((await guess(odd, 'x.jsonl')).messages).toBe('dialog_x')
    expect((await guess('chat,answer\nhi,ho\n')).messages).toBe(null)
  })

  test('Alpaca: the input goes after the instruction', async () => {
    const { input, reason } = await guess('instruction,input,output\na,x,b\n')
    expect(input).toBe('input')
    expect(reason).toContain('"input" is put after')
  })
})

describe('mapping', () => {
  test('rows become conversations', async () => {
    const { table } = await open('s,q,a\nBe brief.,hi,ho\n,1,2\n')
    const mapping = { ...NO_MAPPING, prompt: 'q', response: 'a', system: 's' }
    expect(mapRows(table, mapping)).toEqual({
      rows: [
        {
          row: 0,
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'hi' },
            { role: 'assistant', content: 'ho' },
          ],
        },
        {
          row: 1,
          messages: [
            { role: 'user', content: '1' },
            { role: 'assistant', content: '2' },
          ],
        },
      ],
      findings: [],
    })
  })

  test('answers that are objects are learnt as JSON; text stays text', async () => {
    const { table } = await open(lines({ q: 'a', a: { x: [1] } }), 'x.jsonl')
    const { rows } = mapRows(table, { ...NO_MAPPING, prompt: 'q', response: 'a' })
    expect(rows[0]).toMatchObject({ messages: [{}, { content: '{"x":[1]}' }] })
    expect(mapRows(table, { ...NO_MAPPING, text: 'q' }).rows).toEqual([{ text: 'a', row: 0 }])
  })

  test('rows that cannot be used are left out and said once a cause', async () => {
    const { table } = await open('q,a\nx,y\n,z\n" ",z\nw,\nv,u\n')
    const { rows, findings } = mapRows(table, { ...NO_MAPPING, prompt: 'q', response: 'a' })
    expect(rows.map((row) => row.row)).toEqual([0, 4])
    expect(findings.map((finding) => [finding.row, finding.severity])).toEqual([
      [1, 'warning'],
      [3, 'warning'],
    ])
    expect(findings[0]!.message).toContain('2 rows')
    const none = await open('q,a\nx,\ny,\n')
    const mapping = { ...NO_MAPPING, prompt: 'q', response: 'a' }
    expect((await failure(() => mapRows(none.table, mapping), 'bad_data')).message).toContain(
      'row 1 has no "a"',
    )
  })

  test('conversations with faults are left out', async () => {
    const { table } = await open(
      lines({ m: CHAT }, { m: CHAT.slice(0, 1) }, { m: [{ role: 'dog', content: 'x' }] }, { m: null }),
      'x.jsonl',
    )
    const { rows, findings } = mapRows(table, { ...NO_MAPPING, messages: 'm' })
    expect(rows).toEqual([{ messages: CHAT, row: 0 }])
    expect(findings.map((finding) => finding.row)).toEqual([1, 2, 3])
  })

  test('a missing or contradictory choice of columns is named', async () => {
    const { table } = await open('Prompt ,answer\na,b\n')
    const check = (mapping: object) => () => checkMapping(table, { ...NO_MAPPING, ...mapping })
    const missing = await failure(check({ prompt: 'prompt', response: 'answer' }), 'missing_column')
    expect(missing.hint).toContain('Did you mean "Prompt"?')
    const other = await failure(check({ prompt: 'Prompt', response: 'reply' }), 'missing_column')
    expect([other.detail?.column, other.hint.includes('"answer"')]).toEqual(['reply', true])
    await failure(check({}), 'missing_column')
    await failure(check({ prompt: 'Prompt' }), 'missing_column')
    await failure(check({ prompt: 'Prompt', response: 'answer', text: 'answer' }), 'bad_data')
    await failure(check({ text: 'answer', system: 'Prompt' }), 'bad_data')
    check({ prompt: 'Prompt', response: 'answer' })()
    // A guess may be passed on as it is, its reason included.
    check({ prompt: 'Prompt', response: 'answer', reason: 'by their names' })()
  })

  test('messages in their usual forms', () => {
    expect(readMessages(CHAT)).toEqual(CHAT)
    expect(readMessages(JSON.stringify(CHAT))).toEqual(CHAT)
    expect(
      readMessages([
        { from: 'human', value: 'hi' },
        {
          role: 'model',
          content: [
            { type: 'text', text: 'h' },
            { type: 'text', text: 'o' },
          ],
        },
      ]),
    ).toEqual(CHAT)
    for (const bad of [
      'hi',
      '{}',
      [],
      [3],
      [null],
      [{ role: 'user' }],
      [{ role: 'user', content: [{ type: 'image' }] }],
      3,
    ])
      expect(typeof readMessages(bad)).toBe('string')
  })
})

describe('findings', () => {
  const findings = async (rows: string[]) => (await info(`prompt,response\n${rows.join('\n')}\n`)).findings
  const many = Array.from({ length: 30 }, (_, i) => `question ${i},answer ${i}`)

  test('clean data has none', async () => {
    expect(await findings(many)).toEqual([])
  })

  test('few rows, missing answers, repeats and contradictions, each with its first row', async () => {
    expect((await findings(many.slice(0, 3)))[0]!.message).toContain('only 3 rows')
    const found = await findings([
      ...many,
      'question 1,',
      'question 2,  answer 2 ',
      'question 3,another',
      'question 3,a third',
      'question 3,another',
      'question 4,other',
    ])
    expect(found.map((finding) => [finding.row, finding.column])).toEqual([
      [30, 'response'],
      [31, 'prompt'],
      [32, 'response'],
    ])
    expect(found[1]!.message).toContain('2 rows repeat')
    expect(found[2]!.message).toContain('2 questions have different answers')
  })

  test('a column with nothing in it is an error', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `question ${i},`)
    const described = await info(`prompt,response,x\n${rows.map((row) => `${row},1`).join('\n')}\n`)
    const errors = findIssues(
      (await open(`prompt,response,x\n${rows.map((row) => `${row},1`).join('\n')}\n`)).table,
      { ...NO_MAPPING, prompt: 'prompt', response: 'response' },
    )
    expect(errors[0]).toMatchObject({ severity: 'error', column: 'response' })
    expect(described.guess.response).not.toBe('response')
  })
})

describe('splitting', () => {
  const rows = Array.from({ length: 100 }, (_, i) => i)

  test('by share and seed, each row once, order kept', () => {
    const { train, validation } = splitRows(rows, 0.1, 42)
    expect([train.length, validation.length]).toEqual([90, 10])
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual(rows)
    expect(validation).toEqual([...validation].sort((a, b) => a - b))
    expect(splitRows(rows, 0.1, 42)).toEqual({ train, validation })
    expect(splitRows(rows, 0.1, 43).validation).not.toEqual(validation)
    // Pinned: a stored run must find the same rows held out in any later version.
    expect(validation).toEqual(PINNED)
  })

  test('keeps at least a row on either side', () => {
    expect(splitRows([1, 2], 0.01, 1).validation.length).toBe(1)
    expect(splitRows([1, 2], 0.9, 1).train.length).toBe(1)
    expect(splitRows([1], 0.5, 1)).toEqual({ train: [1], validation: [] })
    expect(splitRows(rows, 0, 1)).toEqual({ train: rows, validation: [] })
    expect(splitRows([], 0.5, 1)).toEqual({ train: [], validation: [] })
  })
})

/** splitRows(0..99, 0.1, 42). */
const PINNED = [6, 8, 11, 24, 28, 35, 56, 59, 73, 87]

test('a large table is looked through in parts, with the same findings as at once', () => {
  const count = 60_000
  const q = Array.from({ length: count }, (_, i) =>
    i === 40_000 ? 'question 7' : i === 9000 ? null : `question ${i}`,
  )
  const a = q.map((_, i) => (i === 59_999 ? 'another' : `answer ${i % 10}`))
  q[59_999] = 'question 3'
  const table = makeTable([
    { name: 'q', values: q },
    { name: 'a', values: a.map((answer, i) => (i === 40_000 ? a[7]! : answer)) },
  ])
  const found = findIssues(table, { ...NO_MAPPING, prompt: 'q', response: 'a' })
  expect(found.map(({ kind, row, count }) => [kind, row, count])).toEqual([
    ['missing', 9000, 1],
    ['duplicate', 40_000, 1],
    ['contradiction', 59_999, 1],
  ])
  const random = seeded(9)
  const texts = Array.from({ length: 20_000 }, (_, i) => `${i} ${random()}`)
  expect(new Set(texts.map(textKey)).size).toBe(texts.length)
})
