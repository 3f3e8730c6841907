import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../src/files/bytes.ts'
import { readModelConfig } from '../../src/model/config.ts'
import type { Message } from '../../src/protocol/tokens.ts'
import {
  ChatTemplate,
  chatTokenizer,
  checkChatTokenizer,
  GEMMA_TEMPLATE,
  openChatTokenizer,
  replacedFiles,
  stopTokens,
} from '../../src/tokens/chat.ts'
import { maskExample } from '../../src/tokens/masks.ts'
import { prepareExamples } from '../../src/tokens/prepare.ts'
import { TokenStream } from '../../src/tokens/tokenizer.ts'
import { failure, seeded, utf8 } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, TINY_VOCAB_SIZE, tinyTokenizerJson } from './tiny-tokenizer.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const chat = chatTokenizer(tinyTokenizerJson(), TINY_TOKENIZER_CONFIG)
const { tokenizer } = chat
const golden = JSON.parse(readFileSync(new URL('../golden/chat/gemma3.json', import.meta.url), 'utf8'))

const config = readModelConfig({
  model_type: 'gemma3_text',
  vocab_size: TINY_VOCAB_SIZE,
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  head_dim: 64,
})
const options = { maxLength: 1000, completionOnly: true, vocabSize: TINY_VOCAB_SIZE }

const user = (content: string): Message => ({ role: 'user', content })
const model = (content: string): Message => ({ role: 'assistant', content })

describe('text and ids', () => {
  test('encodes words, spaces, bytes and special tokens', () => {
    const ids = tokenizer.encode('hello world é<end_of_turn>\n')
    expect(Array.from(ids, (id) => tokenizer.tokenText(id))).toEqual([
      'hello',
      ' world',
      ' ',
      '<0xC3>',
      '<0xA9>',
      '<end_of_turn>',
      '\n',
    ])
    expect(tokenizer.decode(ids)).toBe('hello world é<end_of_turn>\n')
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('hello world é\n')
    expect([...tokenizer.encode('', { addSpecial: true })]).toEqual([2])
    expect(tokenizer.encode('').length + tokenizer.decode([]).length).toBe(0)
  })

  test('lengths in bytes add up to the text', () => {
    const text = 'hello wörld 🙂\n\nend<eos>'
    const sum = tokenizer.encode(text).reduce((total, id) => total + tokenizer.byteLength(id), 0)
    expect(sum).toBe(utf8(text).length)
  })

  test('streams whole characters, the same text as decoding at once', () => {
    const random = seeded(3)
    const letters = [
      'h',
      'ello',
      ' ',
      'é',
      '今',
      '🙂',
      '👩‍💻',
      '\n',
      '<end_of_turn>',
      ' world',
      '\u0301',
      '.',
    ]
    for (let round = 0; round < 200; round++) {
      let text = ''
      while (random() < 0.9) text += letters[Math.floor(random() * letters.length)]
      const stream = new TokenStream(tokenizer, { skipSpecial: false })
      const pieces = Array.from(tokenizer.encode(text), (id) => stream.push(id))
      pieces.push(stream.end())
      expect(pieces.join('')).toBe(text)
      for (const piece of pieces) expect(piece).not.toContain('\ufffd')
    }
    const cut = new TokenStream(tokenizer)
    expect(cut.push(tokenizer.encode('é')[0]!)).toBe('')
    expect(cut.end()).toBe('\ufffd')
  })

  test.each([
    ['null', null],
    ['no vocabulary', { model: { type: 'BPE' } }],
    ['another kind', { ...tinyTokenizerJson(), model: { type: 'Unigram', vocab: [] } }],
  ])('a broken tokenizer.json is refused: %s', async (_, json) => {
    await failure(() => chatTokenizer(json, TINY_TOKENIZER_CONFIG), 'bad_model')
  })
})

