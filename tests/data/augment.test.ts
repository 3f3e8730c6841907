import { describe, expect, test } from 'vitest'
import { augment } from '../../src/dataset/augment/index.ts'
import { addNoise } from '../../src/dataset/augment/noise.ts'
import { Draws } from '../../src/dataset/augment/random.ts'
import { isEnglish, reword } from '../../src/dataset/augment/reword.ts'
import {
  type Example,
  examplesOf,
  fewShot,
  parseExample,
  QualityFilter,
  type SynthesisOptions,
  synthesise,
} from '../../src/dataset/augment/synthetic.ts'
import { Frame } from '../../src/dataset/frame.ts'
import { runPipeline } from '../../src/dataset/pipeline.ts'
import { makeTable } from '../../src/files/table.ts'
import { type AugmentConfig, NO_AUGMENT } from '../../src/protocol/data-steps.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import type { Conversation } from '../../src/protocol/tokens.ts'
import { readTokenTable, writeTokenTable } from '../../src/tokens/table.ts'
import { failure, UNLIKE } from './helpers.ts'

const row = (i: number, prompt = `Explain what a machine of kind ${i} does.`): Conversation => ({
  row: i,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: prompt },
    { role: 'assistant', content: `It does thing ${i}.` },
  ],
})
const ROWS = Array.from({ length: 40 }, (_, i) => row(i))
const SOME = { typos: 0.1, case: 0.2, swaps: 0.1, dropout: 0.1 }
const questionOf = (made: object) => (made as Conversation).messages.at(-2)!.content

