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
    case 'mapping': {
      // What is to be chosen no more takes no flag, but another choice.
      const chosen = Object.fromEntries(Object.entries(fix.mapping).filter(([name]) => name !== 'labels'))
      const words = Object.entries(fix.mapping.labels ?? {}).map(([value, word]) => `${value}=${word}`)
      return flags({ ...chosen, ...(words.length > 0 ? { label: words } : {}) })
    }
    case 'step': {
      const written = JSON.stringify({ data: { steps: [fix.step], ...fix.mapping } })
      // Half of it would be of no use.
      return written.length > MOST_LETTERS
        ? `(In --config, a step of type ${fix.step.type}: docs/config.md)`
        : `(In --config: ${written})`
    }
    case 'split':
      return flags(fix.split, (name) => `split-${name}`)
    case 'label_words':
      return `(${fix.values
        .slice(0, 4)
        .map((value) => `--label ${quoted(`${value}=WORD`)}`)
        .join(' ')}${fix.values.length > 4 ? ' ...' : ''})`
    case 'edit':
      return null
  }
}

function flags(values: object, named: (name: string) => string = (name) => name): string | null {
  const found = Object.entries(values).flatMap(([name, value]): [string, unknown][] =>
    Array.isArray(value)
      ? value.map((each): [string, unknown] => [name, each])
      : value !== null && typeof value !== 'object'
        ? [[name, value]]
        : [],
  )
  if (found.length === 0) return null
  const written = found.map(([name, value]) => {
    const flag = named(name).replaceAll('_', '-')
    if (typeof value === 'boolean') return `--${value ? '' : 'no-'}${flag}`
    return `--${flag} ${quoted(String(value))}`
  })
  return `(${written.join(' ')})`
}

/** As a shell takes it. */
const quoted = (text: string) => (/^[\w.=-]+$/.test(text) ? text : JSON.stringify(text))

/** Of a step that is printed whole. */
const MOST_LETTERS = 1000