describe('matching a model', () => {
  test('a tokenizer fits its own model', () => {
    checkChatTokenizer(chat, config)
    expect(chat.endOfTurn).toEqual({ text: '<end_of_turn>', id: 5 })
    expect(stopTokens(chat, { ...config, eosTokenIds: [1] })).toEqual([1, 5])
    expect(stopTokens(chat, { ...config, eosTokenIds: [1, 5] })).toEqual([1, 5])
  })

  test.each([
    ['too many words', { vocabSize: 100 }],
    ['too few words', { vocabSize: 262144 }],
    ['another <bos>', { bosTokenId: 7 }],
    ['an end token that is a word', { eosTokenIds: [300] }],
  ])('%s', async (_, change) => {
    await failure(() => checkChatTokenizer(chat, { ...config, ...change }), 'bad_model')
  })

  test('without <bos>, without an end of turn', async () => {
    const bare = chatTokenizer(tinyTokenizerJson(), { ...TINY_TOKENIZER_CONFIG, bos_token: null })
    await failure(() => checkChatTokenizer(bare, config), 'bad_model')
    const plain = "{% for m in messages %}{{ m['content'] }} {% endfor %}"
    await failure(
      () => chatTokenizer(tinyTokenizerJson(), { ...TINY_TOKENIZER_CONFIG, chat_template: plain }),
      'bad_model',
    )
  })

  test('opens from files; chat_template.jinja wins, Gemma stands in', async () => {
    const files = new Map([
      ['tokenizer.json', bufferSource(utf8(JSON.stringify(tinyTokenizerJson())))],
      ['tokenizer_config.json', bufferSource(utf8(JSON.stringify(TINY_TOKENIZER_CONFIG)))],
    ])
    expect((await openChatTokenizer(files)).templateFrom).toBe('gemma')
    const other = `{# own #}${GEMMA_TEMPLATE}`
    files.set('chat_template.jinja', bufferSource(utf8(other)))
    const opened = await openChatTokenizer(files)
    expect([opened.templateFrom, opened.template.source]).toEqual(['model', other])
    files.set('tokenizer_config.json', bufferSource(utf8('{')))
    await failure(() => openChatTokenizer(files), 'bad_file')
    files.delete('tokenizer.json')
    await failure(() => openChatTokenizer(files), 'missing_file')
  })

  test('without tokenizer_config.json a Gemma is read all the same, and any other is told what is missing', async () => {
    const folder = new Map(
      ['tokenizer.json', 'tokenizer_config.json'].map((name) => [
        name,
        bufferSource(new Uint8Array(readFileSync(join(PEBBLE, name)))),
      ]),
    )
    const whole = await openChatTokenizer(folder)
    expect(await replacedFiles(folder)).toEqual([])
    folder.delete('tokenizer_config.json')
    expect(await replacedFiles(folder)).toEqual(['tokenizer_config.json', 'chat template'])
    const bare = await openChatTokenizer(folder)
    expect([bare.tokenizer.bos, bare.tokenizer.eos, bare.endOfTurn]).toEqual([
      whole.tokenizer.bos,
      whole.tokenizer.eos,
      whole.endOfTurn,
    ])
    expect(bare.templateFrom).toBe('gemma')
    for (const text of ['Hello ,  world !', ' 😀 學習\n\t', "don't"]) {
      const ids = bare.tokenizer.encode(text)
      expect(ids).toEqual(whole.tokenizer.encode(text))
      expect(bare.tokenizer.decode(ids)).toBe(whole.tokenizer.decode(ids))
    }
    const json = JSON.parse(readFileSync(join(PEBBLE, 'tokenizer.json'), 'utf8').replaceAll('<bos>', '<s>'))
    folder.set('tokenizer.json', bufferSource(utf8(JSON.stringify(json))))
    const { message } = await failure(() => openChatTokenizer(folder), 'missing_file')
    expect(message).toMatch(/^There is no tokenizer_config.json/)
  })

  test('a list of templates by name', () => {
    const list = [
      { name: 'tool_use', template: '{{ 1 }}' },
      { name: 'default', template: GEMMA_TEMPLATE },
    ]
    const named = chatTokenizer(tinyTokenizerJson(), { ...TINY_TOKENIZER_CONFIG, chat_template: list })
    expect(named.template.source).toBe(GEMMA_TEMPLATE)
  })
})

describe('chat template', () => {
  test("renders what Transformers renders with Gemma 3's", () => {
    const template = new ChatTemplate(GEMMA_TEMPLATE, tokenizer)
    expect(golden.conversations.length).toBeGreaterThan(5)
    for (const one of golden.conversations)
      expect(template.render(one.messages, one.add_generation_prompt)).toBe(one.text)
  })

  test('refuses what Transformers refuses, with its words', async () => {
    for (const one of golden.refused) {
      const error = await failure(() => chat.template.render(one.messages), 'bad_data')
      expect(error.message).toContain(one.error)
    }
  })

  test('that is not Jinja is a bad model', async () => {
    await failure(() => new ChatTemplate('{% if %}', tokenizer), 'bad_model')
  })
})