describe('rows', () => {
  const config: AugmentConfig = { ...NO_AUGMENT, reworded: 0.5, noisy: 2, noise: SOME }

  test('are made in the ratio asked for, differ from their source, keep its answer, and are labelled', async () => {
    const { made, findings } = await augment(ROWS, config, 42)
    expect(findings).toEqual([])
    expect(made.filter(({ origin }) => origin === 'reworded')).toHaveLength(20)
    expect(made.filter(({ origin }) => origin === 'noisy')).toHaveLength(80)
    for (const one of made) {
      const source = ROWS[one.row]!
      expect(questionOf(one)).not.toBe(questionOf(source))
      expect((one as Conversation).messages.at(-1)).toEqual(source.messages.at(-1))
      expect((one as Conversation).messages[0]).toEqual(source.messages[0])
    }
    const questions = made.map(questionOf)
    expect(new Set(questions).size).toBe(questions.length)
    // A half takes different rows, and twice takes each row twice.
    expect(new Set(made.filter(({ origin }) => origin === 'reworded').map((one) => one.row)).size).toBe(20)
    const noisy = made.filter(({ origin }) => origin === 'noisy').map((one) => one.row)
    for (const { row: number } of ROWS) expect(noisy.filter((n) => n === number)).toHaveLength(2)
  })

  test('are a function of the seed', async () => {
    const once = await augment(ROWS, config, 42)
    expect(await augment(ROWS, config, 42)).toEqual(once)
    expect((await augment(ROWS, config, 43)).made).not.toEqual(once.made)
  })

  test('stay what they are in any later version: a stored run must find the same', async () => {
    const few = { ...config, reworded: 0.05, noisy: 0.05 }
    const { made } = await augment(ROWS, few, 42)
    expect(made.map((one) => [one.row, questionOf(one)])).toEqual([
      [8, 'Tell me about what a machine of kind 8 does.'],
      [11, 'Here is what I need: Explain what a machine of kind 11 does.'],
      [6, 'exlpain What a machine of kind 6 does.'],
      [9, 'Explain what s machine kind 9 oDe.'],
    ])
  })

  test('synthetic ones are taken by ratio, in their own order', async () => {
    const written = Array.from({ length: 30 }, (_, i) => row(i, `Written ${i}`))
    const { made } = await augment(ROWS, { ...NO_AUGMENT, synthetic_ratio: 0.5 }, 1, { synthetic: written })
    expect(made).toHaveLength(20)
    expect(made.every(({ origin }) => origin === 'synthetic')).toBe(true)
    expect(made.map((one) => one.row)).toEqual([...made.map((one) => one.row)].sort((a, b) => a - b))
    const all = await augment(ROWS, { ...NO_AUGMENT, synthetic_ratio: 10 }, 1, { synthetic: written })
    expect(all.made).toHaveLength(30)
  })

  test('what could not be made is said', async () => {
    const german = Array.from({ length: 30 }, (_, i) => row(i, `Was ist die Nummer ${i} und wozu dient sie?`))
    const { made, findings } = await augment(german, { ...NO_AUGMENT, reworded: 1 }, 1)
    expect(made).toEqual([])
    expect(findings[0]!.message).toBe('0 rewordings were made of the 30 asked for.')
    const own = { ...NO_AUGMENT, reworded: 1, rewordings: ['Bitte: {prompt}'] }
    expect((await augment(german, own, 1)).made.map(questionOf)[0]).toMatch(/^Bitte: Was ist/)
    const texts = [{ text: 'plain', row: 0 }]
    expect((await augment(texts, { ...NO_AUGMENT, noisy: 1 }, 1)).findings[0]!.message).toContain(
      'No row asks anything',
    )
  })

  test('never get into validation or test', async () => {
    const table = makeTable([
      { name: 'q', values: ROWS.map(questionOf) },
      { name: 'a', values: ROWS.map(({ messages }) => messages.at(-1)!.content) },
    ])
    const { rows } = await runPipeline(Frame.of(table), {
      steps: [],
      mapping: { ...NO_MAPPING, prompt: 'q', response: 'a' },
      split: { method: 'random', column: null, test_share: 0.2, validation_values: [], test_values: [] },
      validationShare: 0.2,
      augment: config,
      seed: 5,
    })
    expect([rows.validation.length, rows.test.length]).toEqual([8, 8])
    for (const held of [...rows.validation, ...rows.test]) expect('origin' in held).toBe(false)
    const made = rows.train.filter((one) => 'origin' in one)
    expect(made.length).toBe(12 + 48)
    // Nor are they made from rows that are held out.
    const heldOut = new Set([...rows.validation, ...rows.test].map((one) => one.row))
    for (const one of made) expect(heldOut.has(one.row)).toBe(false)
  })

  test('never ask what a held-out row asks', async () => {
    const asks = (i: number, ...texts: string[]): Conversation => ({
      row: i,
      messages: texts.map((content, turn) => ({ role: turn % 2 === 0 ? 'user' : 'assistant', content })),
    })
    const train = Array.from({ length: 20 }, (_, i) => asks(i, `Who is number ${i}`, 'x'))
    const ways = { ...NO_AUGMENT, reworded: 1, rewordings: ['Tell me: {prompt}'] }
    const written = [asks(0, 'Who is it?', 'y'), asks(1, 'And who is not?', 'y')]
    const config = { ...ways, synthetic: { dataset: 'w', hash: 'w' } }
    const held = [asks(90, 'tell me, WHO is number 3?', 'x'), asks(91, 'who is it', 'y')]
    const asked = async (held: Conversation[]) =>
      (await augment(train, config, 1, { synthetic: written, held })).made.map(questionOf)
    expect((await asked([])).length).toBe(22)
    const made = await asked(held)
    expect(made.length).toBe(20)
    expect(made.includes('Tell me: Who is number 3') || made.includes('Who is it?')).toBe(false)

    // Of conversations, what was said before counts too.
    const long = [asks(0, 'Hello', 'Hi', 'Go on', 'x'), asks(1, 'Well', 'Hm', 'Go on', 'x')]
    const { made: spared } = await augment(long, ways, 1, { held: [asks(9, 'Hello', 'Hi', 'Tell me go on')] })
    expect(spared.map(({ row }) => row)).toEqual([1])
  })

  test('keep their label in the token table, which refuses them outside training', async () => {
    const example = { tokens: Uint32Array.of(1, 2), supervised: Uint8Array.of(0, 1), row: 3 }
    const noisy = { ...example, origin: 'noisy' as const }
    const back = readTokenTable(writeTokenTable({ train: [example, noisy], validation: [example] }))
    expect(back.train.map(({ origin }) => origin)).toEqual([undefined, 'noisy'])
    await failure(() => writeTokenTable({ train: [example], validation: [noisy] }), 'internal')
  })
})

