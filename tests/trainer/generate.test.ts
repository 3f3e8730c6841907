import { describe, expect, test } from 'vitest'
import { answer, type ChatCodec } from '../../src/generate/chat.ts'
import { BigramEngine } from './bigram-engine.ts'

const options = { maxNewTokens: 8, temperature: 1, topK: 0, topP: 1, seed: 3, adapter: 'on' as const }

/** Ten words and a stop token; a prompt is its last word's number. */
const codec: ChatCodec = {
  render: (prompt) => Uint32Array.of(Number(prompt)),
  stream: () => {
    // Holds each word back by one, as a cut character is.
    let held = ''
    const next = (text: string) => {
      const given = held
      held = text
      return given
    }
    return { push: (token) => next(` w${token}`), end: () => next('') }
  },
  stopTokens: [10],
}

describe('answers', () => {
  test('stream in pieces that join to the whole, prompt by prompt', async () => {
    const pieces = ['', '', '']
    const answers = await answer(new BigramEngine(), codec, ['1', '2', '3'], options, (prompt, piece) => {
      pieces[prompt] += piece
    })
    expect(answers.map(({ text }) => text)).toEqual(pieces)
    expect(answers.map(({ text, tokens }) => text.split(' ').length - 1 === tokens)).toEqual([
      true,
      true,
      true,
    ])
    expect(new Set(answers.map(({ text }) => text)).size).toBe(3)
  })

  test('leave the stop token out, and say what ended them', async () => {
    const engine = new BigramEngine()
    const answers = await answer(engine, codec, ['0', '1', '2', '3', '4', '5'], {
      ...options,
      maxNewTokens: 12,
    })
    expect(answers.every(({ text }) => !text.includes('w10'))).toBe(true)
    expect(new Set(answers.map(({ finish }) => finish))).toEqual(new Set(['stop', 'length']))
    for (const { finish, tokens } of answers)
      expect(finish === 'stop' ? tokens < 12 : tokens === 12).toBe(true)
  })

  test('of nothing are nothing', async () => {
    expect(await answer(new BigramEngine(), codec, [], options)).toEqual([])
  })

  test('stop when asked to', async () => {
    const control = new AbortController()
    const asked = answer(new BigramEngine(), codec, ['1'], options, () => control.abort(), control.signal)
    await expect(asked).rejects.toThrow(/abort/i)
  })
})
