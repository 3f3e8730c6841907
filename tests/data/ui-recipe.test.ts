import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { DataStepSchema } from '../../src/protocol/data-steps.ts'
import { sortFindings } from '../../src/protocol/findings.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { ColumnInfo, Finding, Guess, Mapping } from '../../src/protocol/studio.ts'
import {
  applyFix,
  dataIdentity,
  isMapped,
  kindOf,
  mappingOfKind,
  moveStep,
  NO_DATA,
  type Role,
  readyData,
  readyIndex,
  readySplit,
  readySteps,
  stepProblem,
  tidyMapping,
  withRole,
} from '../../src/ui/state/data-recipe.ts'
import { cellText, cellValue, mappedFirst, PAGE, pageStart } from '../../src/ui/state/data-rows.ts'
import { fieldValue, newStep, STEP_GROUPS, stepFields, withField } from '../../src/ui/state/step-forms.ts'

const none = NO_MAPPING
const types = DataStepSchema.options.map((option) => option.entries.type.literal)

describe('mapping', () => {
  test('a column plays one part, and the three shapes exclude one another', () => {
    const pair = { ...none, prompt: 'q', response: 'a', labels: { 1: 'yes' } }
    expect(withRole(pair, 'response', 'q')).toMatchObject({ prompt: null, response: 'q', labels: null })
    expect(withRole(pair, 'messages', 'm')).toMatchObject({ prompt: null, response: null, messages: 'm' })
    expect(withRole({ ...none, text: 't' }, 'prompt', 'q')).toMatchObject({ text: null, prompt: 'q' })
    expect(withRole({ ...pair, template: '{q}' }, 'prompt', 'z').template).toBeNull()
  })

  test('a template stands in for the question', () => {
    expect(isMapped({ ...none, response: 'a' })).toBe(false)
    expect(isMapped({ ...none, response: 'a', template: 'Say {b}' })).toBe(true)
    expect(tidyMapping({ ...none, prompt: 'q', response: 'a', template: 'Say {b}' }).prompt).toBeNull()
  })

  const guess: Guess = {
    ...none,
    prompt: 'q',
    response: 'a',
    system: 's',
    input: 'i',
    labels: { 0: 'no' },
    reason: 'by name',
  }
  const columns: ColumnInfo[] = [
    { name: 'n', type: 'number', missing: 0 },
    { name: 'q', type: 'text', missing: 0 },
    { name: 'm', type: 'list', missing: 0 },
  ]
  const whole: Record<string, Required<Mapping>> = {
    pair: { ...none, prompt: 'q', response: 'a', system: 's', input: 'i' },
    template: { ...none, response: 'a', template: 'Say {q}' },
    label: { ...none, prompt: 'q', response: 'l', labels: { 0: 'no', 1: 'yes' } },
    messages: { ...none, messages: 'm' },
    text: { ...none, text: 't' },
  }

  test.each(Object.keys(whole))('from %s to any other kind, nothing stale goes into a run', (from) => {
    for (const kind of ['pair', 'messages', 'text'] as const) {
      const next = mappingOfKind(kind, guess, columns)
      expect(kindOf(next)).toBe(kind)
      // A choice of column alone must do, too: whatever else was set is of the kind before.
      const role = { pair: 'prompt', messages: 'messages', text: 'text' }[kind] as Role
      const sent = tidyMapping(withRole(whole[from]!, role, 'z'))
      const fields = Object.keys(sent).filter((name) => sent[name as Role])
      if (kind === 'pair') expect(sent).toMatchObject({ prompt: 'z', messages: null, text: null })
      else expect(fields).toEqual([role])
      const config = parseRunConfig({
        data: readyData({ ...NO_DATA, ...next }),
      }).data
      const { template, labels, input, system } = config
      if (kind !== 'pair') expect([template, labels, input, system]).toEqual([null, null, null, null])
      else expect([template, labels, input, system]).toEqual([null, { 0: 'no' }, 'i', 's'])
    }
  })

  test('the likeliest column of a kind that was not guessed', () => {
    expect(mappingOfKind('messages', guess, columns)).toEqual({ ...none, messages: 'm' })
    expect(mappingOfKind('text', guess, columns)).toEqual({ ...none, text: 'q' })
    expect(mappingOfKind('pair', { ...none, text: 'q', reason: '' }, columns).prompt).toBe('q')
  })

  test('words without an answer, a system text without a question, and a blank template count for nothing', () => {
    const left = { ...none, system: 's', input: 'i', labels: { 0: 'no' }, template: '  ' }
    expect(tidyMapping(left)).toEqual(none)
    expect(isMapped({ ...left, response: 'a' })).toBe(false)
  })

  test('a run config says all of the recipe, and only what is of use', () => {
    const chat = { ...NO_DATA, format: 'kauldron' as const, ...whole.messages! }
    expect(readyData(chat)).toMatchObject({ format: 'kauldron', messages: 'm' })
    expect(readyData({ ...chat, ...whole.text! }).format).toBe('template')
    expect(dataIdentity({ name: 'x.csv', hash: 'h' })).toEqual({
      name: 'x.csv',
      hash: 'h',
      reading: NO_DATA.reading,
    })
    const split = { ...NO_DATA.split, column: 'g', test_share: 0.2 }
    expect(readySplit(split)).toEqual({ ...NO_DATA.split, test_share: 0.2 })
    expect(readySplit({ ...split, method: 'grouped', test_values: ['x'] })).toEqual({
      ...split,
      method: 'grouped',
    })
    expect(readySplit({ ...split, method: 'column', test_values: ['x'] })).toMatchObject({
      column: 'g',
      test_share: 0,
      test_values: ['x'],
    })
  })

  test('what is empty is left out', () => {
    expect(tidyMapping({ ...none, text: 't', input: null, template: '', labels: { 0: ' ' } })).toEqual({
      ...none,
      text: 't',
    })
  })
})

