import { textTable } from '../src/lib/text-table.ts'
import type { Compared } from './types.ts'

const HEAD = ['what', 'implementation', 'where', 'time', 'speed', 'to ours', 'note']

/** Every implementation's speed as a share of ours, work by work. */
function cells(compared: readonly Compared[]): string[][] {
  const works = [...new Set(compared.map(({ what }) => what))]
  return works.flatMap((work) => {
    const all = compared.filter(({ what }) => what === work)
    const ours = all[0]?.rate ?? null
    return all.map(({ what, peer, where, seconds, rate, unit, note }, i) => [
      i === 0 ? what : '',
      peer,
      where,
      seconds === null ? '' : time(seconds),
      rate === null ? 'not measured' : `${three(rate)} ${unit}`,
      rate === null || ours === null ? '' : `${three(rate / ours)}×`,
      note,
    ])
  })
}

/** Side by side as text. */
export function comparisonTable(compared: readonly Compared[]): string {
  return textTable([HEAD, ...cells(compared)])
}

/** Side by side as Markdown. */
export function comparisonMarkdown(compared: readonly Compared[]): string {
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(HEAD), line(HEAD.map(() => '---')), ...cells(compared).map(line)].join('\n')
}

const BEGIN = '<!-- peers: made by `npm run bench -- --peers --markdown README.md` -->'
const END = '<!-- /peers -->'

/** Puts the table, with a line that says where it was made, between the marks of a Markdown text. @throws Error without marks */
export function withComparison(text: string, compared: readonly Compared[], said: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`it has no lines "${BEGIN}" and "${END}"`)
  return `${text.slice(0, from)}${BEGIN}\n${said}\n\n${comparisonMarkdown(compared)}\n${text.slice(to)}`
}

const three = (value: number) => String(Number(value.toPrecision(3)))
const time = (seconds: number) => (seconds < 1 ? `${three(seconds * 1e3)} ms` : `${three(seconds)} s`)
