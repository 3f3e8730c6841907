import type { Language } from '../../src/protocol/embed.ts'

/** Sections of the guide and the pages of each, in the order in which they are read; a page is `docs/guide/LANGUAGE/NAME.md`. */
export const SECTIONS = [
  ['begin', ['index', 'privacy', 'troubleshooting']],
  ['tutorials', ['style', 'labels', 'json', 'texts']],
  ['reference', ['settings', 'how', 'config', 'reading']],
  ['elsewhere', ['classroom', 'packs', 'embed', 'hosting']],
] as const

export type PageName = (typeof SECTIONS)[number][1][number]
export const PAGES: readonly PageName[] = SECTIONS.flatMap(([, names]) => names)

/** Tutorials hold the studio in a frame. */
export const TUTORIALS: readonly PageName[] = SECTIONS[1][1]

/** Pages that are documents of the repository as well, in English alone. */
export const DOCUMENTS: Partial<Record<PageName, string>> = {
  config: 'docs/config.md',
  reading: 'docs/reading.md',
  packs: 'docs/classroom.md',
  embed: 'docs/embed.md',
  hosting: 'docs/hosting.md',
}

/** What the guide says around its pages. */
export const AROUND: Record<
  Language,
  Record<(typeof SECTIONS)[number][0] | 'guide' | 'studio' | 'pages' | 'english', string>
> = {
  en: {
    guide: 'Guide',
    studio: 'Open the studio',
    pages: 'Pages of the guide',
    begin: 'Begin',
    tutorials: 'Tutorials',
    reference: 'Look up',
    elsewhere: 'Use it elsewhere',
    english: 'This page is in English.',
  },
  'zh-Hant': {
    guide: '使用指南',
    studio: '打開工作室',
    pages: '指南的各頁',
    begin: '開始',
    tutorials: '教學',
    reference: '查閱',
    elsewhere: '在別處使用',
    english: '這一頁只有英文。',
  },
}
