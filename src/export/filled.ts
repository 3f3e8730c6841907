/** Files that are written out with facts filled in: each is whole in its own language, and so can be read and run by itself. */

export type Language = 'python' | 'shell' | 'html' | 'text'

/** Texts by name, for `__NAME__`; and what is so, for `@if name`. Numbers and lists of them are written as they are. */
export type Facts = Record<string, string | number | readonly number[] | boolean>

const PLACE = /__([A-Z_]+?)__/g
/** A line by itself, in a comment of whatever language. */
const BRANCH = /^\s*(?:#|\/\/|<!--)\s*@(if|else|end)\b\s*([a-z]*)/

/**
 * Lines between `@if name` and `@else` or `@end` stay where that fact is true, or there at all. `__NAME__` stands in a quoted text.
 * @throws Error for a place that no fact fills
 */
export function filled(template: string, language: Language, facts: Facts): string {
  const lines: string[] = []
  const kept: boolean[] = []
  for (const line of template.split('\n')) {
    const [, word, name] = BRANCH.exec(line) ?? []
    if (word === 'if') kept.push(holds(facts[name!]))
    else if (word === 'else') kept.push(!kept.pop())
    else if (word === 'end') kept.pop()
    else if (kept.every(Boolean)) lines.push(line)
  }
  if (kept.length > 0) throw new Error('An @if of a template has no @end.')
  return lines.join('\n').replace(PLACE, (place, name: string) => {
    const value = facts[name.toLowerCase()]
    if (value === undefined || typeof value === 'boolean') throw new Error(`Nothing fills ${place}.`)
    return typeof value === 'string'
      ? quoted(value, language)
      : Array.isArray(value)
        ? value.join(', ')
        : String(value)
  })
}

const holds = (fact: Facts[string] | undefined) =>
  Array.isArray(fact) ? fact.length > 0 : fact !== undefined && fact !== false && fact !== ''

/** As it stands within quotes: double ones in Python and JavaScript, single ones in a shell. */
function quoted(text: string, language: Language): string {
  if (language === 'text') return text
  if (language === 'shell') return text.replaceAll("'", `'\\''`)
  const inner = JSON.stringify(text).slice(1, -1)
  return language === 'html' ? inner.replaceAll('<', '\\u003c') : inner
}
