import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { chatTokenizer } from '../../src/tokens/chat.ts'
import { seq2seqExample, seq2seqFields } from '../../src/tokens/kauldron.ts'
import { maskExample } from '../../src/tokens/masks.ts'
import { failure } from './helpers.ts'

const json = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const chat = chatTokenizer(
  json('public/models/pebble/tokenizer.json'),
  json('public/models/pebble/tokenizer_config.json'),
)
const { tokenizer } = chat

interface Case {
  prompt: string
  response: string
  max_length: number
  truncate: boolean
  error?: string
  input: number[]
  target: number[]
  mask: number[]
}
const cases: Case[] = json('tests/golden/kauldron/pebble.json')

describe("kauldron's Seq2SeqTask", () => {
  test('200 pairs as the gemma package makes them: input, target, mask and refusals', () => {
    expect(cases.length).toBe(200)
    expect(cases.filter(({ error }) => error).length).toBeGreaterThan(20)
    cases.forEach(
      ({ prompt, response, max_length: maxLength, truncate, error, input, target, mask }, row) => {
        const make = () => seq2seqFields({ prompt, response, row }, tokenizer, { maxLength, truncate })
        if (error === undefined) {
          const fields = make()
          expect({
            row,
            input: Array.from(fields.input),
            target: Array.from(fields.target),
            mask: Array.from(fields.targetMask),
          }).toEqual({ row, input, target, mask })
          return
        }
        expect(make).toThrow(LapidaryError)
        try {
          make()
        } catch (thrown) {
          const length = Number(/length (\d+)/.exec(error)![1])
          expect((thrown as LapidaryError).detail).toEqual({ row, length, max_length: maxLength })
        }
      },
    )
  })

  test('as examples of the token table they are the same sequence', () => {
    for (const { prompt, response, max_length: maxLength, truncate, error, input, target, mask } of cases) {
      if (error !== undefined) continue
      const row = {
        messages: [
          { role: 'user' as const, content: prompt },
          { role: 'assistant' as const, content: response },
        ],
        row: 0,
      }
      const { tokens, supervised, length } = seq2seqExample(row, tokenizer, { maxLength, truncate })
      const used = tokens.length - 1
      expect(Array.from(tokens.subarray(0, -1))).toEqual(input.slice(0, used))
      expect(Array.from(tokens.subarray(1))).toEqual(target.slice(0, used))
      expect(Array.from(supervised.subarray(1))).toEqual(mask.slice(0, used))
      expect(supervised[0]).toBe(0)
      expect(used).toBe(Math.min(length - 1, maxLength))
      // The format "kauldron" of a prepared data set is this, counted in tokens.
      const masked = maskExample(row, chat, {
        maxLength: maxLength + 1,
        completionOnly: true,
        vocabSize: tokenizer.vocabSize,
        format: 'kauldron',
      })
      if (truncate) expect(masked).toEqual({ tokens, supervised, length, row: 0 })
    }
  })

  test('a system message goes before the prompt; other conversations and plain text are refused', async () => {
    const [system, user, assistant] = (['system', 'user', 'assistant'] as const).map((role) => ({
      role,
      content: role,
    }))
    const options = { maxLength: 99, truncate: false }
    const made = seq2seqExample({ messages: [system!, user!, assistant!], row: 0 }, tokenizer, options)
    expect(tokenizer.decode(made.tokens)).toBe(
      '<bos><start_of_turn>user\nsystem\n\nuser<end_of_turn>\n<start_of_turn>model\nassistant<end_of_turn>',
    )
    const several = [system!, user!, assistant!, { role: 'user' as const, content: 'more' }, assistant!]
    const { tokens, supervised } = seq2seqExample({ messages: several, row: 0 }, tokenizer, options)
    expect(tokenizer.decode(tokens)).toBe(
      '<bos><start_of_turn>user\nsystem\n\nuser<end_of_turn>\n<start_of_turn>model\nassistant<end_of_turn>\n' +
        '<start_of_turn>user\nmore<end_of_turn>\n<start_of_turn>model\nassistant<end_of_turn>',
    )
    expect(tokenizer.decode(tokens.filter((_, i) => supervised[i] === 1))).toBe('assistant<end_of_turn>')
    const refused = (input: Parameters<typeof seq2seqExample>[0]) =>
      failure(() => seq2seqExample(input, tokenizer, options), 'bad_data')
    const turns = [user!, user!]
    expect((await refused({ messages: turns, row: 4 })).message).toContain(
      'Row 5 is a conversation of user, user',
    )
    expect((await refused({ text: 'a', row: 0 })).message).toContain('plain text')
  })
})
