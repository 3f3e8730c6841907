import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { identity } from '../../src/protocol/identity.ts'
import { defaultRunConfig, parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import { type Link, NO_LINK, readLink, writeLink } from '../../src/runs/link.ts'
import { recommend } from '../../src/runs/profiles.ts'

const RUN = new Set(['model', 'data', 'training', 'start'] as const)
const linkOf = (config: RunConfig, more: Partial<Link> = {}): Link => ({
  ...NO_LINK,
  place: 'train',
  config,
  said: RUN,
  ...more,
})

/** A config that uses much of what there is, texts that look like JSON among it. */
const RICH = parseRunConfig({
  model: { id: 'gemma-3-270m', quantization: 'int8', hash: 'ab'.repeat(32) },
  data: {
    name: 'boxes & "more" 100%.csv',
    hash: 'cd'.repeat(32),
    prompt: 'null',
    response: '5',
    system: '{"a":1}',
    template: 'Sag: {question} = {x}\nähnlich #1?',
    labels: { '0': 'no', '1': 'yes' },
    reading: { header_row: 3, encoding: 'gb18030' },
    steps: [{ type: 'dropMissing', columns: ['5'] }].slice(1),
    split: { method: 'stratified', column: 'topic', test_share: 0.2 },
    augment: { reworded: 0.5, noise: { typos: 0.1 } },
    validation_share: 0.25,
  },
  training: { learning_rate: 1e-3, max_steps: 60, completion_only_loss: false, eval_steps: 15, seed: 7 },
  lora: { r: 4, target_modules: ['q_proj', 'o_proj'] },
  start: { from: 'run', run: 'r1', checkpoint: 'best' },
})

describe('a link is a run', () => {
  const quick = parseRunConfig({
    ...defaultRunConfig(),
    ...recommend({ practice: true, parameters: 1e6 }, 'quick'),
  })
  test.each([
    ['the defaults', defaultRunConfig()],
    ['a quick look', quick],
    ['a config of many fields', RICH],
  ])('%s', (_, config) => {
    const hash = writeLink(linkOf(config))
    const read = readLink(hash)!
    expect(read).toMatchObject({ refused: [], trouble: null })
    expect(read.link.config).toEqual(config)
    expect(identity(read.link.config)).toBe(identity(config))
    expect(read.link.said).toEqual(
      new Set(
        config.start.from === 'run' ? RUN : ['model', 'training', ...(config === RICH ? ['data'] : [])],
      ),
    )
    // Written again it is the same link, and an address bar leaves it as it is.
    expect(writeLink({ ...read.link, said: RUN })).toBe(hash)
    expect(new URL(hash, 'https://x.org/').hash).toBe(hash)
  })

  test('it is short, and says nothing that need not be said', () => {
    const hash = writeLink(linkOf(quick, { data: { from: 'sample', id: 'pirate' } }))
    expect(hash.length).toBeLessThan(300)
    expect(hash).toContain('data=sample:pirate')
    expect(hash).not.toContain('adam_beta1')
    expect(hash).not.toContain('engine')
    expect(writeLink({ ...NO_LINK, place: 'model' })).toBe('#/model')
  })

  test('what it says of the page comes back', () => {
    const page: Partial<Link> = {
      parts: ['data', 'train'],
      locked: ['model'],
      theme: 'dark',
      lang: 'en',
      embed: 'https://school.example',
      sealed: true,
    }
    const sources: Link['data'][] = [
      { from: 'page' },
      { from: 'url', url: 'https://x.org/a.csv?download=true&b=1#c' },
      { from: 'hub', dataset: 'owner/name' },
      { from: 'hub', dataset: 'owner/name', config: 'c', split: 'train' },
    ]
    for (const data of sources)
      expect(readLink(writeLink(linkOf(quick, { ...page, data })))!.link).toMatchObject({ ...page, data })
  })

  test('the link that the guide shows is one', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/embed.md'), 'utf8')
    const read = readLink(/#\/train\?v=1\.\S+/.exec(guide)![0])!
    expect(read).toMatchObject({ trouble: null, refused: [] })
    expect(read.link.config.training).toMatchObject({ max_steps: 60, learning_rate: 0.001, seed: 42 })
  })

  test('a place alone is no link', () => {
    for (const hash of ['', '#', '#/train', '#/train?', '#content']) expect(readLink(hash)).toBe(null)
  })
})

describe('bad links', () => {
  const hash = writeLink(linkOf(RICH, { data: { from: 'sample', id: 'pirate' } }))

  test('cut anywhere, it is known to be cut', () => {
    for (let length = hash.indexOf('?') + 2; length < hash.length; length++)
      expect(readLink(hash.slice(0, length))!.trouble, hash.slice(0, length)).not.toBe(null)
  })

  test('altered, it is known to be altered, and what can be read of it still is', () => {
    const altered = readLink(hash.replace('training.max_steps=60', 'training.max_steps=61'))!
    expect(altered.trouble).toBe('damaged')
    expect(altered.link.config.training.max_steps).toBe(61)
    expect(readLink(`${hash}&theme=dark`)!.trouble).toBe('damaged')
    expect(readLink(`${hash}).`)!.trouble).toBe('damaged')
    // Escaped more than need be on its way through a mail, it is the same link.
    const escaped = hash.replace(/[:/,]/g, (sign, at) => (at < 10 ? sign : encodeURIComponent(sign)))
    expect(escaped).not.toBe(hash)
    expect(readLink(escaped)).toEqual(readLink(hash))
  })

  test('of a later version nothing is heeded, and one without a version is none', () => {
    expect(readLink('#/train?v=2&training.seed=1')).toMatchObject({
      trouble: 'newer',
      link: NO_LINK_AT_TRAIN,
    })
    expect(readLink('#/train?v=1&data=page&embed=frame')!.refused).toHaveLength(1)
    expect(readLink('#/train?training.seed=1')!.trouble).toBe('unreadable')
    expect(readLink(`#/train?v=1&x=${'y'.repeat(200_000)}`)!.trouble).toBe('unreadable')
  })

  test('each value is checked as in run.json, and what is wrong costs nothing else', () => {
    const read = readLink(
      '#/train?v=1&training.learning_rate=7&training.max_steps=9&training.nonsense=1&lora.r=four&nonsense=2&theme=pink' +
        '&locked=data,everything&data=javascript:alert(1)&training.max_steps=3&start.from=run&training.__proto__=1&__proto__.x=1&constructor.x=1&parts=' +
        '&embed=https://x.org/page&data.prompt=q&training.packing=%E0%A4%A',
    )!
    expect(read.link.config).toEqual(parseRunConfig({ training: { max_steps: 9 }, data: { prompt: 'q' } }))
    expect(read.link).toMatchObject({ data: null, theme: null, locked: [], parts: null, embed: null })
    expect(read.trouble).toBe('damaged')
    expect(read.refused.map(({ name, why }) => [name, why])).toEqual([
      ['nonsense', 'unknown'],
      ['theme', 'value'],
      ['locked', 'value'],
      ['data', 'value'],
      ['training.max_steps', 'twice'],
      ['parts', 'value'],
      ['embed', 'value'],
      ['training.learning_rate', 'field'],
      ['training.nonsense', 'field'],
      ['lora.r', 'field'],
      ['start.from', 'field'],
      ['training.__proto__', 'field'],
      ['__proto__.x', 'field'],
      ['constructor.x', 'field'],
    ])
    // What every object has by birth is no field, and is not said to stand anywhere.
    for (const name of ['__proto__', 'constructor'])
      expect(read.refused.find((one) => one.name === `${name}.x`)!.message).toBe(
        `Unknown field "${name}" in the run config.`,
      )
    expect(read.refused.find(({ name }) => name === 'training.learning_rate')!.message).toContain(
      '7 is above the most allowed, 1',
    )
  })
})

const NO_LINK_AT_TRAIN = { ...NO_LINK, place: 'train' }
