import { IDBFactory } from 'fake-indexeddb'
import { parse } from 'valibot'
import { describe, expect, test } from 'vitest'
import { type DataStepInput, DataStepSchema, NO_AUGMENT, NO_SPLIT } from '../../src/protocol/data-steps.ts'
import type { DataConfig } from '../../src/protocol/run-config.ts'
import type { DatasetInfo } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { readTokens } from '../../src/storage/datasets.ts'
import { readTokenTable } from '../../src/tokens/table.ts'
import { failure, UNLIKE } from '../data/helpers.ts'
import { changed, type RecipeParts, recipeOf } from '../support/recipe.ts'
import { PAIRS, useDataRooms } from './support/data-rooms.ts'

const { room } = useDataRooms()
const step = (input: DataStepInput) => parse(DataStepSchema, input)
const rows = (count: number, answer = (i: number) => `The ball is in box ${i % 5}.`) =>
  `q,a\n${Array.from({ length: count }, (_, i) => `Where is ball ${i}?,${answer(i)}`).join('\n')}\n`
const file = (text: string, name = 'rows.csv') => new File([text], name)
const request = (dataset: DatasetInfo, { data, training }: RecipeParts = {}) =>
  recipeOf(dataset, {
    data: { ...PAIRS, validation_share: 0.25, ...data },
    training: { max_length: 64, seed: 1, ...training },
  })
async function table(tokens: string) {
  const database = await openDatabase()
  return readTokenTable(await readTokens(database, (await database.get('tokens', tokens))!))
}

describe('steps', () => {
  test('say what they did, what the columns are then, and give pages of rows', async () => {
    const data = room()
    const dataset = await data.openFile(file('q,x,answer\nA  b,1,yes\nA b,2,no\n,3,no\nc,4,no\n'))
    const steps = [
      step({ type: 'whitespace' }),
      step({ type: 'drop_missing', columns: ['q'] }),
      step({ type: 'rename_column', column: 'q', to: 'question' }),
    ]
    const recipe = request(dataset, { data: { steps } })
    const report = await data.runSteps(recipe)
    expect(
      report.steps.map(({ rowsIn, rowsOut, changed, dropped }) => [rowsIn, rowsOut, changed, dropped]),
    ).toEqual([
      [4, 4, 1, 0],
      [4, 3, 0, 1],
      [3, 3, 3, 0],
    ])
    expect(report).toMatchObject({
      rows: 3,
      columns: ['question', 'x', 'answer'],
      guess: { prompt: 'question' },
    })
    expect(report.estimate).toBeUndefined()
    const page = await data.rowsAfter(recipe, { offset: 2, count: 10 })
    expect(page).toEqual({
      rows: 3,
      columns: ['question', 'x', 'answer'],
      page: [{ row: 3, values: { question: 'c', x: '4', answer: 'no' } }],
    })
    // Of thousands of columns only those that are shown are sent; the names of all say what there is to ask for.
    const some = { offset: 2, count: 10, columns: ['answer', 'q'] }
    expect(await data.rowsAfter(recipe, some)).toEqual({
      rows: 3,
      columns: ['question', 'x', 'answer'],
      page: [{ row: 3, values: { answer: 'no' } }],
    })
    expect(await data.rows(dataset.id, some)).toEqual([
      { answer: 'no', q: null },
      { answer: 'no', q: 'c' },
    ])
    expect((await data.rowsAfter(recipe, { offset: 9, count: 10 })).page).toEqual([])
    const drawn = await data.runSteps(request(dataset), 2)
    expect(drawn).toMatchObject({ rows: 2, estimate: { rows: 2, of: 4 } })
  })

  test('are part of the examples and of the key they are kept under', async () => {
    const data = room()
    const dataset = await data.openFile(file(rows(24, (i) => (i < 12 ? 'THE BALL.' : 'the ball.'))))
    const plain = await data.prepare(request(dataset))
    const lower = request(dataset, { data: { steps: [step({ type: 'case', to: 'lower' })] } })
    const prepared = await data.prepare(lower)
    expect(prepared.tokens).not.toBe(plain.tokens)
    expect(prepared.steps).toMatchObject([{ changed: 24, dropped: 0 }])
    expect(prepared.samples[0]!.pieces.map(({ text }) => text).join('')).toContain('where is ball')
    expect(await data.prepare(lower)).toEqual(prepared)
    // A step that is switched off is none.
    const off = { data: { steps: [step({ type: 'case', to: 'lower', enabled: false })] } }
    expect((await data.prepare(request(dataset, off))).tokens).toBe(plain.tokens)
    expect(
      (await data.prepare(request(dataset, { data: { split: NO_SPLIT, augment: NO_AUGMENT } }))).tokens,
    ).toBe(plain.tokens)
  })

  test('the same file gives the same examples on another visit', async () => {
    const options: RecipeParts = {
      data: {
        steps: [step({ type: 'sample', rows: 20 }), step({ type: 'deduplicate', columns: ['q'] })],
        split: { ...NO_SPLIT, test_share: 0.2 },
        augment: { ...NO_AUGMENT, noisy: 1, reworded: 0.5 },
      },
    }
    const first = await room().prepare(request(await room().openFile(file(rows(60))), options))
    const before = await table(first.tokens)
    globalThis.indexedDB = new IDBFactory()
    const again = await room().prepare(request(await room().openFile(file(rows(60), 'other.csv')), options))
    expect(again).toEqual(first)
    expect(await table(again.tokens)).toEqual(before)
    expect([before.train.length, before.validation.length, before.test.length]).toEqual([28, 5, 4])
    expect(first.origins).toEqual({ data: 20, reworded: 6, noisy: 11, synthetic: 0 })
    for (const { origin } of [...before.validation, ...before.test]) expect(origin).toBeUndefined()
  })
})

