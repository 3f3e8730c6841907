import { stepDefaults, stepField, stepFieldNames } from '../../protocol/config-fields.ts'
import type { DataStep, DataStepInput, StepType } from '../../protocol/data-steps.ts'
import type { MessageKey } from '../messages/t.ts'

type FieldKey = Extract<MessageKey, `stepField.${string}`>

/** One field of a step's form; `path` leads to its value, a level down where it has a dot. */
export type StepField = { path: string; label: FieldKey } & (
  | { kind: 'columns'; hint?: 'steps.allText' | 'steps.allColumns' }
  | { kind: 'column' }
  | { kind: 'text'; rows?: number }
  | { kind: 'check' }
  | { kind: 'number'; min: number; max: number; whole?: true; optional?: true }
  | { kind: 'choice'; options: { value: string; label: FieldKey }[]; boolean?: true }
  /** A list of texts, one a line; `optional`: null where it is empty. */
  | { kind: 'lines'; optional?: true }
  | { kind: 'numbers'; from?: 1 }
)

const columns = (hint?: 'steps.allText' | 'steps.allColumns'): StepField => ({
  path: 'columns',
  label: 'stepField.columns',
  kind: 'columns',
  ...(hint ? { hint } : {}),
})
const TEXT_COLUMNS = columns('steps.allText')
const NAMED_COLUMNS = columns()
const COLUMN: StepField = { path: 'column', label: 'stepField.column', kind: 'column' }
const TO: StepField = { path: 'to', label: 'stepField.to', kind: 'text' }

/** A number with the schema's limits; `of` is where they stand, if not at its own path. */
function number(type: StepType, path: string, label: FieldKey, of = path): StepField {
  const { limits, nullable } = stepField(type, of)
  return { path, label, kind: 'number', ...limits!, ...(nullable ? { optional: true } : {}) }
}

function choice(path: string, label: FieldKey, ...values: string[]): StepField {
  const options = values.map((value) => ({ value, label: `${label}.${value}` as FieldKey }))
  return { path, label, kind: 'choice', options }
}

/** The menu of steps, by what they are for. */
export const STEP_GROUPS: { label: Extract<MessageKey, `steps.group.${string}`>; types: StepType[] }[] = [
  {
    label: 'steps.group.clean',
    types: [
      'whitespace',
      'replace',
      'case',
      'normalize_unicode',
      'repair_encoding',
      'control_characters',
      'fill_missing',
    ],
  },
  {
    label: 'steps.group.rows',
    types: ['filter', 'drop_missing', 'deduplicate', 'balance', 'sample', 'limit', 'drop_rows'],
  },
  {
    label: 'steps.group.columns',
    types: ['join_columns', 'rename_column', 'wide_to_long', 'split_turns', 'merge_turns'],
  },
  { label: 'steps.group.numbers', types: ['round', 'scale', 'buckets'] },
]

/** The fields that a person fills in, in order. */
export function stepFields(step: DataStep): StepField[] {
  switch (step.type) {
    case 'normalize_unicode':
      return [TEXT_COLUMNS, choice('form', 'stepField.form', 'NFC', 'NFKC')]
    case 'whitespace':
      return [
        TEXT_COLUMNS,
        { path: 'trim', label: 'stepField.trim', kind: 'check' },
        choice('collapse', 'stepField.collapse', 'none', 'spaces', 'all'),
        number(step.type, 'blank_lines', 'stepField.blank_lines'),
      ]
    case 'case':
      return [TEXT_COLUMNS, choice('to', 'stepField.case', 'lower', 'upper', 'sentence')]
    case 'control_characters':
      return [TEXT_COLUMNS, { path: 'invisible', label: 'stepField.invisible', kind: 'check' }]
    case 'repair_encoding':
      return [TEXT_COLUMNS]
    case 'replace':
      return [
        { path: 'find', label: 'stepField.find', kind: 'text' },
        { path: 'with', label: 'stepField.with', kind: 'text' },
        choice('mode', 'stepField.mode', 'text', 'regex'),
        { path: 'ignore_case', label: 'stepField.ignore_case', kind: 'check' },
        TEXT_COLUMNS,
      ]
    case 'round':
      return [NAMED_COLUMNS, number(step.type, 'digits', 'stepField.digits')]
    case 'scale':
      return [
        NAMED_COLUMNS,
        choice('method', 'stepField.method', 'min_max', 'standard', 'factor'),
        ...(step.method === 'factor' ? [number(step.type, 'factor', 'stepField.factor')] : []),
      ]
    case 'buckets':
      return [
        NAMED_COLUMNS,
        { path: 'edges', label: 'stepField.edges', kind: 'numbers' },
        { path: 'words', label: 'stepField.words', kind: 'lines', optional: true },
      ]
    case 'wide_to_long':
      return [
        NAMED_COLUMNS,
        { path: 'name_to', label: 'stepField.name_to', kind: 'text' },
        { path: 'value_to', label: 'stepField.value_to', kind: 'text' },
      ]
    case 'join_columns':
      return [NAMED_COLUMNS, TO, { path: 'separator', label: 'stepField.separator', kind: 'text', rows: 2 }]
    case 'split_turns':
      return [
        COLUMN,
        TO,
        { path: 'user', label: 'stepField.user', kind: 'lines' },
        { path: 'assistant', label: 'stepField.assistant', kind: 'lines' },
      ]
    case 'merge_turns':
      return [COLUMN, { path: 'separator', label: 'stepField.separator', kind: 'text', rows: 2 }]
    case 'rename_column':
      return [COLUMN, { path: 'to', label: 'stepField.rename', kind: 'text' }]
    case 'fill_missing':
      return [NAMED_COLUMNS, { path: 'with', label: 'stepField.fill', kind: 'text' }]
    case 'filter':
      return [
        COLUMN,
        choice('test.is', 'stepField.is', 'length', 'contains', 'matches', 'equals', 'between', 'missing'),
        ...testFields(step.test.is),
        { ...choice('keep', 'stepField.keep', 'true', 'false'), boolean: true } as StepField,
      ]
    case 'drop_missing':
      return [NAMED_COLUMNS, choice('how', 'stepField.how', 'any', 'all')]
    case 'deduplicate':
      return [
        columns('steps.allColumns'),
        choice('match', 'stepField.match', 'exact', 'normalised'),
        choice('keep', 'stepField.keepWhich', 'first', 'last', 'none'),
      ]
    case 'sample':
      return [number(step.type, 'rows', 'stepField.rows')]
    case 'limit':
      return [number(step.type, 'rows', 'stepField.rows'), number(step.type, 'skip', 'stepField.skip')]
    case 'balance':
      return [COLUMN, number(step.type, 'most', 'stepField.most')]
    case 'drop_rows':
      return [{ path: 'rows', label: 'stepField.dropRows', kind: 'numbers', from: 1 }]
  }
}

