import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../src/files/bytes.ts'
import { openSafetensors } from '../../src/files/safetensors.ts'
import { compile, PatternError } from '../../src/lib/safe-regex.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { chatTokenizer } from '../../src/tokens/chat.ts'
import { failure, utf8 } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, TINY_VOCAB_SIZE, tinyTokenizerJson } from './tiny-tokenizer.ts'

// biome-ignore lint/suspicious/noExplicitAny: a parsed file, to be spoilt
type Spoilt = any

const nested = (levels: number) =>
  Array.from({ length: levels }).reduce<object>((inner) => ({ type: 'Sequence', normalizers: [inner] }), {
    type: 'NFC',
  })
const regex = (pattern: string) => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated' })

/** A tokenizer.json of which one thing is wrong. */
const TOKENIZERS: [name: string, spoil: (json: Spoilt) => void, message: RegExp][] = [
  ['an id of 4e9', ({ model }) => Object.assign(model.vocab, { zzzz: 4e9 }), /word "zzzz" is 4000000000/],
  ['an id of 5e8', ({ model }) => Object.assign(model.vocab, { zzzz: 5e8 }), /word "zzzz" is 500000000/],
  ['a negative id', ({ model }) => Object.assign(model.vocab, { a: -5 }), /word "a" is -5/],
  ['a broken id', ({ model }) => Object.assign(model.vocab, { a: 3.7 }), /word "a" is 3.7/],
  ['an id that is text', ({ model }) => Object.assign(model.vocab, { a: '7' }), /word "a" is "7"/],
  ['an id that is null', ({ model }) => Object.assign(model.vocab, { a: null }), /word "a" is null/],
  ['an id that is a list', ({ model }) => Object.assign(model.vocab, { a: [7] }), /word "a" is \[7\]/],
  [
    'an added token of a large id',
    (json) => json.added_tokens.push({ id: 2 ** 31, content: '<x>' }),
    /word "<x>" is 2147483648/,
  ],
  [
    'an added token of a negative id',
    (json) => json.added_tokens.push({ id: -1, content: '<x>' }),
    /word "<x>" is -1/,
  ],
  ['an added token without text', (json) => json.added_tokens.push({ id: 7 }), /added tokens has no text/],
  ['an added token that is null', (json) => json.added_tokens.push(null), /added tokens has no text/],
  ['added tokens that are no list', (json) => Object.assign(json, { added_tokens: { a: 1 } }), /no list/],
  [
    'a number beyond a million words',
    ({ model }) => {
      for (let i = 1_048_000; i < 1_048_577; i++) model.vocab[`w${i}`] = i
    },
    /word "w1048576" is 1048576/,
  ],
  [
    'a million merges of nothing',
    ({ model }) => {
      for (let i = 0; i < 1_000_000; i++) model.merges.push([`q${i}`, 'z'])
    },
    /1,000,012 merges for/,
  ],
  ['a merge of three', ({ model }) => model.merges.push('a b c'), /no pair/],
  ['a merge that is null', ({ model }) => model.merges.push(null), /no pair/],
  ['a merge of numbers', ({ model }) => model.merges.push([1, 2]), /no pair/],
  [
    'a pattern that backtracks for ever',
    (json) => Object.assign(json, { pre_tokenizer: regex('(a+)+b') }),
    /repeats a group/,
  ],
  [
    'such a pattern inside of others',
    (json) =>
      Object.assign(json, {
        normalizer: {
          type: 'Sequence',
          normalizers: [{ type: 'Replace', pattern: { Regex: '(a|a|aa)+$' }, content: 'x' }],
        },
      }),
    /repeats a group/,
  ],
  [
    'such a pattern in the decoder',
    (json) => json.decoder.decoders.push({ type: 'Replace', pattern: { Regex: '(x+x+)+y' }, content: '' }),
    /repeats a group/,
  ],
  [
    'a pattern that is none',
    (json) => Object.assign(json, { pre_tokenizer: regex('(') }),
    /not a regular expression/,
  ],
  [
    'a pattern that is a number',
    (json) => Object.assign(json, { pre_tokenizer: regex(5 as never) }),
    /no text/,
  ],
  [
    'normalizers nested 400 levels deep',
    (json) => Object.assign(json, { normalizer: nested(400) }),
    /nested too deep/,
  ],
]