test('token tables do not pile up while options are tried', async () => {
  const data = room()
  const dataset = await data.openFile(file(rows(24)))
  const made: string[] = []
  for (let seed = 1; seed <= 7; seed++)
    made.push((await data.prepare(request(dataset, { training: { seed } }))).tokens)
  const kept = await (await openDatabase()).getAllKeys('tokens')
  expect([...kept].sort()).toEqual(made.slice(3).sort())
})

describe('summary', () => {
  test('labels, samples with truncation, pages of examples', async () => {
    const data = room()
    const long = `${'word '.repeat(150)}?`
    const dataset = await data.openFile(file(`${rows(24, (i) => (i % 3 ? 'yes' : 'no'))}${long},yes\n`))
    const wanted = request(dataset, {
      data: { validation_share: 0 },
      training: { max_length: 40, completion_only_loss: false },
    })
    const prepared = await data.prepare(wanted)
    expect(prepared.labels).toEqual([
      { label: 'yes', count: { train: 17, validation: 0, test: 0 } },
      { label: 'no', count: { train: 8, validation: 0, test: 0 } },
    ])
    expect(prepared.findings.find(({ kind }) => kind === 'long_example')).toMatchObject({
      row: 24,
      count: 1,
      fix: { kind: 'training', field: 'max_length' },
    })
    const { total, samples } = await data.tokenSamples(wanted, 'train', { offset: 23, count: 5 })
    expect([total, samples.length]).toEqual([25, 2])
    expect(samples[0]).toMatchObject({ row: 23, split: 'train', origin: 'data', cut: 0 })
    const cut = samples[1]!
    expect(cut.pieces).toHaveLength(40)
    expect(cut.cut).toBeGreaterThan(40)
    expect(cut.lost).toHaveLength(64)
    // Raising the limit as the fix says leaves nothing cut.
    const fix = prepared.findings.find(({ kind }) => kind === 'long_example')!.fix!
    if (fix.kind !== 'training') throw new Error('another fix')
    expect((await data.prepare(changed(wanted, { training: { max_length: fix.value } }))).truncated).toBe(0)
  })

  test('examples as text, page by page', async () => {
    const data = room()
    const dataset = await data.openFile(file('q,a,l\nx,1,0\ny,2,1\nz,3,1\n'))
    const wanted = request(dataset, {
      data: {
        prompt: null,
        template: 'Sort {q}',
        response: 'l',
        labels: { '0': 'no', '1': 'yes' },
        validation_share: 0.3,
        augment: { ...NO_AUGMENT, noisy: 1, noise: { typos: 0, case: 1, swaps: 0, dropout: 0 } },
      },
    })
    const { model: _, ...textual } = wanted
    const all = await data.examples(textual, 'train', { offset: 0, count: 10 })
    expect([all.total, all.examples.map(({ origin }) => origin)]).toEqual([
      4,
      ['data', 'data', 'noisy', 'noisy'],
    ])
    const held = await data.examples(textual, 'validation', { offset: 0, count: 10 })
    expect(held.examples).toHaveLength(1)
    const rows = [...all.examples.slice(0, 2), ...held.examples].sort((a, b) => a.row - b.row)
    expect(rows.map(({ messages }) => messages!.map(({ content }) => content))).toEqual([
      ['Sort x', 'no'],
      ['Sort y', 'yes'],
      ['Sort z', 'yes'],
    ])
    expect((await data.examples(wanted, 'train', { offset: 3, count: 10 })).examples).toHaveLength(1)
    const texts = await data.examples(
      request(dataset, { data: { prompt: null, response: null, text: 'q' } }),
      'train',
      { offset: 0, count: 1 },
    )
    expect(texts.examples[0]).toMatchObject({ messages: null, text: expect.stringMatching(/^[xyz]$/) })
  })

  test('an estimate is exact for few rows, stores nothing, and scales for many', async () => {
    const data = room()
    const small = await data.openFile(file(rows(30)))
    const { tokens, findings: _, ...exact } = await data.prepare(request(small))
    const { tokens: none, findings: __, ...guess } = await data.estimate(request(small))
    expect(none).toBe('')
    expect(guess).toEqual(exact)
    expect(tokens).not.toBe('')

    const large = await data.openFile(file(rows(5000), 'large.csv'))
    const filter = step({ type: 'filter', column: 'q', keep: false, test: { is: 'contains', text: '7' } })
    const options = { data: { steps: [filter] } }
    const estimate = await data.estimate(request(large, options))
    const whole = await data.prepare(request(large, options))
    expect(estimate.estimate).toEqual({ rows: 2000, of: 5000 })
    for (const figure of ['examples', 'tokenCount', 'supervisedCount'] as const)
      for (const split of ['train', 'validation'] as const)
        expect(Math.abs(estimate[figure][split] / whole[figure][split] - 1)).toBeLessThan(0.08)
    expect(await data.estimate(request(large, options))).toEqual(estimate)
    expect(await (await openDatabase()).getAllKeys('tokens')).toHaveLength(2)
  })

  test('progress is heard, a stop is obeyed, and what was stopped can be asked again', async () => {
    const data = room()
    const dataset = await data.openFile(file(rows(4000)))
    const shares: number[] = []
    const control = new AbortController()
    const stopped = data.prepare(request(dataset), {
      signal: control.signal,
      onProgress: ({ share }) => {
        shares.push(share!)
        control.abort()
      },
    })
    await expect(stopped).rejects.toThrow(/abort/i)
    expect(shares.length).toBe(1)
    expect((await data.prepare(request(dataset))).examples.train).toBe(3000)
  })
})

