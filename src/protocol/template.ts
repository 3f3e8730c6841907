import { fail, listed } from './errors.ts'

/** A prompt written over columns: `Translate {en} to French`. `{{` and `}}` stand for braces. */
export type TemplatePart = { text: string } | { column: string }

/**
 * @param columns names that may stand between braces; white space around a name does not count
 * @throws LapidaryError `bad_config` for braces that do not match, `missing_column` for an unknown name
 */
export function parseTemplate(template: string, columns: readonly string[]): TemplatePart[] {
  const parts: TemplatePart[] = []
  let text = ''
  for (let at = 0; at < template.length; ) {
    const two = template.slice(at, at + 2)
    if (two === '{{' || two === '}}') {
      text += two[0]
      at += 2
    } else if (template[at] === '}') broken(template, at, 'closes without an opening {')
    else if (template[at] === '{') {
      const end = template.indexOf('}', at)
      if (end < 0) broken(template, at, 'is never closed')
      if (text !== '') parts.push({ text })
      text = ''
      parts.push({ column: columnNamed(template.slice(at + 1, end), columns, template) })
      at = end + 1
    } else text += template[at++]
  }
  if (text !== '') parts.push({ text })
  if (!parts.some((part) => 'column' in part))
    fail(
      'bad_config',
      'The template names no column, so that every prompt would be the same.',
      `Put a column between braces: ${listed(columns)}.`,
      { field: 'template' },
    )
  return parts
}

/** Fills a template in; the name of the first column with nothing in it, where there is one. */
export function fillTemplate(
  parts: readonly TemplatePart[],
  read: (column: string) => string | null,
): { text: string } | { missing: string } {
  let text = ''
  for (const part of parts) {
    if ('text' in part) text += part.text
    else {
      const value = read(part.column)
      if (value === null) return { missing: part.column }
      text += value
    }
  }
  return { text }
}

/** The template once a column has another name. */
export function renameInTemplate(template: string, from: string, to: string): string {
  return template.replace(/\{\{|\}\}|\{([^}]*)\}/g, (part, name) => (name === from ? `{${to}}` : part))
}

function columnNamed(written: string, columns: readonly string[], template: string): string {
  const name =
    columns.find((column) => column === written) ?? columns.find((column) => column === written.trim())
  if (name !== undefined) return name
  const near = columns.find((column) => column.trim().toLowerCase() === written.trim().toLowerCase())
  fail(
    'missing_column',
    `The template names "${written.trim()}", which is no column.`,
    near
      ? `Did you mean {${near}}?`
      : `Choose one of: ${listed(columns)}. For a brace that is meant as one, write {{ or }}.`,
    { column: written.trim(), template, columns: listed(columns) },
  )
}

function broken(template: string, at: number, what: string): never {
  fail(
    'bad_config',
    `In the template, the brace at character ${at + 1} ${what}.`,
    'Write a column as {name}; for a brace that is meant as one, write {{ or }}.',
    { field: 'template', template, position: at },
  )
}
