import { describe, expect, test } from 'vitest'
import { hubName } from '../../src/export/base.ts'
import { adapterCard } from '../../src/export/card.ts'
import type { ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const shape = (hiddenSize: number, layers: number) =>
  ({ hiddenSize, layers: Array.from({ length: layers }) }) as unknown as ModelConfig

describe('the base that a card names', () => {
  test('a release of Gemma by its name on the Hub, where its shape is that of the release', () => {
    expect(hubName('gemma-3-270m-it', shape(640, 18))).toBe('google/gemma-3-270m-it')
    expect(hubName('google/gemma-3-1b-pt', shape(1152, 26))).toBe('google/gemma-3-1b-pt')
    expect(hubName('gemma-2-2b-it', shape(2304, 26))).toBe('google/gemma-2-2b-it')
    expect(hubName('gemma-3-270m-it', shape(640, 6))).toBe(null)
  })

  test('a repository’s name is one; any other folder’s is none', () => {
    expect(hubName('someone/gemma-for-bees', shape(640, 18))).toBe('someone/gemma-for-bees')
    expect(hubName('my-model', shape(640, 18))).toBe(null)
    expect(hubName('http://localhost:1/model/', shape(640, 18))).toBe(null)
  })

  test('the Hub is told of a base that it has, and a reader of where one lies', () => {
    const facts = { config: parseRunConfig({}), baseModel: 'gemma-3-270m', step: 3, events: [] }
    const hub = adapterCard({ ...facts, base: { at: 'google/gemma-3-270m', kind: 'hub' } })
    expect(hub).toContain('base_model: "google/gemma-3-270m"')
    expect(hub).toContain('AutoModelForCausalLM.from_pretrained("google/gemma-3-270m")')
    const elsewhere = adapterCard({ ...facts, base: { at: 'path/to/gemma', kind: 'elsewhere' } })
    expect(elsewhere).not.toContain('base_model:')
    expect(elsewhere).toContain('Put the folder of the base model in place of `path/to/gemma`.')
  })
})