describe('findings', () => {
  test('after the steps, held against the split and a model', async () => {
    const data = room()
    const text = `${rows(40)}Where is ball 3?,The ball is in box 3.\nmail a@b.example,${'long '.repeat(80)}\n`
    const dataset = await data.openFile(file(text))
    const kinds = (recipe: Parameters<typeof data.inspect>[0]) =>
      data.inspect(recipe).then((list) => list.map(({ kind }) => kind))
    const inspect = (given: Partial<DataConfig>) => {
      const { model: _, ...recipe } = request(dataset, { data: { validation_share: 0, ...given } })
      return kinds(recipe)
    }
    const lengths = (max_length: number, given: Partial<DataConfig> = {}) =>
      kinds(request(dataset, { data: { validation_share: 0, ...given }, training: { max_length } }))
    expect(await inspect({})).toEqual(expect.arrayContaining(['duplicate', 'personal_data']))
    expect(await inspect({})).not.toContain('long_example')
    expect(await inspect({ steps: [step({ type: 'deduplicate' })] })).not.toContain('duplicate')
    expect(await lengths(64)).toContain('long_example')
    expect(await lengths(1024)).not.toContain('long_example')
    expect(await lengths(4)).toContain('nothing_to_learn')
    expect(await lengths(64, { prompt: null })).toEqual([])
    const stats = await data.columnStats(dataset.id)
    expect(stats.map(({ name, rows: count }) => [name, count])).toEqual([
      ['q', 42],
      ['a', 42],
    ])
  })

  test('what inspecting and preparing both find can be told to be the same', async () => {
    const data = room()
    const dataset = await data.openFile(file(`${rows(24)},no question\nno answer,\n`))
    const place = ({ kind, row, column }: { kind?: string; row?: number; column?: string }) =>
      `${kind} ${row} ${column}`
    const found = await data.inspect(request(dataset))
    const prepared = await data.prepare(request(dataset))
    expect(prepared.findings.map(place)).toEqual(['missing 24 q', 'missing 25 a'])
    expect(found.map(place)).toEqual(expect.arrayContaining(prepared.findings.map(place)))
  })

  test('a column that parts the rows is recognised', async () => {
    const data = room()
    const info = await data.openFile(file('q,a,split\nx,y,train\nz,w,train\nu,v,test\n'))
    expect(info.splitGuess).toMatchObject({ method: 'column', column: 'split' })
    expect(info.findings.filter(({ kind }) => kind === 'split_values')).toEqual([])
    const prepared = await data.prepare(request(info, { data: { split: info.splitGuess! } }))
    expect(prepared.examples).toEqual({ train: 1, validation: 1, test: 1 })
    // What says nothing is not trained on without a word.
    const other = await data.openFile(file('q,a,split\nx,y,train\nz,w,train\nu,v,Extra\nu,w,test\n'))
    const [told] = other.findings.filter(({ kind }) => kind === 'split_values')
    expect(told).toMatchObject({ severity: 'warning', column: 'split' })
    expect(told!.message).toContain('"extra"')
    if (told?.fix?.kind !== 'split') throw new Error('no remedy')
    const split = { ...other.splitGuess!, ...told.fix.split }
    expect((await data.prepare(request(other, { data: { split } }))).examples.test).toBe(1)
    expect(prepared.findings.some(({ message }) => message.includes('no row is for validation'))).toBe(true)
  })
})

