import { describe, expect, it } from 'vitest'
import type { DatasetInfo, Mapping } from '../../src/protocol/studio.ts'
import { questionsFrom } from '../../src/ui/state/questions.ts'
import { hrefOf, PLACES, placeOf } from '../../src/ui/state/route.ts'

const none: Mapping = { prompt: null, response: null, system: null, messages: null, text: null }
const dataset = (preview: Record<string, unknown>[]) => ({ preview }) as unknown as DatasetInfo

describe('questions asked along the way', () => {
  it('come from the mapped columns, each once, with what the data says', () => {
    const info = dataset([
      { q: ' Who? ', a: 'Tom' },
      { q: 'Who?', a: 'Anna' },
      { q: '', a: 'nobody' },
      { q: 7, a: null },
    ])
    expect(questionsFrom(info, { ...none, prompt: 'q', response: 'a' })).toEqual([
      { prompt: 'Who?', reference: 'Tom' },
      { prompt: '7' },
    ])
  })
  it('come from the first turn of a conversation, in either manner of writing it', () => {
    const info = dataset([
      {
        messages: [
          { role: 'system', content: 'Be kind' },
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Hello' },
        ],
      },
      {
        messages: [
          { from: 'human', value: 'Bye' },
          { from: 'gpt', value: 'See you' },
        ],
      },
      { messages: 'broken' },
    ])
    expect(questionsFrom(info, { ...none, messages: 'messages' })).toEqual([
      { prompt: 'Hi', reference: 'Hello' },
      { prompt: 'Bye', reference: 'See you' },
    ])
  })
  it('are the openings of plain text', () => {
    const info = dataset([{ t: 'once upon a time there was a small boat at sea' }])
    expect(questionsFrom(info, { ...none, text: 't' })).toEqual([
      { prompt: 'once upon a time there was a small' },
    ])
  })
})

describe('places', () => {
  it('are found again in their addresses, and an unknown one is the first', () => {
    for (const place of PLACES) expect(placeOf(hrefOf(place))).toBe(place)
    expect(placeOf('')).toBe('data')
    expect(placeOf('#/nowhere')).toBe('data')
    expect(placeOf('#/train?run=7')).toBe('train')
  })
})
