import type { Shape } from './parquet-schema.ts'
import { mapOf } from './values.ts'

/** A cell as hyparquet puts it together (`bareSchema`) as a plain value: lists and objects for nested types, null where missing. */
export function cellOf(shape: Shape): (value: unknown) => unknown {
  switch (shape.kind) {
    case 'leaf': {
      const { type } = shape
      return (value) => (value === null || value === undefined ? null : type(value))
    }
    case 'list': {
      const item = cellOf(shape.item)
      return (value) => (isList(value) ? Array.from(value, item) : null)
    }
    case 'struct': {
      const fields = shape.fields.map(({ name, shape: inner }) => [name, cellOf(inner)] as const)
      return (value) =>
        isObject(value) ? Object.fromEntries(fields.map(([name, read]) => [name, read(value[name])])) : null
    }
    case 'map': {
      const [key, item] = [cellOf(shape.key.shape), cellOf(shape.value.shape)]
      return (value) => {
        const entries = isObject(value) ? value[shape.entries] : null
        if (!isList(entries)) return null
        return mapOf(
          Array.from(entries, (entry) => {
            const pair = entry as Record<string, unknown>
            return [key(pair[shape.key.name]), item(pair[shape.value.name])]
          }),
        )
      }
    }
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
