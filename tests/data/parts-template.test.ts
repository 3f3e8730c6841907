import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { servesParts } from '../../src/export/parts-template.ts'
import type { Message, Tool } from '../../src/protocol/tokens.ts'
import { ChatTemplate, GEMMA_TEMPLATE } from '../../src/tokens/chat.ts'
import { FUNCTION_GEMMA_TEMPLATE } from '../../src/tokens/function-template.ts'

const { chat_template: PEBBLE } = JSON.parse(
  readFileSync(new URL('../../public/models/pebble/tokenizer_config.json', import.meta.url), 'utf8'),
) as { chat_template: string }
const TEMPLATES = { pebble: PEBBLE, 'stand-in': GEMMA_TEMPLATE, functions: FUNCTION_GEMMA_TEMPLATE }

const TOKENS = { bos: { id: 2, text: '<bos>' }, eos: { id: 1, text: '<eos>' } }
const TURNS: Message[] = [
  { role: 'system', content: ' Be brief. ' },
  { role: 'user', content: ' Who are you?\n' },
  { role: 'assistant', content: 'A "stone".' },
  { role: 'user', content: 'Really?' },
]
const TOOLS: Tool[] = [
  { type: 'function', function: { name: 'saw', description: 'cuts', parameters: { type: 'object' } } },
]
/** As LiteRT-LM and OpenAI's clients hand a text over. */
const inParts = (turns: Message[]) =>
  turns.map((turn) => ({ ...turn, content: [{ type: 'text', text: turn.content }] })) as unknown as Message[]

test.each(Object.entries(TEMPLATES))(
  '%s: text stays as it was, and a list of parts is the same',
  (_, own) => {
    const [before, after] = [new ChatTemplate(own, TOKENS), new ChatTemplate(servesParts(own), TOKENS)]
    for (const turns of [TURNS, TURNS.slice(1), TURNS.slice(1, 2)])
      for (const tools of [[], TOOLS])
        for (const opens of [false, true]) {
          const text = before.render(turns, opens, tools)
          expect(after.render(turns, opens, tools)).toBe(text)
          expect(after.render(inParts(turns), opens, tools)).toBe(text)
        }
    expect(servesParts(servesParts(own))).toBe(servesParts(own))
  },
)

test('any other template stays as it is', () => {
  const other = "{{ bos_token }}{%- for message in messages -%}{{ message['content'] | trim }}{%- endfor -%}"
  expect(servesParts(other)).toBe(other)
})
