import { describe, expect, test } from 'vitest'
import { answer, type ChatCodec, TextStream } from '../../src/generate/chat.ts'
import { BigramEngine } from './bigram-engine.ts'

const options = { maxNewTokens: 8, temperature: 1, topK: 0, topP: 1, seed: 3, adapter: 'on' as const }

/** Ten words and a stop token; a prompt is its last word's number. */
const codec: ChatCodec = {
  render: (prompt) => Uint32Array.of(Number(prompt)),
  decode: (tokens) => Array.from(tokens, (token) => ` w${token}`).join(''),
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

describe('text of a growing answer', () => {
  /** Gemma's decoder: words with their space, and bytes (ids from 100) that must be a whole character together. */
  const words = [' Hello', ' world', '!', ' a', 'b']
  const decode = (tokens: Uint32Array) => {
    let text = ''
    let bytes: number[] = []
    const flush = () => {
      if (bytes.length === 0) return
      try {
        text += new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes))
      } catch {
        text += '\ufffd'.repeat(bytes.length)
      }
      bytes = []
    }
    for (const token of tokens) {
      if (token >= 100) bytes.push(token - 100)
      else {
        flush()
        text += words[token]
      }
    }
    flush()
    return text
  }
  const bytes = (text: string) => Array.from(new TextEncoder().encode(text), (byte) => byte + 100)
  const stream = (tokens: number[]) => {
    const text = new TextStream({ decode })
    const pieces = tokens.map((token) => text.push(token))
    return { pieces: [...pieces, text.end()], text: text.text }
  }

  test('comes word by word', () => {
    expect(stream([0, 1, 2])).toEqual({ pieces: [' Hello', ' world', '!', ''], text: ' Hello world!' })
  })

  test('waits for the last byte of a character', () => {
    const { pieces, text } = stream([0, ...bytes('€'), ...bytes('é'), 1])
    expect(pieces).toEqual([' Hello', '', '', '€', '', 'é', ' world', ''])
    expect(text).toBe(' Hello€é world')
  })

  test('gives a cut character out at the end, and never takes text back', () => {
    expect(stream([0, ...bytes('€').slice(0, 2)]).text).toBe(' Hello\ufffd\ufffd')
    const broken = stream([0, ...bytes('€'), 100 + 0xe2, 1])
    expect(broken.pieces.join('')).toBe(broken.text)
    expect(broken.text.startsWith(' Hello€')).toBe(true)
    expect(broken.text.endsWith(' world')).toBe(true)
  })

  test('decodes a long answer in linear time', () => {
    let decoded = 0
    const text = new TextStream({
      decode: (tokens) => {
        decoded += tokens.length
        return decode(tokens)
      },
    })
    for (let i = 0; i < 1000; i++) text.push(i % 5)
    expect(decoded <= 4000).toBe(true)
  })
})
