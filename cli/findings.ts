import type { Finding, Fix } from '../src/protocol/preparation.ts'

/** A finding in one line: its severity and code, what it is, what to do, and the flag or field that does it. */
export function findingLine({ severity, kind, message, hint, fix }: Finding): string {
  const remedy = fix && remedyOf(fix)
  return `${severity}${kind ? ` [${kind}]` : ''}: ${message} ${hint}${remedy ? ` ${remedy}` : ''}`.replace(
    /\s+/g,
    ' ',
  )
}

/** What a button of the page does, as flags, or as fields of a config. Null for what needs a person's answer. */
export function remedyOf(fix: Fix): string | null {
  switch (fix.kind) {
    case 'reading':
      return flags(fix.reading, (name) => `reading-${name}`)
    case 'training':
      return flags({ [fix.field]: fix.value })
    case 'mapping':
      return flags(fix.mapping)
    case 'step': {
      const more = fix.mapping ? `, and in "data": ${JSON.stringify(fix.mapping)}` : ''
      return `(In --config, "data.steps": ${shortened(JSON.stringify(fix.step))}${more})`
    }
    case 'split':
      return `(In --config, "data.split": ${JSON.stringify(fix.split)})`
    case 'label_words':
      return `(In --config, "data.labels": words for ${fix.values.slice(0, 4).join(', ')})`
    case 'edit':
      return null
  }
}

function flags(values: object, named: (name: string) => string = (name) => name): string | null {
  const found = Object.entries(values).filter(([, value]) => value !== null && typeof value !== 'object')
  if (found.length === 0) return null
  const written = found.map(([name, value]) => {
    const flag = named(name).replaceAll('_', '-')
    if (typeof value === 'boolean') return `--${value ? '' : 'no-'}${flag}`
    return `--${flag} ${/^[\w.-]+$/.test(String(value)) ? value : JSON.stringify(value)}`
  })
  return `(${written.join(' ')})`
}

const shortened = (text: string) => (text.length > 200 ? `${text.slice(0, 200)} ...` : text)
