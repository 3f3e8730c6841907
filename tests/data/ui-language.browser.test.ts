import { beforeEach, expect, test } from 'vitest'
import { ofBrowser } from '../../src/ui/messages/of-browser.ts'
import { createLanguage, preferredLanguage } from '../../src/ui/state/language.ts'

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
})

test('what a link asks for holds in its tab until another is chosen; a frame keeps nothing of it', async () => {
  const own = ofBrowser(navigator.languages)
  expect(preferredLanguage('zh-Hant', false)).toBe('zh-Hant')
  expect(preferredLanguage(null, true)).toBe(own)
  expect(preferredLanguage('zh-Hant', true)).toBe('zh-Hant')
  // Loaded again, as it is when a lesson is opened, the address says nothing any more.
  expect(preferredLanguage(null, true)).toBe('zh-Hant')
  expect(preferredLanguage(null, false)).toBe(own)
  await createLanguage().choose('en')
  expect(preferredLanguage(null, true)).toBe('en')
})
