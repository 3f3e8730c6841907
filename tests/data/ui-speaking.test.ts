import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { said, saidWhole, sentences, useSayer } from '../../src/ui/messages/said.ts'

const NO_RUN = 'There is no run "a".'
const settled = () => new Promise((resolve) => setTimeout(resolve))

afterEach(() => useSayer(null))

test('what is said behind the page is fetched with its first text, and English until it is there', async () => {
  const load = vi.fn(async () => (text: string) => `<${text}>`)
  useSayer(load)
  expect(load).not.toHaveBeenCalled()
  expect(said(NO_RUN)).toBe(NO_RUN)
  expect(said(NO_RUN)).toBe(NO_RUN)
  await settled()
  expect(load).toHaveBeenCalledTimes(1)
  expect(said(NO_RUN)).toBe(`<${NO_RUN}>`)
  expect(saidWhole({ message: 'A.', hint: 'B.' })).toBe('<A.> <B.>')
  expect([sentences('A.', 'B.'), sentences('甲。', '乙！', 'C.')]).toEqual(['A. B.', '甲。乙！C.'])
})

test('a language that comes after another one was chosen is not spoken', async () => {
  let come: (say: (text: string) => string) => void = () => {}
  useSayer(() => new Promise((resolve) => (come = resolve)))
  said(NO_RUN)
  useSayer(null)
  come((text) => `late ${text}`)
  await settled()
  expect(said(NO_RUN)).toBe(NO_RUN)

  useSayer(() => new Promise((resolve) => (come = resolve)))
  said(NO_RUN)
  useSayer(async () => (text) => `new ${text}`)
  said(NO_RUN)
  await settled()
  come((text) => `late ${text}`)
  await settled()
  expect(said(NO_RUN)).toBe(`new ${NO_RUN}`)
})

test('where its texts cannot be fetched, they stay English', async () => {
  useSayer(async () => null)
  said(NO_RUN)
  await settled()
  expect(said(NO_RUN)).toBe(NO_RUN)
})

const root = { lang: 'en', dir: '' }
beforeEach(() => {
  vi.resetModules()
  Object.assign(root, { lang: 'en', dir: '' })
  vi.stubGlobal('document', { documentElement: root })
})
afterEach(() => vi.unstubAllGlobals())

test('a language that cannot be fetched is named, and the page goes on in the one it spoke', async () => {
  vi.doMock('../../src/ui/messages/zh-Hant/index.ts', () => {
    throw new Error('out of reach')
  })
  const { speak, createLanguage } = await import('../../src/ui/state/language.ts')
  expect(await speak('zh-Hant')).toBe('en')
  const language = createLanguage()
  expect(language.missing()).toBe('zh-Hant')
  expect(root).toEqual({ lang: 'en', dir: 'ltr' })

  expect(await speak('ar-XB')).toBe('ar-XB')
  expect(language.missing()).toBe(null)
  expect(root).toEqual({ lang: 'ar-XB', dir: 'rtl' })
  expect(await speak('zh-Hant')).toBe('ar-XB')
  expect(root).toEqual({ lang: 'ar-XB', dir: 'rtl' })
  expect(language.missing()).toBe('zh-Hant')
  vi.doUnmock('../../src/ui/messages/zh-Hant/index.ts')
})

test('texts behind the page that cannot be fetched are named, too', async () => {
  vi.doMock('../../src/ui/messages/zh-Hant/said/index.ts', () => {
    throw new Error('out of reach')
  })
  const { speak, createLanguage } = await import('../../src/ui/state/language.ts')
  const { said } = await import('../../src/ui/messages/said.ts')
  expect(await speak('zh-Hant')).toBe('zh-Hant')
  const language = createLanguage()
  expect(language.missing()).toBe(null)
  expect(said(NO_RUN)).toBe(NO_RUN)
  await vi.waitFor(() => expect(language.missing()).toBe('zh-Hant'))
  vi.doUnmock('../../src/ui/messages/zh-Hant/said/index.ts')
})

test('a failure kept from another day is told in the language spoken now', async () => {
  const { speak } = await import('../../src/ui/state/language.ts')
  const { said } = await import('../../src/ui/messages/said.ts')
  await speak('zh-Hant')
  said(NO_RUN)
  await vi.waitFor(() => expect(said(NO_RUN)).toBe('沒有訓練「a」。'))
  await speak('en')
  expect(said(NO_RUN)).toBe(NO_RUN)
})
