import { expect, test } from 'vitest'
import { remedyOf } from '../../cli/findings.ts'
import type { Fix } from '../../src/protocol/preparation.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

type StepFix = Extract<Fix, { kind: 'step' }>
const dropped = (rows: number) =>
  ({
    kind: 'step',
    step: { type: 'drop_rows', enabled: true, rows: Array.from({ length: rows }, (_, i) => i * 3) },
  }) as StepFix

test('a step that is offered is a config as it stands', () => {
  const fix = { ...dropped(120), mapping: { prompt: 'question' } } as StepFix
  const json = /^\(In --config: (.*)\)$/.exec(remedyOf(fix)!)![1]!
  const { data } = parseRunConfig(JSON.parse(json))
  expect([data.steps, data.prompt]).toEqual([[fix.step], 'question'])
})

test('one that is too long for a line is named, not cut', () => {
  expect(remedyOf(dropped(5000))).toBe('(In --config, a step of type drop_rows: docs/config.md)')
})
