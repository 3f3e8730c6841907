import { expect, test } from 'vitest'
import type { Tool } from '../../src/protocol/tokens.ts'
import { taskOf } from '../../src/runs/task.ts'

const labels = (count: number) => Array.from({ length: count }, (_, i) => ({ label: `${i}` })) as never
const TOOL = { name: 'weather' } as unknown as Tool

test('answers that are labels are sorted into, however many there are', () => {
  expect(taskOf(labels(77), [{ reference: 'card_arrival' }], false)).toEqual({ kind: 'labels', count: 77 })
  // One label alone is no choice.
  expect(taskOf(labels(1), [{ reference: 'yes' }], false)).toEqual({ kind: 'answers' })
})

test('JSON is told by every answer that was looked at, and a number is none', () => {
  expect(taskOf(undefined, [{ reference: '{"a": 1}' }, { reference: '[2]' }], false).kind).toBe('json')
  expect(taskOf(undefined, [{ reference: '{"a": 1}' }, { reference: 'sorry' }], false).kind).toBe('answers')
  expect(taskOf(undefined, [{ reference: '42' }], false).kind).toBe('answers')
  expect(taskOf(undefined, [], false).kind).toBe('answers')
})

test('functions that may be called are told before what is answered; texts have no answers', () => {
  expect(taskOf(labels(3), [{ reference: '{}', tools: [TOOL] }], false).kind).toBe('calls')
  expect(taskOf(undefined, [], true).kind).toBe('text')
})
