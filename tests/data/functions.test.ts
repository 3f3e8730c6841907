import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Frame } from '../../src/dataset/frame.ts'
import { inspectFrame } from '../../src/dataset/inspect/index.ts'
import { readDialogue } from '../../src/dataset/messages.ts'
import { mapFrame, mapRows } from '../../src/dataset/rows.ts'
import { jsonLinesFiles } from '../../src/export/data/jsonl.ts'
import { parquetFiles } from '../../src/export/data/parquet.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import type { Conversation, Message, Tool } from '../../src/protocol/tokens.ts'
import { readCallsIn } from '../../src/tokens/calls.ts'
import { ChatTemplate, chatTokenizer, GEMMA_TEMPLATE, stopTokens } from '../../src/tokens/chat.ts'
import { FUNCTION_GEMMA_TEMPLATE, FUNCTION_WORDS } from '../../src/tokens/function-template.ts'
import { maskExample } from '../../src/tokens/masks.ts'
import { prepareExamples } from '../../src/tokens/prepare.ts'
import { renderTurns } from '../../src/tokens/spans.ts'
import { failure, tableOf } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, tinyTokenizerJson } from './tiny-tokenizer.ts'

interface Drawn {
  messages: unknown[]
  tools: Tool[]
  add_generation_prompt: boolean
  text: string
}
const drawn: Drawn[] = JSON.parse(
  readFileSync(new URL('../golden/chat/functiongemma.json', import.meta.url), 'utf8'),
).conversations
const tokens = { bos: { text: '<bos>', id: 2 }, eos: { text: '<eos>', id: 1 } }
const template = new ChatTemplate(FUNCTION_GEMMA_TEMPLATE, tokens)

/** A drawn conversation as the studio reads it. */
function read({ messages, tools }: Drawn): Conversation {
  const dialogue = readDialogue({ messages, tools }, true)
  if (typeof dialogue === 'string') throw new Error(dialogue)
  return { ...dialogue, row: 0 }
}

/** A tokenizer that has words for functions. */
const functionTokenizer = () => {
  const json = tinyTokenizerJson() as {
    added_tokens: Record<string, unknown>[]
    model: { vocab: Record<string, number> }
  }
  for (const content of FUNCTION_WORDS) {
    const id = Object.keys(json.model.vocab).length
    json.model.vocab[content] = id
    json.added_tokens.push({ ...json.added_tokens[0], id, content, special: false })
  }
  return json
}
const chat = chatTokenizer(functionTokenizer(), TINY_TOKENIZER_CONFIG)
const options = { maxLength: 10_000, completionOnly: true, vocabSize: chat.tokenizer.vocabSize }
const learnt = (conversation: Conversation, of = chat) => {
  const { tokens, supervised } = maskExample(conversation, of, options)
  return of.tokenizer.decode(tokens.filter((_, i) => supervised[i] === 1))
}

const weather: Tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Gets the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const user = (content: string): Message => ({ role: 'user', content })
const model = (content: string): Message => ({ role: 'assistant', content })
const call = (city: string): Message => ({
  role: 'assistant',
  content: '',
  calls: [{ name: 'get_weather', arguments: { city } }],
})

describe('the template for functions', () => {
  test('renders forty drawn conversations as Transformers does', () => {
    expect(drawn).toHaveLength(40)
    expect(drawn.filter(({ tools }) => tools.length > 0).length).toBeGreaterThanOrEqual(30)
    for (const one of drawn) {
      const { messages, tools } = read(one)
      expect(template.render(messages, one.add_generation_prompt, tools)).toBe(one.text)
    }
  })

  test('is the documented form', () => {
    expect(template.render([user('Oslo?'), call('Oslo')], false, [weather])).toBe(
      '<bos><start_of_turn>developer\nYou are a model that can do function calling with the following functions' +
        '<start_function_declaration>declaration:get_weather{description:<escape>Gets the weather.<escape>,' +
        'parameters:{properties:{city:{type:<escape>STRING<escape>}},required:[<escape>city<escape>],' +
        'type:<escape>OBJECT<escape>}}<end_function_declaration><end_of_turn>\n' +
        '<start_of_turn>user\nOslo?<end_of_turn>\n<start_of_turn>model\n' +
        '<start_function_call>call:get_weather{city:<escape>Oslo<escape>}<end_function_call><start_function_response>',
    )
  })

  test('a template knows functions where it writes them, and not by what it says', () => {
    const gemma = new ChatTemplate(`{# tools, tool_calls #}${GEMMA_TEMPLATE}`, tokens)
    expect([template.knowsTools, gemma.knowsTools]).toEqual([true, false])
    const declares = `{{ tools[0]['function']['name'] }}${GEMMA_TEMPLATE}`
    expect(new ChatTemplate(declares, tokens).knowsTools).toBe(false)
  })

  test('stands in for a tokenizer with words for functions, and its calls end an answer', () => {
    expect([chat.template.source, chat.templateFrom]).toEqual([FUNCTION_GEMMA_TEMPLATE, 'gemma'])
    expect(chat.endOfCall?.text).toBe('<start_function_response>')
    const config = readModelConfig({ ...SMALL, vocab_size: chat.tokenizer.vocabSize })
    expect(stopTokens(chat, config)).toEqual([1, chat.endOfTurn.id, chat.endOfCall!.id])
    const plain = chatTokenizer(tinyTokenizerJson(), TINY_TOKENIZER_CONFIG)
    expect([plain.template.source, plain.endOfCall]).toEqual([GEMMA_TEMPLATE, null])
  })
})