describe('tokenizers that would take for ever, or all memory', () => {
  test.each(TOKENIZERS)('%s', async (_, spoil, message) => {
    const json = structuredClone(tinyTokenizerJson()) as Spoilt
    spoil(json)
    const error = await failure(() => chatTokenizer(json, TINY_TOKENIZER_CONFIG), 'bad_model')
    expect(error.message).toMatch(message)
    expect(error.message.length).toBeLessThan(300)
    expect(error.detail).toMatchObject({ file: 'tokenizer.json' })
  })

  test('a pattern that is slow only on some texts ends there', async () => {
    const json = structuredClone(tinyTokenizerJson()) as Spoilt
    json.pre_tokenizer = regex('a*a*a*a*a*b')
    const { tokenizer } = chatTokenizer(json, TINY_TOKENIZER_CONFIG)
    expect(tokenizer.encode('hello world').length).toBeGreaterThan(1)
    const { message } = await failure(() => tokenizer.encode('a'.repeat(20_000)), 'bad_model')
    expect(message).toMatch(/takes too long/)
  })

  test.each([
    [
      'the prompt',
      '{% for m in messages if m.role == "assistant" %}{{ m.content }}<end_of_turn>\n{% endfor %}',
    ],
    ['everything', 'lapidary<end_of_turn>'],
  ])('a template that leaves out %s', async (_, template) => {
    const opening = () => chatTokenizer(tinyTokenizerJson(), TINY_TOKENIZER_CONFIG, template)
    expect((await failure(opening, 'bad_model')).message).toMatch(/leaves out what is asked/)
  })

  test('a template that ends inside of a statement is told in our words', async () => {
    const opening = () => chatTokenizer(tinyTokenizerJson(), TINY_TOKENIZER_CONFIG, '{% for i in range(3) %}')
    expect((await failure(opening, 'bad_model')).message).toMatch(/it ends inside of a statement/)
  })
})

const CONFIG = {
  model_type: 'gemma3_text',
  vocab_size: TINY_VOCAB_SIZE,
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  head_dim: 64,
}

test.each([
  [
    'a thousand million layers',
    { num_hidden_layers: 1e9 },
    /num_hidden_layers in config.json is 1000000000; it may be 1,000 at most/,
  ],
  [
    'a list of a million types',
    { layer_types: Array(1_000_000).fill('full_attention') },
    /^layer_types .{0,150}$/,
  ],
  [
    'a type nested past the stack',
    { layer_types: [JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)] },
    /layer_types names \[\.\.\.\]/,
  ],
  ['a million ends', { eos_token_id: Array(1_000_000).fill(-1) }, /^eos_token_id .{0,150}$/],
])('config.json with %s', async (_, spoilt, message) => {
  const error = await failure(
    () => readModelConfig({ ...CONFIG, ...spoilt }),
    message.source.includes('names') ? 'unsupported_model' : 'bad_model',
  )
  expect(error.message).toMatch(message)
})

test('a header of more tensors than any model has is refused before it is parsed', async () => {
  const tensor = (i: number) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`
  const json = utf8(`{${Array.from({ length: 200_001 }, (_, i) => tensor(i)).join()}}`)
  const bytes = new Uint8Array(8 + json.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  const { message } = await failure(() => openSafetensors(bufferSource(bytes), 'm.safetensors'), 'bad_file')
  expect(message).toMatch(/names more than 200,000 tensors/)
})

describe('patterns that are slow without a repetition', () => {
  test.each([
    ['options in a row', 'a?'.repeat(40) + 'a'.repeat(40)],
    ['short ranges in a row', 'a{0,9}'.repeat(12)],
    ['choices in a row', '(a|aa)'.repeat(40)],
    ['choices and repetitions', `${'(?:a|aa)'.repeat(20)}a*a*a*`],
    ['a pattern that nobody typed', 'ab'.repeat(6000)],
  ])('%s: refused', (_, pattern) => {
    expect(() => compile(pattern, 'g')).toThrow(PatternError)
  })

  test('wide ranges are timed as repetitions are', () => {
    const pattern = compile('a{0,1000}a{0,1000}a{0,1000}a{0,1000}b', 'g')
    expect(() => pattern.replace('a'.repeat(5000), '')).toThrow(PatternError)
  })

  test.each([
    String.raw`^(?:https?:\/\/)?(?:www\.)?[\w.-]+\.[a-z]{2,6}(?:\/\S*)?$`,
    String.raw`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`,
    '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day',
    String.raw`(?:Question|Query|Frage): (.{1,200})\nAnswer: (.*)`,
  ])('usual ones are taken: %s', (pattern) => {
    expect(() => compile(pattern, 'gi').replace('nothing of the kind '.repeat(50), '')).not.toThrow()
  })
})
