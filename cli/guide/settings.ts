import { configField, fieldNames } from '../../src/protocol/config-fields.ts'
import { recommend } from '../../src/runs/profiles.ts'
import { formatNumber } from '../../src/ui/messages/format.ts'
import type { Catalogue, Entry } from '../../src/ui/messages/t.ts'

/** Models by which recommended values are told: the practice model, one of 270 million weights, one of a billion. */
const MODELS = [
  { name: 'Pebble', model: { practice: true, parameters: 1e6 } },
  { name: '270M', model: { practice: false, parameters: 268e6 } },
  { name: '1B', model: { practice: false, parameters: 1e9 } },
] as const

const WORDS = {
  en: { setting: 'Setting', name: 'In run.json', recommended: 'Balanced profile', limits: 'Limits' },
  'zh-Hant': { setting: '設定', name: '在 run.json 中', recommended: '「均衡」組合', limits: '範圍' },
} as const

/**
 * Every setting of the Train page as a table in Markdown: its name and its tip from the page's own texts, its limits from the schema, what is
 * recommended from the profiles. So the guide cannot say anything else than the page.
 */
export function settingsTable(language: keyof typeof WORDS, texts: Catalogue): string {
  const words = WORDS[language]
  const say = (key: string) => said((texts as Record<string, Entry>)[key])
  const rows = (['training', 'lora'] as const).flatMap((section) =>
    fieldNames(section).flatMap((name) => {
      const label = say(`field.${name}`)
      const help = say(`help.${name}`)
      if (!label || !help) return []
      const { limits } = configField(`${section}.${name}`)
      const range = limits
        ? `${written(limits.min, language)}\u00A0–\u00A0${written(limits.max, language)}`
        : ''
      const values = MODELS.map(({ name: which, model }) => {
        const set = recommend(model, 'balanced')[section] as unknown as Record<string, unknown>
        return `${which}\u00A0${shown(set[name], name, language)}`
      })
      return [`| **${label}**<br>${help} | \`${section}.${name}\` | ${values.join('<br>')} | ${range} |`]
    }),
  )
  if (rows.length < 15) throw new Error('The Train page has more settings than the guide would describe.')
  return [
    `| ${words.setting} | ${words.name} | ${words.recommended} | ${words.limits} |`,
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}

const said = (entry: Entry | undefined) => (typeof entry === 'object' ? entry.other : entry)

/** Large numbers as they are read, small ones as they are typed. */
const written = (value: number, language: string) =>
  Math.abs(value) < 10_000 ? formatNumber(value) : new Intl.NumberFormat(language).format(value)

const shown = (value: unknown, name: string, language: string) => {
  // Counted in epochs.
  if (value === null || value === undefined || (name === 'max_steps' && value === -1)) return '–'
  return typeof value === 'number' ? written(value, language) : String(value)
}