const SMALL = {
  model_type: 'gemma3_text',
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  head_dim: 64,
}

describe('what is learnt of a conversation with functions', () => {
  /** The model's turns without what functions gave back, by their signs in the text. */
  const expected = (text: string) =>
    [...text.matchAll(/<start_of_turn>model\n([\s\S]*?(?:<end_of_turn>\n|$))/g)]
      .map(([, turn]) =>
        turn!.replace(
          /(<end_function_call><start_function_response>)(?:(?:<start_function_response>)?response:[\s\S]*?<end_function_response>)+/g,
          '$1',
        ),
      )
      .join('')

  test('is what the model says and calls, and nothing that a function gave back', () => {
    let compared = 0
    for (const one of drawn) {
      const conversation = read(one)
      if (one.add_generation_prompt) continue
      const { text, turns } = renderTurns(conversation, template, () => true)
      expect([...turns.values()].map(([start, end]) => text.slice(start, end)).join('')).toBe(expected(text))
      compared++
    }
    expect(compared).toBeGreaterThan(10)
  })

  test('in tokens: a call with its end, the answer after the response, and not the response', () => {
    const response: Message = { role: 'tool', name: 'get_weather', content: 'hello' }
    const messages = [user('Oslo?'), call('Oslo'), response, model('cold')]
    expect(learnt({ messages, tools: [weather], row: 0 })).toBe(
      '<start_function_call>call:get_weather{city:<escape>Oslo<escape>}<end_function_call><start_function_response>' +
        'cold<end_of_turn>\n',
    )
    const half = [user('Oslo?'), { ...call('Oslo'), learn: false as const }, response, model('cold')]
    expect(learnt({ messages: half, tools: [weather], row: 0 })).toBe('cold<end_of_turn>\n')
  })
})

describe('templates that rewrite what was said', () => {
  const conversation = (...messages: Message[]): Conversation => ({ messages, row: 0 })
  const said = [user('q1'), model('first'), user('q2'), model('second')]
  const body = (assistant: string) =>
    `{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\\n' }}` +
    `{% if m['role'] == 'assistant' %}${assistant}{% else %}{{ m['content'] }}{% endif %}{{ '<end_of_turn>\\n' }}{% endfor %}` +
    `{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}`
  const chatWith = (chat_template: string) =>
    chatTokenizer(tinyTokenizerJson(), { ...TINY_TOKENIZER_CONFIG, chat_template })

  test('that strip earlier thoughts: what is left of each turn is learnt, and no more', () => {
    const thinking = chatWith(
      body("{% if loop.last %}{{ m['content'] }}{% else %}{{ m['content'].split('</t>')[-1] }}{% endif %}"),
    )
    const messages = [user('q1'), model('thought</t>one'), user('q2'), model('more</t>two')]
    expect(learnt(conversation(...messages), thinking)).toBe('one<end_of_turn>\nmore</t>two<end_of_turn>\n')
  })

  test('whose opening is no part of the whole: an answer begins where the two go apart', () => {
    const opened = chatWith(
      body("{{ m['content'] }}").replace("model\\n' }}{% endif %}", "model\\n<think>' }}{% endif %}"),
    )
    expect(learnt(conversation(...said), opened)).toBe('first<end_of_turn>\nsecond<end_of_turn>\n')
  })

  test.each([
    ['leave earlier answers out', body("{% if loop.last %}{{ m['content'] }}{% endif %}")],
    ['say an answer twice', body("{{ m['content'] }}{% if not loop.last %}{{ m['content'] }}{% endif %}")],
    ['write by what is said', body("{{ (m['content'] | length | string) + m['content'] }}")],
    [
      'put answers in another order',
      body("{{ m['content'] }}").replace(
        'in messages %}',
        'in (messages if messages | length < 3 else messages | reverse) %}',
      ),
    ],
  ])('that %s: the row is refused by its turn', async (_, source) => {
    const error = await failure(() => learnt(conversation(...said), chatWith(source)), 'bad_data')
    expect(error.message).toMatch(/rewrites what was said: where turn (2|4)/)
    const { info, examples } = await prepareExamples(
      {
        train: [
          { ...conversation(...said), row: 6 },
          { ...conversation(user('q'), model('a')), row: 7 },
        ],
      },
      chatWith(source),
      options,
    ).catch(() => ({ info: null, examples: null }))
    // What a template does to one turn alone may be right.
    if (info) {
      expect(examples.train.map(({ row }) => row)).toEqual([7])
      expect(info.findings[0]).toMatchObject({ kind: 'bad_conversation', row: 6, count: 1 })
    }
  })
})

