import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TextTokenizer } from '../../src/tokens/tokenizer.ts'
import { TokenizerTable } from '../../src/tokens/tokenizer-table.ts'
import { seeded } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, tinyTokenizerJson } from './tiny-tokenizer.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const read = (name: string) => JSON.parse(readFileSync(join(PEBBLE, name), 'utf8')) as Record<string, unknown>

/** The same tokenizer, made so that it does not cut: the library's own way over the whole text. */
function whole(json: Record<string, unknown>): Record<string, unknown> {
  return {
    ...json,
    pre_tokenizer: { type: 'Split', pattern: { Regex: '\\u0000' }, behavior: 'Isolated', invert: false },
  }
}

/** With words that reach over the border before a space, as Gemma 3 has `>▁</`: made of others by merging, as every word is. */
function bridged(): Record<string, unknown> {
  const json = tinyTokenizerJson()
  const model = json.model as { vocab: Record<string, number>; merges: [string, string][] }
  const first = Math.max(...Object.values(model.vocab)) + 1000
  const letters = ['o', '▁', 'w', 'T']
  const words: [string, string][] = [
    ['▁', 'w'],
    ['o', '▁w'],
    ['o▁w', 'o'],
    ['T', '▁'],
  ]
  const vocab = { ...model.vocab }
  for (const word of [...letters, ...words.map((pair) => pair.join(''))])
    vocab[word] ??= first + Object.keys(vocab).length
  // Before the others, so that they win.
  return { ...json, model: { ...model, vocab, merges: [...words, ...model.merges] } }
}

const TOKENIZERS: [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['Pebble', read('tokenizer.json'), read('tokenizer_config.json')],
  ['a tiny one', tinyTokenizerJson(), TINY_TOKENIZER_CONFIG],
  ['one with words over borders', bridged(), TINY_TOKENIZER_CONFIG],
]

describe.each(TOKENIZERS)('%s, piece by piece', (_, json, config) => {
  const quick = new TextTokenizer(json, config)
  const slow = new TextTokenizer(whole(json), config)

  test('is remembered, and the other is not', () => {
    expect([quick.remembers, slow.remembers]).toEqual([true, false])
  })

  test('gives what the whole text gives, whatever the text', () => {
    const random = seeded(7)
    const parts = [
      ' ',
      '  ',
      '   ',
      '\n',
      '\n\n',
      '\n\n\n',
      '\t',
      '▁',
      '▁▁',
      'hello',
      'o w',
      'T ',
      'world',
      'The',
      'user',
      'é',
      '日本',
      '🙂',
      '\u0301',
      '<start_of_turn>',
      '<end_of_turn>\n',
      '<bos>',
      '<end_of',
      '123',
      '3.14',
      "don't",
      '\ufeff',
      '\u00a0',
      '<0x41>',
      '\ud800',
    ]
    for (let n = 0; n < 400; n++) {
      let text = ''
      for (let i = 0; i < 1 + random() * 14; i++) text += parts[Math.floor(random() * parts.length)]
      for (const addSpecial of [false, true])
        expect([...quick.encode(text, { addSpecial })], JSON.stringify(text)).toEqual([
          ...slow.encode(text, { addSpecial }),
        ])
    }
  })

  test('twice the same, from memory', () => {
    const text = 'hello world\n\nhello  world '
    expect(quick.encode(text)).toEqual(quick.encode(text))
  })
})

const pieceCutter = (json: object, config: Record<string, unknown>) =>
  TokenizerTable.read(json).cutter(config)

describe('where text cannot be cut', () => {
  const json = tinyTokenizerJson()
  const model = json.model as { vocab: Record<string, number> }
  const withWord = (word: string) =>
    pieceCutter({ ...json, model: { ...model, vocab: { ...model.vocab, [word]: 9999 } } }, {})

  test('a word with a space inside it forbids cutting there; one with a line end, at all line ends', () => {
    expect(withWord('a▁b')!.cut('a b a  b ca▁b')).toEqual(['a b', ' a', '  b', ' ca▁b'])
    expect(withWord('>▁</')!.cut('<b> </b> <i> x')).toEqual(['<b> </b>', ' <i>', ' x'])
    expect(withWord('a▁a')!.cut('a a a b')).toEqual(['a a a', ' b'])
    expect(withWord('▁▁a')!.cut('a  b\nc')).toEqual(['a', '  b', '\n', 'c'])
    expect(withWord('a\n')!.cut('a  b\nc d')).toEqual(['a', '  b\nc', ' d'])
  })

  test('many words with a space inside them leave nothing to be cut', () => {
    const words = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`a${i}▁`, 9000 + i]))
    expect(pieceCutter({ ...json, model: { ...model, vocab: { ...model.vocab, ...words } } }, {})).toBe(null)
  })

  test.each([
    ['another normalizer', { normalizer: { type: 'NFC' } }],
    ['a split that does something', { pre_tokenizer: { type: 'Whitespace' } }],
    ['dropout', { model: { ...model, dropout: 0.1 } }],
    ['no byte fallback', { model: { ...model, byte_fallback: false } }],
    ['added tokens that take space with them', { added_tokens: [{ id: 0, content: '<pad>', lstrip: true }] }],
  ])('%s', (_, change) => {
    expect(pieceCutter({ ...json, ...change }, {})).toBe(null)
  })

  test('lines put together are the text, and each of whole pieces', () => {
    const { cut, lines } = pieceCutter(tinyTokenizerJson(), TINY_TOKENIZER_CONFIG)!
    for (const text of ['one two\n\n three\n', '\n\na  b\nc', 'no line end', '']) {
      expect(lines(text).join('')).toBe(text)
      expect(lines(text).flatMap(cut)).toEqual(cut(text))
    }
  })

  test('pieces put together are the text', () => {
    const { cut } = pieceCutter(json, {})!
    for (const text of ['', ' ', 'a', ' a  b ', '\n a\n\nb ▁ c\n', '▁▁x▁y'])
      expect(cut(text).join('')).toBe(text)
  })
})