describe('noise', () => {
  const text =
    'Please tell me about 1,234 ships at https://sea.example/x and <b>bold</b> words, mailing me@sea.example today'
  const noisy = (seed: number, noise = SOME) => addNoise(text, noise, new Draws(seed, 0, 1))

  test('leaves digits, addresses and markup alone', () => {
    for (let seed = 0; seed < 50; seed++) {
      const result = noisy(seed)
      for (const kept of ['1,234', 'https://sea.example/x', '<b>bold</b>', 'me@sea.example'])
        expect(result).toContain(kept)
    }
  })

  test('each kind does what it says', () => {
    const none = { typos: 0, case: 0, swaps: 0, dropout: 0 }
    const plain = 'one two three four five six seven eight nine ten'
    const kind = (change: Partial<typeof none>) => addNoise(plain, { ...none, ...change }, new Draws(3, 1, 1))
    expect(kind({})).toBe(plain)
    expect(kind({ case: 1 }).toLowerCase()).toBe(plain)
    expect(kind({ case: 1 })).not.toBe(plain)
    const swapped = kind({ swaps: 0.5 })
    expect(swapped.split(' ').sort()).toEqual(plain.split(' ').sort())
    expect(swapped).not.toBe(plain)
    const dropped = kind({ dropout: 0.5 }).split(' ')
    expect(dropped.length).toBeLessThan(10)
    expect(dropped.every((word) => plain.split(' ').includes(word))).toBe(true)
    expect(kind({ typos: 0.3 }).split(' ')).toHaveLength(10)
  })

  test('something is always left, other scripts included', () => {
    for (let seed = 0; seed < 50; seed++) {
      const all = { typos: 0.5, case: 1, swaps: 0.5, dropout: 0.5 }
      for (const short of ['hi', 'hi you', '日本 語', 'привет мир', '🙂', '1 + 1'])
        expect(addNoise(short, all, new Draws(seed, 0, 1)).trim()).not.toBe('')
    }
  })
})

describe('rewording', () => {
  test('is another way to ask, with everything asked still there', () => {
    const ways = new Set<string>()
    for (let seed = 0; seed < 60; seed++)
      ways.add(reword('Write a poem about $& and the sea.', [], new Draws(seed, 0, 1))!)
    expect(ways.size).toBeGreaterThan(6)
    for (const way of ways) {
      expect(way).not.toBe('Write a poem about $& and the sea.')
      expect(way).toMatch(/a poem about \$& and the sea\./)
    }
    expect([...ways].some((way) => way.startsWith('Compose a poem'))).toBe(true)
  })

  test('a text that asks nothing is framed as a text; a greeting is not greeted back', () => {
    for (let seed = 0; seed < 40; seed++) {
      const text = reword('The dog sat on the mat and slept.', [], new Draws(seed, 0, 1))!
      expect(text).not.toMatch(/question|answer|help|Thanks/)
      expect(text).toContain('The dog sat on the mat and slept.')
      expect(reword('Hello, where is the card?', [], new Draws(seed, 0, 1))).not.toMatch(/^Hello! Hello/)
    }
  })

  test.each([
    ['What is the capital of France?', true],
    ['list three colours', true],
    ['Was ist die Hauptstadt von Frankreich?', false],
    ['Wie heißt du', false],
    ['日本の首都は', false],
    ['12 + 12 =', false],
  ])('%s is English: %s', (text, yes) => {
    expect(isEnglish(text)).toBe(yes)
  })
})

