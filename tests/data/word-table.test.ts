import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BPE, Tokenizer } from '@huggingface/tokenizers'
import { describe, expect, test } from 'vitest'
import { Merging } from '../../src/tokens/merging.ts'
import { TextTokenizer } from '../../src/tokens/tokenizer.ts'
import { TokenizerTable } from '../../src/tokens/tokenizer-table.ts'
import { WordTable } from '../../src/tokens/word-table.ts'
import { seeded } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, tinyTokenizerJson } from './tiny-tokenizer.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const read = (name: string) => JSON.parse(readFileSync(join(PEBBLE, name), 'utf8')) as Record<string, unknown>
type Model = Record<string, unknown> & { vocab: Record<string, number>; merges: [string, string][] }

/** Words over three letters, and merges of them in any order: every way of cutting a word in two may be one. */
function drawnModel(random: () => number): Model {
  const letters = ['a', 'b', '🙂']
  const words = new Set(letters)
  for (let i = 0; i < 40; i++) {
    const known = [...words]
    const pick = () => known[Math.floor(random() * known.length)]!
    words.add(pick() + pick())
  }
  const list = [...words]
  const merges = list
    .flatMap((left) => list.map((right): [string, string] => [left, right]))
    .filter(([left, right]) => words.has(left + right) && random() < 0.8)
  for (let i = merges.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[merges[i], merges[j]] = [merges[j]!, merges[i]!]
  }
  // Numbers with gaps, in no order of the words.
  const vocab = Object.fromEntries(list.map((word, i) => [word, ((i * 37) % 101) + 3]))
  return { type: 'BPE', unk_token: '<unk>', byte_fallback: false, vocab, merges }
}

describe('merging by numbers', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('gives what the library gives, of words drawn by seed %i', (seed) => {
    const random = seeded(seed)
    const model = drawnModel(random)
    const { vocab: _v, merges: _m, ...settings } = model
    const theirs = new BPE(model as never)
    const ours = new Merging(settings, WordTable.of(model)!)
    for (let n = 0; n < 300; n++) {
      let text = ''
      for (let i = 0; i < 1 + random() * 40; i++) text += ['a', 'b', '🙂', 'c'][Math.floor(random() * 3.1)]
      expect(ours.bpe(text), text).toEqual(theirs.bpe(text))
      expect(ours.encode([text])).toEqual(theirs.encode([text]))
    }
  })

  test('a pair that is there twice counts where it is last', () => {
    const vocab = { a: 0, b: 1, c: 2, ab: 3, bc: 4 }
    const merges: [string, string][] = [
      ['a', 'b'],
      ['b', 'c'],
      ['a', 'b'],
    ]
    const settings = { type: 'BPE', unk_token: '<unk>' }
    const theirs = new BPE({ ...settings, vocab, merges } as never)
    const ours = new Merging(settings, WordTable.of({ vocab, merges })!)
    expect(theirs.bpe('abc')).toEqual(['a', 'bc'])
    expect(ours.bpe('abc')).toEqual(['a', 'bc'])
  })

  test('merges of or to what is no word are left to the library', () => {
    expect(WordTable.of({ vocab: { a: 0, b: 1 }, merges: [['a', 'b']] })).toBe(null)
    expect(WordTable.of({ vocab: { a: 0, ab: 1 }, merges: [['a', 'b']] })).toBe(null)
    expect(WordTable.of({ vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] })!.rank(0, 1)).toBe(0)
    // What every object has is no word.
    expect(WordTable.of({ vocab: { to: 0, String: 1 }, merges: [['to', 'String']] })).toBe(null)
  })
})

const TOKENIZERS: [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['Pebble', read('tokenizer.json'), read('tokenizer_config.json')],
  ['a tiny one', tinyTokenizerJson(), TINY_TOKENIZER_CONFIG],
]

describe.each(TOKENIZERS)('%s', (_, json, config) => {
  const kept = TokenizerTable.from(TokenizerTable.read(json).bytes()!)!

  test('kept and opened again gives the ids and texts of the library', () => {
    const theirs = new Tokenizer(json, config)
    const made = [new TextTokenizer(json, config), new TextTokenizer(kept, config)]
    const random = seeded(11)
    const parts = [
      'hello',
      ' ',
      '  ',
      '\n',
      'world',
      'The',
      'é',
      '日本',
      '🙂',
      '<bos>',
      '<start_of_turn>',
      '▁',
      '\u0000',
    ]
    for (let n = 0; n < 300; n++) {
      let text = ''
      for (let i = 0; i < 1 + random() * 12; i++) text += parts[Math.floor(random() * parts.length)]
      const { ids } = theirs.encode(text, { add_special_tokens: false })
      for (const tokenizer of made) expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(ids)
      expect([...made[1]!.encodeText(text)]).toEqual([...made[0]!.encodeText(text)])
      for (const tokenizer of made)
        expect(tokenizer.decode(ids)).toBe(
          theirs.decode(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
        )
    }
  })

  test('kept and opened again is the same in all else', () => {
    const [whole, again] = [new TextTokenizer(json, config), new TextTokenizer(kept, config)]
    expect(whole.table.words).not.toBe(null)
    for (const one of [whole, again]) {
      expect(one.remembers).toBe(true)
      expect([one.bos, one.eos, one.vocabSize]).toEqual([whole.bos, whole.eos, whole.vocabSize])
    }
    for (let id = 0; id <= whole.vocabSize; id++)
      expect([again.tokenText(id), again.isSpecial(id), again.isAdded(id), again.byteLength(id)]).toEqual([
        whole.tokenText(id),
        whole.isSpecial(id),
        whole.isAdded(id),
        whole.byteLength(id),
      ])
  })

  test('cut off, of another version, or no such thing: is not taken', () => {
    const bytes = TokenizerTable.read(json).bytes()!
    expect(TokenizerTable.from(bytes.subarray(0, bytes.length - 4))).toBe(null)
    expect(TokenizerTable.from(new Uint8Array(0))).toBe(null)
    expect(TokenizerTable.from(new TextEncoder().encode('{"a": 1}        '))).toBe(null)
    const text = Buffer.from(bytes).toString('latin1')
    const other = (version: string) =>
      TokenizerTable.from(new Uint8Array(Buffer.from(text.replace('{"version":1,', version), 'latin1')))
    expect(other('{"version":1,')).not.toBe(null)
    expect(other('{"version":0,')).toBe(null)
  })
})

test('a tokenizer of another make is opened as the library has it, and not kept', () => {
  const json = tinyTokenizerJson()
  const added = (json.added_tokens as object[]).map((token, i) =>
    i === 5 ? { ...token, content: 'hello' } : token,
  )
  // A word and an added token that differ in their number.
  const table = TokenizerTable.read({ ...json, added_tokens: added })
  expect(table.words).toBe(null)
  expect(table.bytes()).toBe(null)
  const suffix = { ...(json.model as Model), end_of_word_suffix: '</w>' }
  expect(TokenizerTable.read({ ...json, model: suffix }).words).toBe(null)
})
