import { describe, expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { RunSeriesData, TrackData } from '../../src/protocol/studio.ts'
import { agreement, sameRecipe } from '../../src/runs/compare.ts'
import { labels } from '../../src/ui/state/run-labels.ts'

const run = (id: string, training: object, name = 'pebble on boxes.csv', more: object = {}) => ({
  id,
  name,
  created: Number(id) * 60_000,
  config: parseRunConfig({ training, ...more }),
})

describe('what runs are called', () => {
  test('a name of its own is enough', () => {
    const named = labels([run('1', {}, 'one'), run('2', { learning_rate: 1 }, 'two')])
    expect([...named.values()]).toEqual(['one', 'two'])
  })

  test('runs of one name are told apart by what differs, and by nothing else', () => {
    const named = labels([
      run('1', { learning_rate: 0.001, max_steps: 5 }, undefined, { lora: { r: 8 }, model: { hash: 'a' } }),
      run('2', { learning_rate: 0.002, max_steps: 5 }, undefined, { lora: { r: 16 }, model: { hash: 'b' } }),
    ])
    expect([...named.values()]).toEqual([
      'pebble on boxes.csv · Learning rate 0.001 · Adapter size 8',
      'pebble on boxes.csv · Learning rate 0.002 · Adapter size 16',
    ])
  })

  test('what was put right, and what a run begins with, are told in words, and nothing of those that have none', () => {
    const corrections = [{ row: 3, prompt: 'a', system: null, response: null }]
    const start = { from: 'run', run: 'x', checkpoint: 4, hash: null }
    const named = labels([run('1', {}), run('2', {}, undefined, { data: { corrections }, start })])
    expect([...named.values()]).toEqual([
      'pebble on boxes.csv',
      'pebble on boxes.csv · 1 row put right · begun with a run',
    ])
  })

  test('shares are said as per cent, by the names that the page gives them', () => {
    const named = labels([
      run('1', {}, undefined, { data: { train_share: 0.125 } }),
      run('2', {}, undefined, { data: { validation_share: 0.2 } }),
    ])
    expect([...named.values()]).toEqual([
      'pebble on boxes.csv · Share held out 10% · Share of the training rows 12.5%',
      'pebble on boxes.csv · Share held out 20% · Share of the training rows 100%',
    ])
  })

  test('where nothing differs the time tells them apart', () => {
    const named = labels([run('1', { seed: 3 }), run('2', { seed: 3 }), run('3', { seed: 4 })])
    expect(new Set(named.values()).size).toBe(3)
    expect(named.get('3')).toBe('pebble on boxes.csv · Seed 4')
    expect(named.get('1')).toMatch(/^pebble on boxes\.csv · Seed 3 · ./)
  })
})

describe('a run made once more', () => {
  const config = parseRunConfig({ data: { hash: 'd' }, model: { hash: 'm' }, training: { seed: 3 } })

  test('is known by recipe, data and model, whatever kernels computed it', () => {
    const again = { ...config, engine: { ...config.engine, choices: { matmul: 'a' } } }
    expect(sameRecipe(config, again)).toBe(true)
    expect(sameRecipe(config, { ...config, data: { ...config.data, hash: 'e' } })).toBe(false)
    expect(sameRecipe(config, { ...config, training: { ...config.training, seed: 4 } })).toBe(false)
  })

  test('agrees bit for bit, or says from where on it does not', () => {
    const track = (columns: Record<string, number[]>): TrackData => {
      const all = Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)])
      const count = Object.values(columns)[0]!.length
      const steps = Float64Array.from({ length: count }, (_, i) => i + 1)
      return { steps, epochs: steps, columns: Object.fromEntries(all) }
    }
    const series = (loss: number[]): RunSeriesData => ({
      training: track({ loss, grad_norm: loss }),
      validation: track({ eval_loss: [1] }),
    })
    expect(agreement(series([3, 2, 1]), series([3, 2, 1, 0.5]))).toEqual({ steps: 3, differsAt: null })
    expect(agreement(series([3, 2, 1]), series([3, 2 + 2 ** -50, 1]))).toEqual({ steps: 3, differsAt: 2 })
  })
})