describe('masks', () => {
  /** TRL's own way for a prompt and a completion: tokenise both, and mask their common prefix. */
  function trl(messages: Message[]): { tokens: number[]; supervised: number[] } {
    const prompt = tokenizer.encode(chat.template.render(messages.slice(0, -1), true))
    const tokens = tokenizer.encode(chat.template.render(messages))
    let same = 0
    while (same < prompt.length && prompt[same] === tokens[same]) same++
    return { tokens: [...tokens], supervised: Array.from(tokens, (_, i) => (i < same ? 0 : 1)) }
  }

  const shown = (example: { tokens: Uint32Array; supervised: Uint8Array }) =>
    Array.from(example.tokens, (id, i) => (example.supervised[i] ? tokenizer.tokenText(id) : '')).join('')

  test('of a prompt and a response are those of TRL, whatever the text', () => {
    const random = seeded(5)
    const words = [
      'hello',
      ' world',
      'é',
      '今天',
      '🙂',
      '\n',
      '\n\n',
      ' ',
      '▁',
      '<end_of_turn>',
      'user',
      ' x',
    ]
    for (let round = 0; round < 300; round++) {
      const some = () => {
        let text = ''
        while (random() < 0.8) text += words[Math.floor(random() * words.length)]
        return text
      }
      const messages = [user(some()), model(some())]
      const example = maskExample({ messages, row: round }, chat, options)
      expect({ tokens: [...example.tokens], supervised: [...example.supervised] }).toEqual(trl(messages))
    }
  })

  test("cover every assistant's turn, its end and the newline after it, and nothing else", () => {
    const messages = [user('hello'), model('one'), user('more'), model('two')]
    const example = maskExample({ messages, row: 3 }, chat, options)
    expect(shown(example)).toBe('one<end_of_turn>\ntwo<end_of_turn>\n')
    expect(example.row).toBe(3)
    const marked = [user('a▁b'), model('one▁'), user('more'), model('two')]
    expect(shown(maskExample({ messages: marked, row: 0 }, chat, options))).toBe(
      'one <end_of_turn>\ntwo<end_of_turn>\n',
    )
  })

  test('cover all but the first token where completions are not singled out', () => {
    const messages = [user('hello'), model('one')]
    const example = maskExample({ messages, row: 0 }, chat, { ...options, completionOnly: false })
    expect([...example.supervised]).toEqual([0, ...Array(example.tokens.length - 1).fill(1)])
  })

  test('plain text begins with <bos> and ends with the end of text, once', () => {
    for (const text of ['hello', 'hello<eos>']) {
      const example = maskExample({ text, row: 0 }, chat, options)
      expect(tokenizer.decode(example.tokens)).toBe('<bos>hello<eos>')
      expect([...example.supervised]).toEqual([0, 1, 1])
    }
  })

  test('are cut at the limit', () => {
    const messages = [user('hi'), model('abcdefgh')]
    const whole = maskExample({ messages, row: 0 }, chat, options)
    const cut = maskExample({ messages, row: 0 }, chat, { ...options, maxLength: whole.tokens.length - 4 })
    expect(cut.length).toBe(whole.tokens.length)
    expect(shown(cut)).toBe('abcdef')
    expect(cut.tokens).toEqual(whole.tokens.slice(0, -4))
  })

  test('a token that the model has no row for is located', async () => {
    const few = { ...options, vocabSize: 100 }
    const error = await failure(() => maskExample({ text: 'Z', row: 6 }, chat, few), 'bad_data')
    expect(error.message).toContain('Row 7')
    expect(error.detail?.token).toBe('Z')
  })
})

describe('preparing', () => {
  const rows = [
    { messages: [user('hello'), model('world')], row: 0 },
    { messages: [model('I speak first')], row: 1 },
    { messages: [user('x'.repeat(80)), model('never reached')], row: 2 },
    { messages: [user('hi'), model('y'.repeat(80))], row: 3 },
    { text: 'plain', row: 4 },
  ]
  const limit = { ...options, maxLength: 60 }

  test('counts, leaves out what teaches nothing, and says so', async () => {
    const { examples, info } = await prepareExamples(
      { train: rows, validation: rows.slice(0, 1) },
      chat,
      limit,
    )
    expect(examples.train.map((example) => example.row)).toEqual([0, 3, 4])
    expect(info.examples).toEqual({ train: 3, validation: 1, test: 0 })
    expect(info.tokenCount.train).toBe(examples.train.reduce((sum, one) => sum + one.tokens.length, 0))
    expect(info.supervisedCount.validation).toBe(5)
    // The other that is too long is left out.
    expect(info.truncated).toBe(1)
    expect(info.histogram.counts.reduce((a, b) => a + b)).toBe(4)
    expect(info.findings.map((finding) => finding.row)).toEqual([2, 1, 3])
    expect(info.samples[0]!.pieces.map((piece) => piece.text).join('')).toContain(
      '<start_of_turn>user\nhello',
    )
  })

  test('with nothing left is an error', async () => {
    const masked = () => prepareExamples({ train: [rows[2]!] }, chat, limit)
    const error = await failure(masked, 'nothing_to_learn')
    expect(error.message).toContain('60 tokens')
    expect(error.detail!.needed).toBeGreaterThan(60)
    await failure(() => prepareExamples({ train: [] }, chat, limit), 'nothing_to_learn')
    const refused = await failure(() => prepareExamples({ train: [rows[1]!] }, chat, limit), 'bad_data')
    expect(refused.detail?.row).toBe(1)
  })

  test('stops when told to', async () => {
    const many = Array.from({ length: 100_000 }, (_, row) => ({ ...rows[0]!, row }))
    const signal = AbortSignal.timeout(50)
    await expect(prepareExamples({ train: many }, chat, { ...limit, signal })).rejects.toThrow()
  })
})
