import type { RunInfo } from '../../protocol/studio.ts'
import { type Distinction, distinctions } from '../../runs/compare.ts'
import { formatNumber, formatTime } from '../messages/format.ts'
import { isText, t } from '../messages/t.ts'

/** What each run is called: its name, what differs from others of that name, and the time where nothing else tells them apart. */
export function labels(
  runs: readonly Pick<RunInfo, 'id' | 'name' | 'config' | 'created'>[],
): Map<string, string> {
  const apart = distinctions(runs)
  const label = new Map(
    runs.map(({ id, name }) => [id, [name, ...(apart.get(id) ?? []).flatMap(inWords)].join(' · ')]),
  )
  const count = new Map<string, number>()
  for (const text of label.values()) count.set(text, (count.get(text) ?? 0) + 1)
  for (const { id, created } of runs) {
    const text = label.get(id)!
    if (count.get(text)! > 1) label.set(id, `${text} · ${formatTime(created)}`)
  }
  return label
}

const LONGEST_VALUE = 24

/** "Learning rate 0.001": the field as the page names it, without what stands in brackets. Of what a run has nothing of, nothing is said. */
function inWords({ field, value }: Distinction[number]): string[] {
  if (field === 'data.corrections') {
    const { length: count } = Array.isArray(value) ? value : []
    return count > 0 ? [t('runs.corrections', { count })] : []
  }
  if (field === 'start.from') {
    const from = value === 'run' || value === 'adapter' ? value : null
    return from ? [t(`runs.from.${from}`)] : []
  }
  return [`${fieldName(field)} ${shownSetting(field, value)}`]
}

/** A field of a config as the page names it; one that no form shows by its own name. */
export function fieldName(field: string): string {
  const key = `field.${field.split('.').at(-1)}`
  return isText(key) ? t(key as 'field.r').replace(/ \(.*\)$/, '') : field.replace(/^.*\./, '')
}

/** Fields that are shares of 1, said as per cent. */
const SHARES = ['data.train_share', 'data.validation_share']

/** A field's value as the page says it, in few characters. */
export function shownSetting(field: string, value: unknown): string {
  if (typeof value === 'number' && SHARES.includes(field))
    return `${formatNumber(Number((100 * value).toPrecision(4)))}%`
  return short(value)
}

/** A value in few characters, whatever it is of. */
export function short(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number') return formatNumber(value)
  if (Array.isArray(value) && value.some((one) => typeof one === 'object')) return formatNumber(value.length)
  if (typeof value === 'boolean') return value ? t('runs.yes') : t('runs.no')
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