test('an example of which nothing is learnt is refused by its row, whatever its length', async () => {
  const { examples, info } = await prepareExamples(
    {
      train: [
        { messages: [user('q'), model('a')], row: 4 },
        { messages: [user('only asked')], row: 5 },
      ],
    },
    chat,
    options,
  )
  expect(examples.train.map(({ row }) => row)).toEqual([4])
  expect(info.findings).toMatchObject([{ kind: 'bad_conversation', row: 5, count: 1 }])
  expect(info.findings[0]!.message).toContain('Nothing of row 6 would be learnt')
})

describe('data with functions', () => {
  const mapping = { ...NO_MAPPING, messages: 'messages' }
  const openai = [
    { role: 'user', content: 'Oslo?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'cold' },
    { role: 'assistant', content: 'It is cold.' },
  ]
  const asRead: Message[] = [
    user('Oslo?'),
    call('Oslo'),
    { role: 'tool', name: 'get_weather', content: 'cold' },
    model('It is cold.'),
  ]
  const rowsOf = (rows: object[]) => mapFrame(Frame.of(tableOf(rows)), mapping, true)

  test("OpenAI's form, with tools in a column beside, as JSON text, or around the turns", () => {
    for (const row of [
      { messages: openai, tools: [weather] },
      { messages: JSON.stringify(openai), tools: JSON.stringify([weather]) },
      { messages: openai, tools: [weather.function] },
      { messages: { messages: openai, tools: [weather] } },
    ]) {
      const { rows, findings } = rowsOf([row])
      expect(rows).toEqual([{ messages: asRead, tools: [weather], row: 0 }])
      expect(findings).toEqual([])
    }
  })

  test('fields that only other rows have are no arguments', () => {
    const one = (args: object): object => ({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: args } }] },
      ],
    })
    const { rows } = rowsOf([one({ a: 1, b: null }), one({ b: 'x' })])
    expect(rows.map((row) => (row as Conversation).messages[1]!.calls![0]!.arguments)).toEqual([
      { a: 1 },
      { b: 'x' },
    ])
  })

  test.each([
    [
      'a tool without a name',
      { messages: openai, tools: [{ description: 'x' }] },
      'has a tool (1) without a name',
    ],
    ['tools that are no list', { messages: openai, tools: 'none' }, 'has tools that are no list'],
    [
      'a response to nothing',
      { messages: [openai[0], { role: 'tool', content: 'x' }, openai[3]] },
      'has a turn (2) that responds to no call',
    ],
    [
      'a call without a name',
      { messages: [openai[0], { role: 'assistant', tool_calls: [{ function: {} }] }] },
      'has a turn (2) that calls a tool without a name',
    ],
  ])('%s leaves its row out, for a true reason', (_, row, reason) => {
    const { rows, findings } = rowsOf([row, { messages: openai, tools: [weather] }])
    expect(rows).toHaveLength(1)
    expect(findings[0]!.message).toContain(reason)
  })

  test('where the template knows none, they are told as before', async () => {
    const rows = [
      { messages: openai, tools: [weather] },
      { messages: [openai[0], openai[3]], tools: [weather] },
    ]
    expect(mapRows(tableOf(rows), mapping).findings[0]!.message).toContain('turn (2) that calls a tool')
    const inspected = async (tools: boolean) =>
      (
        await inspectFrame(Frame.of(tableOf(rows)), {
          mapping,
          split: null,
          validationShare: 0,
          seed: 1,
          tools,
        })
      ).filter(({ kind }) => kind === 'left_aside' || kind === 'bad_conversation')
    expect((await inspected(false)).map(({ column }) => column)).toEqual(['tools', 'messages'])
    expect(await inspected(true)).toEqual([])
  })

  test('are taken away as they came: JSON lines have all of it, Parquet says that it has no place', async () => {
    const row = { messages: asRead, tools: [weather] }
    const text = await jsonLinesFiles({ train: [row] })[0]!.blob.text()
    expect(rowsOf([JSON.parse(text)]).rows).toEqual([{ ...row, row: 0 }])
    await failure(() => parquetFiles({ train: [row] }), 'unsupported_format')
  })
})

describe('calls in an answer', () => {
  test('come back as they were written, forty conversations over', () => {
    let count = 0
    for (const one of drawn)
      for (const message of read(one).messages) {
        if (!message.calls) continue
        const text = template.render([user('x'), { ...message, content: '' }])
        const answer = text.slice(text.indexOf('<start_function_call>'))
        expect(readCallsIn(answer)).toEqual({ text: '', calls: message.calls })
        count++
      }
    expect(count).toBeGreaterThan(20)
  })

  test('beside words, and half written', () => {
    const one = '<start_function_call>call:f{a:1}<end_function_call>'
    expect(readCallsIn(`Let me see. ${one}`)).toEqual({
      text: 'Let me see.',
      calls: [{ name: 'f', arguments: { a: 1 } }],
    })
    expect(readCallsIn('<start_function_call>call:f{a:oops}<end_function_call>').calls).toEqual([
      { name: 'f', arguments: 'a:oops' },
    ])
    for (const plain of ['', 'words', '<start_function_call>call:f{a:1', 'call:f{}'])
      expect(readCallsIn(plain)).toEqual({ text: plain, calls: [] })
  })
})
