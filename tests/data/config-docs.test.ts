import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type ConfigField,
  configField,
  fieldNames,
  stepField,
  stepFieldNames,
} from '../../src/protocol/config-fields.ts'
import { DataStepSchema } from '../../src/protocol/data-steps.ts'

const text = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8')

/** Rows of the table under a heading: the names in the first cell, and the others. */
function rowsUnder(heading: string): { names: string[]; cells: string[] }[] {
  const part = text.split(/^#{2,3} /m).find((section) => section.startsWith(`${heading}\n`))
  if (part === undefined) throw new Error(`docs/config.md has no heading ${heading}.`)
  const lines = part.split('\n').filter((line) => line.startsWith('| `'))
  return lines.map((line) => {
    const [first, ...cells] = line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim())
    return { names: quoted(first!), cells }
  })
}

const quoted = (cell: string) => [...cell.matchAll(/`([^`]*)`/g)].map(([, name]) => name!)
const number = (digits: string) => Number(digits.replaceAll(',', ''))

/** Leaves of a section; what has a table of its own counts there. */
function leaves(section: string, apart: readonly string[] = []): string[] {
  return fieldNames(section).flatMap((name) => {
    const path = `${section}.${name}`
    if (apart.includes(path)) return []
    return configField(path).kind === 'section' && fieldNames(path).length > 0 && !configField(path).nullable
      ? fieldNames(path).map((inside) => `${name}.${inside}`)
      : [name]
  })
}

function saysDefault(cell: string, { default: value }: ConfigField): boolean {
  if (value === '') return cell === 'empty'
  if (typeof value === 'string') return quoted(cell)[0] === value
  if (typeof value === 'number') return number(cell) === value
  if (Array.isArray(value) && value.length > 0) return String(quoted(cell)) === String(value)
  return cell.replaceAll('`', '') === JSON.stringify(value)
}

const TABLES: [heading: string, section: string, apart?: string[]][] = [
  ['model', 'model'],
  ['training', 'training'],
  ['lora', 'lora'],
  ['data', 'data', ['data.split', 'data.augment']],
  ['data.split', 'data.split'],
  ['data.augment', 'data.augment'],
  ['engine', 'engine'],
]

describe('docs/config.md says what the schema says', () => {
  for (const [heading, section, apart] of TABLES) {
    const rows = rowsUnder(heading)
    const names = leaves(section, apart)
    test.each(names)(`${section}.%s`, (name) => {
      const row = rows.find(({ names }) => names.includes(name))
      expect(row, `a row for ${name} under ${heading}`).toBeDefined()
      const field = configField(`${section}.${name}`)
      const [unsaid, ...rest] = row!.cells
      expect(saysDefault(unsaid!, field), `default of ${name}: ${unsaid}`).toBe(true)
      if (field.limits) {
        const range = /(above )?(-?[\d.,e]*\d),? to ([\d.,e]*\d)/.exec(rest.join(' | '))
        expect(range, `range of ${name}`).not.toBeNull()
        const [, above, min, max] = range!
        expect([number(min!), number(max!), above !== undefined]).toEqual([
          field.limits.min,
          field.limits.max,
          field.limits.above ?? false,
        ])
      }
      for (const option of field.options ?? []) expect(quoted(row!.cells.join(' '))).toContain(option)
    })
    test(`${heading} names nothing else`, () => {
      const shown = rows.flatMap(({ names }) => names)
      const sections = (apart ?? []).map((path) => path.slice(section.length + 1))
      expect(shown.sort()).toEqual([...names, ...sections].sort())
    })
  }

  test('start, of whichever kind', () => {
    const rows = rowsUnder('start')
    const kinds = ['nothing', 'run', 'adapter']
    const names = new Set(kinds.flatMap((kind) => fieldNames(`start.${kind}`)))
    expect(rows.map(({ names }) => names[0]).sort()).toEqual([...names].sort())
    const { default: unsaid } = configField('start')
    expect(unsaid).toEqual({ from: quoted(rows[0]!.cells[0]!)[0] })
    for (const kind of kinds) expect(quoted(rows[0]!.cells[1]!)).toContain(kind)
    const { default: slot, options } = configField('start.run.checkpoint')
    const row = rows.find(({ names }) => names[0] === 'checkpoint')!
    expect(quoted(row.cells[0]!)).toEqual([slot])
    for (const option of options!) expect(quoted(row.cells[1]!)).toContain(option)
  })

  const steps = rowsUnder('data.steps')
  const types = DataStepSchema.options.map(({ entries }) => entries.type.literal)
  test.each(types)('step %s', (type) => {
    const row = steps.find(({ names }) => names[0] === type)!
    const said = quoted(row.cells.join(' '))
    const own = stepFieldNames(type).filter((name) => name !== 'enabled')
    for (const name of own) {
      expect(said).toContain(name)
      for (const option of stepField(type, name).options ?? []) expect(said).toContain(option)
    }
  })
  test('no other steps', () => expect(steps.map(({ names }) => names[0]).sort()).toEqual([...types].sort()))
})
