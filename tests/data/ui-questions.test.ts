import { describe, expect, it } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { ExampleText } from '../../src/protocol/studio.ts'
import type { Message, Origin, Split } from '../../src/protocol/tokens.ts'
import { questionsFrom, questionsOfRows, rowQuestions } from '../../src/runs/questions.ts'
import { heldAgainst, ownQuestions, questionsOf, telling } from '../../src/ui/state/questions.ts'
import { hrefOf, PLACES, placeOf } from '../../src/ui/state/route.ts'

const say = (role: Message['role'], content: string): Message => ({ role, content })
const chat = (messages: Message[], origin: Origin = 'data'): ExampleText => ({
  row: 0,
  origin,
  messages,
  text: null,
})
const pair = (prompt: string, answer: string, origin?: Origin) =>
  chat([say('user', prompt), say('assistant', answer)], origin)

describe('questions asked along the way', () => {
  it('are those of the examples, each once, with what the data says; made rows ask nothing', () => {
    const examples = [
      pair(' Who? ', 'Tom'),
      pair('Who?', 'Anna'),
      pair('Whoo?', 'Anna', 'noisy'),
      pair(' ', 'nobody'),
      pair('7', ''),
    ]
    expect(questionsFrom(examples)).toEqual([{ prompt: 'Who?', reference: 'Tom' }, { prompt: '7' }])
    expect(questionsFrom(examples, 1)).toHaveLength(1)
  })
  it('come from the first turn of a conversation, the system text before it', () => {
    const turns = [say('user', 'Hi'), say('assistant', 'Hello'), say('user', 'Bye'), say('assistant', 'Ciao')]
    expect(questionsFrom([chat([say('system', 'Be kind'), ...turns])])).toEqual([
      { prompt: 'Be kind\n\nHi', reference: 'Hello' },
    ])
    expect(questionsFrom([chat([say('assistant', 'Hello')])])).toEqual([])
  })
  it('are the openings of plain text', () => {
    const text = 'once upon a time there was a small boat at sea'
    expect(questionsFrom([{ row: 0, origin: 'data', messages: null, text }])).toEqual([
      { prompt: 'once upon a time there was a small' },
    ])
  })
  it('show most of the task first: each label once, and calls of functions', () => {
    const asked = (...references: string[]) =>
      references.map((reference, i) => ({ prompt: `${i}`, reference }))
    const order = (...given: Parameters<typeof telling>) => telling(...given).map(({ prompt }) => prompt)
    const moods = asked('sad', 'sad', 'happy', 'sad', 'angry')
    expect(order('labels', moods)).toEqual(['0', '2', '4', '1', '3'])
    expect(order('labels', moods, asked('sad'))).toEqual(['2', '4', '0', '1', '3'])
    expect(order('calls', asked('No.', 'weather({"city":"Rome"})'))).toEqual(['1', '0'])
    for (const kind of ['text', null] as const) expect(order(kind, moods)).toEqual(['0', '1', '2', '3', '4'])
  })
  it('are taken from held-out rows, and from training rows only where those are too few', async () => {
    const rows: Record<Split, ExampleText[]> = {
      train: ['a', 'b', 'c'].map((prompt) => pair(prompt, '1')),
      validation: ['x', 'y'].map((prompt) => pair(prompt, '2')),
      test: [],
    }
    const asked: Split[] = []
    const room = {
      examples: async (_: unknown, split: Split) => {
        asked.push(split)
        return { total: rows[split].length, examples: rows[split] }
      },
    }
    const request = { dataset: '', config: parseRunConfig({}) }
    const prompts = async (most: number) =>
      (await questionsOf(room, request, ['validation', 'train'], most)).map(({ prompt }) => prompt)
    expect(await prompts(3)).toEqual(['x', 'y', 'a'])
    expect(await prompts(2)).toEqual(['x', 'y'])
    expect(asked).toEqual(['validation', 'train', 'validation'])
  })
})

describe('rows picked as questions', () => {
  const rows = (from: number, count: number): ExampleText[] =>
    Array.from({ length: count }, (_, i) => ({ ...pair(`q${from + i}`, `a${from + i}`), row: from + i }))
  const splits: Record<Split, ExampleText[]> = {
    validation: [
      ...rows(0, 700),
      { ...pair('made', 'x', 'synthetic'), row: 3 },
      { ...pair('q5', 'again'), row: 700 },
    ],
    test: [],
    train: rows(1000, 3),
  }
  const room = {
    examples: async (_: unknown, split: Split, { offset, count }: { offset: number; count: number }) => ({
      total: splits[split].length,
      examples: splits[split].slice(offset, offset + count),
    }),
  }
  const recipe = { dataset: '', config: parseRunConfig({}) }

  it('are read page by page, each question once, with its row, its answer and its split', async () => {
    const { total, found } = await rowQuestions(room, recipe, 'validation', 5000)
    expect([total, found.length]).toEqual([702, 700])
    expect(found[699]).toEqual({ prompt: 'q699', reference: 'a699', split: 'validation', row: 699 })
    expect(found[5]!.reference).toBe('a5')
    expect((await rowQuestions(room, recipe, 'validation', 600)).found).toHaveLength(600)
    expect(await rowQuestions(room, recipe, 'test', 600)).toEqual({ total: 0, found: [] })
  })

  it('are found by the numbers of the file, in the order in which they were named', async () => {
    const data = { rows: 1003, rowNumbers: [[0, 2]] as const }
    expect(await questionsOfRows(room, recipe, [1002, 12], data)).toEqual([
      { prompt: 'q1000', reference: 'a1000', split: 'train' },
      { prompt: 'q10', reference: 'a10', split: 'validation' },
    ])
    await expect(questionsOfRows(room, recipe, [12, 950], data)).rejects.toMatchObject({
      code: 'bad_config',
      detail: { row: 948 },
    })
  })
})

describe("a person's own questions", () => {
  const known = (...prompts: string[]) => prompts.map((prompt) => ({ prompt }))

  it('stay as they are while their data is in view', () => {
    const own = ownQuestions(['a', 'mine', ''], known('a', 'b'))
    expect(own.map(({ drawn }) => drawn)).toEqual([true, false, false])
    expect(heldAgainst(own, known('b', 'a'))).toEqual({ texts: ['a', 'mine', ''], replaced: false })
  })

  it('of other data give way to those of the new, and what was typed stays', () => {
    const own = ownQuestions(['a', 'mine', 'b', ''], known('a', 'b'))
    expect(heldAgainst(own, known('c', 'd', 'e'))).toEqual({ texts: ['c', 'mine', 'd', ''], replaced: true })
    // Fewer, or none: nothing of the data before is asked in their place, and none twice.
    expect(heldAgainst(own, known('c', 'mine'))).toEqual({ texts: ['c', 'mine', ''], replaced: true })
    expect(heldAgainst(own, [])).toEqual({ texts: ['mine', ''], replaced: true })
  })

  it('are known as of the data even where they are changed while it is being prepared', () => {
    const own = ownQuestions(['a', 'mine'], known('a'))
    expect(ownQuestions(['a', 'mine too'], [], own)).toEqual([
      { prompt: 'a', drawn: true },
      { prompt: 'mine too', drawn: false },
    ])
  })
})

describe('places', () => {
  it('are found again in their addresses, and an unknown one is the first', () => {
    for (const place of PLACES) expect(placeOf(hrefOf(place))).toBe(place)
    expect(placeOf('')).toBe('data')
    expect(placeOf('#/nowhere')).toBe('data')
    expect(placeOf('#/train?run=7')).toBe('train')
  })
})
