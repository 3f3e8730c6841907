import type { FileMetaData, RowGroup, SchemaElement, SchemaTree } from 'hyparquet'
import { parquetSchema } from 'hyparquet'
import { isListLike, isMapLike } from 'hyparquet/src/schema.js'
import { Unsupported } from './damage.ts'
import { MAX_TYPE_LEVELS } from './limits.ts'
import { type LeafType, leafType } from './parquet-leaf.ts'

/** How a column's values are put together, in the order in which hyparquet nests them. */
export type Shape =
  | { kind: 'leaf'; type: LeafType }
  | { kind: 'list'; item: Shape }
  | { kind: 'struct'; fields: { name: string; shape: Shape }[] }
  /** hyparquet is not told that it is one (`bareSchema`), since it would make an object of it, where a repeated key is lost. */
  | {
      kind: 'map'
      entries: string
      key: { name: string; shape: Shape }
      value: { name: string; shape: Shape }
    }

export interface ParquetColumn {
  name: string
  shape: Shape
}

/**
 * The columns of a file, and its schema with all that hyparquet would convert taken off: its values then come as they are stored,
 * and `cellOf` makes of them what the schema says, exactly.
 * @throws Unsupported for types that are not read
 */
export function bareSchema(metadata: FileMetaData): { metadata: FileMetaData; columns: ParquetColumn[] } {
  const tree = parquetSchema(metadata)
  const columns = tree.children.map((child) => ({ name: child.element.name, shape: shapeOf(child, []) }))
  checkNames(tree, 'columns')
  const schema = metadata.schema.map(
    (element, i): SchemaElement =>
      // Some writers call the root repeated; hyparquet would look for the levels that this takes.
      i === 0 ? without(element, ['repetition_type', 'converted_type', 'logical_type']) : bare(element),
  )
  return { metadata: { ...metadata, schema, row_groups: metadata.row_groups.map(bareGroup) }, columns }
}

function shapeOf(node: SchemaTree, within: readonly string[]): Shape {
  const { element, children } = node
  const path = [...within, element.name]
  if (path.length > MAX_TYPE_LEVELS)
    throw new Unsupported(`the column "${path[0]}" is nested more than ${MAX_TYPE_LEVELS} levels deep`)
  const repeated = (shape: Shape): Shape =>
    element.repetition_type === 'REPEATED' ? { kind: 'list', item: shape } : shape
  if (children.length === 0) return repeated({ kind: 'leaf', type: leafType(element, path) })
  if (element.logical_type?.type === 'VARIANT')
    throw new Unsupported(`the column "${path.join('.')}" is of type VARIANT`)
  if (isListLike(node)) {
    const inner = node.children[0]!
    // As hyparquet unwraps it: a repeated group of one field stands for that field.
    const item = inner.children.length === 1 ? inner.children[0]! : inner
    return repeated({ kind: 'list', item: shapeOfItem(item, path) })
  }
  if (isMapLike(node)) {
    const entries = node.children[0]!
    const [key, value] = entries.children.map((child) => ({
      name: child.element.name,
      shape: shapeOf(child, path),
    }))
    return repeated({ kind: 'map', entries: entries.element.name, key: key!, value: value! })
  }
  checkNames(node, `fields in "${path.join('.')}"`)
  const fields = children.map((child) => ({ name: child.element.name, shape: shapeOf(child, path) }))
  return repeated({ kind: 'struct', fields })
}

/** An item whose own repetition is the list's. */
function shapeOfItem(node: SchemaTree, path: readonly string[]): Shape {
  const shape = shapeOf(node, path)
  const isItself = node.element.repetition_type === 'REPEATED' && shape.kind === 'list'
  return isItself ? shape.item : shape
}

function checkNames(node: SchemaTree, what: string): void {
  const seen = new Set<string>()
  for (const { element } of node.children) {
    if (seen.has(element.name)) throw new Unsupported(`it has two ${what} named "${element.name}"`)
    // hyparquet keeps fields in plain objects.
    if (node.path.length > 0 && element.name === '__proto__')
      throw new Unsupported(`it has ${what} named "__proto__"`)
    seen.add(element.name)
  }
}

/** Left on a leaf: what says that text is text, and that whole numbers have no sign. On a group: that it is a list. */
const KEPT = new Set(['UTF8', 'LIST', 'UINT_8', 'UINT_16', 'UINT_32', 'UINT_64'])
const KEPT_LOGICAL = new Set(['STRING', 'LIST', 'INTEGER'])

function bare(element: SchemaElement): SchemaElement {
  const off: (keyof SchemaElement)[] = []
  if (element.converted_type && !KEPT.has(element.converted_type)) off.push('converted_type')
  if (element.logical_type && !KEPT_LOGICAL.has(element.logical_type.type)) off.push('logical_type')
  // Of its twelve bytes hyparquet would make a number, a wrong one where the nanoseconds are negative.
  if (element.type === 'INT96')
    return { ...without(element, off), type: 'FIXED_LEN_BYTE_ARRAY', type_length: 12 }
  return without(element, off)
}

function bareGroup(group: RowGroup): RowGroup {
  const columns = group.columns.map((column) =>
    column.meta_data?.type === 'INT96'
      ? { ...column, meta_data: { ...column.meta_data, type: 'FIXED_LEN_BYTE_ARRAY' as const } }
      : column,
  )
  return { ...group, columns }
}

function without(element: SchemaElement, fields: readonly (keyof SchemaElement)[]): SchemaElement {
  const copy = { ...element }
  for (const field of fields) delete copy[field]
  return copy
}