describe('rows by hand', () => {
  test('editing gives a new hash, undoing the old one, on another visit too', async () => {
    const data = room()
    const before = await data.openFile(file(rows(24)))
    const plain = await data.prepare(request(before))
    const once = await data.edit(before.id, [{ type: 'set', row: 0, column: 'a', value: 'Gone.' }])
    const twice = await data.edit(before.id, [
      { type: 'delete', rows: [1, 2] },
      { type: 'add', at: 22, values: { q: 'New?', a: 'Yes.' } },
    ])
    expect([once.edits, twice.edits, twice.rows]).toEqual([1, 2, 23])
    expect(new Set([before.hash, once.hash, twice.hash]).size).toBe(3)
    expect(twice.id).toBe(before.id)
    const other = room()
    expect(await other.rows(before.id, { offset: 0, count: 2 })).toEqual([
      { q: 'Where is ball 0?', a: 'Gone.' },
      { q: 'Where is ball 3?', a: 'The ball is in box 3.' },
    ])
    expect((await other.rows(before.id, { offset: 22, count: 1 }))[0]).toEqual({ q: 'New?', a: 'Yes.' })
    const edited = await other.prepare(request(before))
    expect(edited.tokens).not.toBe(plain.tokens)
    expect(edited.examples.train + edited.examples.validation).toBe(23)
    expect(await other.undo(before.id)).toEqual(once)
    expect(await other.undo(before.id)).toEqual(before)
    expect(await other.undo(before.id)).toEqual(before)
    expect(await room().rows(before.id, { offset: 0, count: 1 })).toEqual([
      { q: 'Where is ball 0?', a: 'The ball is in box 0.' },
    ])
    expect(await room().prepare(request(before))).toEqual(plain)
  })

  test('an edit that cannot be done changes nothing', async () => {
    const data = room()
    const before = await data.openFile(file(rows(3)))
    await failure(
      () =>
        data.edit(before.id, [
          { type: 'set', row: 0, column: 'a', value: 'x' },
          { type: 'delete', rows: [9] },
        ]),
      'bad_data',
    )
    expect(await data.list()).toEqual([before])
    expect((await data.rows(before.id, { offset: 0, count: 1 }))[0]!.a).toBe('The ball is in box 0.')
    expect(await data.edit(before.id, [])).toEqual(before)
    await failure(() => data.edit('none', [{ type: 'delete', rows: [] }]), 'missing_file')
    await failure(() => data.undo('none'), 'missing_file')
  })

  test('cells pasted from a spreadsheet, quotes and line ends in them', async () => {
    const data = room()
    const info = await data.openPasted('q\ta\n"two\nlines, ""quoted"""\tyes\nx\t\n', 'My cells')
    expect(info).toMatchObject({ name: 'My cells', rows: 2 })
    expect(await data.rows(info.id, { offset: 0, count: 5 })).toEqual([
      { q: 'two\nlines, "quoted"', a: 'yes' },
      { q: 'x', a: null },
    ])
  })

  test('pasted cells without names', async () => {
    const data = room()
    const two = await data.openPasted('"Why\tnot?\nReally"\tBecause.\nx\ty', 'Cells', { header: false })
    expect(await data.rows(two.id, { offset: 0, count: 5 })).toEqual([
      { prompt: 'Why\tnot?\nReally', response: 'Because.' },
      { prompt: 'x', response: 'y' },
    ])
    const three = await data.openPasted('a\tb\tc', 'Cells', { header: false })
    expect(await data.rows(three.id, { offset: 0, count: 5 })).toEqual([
      { 'column 1': 'a', 'column 2': 'b', 'column 3': 'c' },
    ])
  })

  test('typed ones, from none at all', async () => {
    const data = room()
    const empty = await data.createDataset('Typed', ['prompt', 'response'], [])
    expect([empty.rows, empty.columns.map(({ name }) => name)]).toEqual([0, ['prompt', 'response']])
    const grown = await data.edit(empty.id, [
      { type: 'add', at: 0, values: { prompt: 'Hi', response: 'Ho' } },
    ])
    expect(grown).toMatchObject({ rows: 1, guess: { prompt: 'prompt', response: 'response' } })
    const filled = await data.createDataset('Typed', ['p'], [['x'], ['']])
    expect(await data.rows(filled.id, { offset: 0, count: 5 })).toEqual([{ p: 'x' }, { p: null }])
    await failure(() => data.createDataset('x', [], []), 'bad_data')
    await failure(() => data.createDataset('x', ['a', 'a'], []), 'bad_data')
    await failure(() => data.createDataset('x', ['a', ' '], []), 'bad_data')
    await failure(() => data.createDataset('x', ['a'], [['1', '2']]), 'bad_data')
  })
})

