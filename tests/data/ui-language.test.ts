import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseAst } from 'vite'
import { afterEach, describe, expect, test } from 'vitest'
import { en } from '../../src/ui/messages/en.ts'
import { later } from '../../src/ui/messages/en-later.ts'
import { english } from '../../src/ui/messages/english.ts'
import { formatCount, formatDuration, formatLarge, useFormats } from '../../src/ui/messages/format.ts'
import { ofBrowser } from '../../src/ui/messages/of-browser.ts'
import { pseudo } from '../../src/ui/messages/pseudo.ts'
import { type Catalogue, type Entry, t, translated, useCatalogue } from '../../src/ui/messages/t.ts'
import { zhHant } from '../../src/ui/messages/zh-Hant/index.ts'

const OTHERS: [string, Catalogue][] = [
  ['zh-Hant', zhHant],
  ['ar-XB', pseudo()],
]

const forms = (entry: Entry) => (typeof entry === 'string' ? [entry] : Object.values(entry))
/** As it is said of most numbers: "One setting" needs none to be filled in. */
const said = (entry: Entry) => (typeof entry === 'string' ? entry : entry.other)
const names = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()

afterEach(() => {
  useCatalogue('en', en)
  useFormats('en')
})

describe.each(OTHERS)('texts in %s', (tag, catalogue) => {
  test('there is one for each English one, with the same values to fill in', () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(english).sort())
    const otherwise = Object.entries(catalogue).filter(([key, entry]) => {
      const wanted = names(said(english[key as keyof typeof english]))
      const extra = forms(entry).some((text) => names(text).some((name) => !wanted.includes(name)))
      return extra || said(entry).trim() === '' || names(said(entry)).join() !== wanted.join()
    })
    expect(otherwise).toEqual([])
  })

  test('plural forms are those of the language', () => {
    const known = new Set<string>(new Intl.PluralRules(tag).resolvedOptions().pluralCategories)
    for (const entry of Object.values(catalogue))
      if (typeof entry !== 'string' && tag !== 'ar-XB')
        for (const form of Object.keys(entry)) expect(known).toContain(form)
  })
})

test('a page speaks one language, numbers and units included, and English again', () => {
  useCatalogue('zh-Hant', zhHant)
  useFormats('zh-Hant')
  expect(t('place.data')).toBe('資料')
  expect(t('rows', { count: 1 })).toBe('1 列')
  expect(t('rows', { count: 12345 })).toBe('12,345 列')
  expect(formatDuration(80)).toBe('1 分 20 秒')
  expect(formatDuration(3600)).toBe('1 小時')
  expect(formatLarge(268e6)).toBe('2.7億')
  useCatalogue('en', en)
  useFormats('en')
  expect(t('rows', { count: 1 })).toBe('1 row')
  expect(formatLarge(268e6)).toBe('268 million')
  expect(formatCount(12345)).toBe('12,345')
})

test('the trial language is longer, and from right to left', () => {
  const { 'data.title': title } = pseudo()
  expect(title).toBe('\u202eDaataa\u202c')
})

test('the browser asks by language and script', () => {
  expect(ofBrowser(['zh-TW', 'en'])).toBe('zh-Hant')
  expect(ofBrowser(['zh-HK'])).toBe('zh-Hant')
  expect(ofBrowser(['zh-Hant-TW'])).toBe('zh-Hant')
  expect(ofBrowser(['zh-CN', 'zh-TW'])).toBe('zh-Hant')
  expect(ofBrowser(['zh-CN'])).toBe('en')
  expect(ofBrowser(['de', 'en-GB', 'zh-TW'])).toBe('en')
  expect(ofBrowser(['C', ''])).toBe('en')
  expect(ofBrowser([])).toBe('en')
})

/** Attributes that are read or heard. */
const SAID =
  /^(label|title|alt|placeholder|aria-(label|description|roledescription|valuetext|placeholder)|hint|lede|unit|help)$/
const WORD = /\p{L}{2,}/u
/** The same in every language. */
const SAME = /^(CSV|SVG|PNG|https:\/\/)$/

type Node = { type: string; start: number; [key: string]: unknown }

/** `path:line: text` of whatever a component says that is not from the catalogue. */
function outside(path: string, code: string): string[] {
  const found: string[] = []
  const note = ({ start }: Node, text: unknown) => {
    if (typeof text === 'string' && WORD.test(text) && !SAME.test(text.trim()))
      found.push(`${path}:${code.slice(0, start).split('\n').length}: ${text.trim()}`)
  }
  const literal = (node: Node) => {
    const inner = node.type === 'JSXExpressionContainer' ? (node.expression as Node) : node
    if (inner.type === 'Literal') note(inner, inner.value)
  }
  const look = (node: Node): void => {
    if (node.type === 'JSXText') note(node, node.value)
    if (node.type === 'JSXElement' || node.type === 'JSXFragment')
      for (const child of node.children as Node[]) literal(child)
    if (node.type === 'JSXAttribute' && node.value && SAID.test(nameOf(code, node.name as Node)))
      literal(node.value as Node)
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value])
        if (child && typeof child === 'object' && 'type' in child) look(child as Node)
  }
  look(parseAst(code, { lang: 'tsx' }) as unknown as Node)
  return found
}

const nameOf = (code: string, { start, end }: Node) => code.slice(start, end as number)

test('what a component says comes from the catalogue', () => {
  const files = readdirSync('src/ui', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.tsx'))
    .map((name) => `src/ui/${name}`)
  expect(files.length).toBeGreaterThan(100)
  expect(files.flatMap((path) => outside(path, readFileSync(path, 'utf8')))).toEqual([])
  // The test sees what it looks for.
  expect(outside('x.tsx', 'const X = () => <p title="A title">Words {t("a")} {"more"}</p>')).toHaveLength(3)
})

test('sample data sets are called as their index has it', () => {
  const samples = JSON.parse(readFileSync('public/datasets/index.json', 'utf8')) as Record<string, string>[]
  expect(samples.length).toBeGreaterThan(2)
  for (const { id, title, summary } of samples) {
    expect(translated(`sample.${id}.title`, '')).toBe(title)
    expect(translated(`sample.${id}.summary`, '')).toBe(summary)
  }
  expect(translated('sample.unknown.title', 'Mine')).toBe('Mine')
})

describe('texts of a first look', () => {
  /** Modules of the page that come with it: what is imported by more than its type, and not later. */
  function together(path: string, found = new Map<string, string>()): Map<string, string> {
    if (found.has(path)) return found
    const code = readFileSync(path, 'utf8')
    found.set(path, code)
    for (const [, what, from] of code.matchAll(/^(?:import|export)\s([^'"]*?from\s)?'(\.[^']+\.tsx?)'/gm))
      if (!what?.startsWith('type ')) together(join(dirname(path), from!), found)
    return found
  }

  test('no component that comes with the page says a text that comes later', () => {
    const modules = together('src/main.tsx')
    const components = [...modules].filter(([path]) => path.endsWith('.tsx'))
    expect(components.length).toBeGreaterThan(20)
    const late = Object.keys(later)
    const wrong = components.flatMap(([path, code]) =>
      late.filter((key) => code.includes(`'${key}'`)).map((key) => `${path}: ${key}`),
    )
    expect(wrong).toEqual([])
  })
})