type Test = Extract<DataStep, { type: 'filter' }>['test']

function testFields(is: Test['is']): StepField[] {
  const same: StepField = { path: 'test.ignore_case', label: 'stepField.ignore_case', kind: 'check' }
  if (is === 'length')
    return [
      choice('test.unit', 'stepField.unit', 'characters', 'words'),
      number('filter', 'test.min', 'stepField.min', 'test.length.min'),
      number('filter', 'test.max', 'stepField.max', 'test.length.max'),
    ]
  if (is === 'contains') return [{ path: 'test.text', label: 'stepField.text', kind: 'text' }, same]
  if (is === 'matches') return [{ path: 'test.pattern', label: 'stepField.pattern', kind: 'text' }, same]
  if (is === 'equals') return [{ path: 'test.values', label: 'stepField.values', kind: 'lines' }]
  if (is === 'between')
    return [
      number('filter', 'test.min', 'stepField.min', 'test.between.min'),
      number('filter', 'test.max', 'stepField.max', 'test.between.max'),
    ]
  return []
}

const TESTS: Record<Test['is'], Test> = {
  length: { is: 'length', unit: 'characters', min: 1, max: null },
  contains: { is: 'contains', text: '', ignore_case: false },
  matches: { is: 'matches', pattern: '', ignore_case: false },
  equals: { is: 'equals', values: [] },
  between: { is: 'between', min: null, max: null },
  missing: { is: 'missing' },
}

/** What a new step has in the fields that have no default, and where something better can be guessed. */
function firstValues(column: string): { [Type in StepType]: Omit<InputOf<Type>, 'type'> } {
  const columns = column ? [column] : []
  return {
    normalize_unicode: {},
    whitespace: {},
    case: { columns, to: 'lower' },
    control_characters: {},
    repair_encoding: {},
    replace: { find: '' },
    round: { columns: [] },
    scale: { columns: [], method: 'min_max' },
    buckets: { columns: [], edges: [] },
    wide_to_long: { columns: [], name_to: 'name', value_to: 'value' },
    join_columns: { columns: [], to: 'joined' },
    split_turns: { column, to: 'messages' },
    merge_turns: { column },
    rename_column: { column, to: '' },
    fill_missing: { columns, with: '' },
    filter: { column, test: TESTS.length },
    drop_missing: { columns },
    deduplicate: {},
    sample: { rows: 1000 },
    limit: { rows: 1000 },
    balance: { column, most: 100 },
    drop_rows: { rows: [] },
  }
}
type InputOf<Type extends StepType> = Extract<DataStepInput, { type: Type }>

/** A new step, filled in as far as can be guessed. Fields left empty make it wait (`stepProblem`). */
export function newStep(type: StepType, columns: string[], main: string | null): DataStep {
  const values = { ...stepDefaults(type), ...firstValues(main ?? columns[0] ?? '')[type] }
  const fields = stepFieldNames(type).map((name) => [name, values[name as keyof typeof values]])
  return { type, ...Object.fromEntries(fields) } as DataStep
}

/** The value at a field's path. */
export function fieldValue(step: DataStep, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], step)
}

/** The step with another value at a path; another kind of test brings its own fields. */
export function withField(step: DataStep, path: string, value: unknown): DataStep {
  if (path === 'test.is') return { ...step, test: TESTS[value as Test['is']] } as DataStep
  const [outer, inner] = path.split('.') as [string, string | undefined]
  if (inner === undefined) return { ...step, [outer]: value } as DataStep
  const whole = (step as unknown as Record<string, object>)[outer]
  return { ...step, [outer]: { ...whole, [inner]: value } } as DataStep
}
