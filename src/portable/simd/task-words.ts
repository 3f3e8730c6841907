import { MODES } from './multiplier.ts'
import type { Task } from './tasks.ts'
import { LAYOUTS } from './vectors.ts'

/** 32-bit words of a task in the memory that threads share: its kind, then its fields in the order of their names here. */
export const TASK_WORDS = 20

const ATTENTION = [
  'q',
  'k',
  'v',
  'out',
  'heads',
  'kvHeads',
  'headDim',
  'scale',
  'window',
  'softCap',
  'segments',
]

const SCALED = ['x', 'xStride', 'out', 'outStride', 'rows', 'width', 'factor', 'add']

const FIELDS: Record<Exclude<Task['kind'], 'product'>, readonly string[]> = {
  pack: ['x', 'stride', 'rows', 'depth', 'packed'],
  packTurned: ['x', 'stride', 'rows', 'depth', 'packed'],
  norm: ['x', 'y', 'eps', 'scale', 'r', 'base', 'rows', 'width'],
  normGrad: ['dy', 'x', 'dx', 'scale', 'r', 'base', 'rows', 'width'],
  turn: ['x', 'angles', 'rows', 'heads', 'half', 'back'],
  geglu: ['gate', 'up', 'out', 'rows', 'width'],
  gegluGrad: ['gate', 'up', 'inner', 'rows', 'width'],
  sum: ['x', 'out', 'count', 'apart', 'rows', 'width', 'add'],
  sumHeads: ['x', 'out', 'group', 'kvHeads', 'apart', 'rows', 'width', 'add'],
  drop: ['x', 'out', 'rows', 'width', 'stride', 'add', 'keep', 'seed', 'counter', 'site'],
  scale: SCALED,
  scaleTurned: SCALED,
  adamw: ['value', 'gradient', 'm', 'v', 'factors', 'rows', 'width'],
  attend: ATTENTION,
  attendTree: [...ATTENTION, 'past', 'rows', 'prompt'],
  attendGrad: [...ATTENTION, 'dk', 'dv', 'apart'],
}
const PRODUCT = ['x', 'y', 'rows', 'xStride', 'yStride', 'packed', 'add'] as const
const MATRIX = ['rows', 'cols', 'at', 'stride', 'scales', 'scaleStride'] as const

const KINDS = ['product', ...Object.keys(FIELDS)] as Task['kind'][]
/** Fields that are no whole numbers; of attention `scale` is a factor, of a norm where its factors lie. */
const isFloat = (kind: Task['kind'], field: string) =>
  field === 'eps' ||
  field === 'keep' ||
  field === 'softCap' ||
  (field === 'scale' && kind.startsWith('attend'))
const FLAGS = ['add', 'back']

/** @param words and floats: views of the same TASK_WORDS words */
export function writeTask(task: Task, words: Uint32Array, floats: Float32Array): void {
  words[0] = KINDS.indexOf(task.kind)
  if (task.kind === 'product') {
    const { matrix } = task
    const values = [MODES.indexOf(task.mode), LAYOUTS.indexOf(matrix.type)]
    words.set([...values, ...PRODUCT.map((f) => Number(task[f])), ...MATRIX.map((f) => matrix[f])], 1)
    return
  }
  const values = task as unknown as Record<string, number | boolean>
  FIELDS[task.kind].forEach((field, i) => {
    if (isFloat(task.kind, field)) floats[i + 1] = Number(values[field])
    else words[i + 1] = Number(values[field])
  })
}

export function readTask(words: Uint32Array, floats: Float32Array): Task {
  const kind = KINDS[words[0]!]!
  if (kind === 'product') {
    const product = Object.fromEntries(PRODUCT.map((field, i) => [field, words[3 + i]!]))
    const matrix = Object.fromEntries(MATRIX.map((field, i) => [field, words[3 + PRODUCT.length + i]!]))
    return {
      ...product,
      kind,
      mode: MODES[words[1]!]!,
      add: product.add === 1,
      matrix: { ...matrix, type: LAYOUTS[words[2]!]! },
    } as unknown as Task
  }
  const fields = FIELDS[kind].map((field, i): [string, number | boolean] => [
    field,
    isFloat(kind, field) ? floats[i + 1]! : FLAGS.includes(field) ? words[i + 1] === 1 : words[i + 1]!,
  ])
  return { kind, ...Object.fromEntries(fields) } as unknown as Task
}
