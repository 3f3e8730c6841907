import { Template } from '@huggingface/jinja'
import { describe, expect, test } from 'vitest'
import { parseTemplate, renderBounded } from '../../src/tokens/bounded-template.ts'
import { ChatTemplate, chatTokenizer, GEMMA_TEMPLATE } from '../../src/tokens/chat.ts'
import { prepareExamples } from '../../src/tokens/prepare.ts'
import { failure } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, TINY_VOCAB_SIZE, tinyTokenizerJson } from './tiny-tokenizer.ts'

const NONE = { bos: null, eos: null }
const messages = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: 'b' },
] as const

const doubled = (begin: string, step: string) =>
  `{% set ns = namespace(x=${begin}) %}{% for i in range(60) %}{% set ns.x = ${step} %}{% endfor %}`

describe('templates that do not come to an end', () => {
  test.each([
    ['a long range', '{% for i in range(1000000000000) %}{% endfor %}', 'list'],
    ['a range of tiny steps', '{% for i in range(0, 1, 0.000000001) %}{% endfor %}', 'list'],
    [
      'loops in loops',
      '{% for i in range(99999) %}{% for j in range(99999) %}{% set x = i %}{% endfor %}{% endfor %}',
      'steps',
    ],
    [
      'empty loops over one list',
      '{% set r = range(99999) %}{% for i in r %}{% for j in r %}{% endfor %}{% endfor %}',
      'steps',
    ],
    [
      'a filtered loop over one list',
      '{% set r = range(9999) %}{% for i in r %}{% for j in r if false %}{% endfor %}{% endfor %}',
      'steps',
    ],
    ['a text that doubles', doubled('"aaaa"', 'ns.x + ns.x'), 'text'],
    ['a list that doubles', doubled('[1, 2]', 'ns.x + ns.x'), 'list|steps'],
    [
      'a list that holds itself twice, as text',
      `${doubled('[1]', '[ns.x, ns.x]')}{{ ns.x ~ "" }}`,
      'list|steps',
    ],
    [
      'an object that holds itself twice, as JSON',
      `${doubled('1', '{"a": ns.x, "b": ns.x}')}{{ ns.x | tojson }}`,
      'list|steps',
    ],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'levels'],
  ])('%s', async (_, source, reason) => {
    const template = new ChatTemplate(source + GEMMA_TEMPLATE, NONE)
    const { message, detail } = await failure(() => template.render(messages), 'bad_model')
    expect(message).toMatch(new RegExp(`does not come to an end: .*(${reason})`))
    expect(detail).toEqual({ field: 'chat_template' })
  })

  test.each([
    ['brackets', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`],
    ['conditions', '{% if true %}'.repeat(20_000) + '{% endif %}'.repeat(20_000)],
  ])('are told in our words where they nest too deep: %s', async (_, source) => {
    const { message } = await failure(() => new ChatTemplate(source, NONE), 'bad_model')
    expect(message).toBe("The model's chat template cannot be read: it is nested too deep")
  })

  test('end preparation, and leave out no rows one by one', async () => {
    const late = `{% if messages[0]['content'] == 'stay' %}{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}{% endif %}${GEMMA_TEMPLATE}`
    const chat = chatTokenizer(tinyTokenizerJson(), TINY_TOKENIZER_CONFIG, late)
    const row = (content: string) => ({ messages: [{ role: 'user' as const, content }, messages[1]], row: 0 })
    const options = { maxLength: 100, completionOnly: true, vocabSize: TINY_VOCAB_SIZE }
    expect((await prepareExamples({ train: [row('go')] }, chat, options)).info.examples.train).toBe(1)
    await failure(() => prepareExamples({ train: [row('go'), row('stay')] }, chat, options), 'bad_model')
  })
})

test('templates render as the library renders them', () => {
  const sources = [
    GEMMA_TEMPLATE,
    '{% for m in messages %}{% if m.role == "user" %}{% continue %}{% endif %}{{ m.content | upper }}{% break %}{% endfor %}',
    `{% for i in range(700) %}{% if i % 2 %}{% continue %}{% endif %}{{ i }},{% endfor %}{{ range(3) | join("-") }}`,
    '{% set ns = namespace(n=0) %}{% for i in range(5, 0, -2) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}{{ [messages, {"a": none}] | tojson }}',
    '{% macro turn(m) %}<{{ m["role"] }}>{% endmacro %}{% for m in messages if m.content == "b" %}{{ turn(m) }}{% else %}none{% endfor %}{{ strftime_now("%Y") | length }}',
    '{% set true_name = True %}{{ true_name and not False }}{{ None is none }}{{ missing is defined }}',
  ]
  const items = { messages, bos_token: '<bos>', eos_token: '', add_generation_prompt: true }
  for (const source of sources) {
    const program = parseTemplate(source)
    const wanted = new Template(source).render(items)
    expect(renderBounded(program, items, 2)).toBe(wanted)
    // Nothing that a template sets is there the next time.
    expect(renderBounded(program, items, 2)).toBe(wanted)
  }
})

test('a long conversation is no endless template', () => {
  const long = Array.from({ length: 4000 }, (_, i) => ({
    role: i % 2 ? ('assistant' as const) : ('user' as const),
    content: `turn ${i}`,
  }))
  expect(new ChatTemplate(GEMMA_TEMPLATE, NONE).render(long)).toContain('turn 3999')
})
