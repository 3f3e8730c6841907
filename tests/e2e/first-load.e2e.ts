import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { type Bytes, firstLoad } from '../../cli/first-load.ts'
import { MOST, wholeApp, wholeAppLine } from '../../cli/whole-app.ts'

/** Bytes as they were when last looked at: `npm run build` prints them. To be raised only on purpose. */
const AGREED: Record<'page' | 'workers', Bytes> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'first-load.json'), 'utf8'),
)
/** Share of growth that needs no thought, and of shrinking after which the file is to be brought down. */
const MORE = 0.02
const LESS = 0.1

test('what a first visit fetches stays as small as it is, and is all that is fetched', async ({
  page,
  baseURL,
}) => {
  const port = new URL(baseURL!).port
  const dist = `.cache/e2e${port === '4391' ? '' : `-${port}`}`
  const load = firstLoad(dist)
  for (const part of ['page', 'workers'] as const)
    for (const measure of ['raw', 'gzip', 'brotli'] as const) {
      const [got, agreed] = [load[part][measure], AGREED[part][measure]]
      const said = `${part}, ${measure}: ${got} bytes, tests/e2e/first-load.json says ${agreed}`
      expect(got <= agreed * (1 + MORE) && got >= agreed * (1 - LESS), said).toBe(true)
    }

  // All of the studio, as it is kept for use without a network.
  const whole = await wholeApp(dist)
  expect(whole.transfer <= MOST.transfer && whole.stored <= MOST.stored, wholeAppLine(whole)).toBe(true)

  const fetched = new Set<string>()
  page.context().on('request', (request) => {
    const path = new URL(request.url()).pathname.slice(1) || 'index.html'
    if (/\.(html|js|css|wasm)$/.test(path)) fetched.add(path)
  })
  await page.goto('/')
  await expect(page.getByRole('button', { name: 'Watch a model learn' })).toBeEnabled()
  const expected = [...load.files.page, ...load.files.workers].sort()
  await expect.poll(() => [...fetched].sort()).toEqual(expected)
  await page.waitForLoadState('networkidle')
  expect([...fetched].sort()).toEqual(expected)
})
