import { describe, expect, test } from 'vitest'
import { Frame } from '../../src/dataset/frame.ts'
import { firstToLearn, guessSplit, splitFrame, splitRows } from '../../src/dataset/split.ts'
import { splitOfName } from '../../src/files/split-names.ts'
import { makeTable } from '../../src/files/table.ts'
import { NO_SPLIT, type SplitConfig } from '../../src/protocol/data-steps.ts'
import type { Split } from '../../src/protocol/tokens.ts'
import { failure } from './helpers.ts'

const tableOf = (name: string, values: unknown[]) => makeTable([{ name, values }])
const frameOf = (name: string, values: unknown[]) => Frame.of(tableOf(name, values))
const all = (frame: Frame) => Array.from({ length: frame.rows }, (_, i) => i)
const split = (values: unknown[], config: Partial<SplitConfig>, validationShare = 0.2, seed = 42) => {
  const frame = frameOf('c', values)
  return splitFrame(frame, all(frame), { config: { ...NO_SPLIT, ...config }, validationShare, seed })
}
const count = (parts: Split[], part: Split) => parts.filter((p) => p === part).length

describe('random', () => {
  const rows = Array.from({ length: 100 }, (_, i) => i)

  test('is what splitRows gives, and a test set leaves validation as it was', () => {
    const { validation } = splitRows(rows, 0.2, 42)
    const without = split(rows, {}).parts
    const { parts } = split(rows, { test_share: 0.1 })
    for (const result of [without, parts])
      expect(rows.filter((i) => result[i] === 'validation')).toEqual(validation)
    expect([count(parts, 'train'), count(parts, 'test')]).toEqual([70, 10])
  })

  test('always leaves a row to train on', async () => {
    expect(split([1, 2, 3], { test_share: 0.4 }, 0.5).parts).toContain('train')
    expect(split([1], { test_share: 0.4 }, 0.5).parts).toEqual(['train'])
    expect((await failure(() => split(rows, { test_share: 0.5 }, 0.5), 'bad_config')).detail?.field).toBe(
      'test_share',
    )
  })
})

describe('stratified', () => {
  test('each value has its share, and so has the whole', () => {
    const values = [...Array(60).fill('a'), ...Array(30).fill('b'), ...Array(9).fill('c'), null]
    const { parts } = split(values, { method: 'stratified', column: 'c', test_share: 0.1 })
    const of = (value: string, part: Split) =>
      parts.filter((p, i) => values[i] === value && p === part).length
    expect([of('a', 'validation'), of('b', 'validation'), of('a', 'test'), of('b', 'test')]).toEqual([
      12, 6, 6, 3,
    ])
    expect(of('c', 'validation')).toBe(2)
    expect(count(parts, 'validation')).toBe(20)
    expect(split(values, { method: 'stratified', column: 'c' }).parts).toEqual(
      split(values, { method: 'stratified', column: 'c' }).parts,
    )
    expect(split(values, { method: 'stratified', column: 'c' }, 0.2, 7).parts).not.toEqual(
      split(values, { method: 'stratified', column: 'c' }).parts,
    )
  })

  test('a column that leaves next to nothing to hold out is named', () => {
    const unique = Array.from({ length: 40 }, (_, i) => `only ${i}`)
    const { findings } = split(unique, { method: 'stratified', column: 'c' })
    expect(findings[0]).toMatchObject({ column: 'c', count: 0 })
    expect(findings[0]!.message).toContain('40 different values')
    const two = split([...Array(38).fill('a'), 'b'], { method: 'grouped', column: 'c' }, 0.4)
    expect(two.findings).toHaveLength(1)
    expect(split(Array(40).fill('a'), { method: 'stratified', column: 'c' }).findings).toEqual([])
  })

  test('values that occur once are trained on; a share asked for is never nothing', () => {
    expect(split(['a', 'b', 'c'], { method: 'stratified', column: 'c' }).parts).toEqual([
      'train',
      'train',
      'train',
    ])
    expect(
      count(split(['a', 'a', 'b'], { method: 'stratified', column: 'c' }, 0.01).parts, 'validation'),
    ).toBe(1)
  })
})

describe('grouped', () => {
  test('no value is on two sides', () => {
    const values = Array.from({ length: 200 }, (_, i) => (i % 50 === 7 ? null : `user ${i % 23}`))
    const { parts } = split(values, { method: 'grouped', column: 'c', test_share: 0.15 })
    const sides = new Map<string, Set<Split>>()
    for (const [i, value] of values.entries())
      if (value !== null) sides.set(value, (sides.get(value) ?? new Set()).add(parts[i]!))
    for (const found of sides.values()) expect(found.size).toBe(1)
    expect(Math.abs(count(parts, 'validation') - 40)).toBeLessThanOrEqual(6)
    expect(Math.abs(count(parts, 'test') - 30)).toBeLessThanOrEqual(6)
  })

  test('a group larger than the share is kept for training where a smaller one will do', () => {
    const values = [...Array(80).fill('big'), ...Array(10).fill('x'), ...Array(10).fill('y')]
    for (let seed = 0; seed < 10; seed++) {
      const { parts } = split(values, { method: 'grouped', column: 'c' }, 0.1, seed)
      expect(count(parts, 'validation')).toBe(10)
    }
  })

  test('one group alone is trained on', () => {
    expect(split(['a', 'a'], { method: 'grouped', column: 'c' }).parts).toEqual(['train', 'train'])
  })
})

