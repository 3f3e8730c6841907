import { expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { pinned, type SnippetWish, snippet } from '../../src/runs/embed-snippet.ts'
import { type Link, NO_LINK, readLink, writeLink } from '../../src/runs/link.ts'

const STUDIO = 'https://x.org/lapidary/v0.1.0/'
const CONFIG = parseRunConfig({
  model: { hash: 'ab' },
  data: { name: 'a.csv', hash: 'cd', prompt: 'q', template: 'Say </script> "{q}" & more' },
  training: { max_steps: 9 },
})
const wish = (link: Partial<Link>, more: Partial<SnippetWish>): SnippetWish => ({
  link:
    STUDIO +
    writeLink({
      ...NO_LINK,
      place: 'train',
      config: CONFIG,
      said: new Set(['model', 'data', 'training', 'start']),
      parts: ['train'],
      embed: 'frame',
      ...link,
    }),
  studio: STUDIO,
  kind: 'script',
  height: null,
  columns: ['q', 'the, answer'],
  ...more,
})

test('a plain frame says the same run in its address', () => {
  const text = snippet(wish({ data: { from: 'sample', id: 'pirate' }, theme: 'dark' }, { kind: 'frame' }))
  const src = /src="([^"]*)"/.exec(text)![1]!.replaceAll('&amp;', '&')
  expect(src.startsWith(`${STUDIO}#/train?v=1&data=sample:pirate`)).toBe(true)
  const read = readLink(new URL(src).hash)!
  expect(read).toMatchObject({ trouble: null, refused: [] })
  expect(read.link).toMatchObject({ theme: 'dark', parts: ['train'], embed: 'frame' })
  const { model, data } = read.link.config
  // What comes with the studio of this version is what it is.
  expect({
    ...read.link.config,
    model: { ...model, hash: 'ab' },
    data: { ...data, name: 'a.csv', hash: 'cd' },
  }).toEqual(CONFIG)
})

test('a script tag has the config in it, and a place for rows where the link has none', () => {
  const text = snippet(wish({}, {}))
  expect(text.split('\n')[0]).toBe(`<script src="${STUDIO}embed.js" defer></script>`)
  expect(text).toContain('<lapidary-studio parts="train">')
  expect(text).toContain('<script type="text/csv">\n    q,"the, answer"\n')
  // Nothing in it ends its script early.
  expect(text.match(/<\/script>/g)).toHaveLength(3)
  const json = /application\/json">([\s\S]*?)<\/script>/.exec(text)![1]!
  expect(JSON.parse(json)).toEqual({
    data: { prompt: 'q', template: CONFIG.data.template },
    training: { max_steps: 9, seed: 42 },
  })
})

test('data at an address are pinned by their hash', () => {
  const text = snippet(wish({ data: { from: 'url', url: 'https://y.org/a.csv' } }, { height: 300 }))
  expect(text).toContain('data="https://y.org/a.csv"')
  expect(text).toContain('height="300"')
  expect(text).toContain('"hash": "cd"')
  expect(text).not.toContain('text/csv')
})

test('what is at "latest" will be another', () => {
  expect(pinned('https://x.org/lapidary/latest/', '0.1.0')).toBe(STUDIO)
  expect(pinned(STUDIO, '0.2.0')).toBe(STUDIO)
})

test('a sealed frame says so, by attribute and in its address', () => {
  expect(snippet(wish({ sealed: true }, {}))).toContain(' sealed="1"')
  const text = snippet(wish({ sealed: true }, { kind: 'frame' }))
  expect(text).toContain('&amp;sealed=1&amp;')
  expect(snippet(wish({}, {}))).not.toContain('sealed')
})