describe('examples written by a model', () => {
  const wish = (count = 4) => ({ count, author: 'Pebble', practice: true })

  test('are kept as a set of their own, labelled, and trained on where asked for', async () => {
    const data = room()
    const dataset = await data.openFile(file(rows(24, (i) => `It is in box ${i}.`)))
    let n = 0
    const progress: number[] = []
    const found = await data.synthesise(
      request(dataset),
      wish(),
      async (prompts) =>
        prompts.map(() => {
          const word = UNLIKE[n++]!
          return `Question: How deep is the ${word} over there?\nAnswer: The ${word} is deep.`
        }),
      { onPreview: ({ kept }) => progress.push(kept) },
    )
    expect(found).toMatchObject({ kept: 4, asked: 4 })
    expect(found.findings[0]!.message).toContain('practice model')
    expect(progress).toEqual([4])
    const stored = (await data.list()).find(({ id }) => id === found.set!.dataset)!
    expect(stored).toMatchObject({
      rows: 4,
      hash: found.set!.hash,
      synthetic: { from: dataset.id, author: 'Pebble' },
    })
    const augment = { ...NO_AUGMENT, synthetic: found.set }
    const prepared = await data.prepare(request(dataset, { data: { augment } }))
    expect(prepared.origins).toEqual({ data: 24, reworded: 0, noisy: 0, synthetic: 4 })
    expect(prepared.examples).toEqual({ train: 22, validation: 6, test: 0 })
    const { train } = await table(prepared.tokens)
    expect(train.filter(({ origin }) => origin === 'synthetic').map(({ row }) => row)).toEqual([0, 1, 2, 3])
    await data.remove(found.set!.dataset)
    const gone = request(dataset, { data: { augment }, training: { seed: 2 } })
    expect((await failure(() => data.prepare(gone), 'missing_file')).detail?.dataset).toBe(found.set!.dataset)
  })

  test('where none is good, none is kept', async () => {
    const data = room()
    const dataset = await data.openFile(file(rows(24)))
    const found = await data.synthesise(request(dataset), wish(2), async (prompts) => prompts.map(() => 'la'))
    expect(found).toMatchObject({ set: null, kept: 0, asked: 10, rejected: { unreadable: 4, too_short: 6 } })
    expect((await data.list()).length).toBe(1)
    await failure(() => data.synthesise(request(dataset), wish(0), async () => []), 'bad_config')
    const single = await data.openFile(file('q,a\nx,y\n'))
    await failure(() => data.synthesise(request(single), wish(), async () => []), 'bad_data')
  })
})