describe('by a column', () => {
  test('values say it, in any case', () => {
    const { parts, findings } = split(['Train', 'DEV', 'test', 'other', null], {
      method: 'column',
      column: 'c',
    })
    expect(parts).toEqual(['train', 'validation', 'test', 'train', 'train'])
    expect(findings).toEqual([])
    const own = split(['2019', '2020', '2021'], {
      method: 'column',
      column: 'c',
      validation_values: ['2020'],
      test_values: ['2021'],
    })
    expect(own.parts).toEqual(['train', 'validation', 'test'])
  })

  test('which names none for validation: some of training are drawn', () => {
    const values = [...Array.from({ length: 20 }, () => 'train'), ...Array.from({ length: 5 }, () => 'test')]
    const { parts, findings } = split(values, { method: 'column', column: 'c' }, 0.2)
    const of = (part: string) => parts.flatMap((found, i) => (found === part ? [i] : []))
    expect(of('test')).toEqual([20, 21, 22, 23, 24])
    expect(of('validation')).toHaveLength(4)
    expect(Math.max(...of('validation'))).toBeLessThan(20)
    expect(findings[0]).toMatchObject({ severity: 'note' })
    expect(findings[0]!.message).toContain('4 training rows are held out')
  })

  test('what cannot be is said', async () => {
    expect(split(['a', 'b'], { method: 'column', column: 'c' }).findings[0]!.message).toContain(
      'no row is for validation',
    )
    const none = await failure(() => split(['test'], { method: 'column', column: 'c' }), 'bad_data')
    expect(none.hint).toContain('"test"')
    await failure(() => split(['a'], { method: 'column' }), 'bad_config')
    await failure(() => split(['a'], { method: 'grouped', column: 'zz' }), 'missing_column')
  })

  test('is guessed from names and values', () => {
    const guess = (name: string, values: string[]) => guessSplit(tableOf(name, values))?.column ?? null
    expect(guess('split', ['train', 'validation', 'train'])).toBe('split')
    expect(guess('Subset', ['training', 'test'])).toBe('Subset')
    expect(guess('tfds_split', ['train', 'test'])).toBe('tfds_split')
    expect(guess('split', ['train', 'train'])).toBe(null)
    expect(guess('split', ['left', 'right'])).toBe(null)
    expect(guess('answer', ['train', 'test'])).toBe(null)
    expect(guess('class label', ['train', 'test'])).toBe(null)
    expect(guess('part', ['train', 'test'])).toBe('part')
    expect(guess('vehicle', ['train', 'bus', 'test'])).toBe(null)
    expect(guess('dataset_split', ['train', 'heldout'])).toBe('dataset_split')
  })

  test('a value of which nothing is known is not trained on, nor is what yes or no holds out', () => {
    const held = (name: string, values: unknown[]) => {
      const frame = frameOf(name, values)
      const config = guessSplit(tableOf(name, values))
      return config && splitFrame(frame, all(frame), { config, validationShare: 0, seed: 1 }).parts
    }
    expect(held('split', ['train', 'test', 'extra', 'TRAIN', 'holdout'])).toEqual([
      'train',
      'test',
      'test',
      'train',
      'test',
    ])
    for (const values of [
      [true, false, null],
      ['yes', 'no', ''],
      [1, 0, 0],
    ])
      expect(held('is_test', values)).toEqual(['test', 'train', 'train'])
    expect(held('holdout', [0, 1])).toEqual(['train', 'test'])
    expect(held('is_val', ['False', 'True'])).toEqual(['train', 'validation'])
    expect(held('is_train', [true, false])).toEqual(['train', 'test'])
    expect(held('valid', [true, false])).toBe(null)
    expect(held('is_test', [0, 0])).toBe(null)
    expect(held('test', [0, 1, 2])).toBe(null)
  })

  test.each([
    ['train', 'train.csv', 'TrainSet.csv', 'my_traindata-2.csv', 'training_set', 'a/train-00000-of-00001'],
    ['test', 'testset.csv', 'testData.csv', 'holdout.csv', 'held-out.jsonl', 'x_test1.csv', 'testing'],
    ['validation', 'val.csv', 'devset.csv', 'evaluation.jsonl', 'valid.csv', 'eval_set.csv'],
    [null, 'contest.csv', 'latest.csv', 'trained.csv', 'attestation', 'intervals.csv', 'value.csv'],
  ])('names that say %s', (split, ...names) => {
    expect((names as string[]).map(splitOfName)).toEqual(names.map(() => split))
  })

  test('a preview begins with the rows that are learnt from', () => {
    const frame = frameOf('split', ['test', ' Test', 'dev', 'train', 'validation', 'train', null, 'train'])
    const values = { ...NO_SPLIT, method: 'column' as const, column: 'split' }
    expect(firstToLearn(frame, values, 3)).toEqual([3, 5, 6])
    expect(firstToLearn(frame, values, 9)).toEqual([3, 5, 6, 7])
  })
})