describe('examples written by a model', () => {
  const examples: Example[] = Array.from({ length: 12 }, (_, i) => ({
    prompt: `Where does animal number ${i} of the ${'abcdefghijkl'[i]}-farm sleep?`,
    response: `In barn ${i}.`,
  }))
  const options: SynthesisOptions = { count: 6, shots: 3, seed: 9, wish: '', labels: null }
  const answer = (question: string, text: string) => `Question: ${question}\nAnswer: ${text}`

  test('the request shows examples drawn by seed, and says what is wanted', () => {
    const prompt = fewShot(examples, { ...options, wish: 'about cats', labels: ['yes', 'no'] }, 0)
    expect(prompt.match(/Question: /g)).toHaveLength(3)
    expect(prompt).toContain('about cats')
    expect(prompt).toContain('one of: yes, no')
    expect(fewShot(examples, options, 0)).toBe(fewShot(examples, options, 0))
    expect(fewShot(examples, options, 1)).not.toBe(fewShot(examples, options, 0))
  })

  test.each([
    ['Question: Q?\nAnswer: A.', { prompt: 'Q?', response: 'A.' }],
    [
      'Sure! Here it is:\n\n**Question:** Q?\n\n**Answer:** A\nmore\n\nQuestion: next',
      { prompt: 'Q?', response: 'A\nmore' },
    ],
    [' Q?\nAnswer: A.<end_of_turn>', { prompt: 'Q?', response: 'A.' }],
    ['Question: only this', null],
    ['Question:\nAnswer: A', null],
    ['', null],
  ])('%j is read', (text, example) => {
    expect(parseExample(text)).toEqual(example)
  })

  test('the filter takes what is new, and says why it does not take the rest', () => {
    const filter = new QualityFilter(examples, null)
    const refuse = (prompt: string, response: string) => filter.refuse({ prompt, response })
    expect(refuse('Which bird sings before dawn here?', 'The robin.')).toBe(null)
    expect(refuse('which bird sings, before dawn here', 'The wren.')).toBe('duplicate')
    expect(refuse('Which bird sings long before dawn here?', 'The wren.')).toBe('duplicate')
    expect(refuse(examples[0]!.prompt.toUpperCase(), 'x y z')).toBe('duplicate')
    expect(refuse('Hm?', 'The robin.')).toBe('too_short')
    expect(refuse('Why do some ducks swim in circles?', 'x'.repeat(500))).toBe('too_long')
    expect(refuse('the same '.repeat(9), 'The robin.')).toBe('repetitive')
    expect(refuse('Why do ducks swim around?', 'why do ducks swim around')).toBe('copied')
    expect(
      new QualityFilter(examples, ['yes']).refuse({ prompt: 'Do horses ever lie down?', response: 'maybe' }),
    ).toBe('unknown_label')
  })

  test('goes on until there are enough, counting what it could not use', async () => {
    const seen: { prompts: string[]; seed: number }[] = []
    let n = 0
    const progress: number[] = []
    const result = await synthesise(
      examples,
      async (prompts, { seed }) => {
        seen.push({ prompts, seed })
        return prompts.map(() => {
          const word = UNLIKE[n++ % UNLIKE.length]!
          return n % 3 === 0
            ? 'I cannot do that.'
            : answer(`How old is the ${word} we saw?`, `The ${word} is ${n} years old.`)
        })
      },
      { ...options, onProgress: ({ kept }) => progress.push(kept) },
    )
    expect(result.kept.length).toBeLessThanOrEqual(6)
    expect(result.kept.length + Object.values(result.rejected).reduce((a, b) => a + b)).toBeLessThanOrEqual(
      result.asked,
    )
    expect(result.rejected.unreadable).toBeGreaterThan(0)
    expect(progress.at(-1)).toBe(result.kept.length)
    expect(new Set(seen.map(({ seed }) => seed)).size).toBe(seen.length)
  })

  test('asks a model that holds to no form for a question, and then for its answer', async () => {
    const seen: string[] = []
    let n = 0
    const result = await synthesise(
      examples,
      async (prompts) => {
        seen.push(...prompts)
        return prompts.map((prompt) =>
          /one more question/.test(prompt)
            ? `- Where does the ${UNLIKE[n++]} sleep at night?\nAnd so on.`
            : 'It sleeps well.<end_of_turn>',
        )
      },
      { ...options, count: 4 },
    )
    expect(result).toMatchObject({ asked: 8, rejected: { unreadable: 4 } })
    expect(result.kept).toEqual(
      UNLIKE.slice(0, 4).map((word) => ({
        prompt: `Where does the ${word} sleep at night?`,
        response: 'It sleeps well.',
      })),
    )
    expect(seen.slice(8)).toEqual(result.kept.map(({ prompt }) => prompt))
  })

  test('gives up on a model that cannot, and keeps what was written when told to stop', async () => {
    const useless = await synthesise(examples, async (prompts) => prompts.map(() => 'la la'), options)
    expect(useless).toMatchObject({ kept: [], asked: 30 })
    expect(useless.rejected).toMatchObject({ unreadable: 4, too_short: 26 })
    const control = new AbortController()
    let asked = 0
    const stopped = await synthesise(
      examples,
      async () => {
        if (asked++ === 0) return ['Question: Where does the heron sleep?\nAnswer: The ball is in the heron.']
        control.abort()
        return []
      },
      { ...options, signal: control.signal },
    )
    expect([stopped.kept.length, asked]).toEqual([1, 2])
  })

  test('are learnt from conversations of one question', () => {
    const longer = { row: 1, messages: [...row(1).messages, ...row(2).messages.slice(1)] }
    expect(examplesOf([row(0), longer, { text: 'x', row: 2 }])).toEqual([
      { prompt: questionOf(row(0)), response: 'It does thing 0.' },
    ])
  })
})