describe('steps', () => {
  test('every type is in the menu once, and every field leads to a value', () => {
    expect(STEP_GROUPS.flatMap((group) => group.types).sort()).toEqual([...types].sort())
    for (const type of types) {
      const step = newStep(type, ['q', 'a'], 'q')
      for (const field of stepFields(step))
        expect(fieldValue(step, field.path), `${type} ${field.path}`).toBeDefined()
    }
  })

  test('a new step either runs or says which field it waits for', () => {
    for (const type of types) {
      const step = newStep(type, ['q', 'a'], 'q')
      const problem = stepProblem(step)
      if (problem === null) expect(v.parse(DataStepSchema, step)).toEqual(expect.objectContaining({ type }))
      else expect(stepFields(step).map((field) => field.path)).toContain(problem)
    }
  })

  test('steps that wait are passed over in the count of reports', () => {
    const waits = newStep('replace', ['q'], 'q')
    const runs = newStep('whitespace', ['q'], 'q')
    const steps = [runs, waits, runs]
    expect(readySteps(steps)).toHaveLength(2)
    expect([0, 1, 2].map((index) => readyIndex(steps, index))).toEqual([0, -1, 1])
  })

  test('move, and another kind of test', () => {
    const [a, b] = [newStep('case', ['q'], 'q'), newStep('limit', ['q'], 'q')]
    expect(moveStep([a, b], 0, 1)).toEqual([b, a])
    expect(moveStep([a, b], 0, -1)).toEqual([a, b])
    const filter = withField(newStep('filter', ['q'], 'q'), 'test.is', 'contains')
    expect(withField(filter, 'test.text', 'x')).toMatchObject({ test: { is: 'contains', text: 'x' } })
  })
})

test('fixes change the recipe, or are left to others', () => {
  const step = newStep('deduplicate', ['q'], 'q')
  expect(applyFix(NO_DATA, { kind: 'step', label: '', step })?.steps).toEqual([step])
  expect(
    applyFix(NO_DATA, { kind: 'split', label: '', split: { method: 'grouped', column: 'q' } })?.split,
  ).toMatchObject({ method: 'grouped', column: 'q', test_share: 0 })
  expect(applyFix(NO_DATA, { kind: 'edit', label: '', edits: [] })).toBeNull()
  expect(readySplit({ ...NO_DATA.split, method: 'grouped' }).method).toBe('random')
})

test('findings: each once, errors first, those with a remedy before those without', () => {
  const finding = (severity: Finding['severity'], message: string, fix = false): Finding => ({
    severity,
    message,
    hint: '',
    ...(fix ? { fix: { kind: 'edit', label: '', edits: [] } } : {}),
  })
  const sorted = sortFindings([
    finding('note', 'n'),
    finding('warning', 'w'),
    finding('warning', 'f', true),
    finding('error', 'e'),
    finding('note', 'n'),
  ])
  expect(sorted.map((found) => found.message)).toEqual(['e', 'f', 'w', 'n'])
})

test('columns that examples are made of stand first, in their own order', () => {
  const names = ['id', 'answer', 'note', 'question', 'lang']
  const none = { prompt: null, response: null, system: null, messages: null, text: null }
  expect(mappedFirst(names, { ...none, prompt: 'question', response: 'answer' })).toEqual([
    'answer',
    'question',
    'id',
    'note',
    'lang',
  ])
  const template = { ...none, template: 'Say {note} in {lang}', response: 'answer' }
  expect(mappedFirst(names, template)).toEqual(['answer', 'note', 'lang', 'id', 'question'])
  expect(mappedFirst(names, none)).toEqual(names)
})

test('cells keep their kind where what is typed allows it', () => {
  expect(cellValue('3.5', 2)).toBe(3.5)
  expect(cellValue('3.5', 'two')).toBe('3.5')
  expect(cellValue('', 'x')).toBeNull()
  expect(cellValue('[1]', [])).toEqual([1])
  expect(cellValue('[1', [])).toBe('[1')
  expect(cellText({ a: 1 })).toBe('{"a":1}')
  expect(pageStart(PAGE * 2 + 3, 1000)).toBe(PAGE * 2)
  expect(pageStart(9999, PAGE * 3)).toBe(PAGE * 2)
  expect(pageStart(-5, 0)).toBe(0)
})
