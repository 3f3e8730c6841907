/**
 * npx tsx tools/icons.ts: draws public/icons from public/favicon.svg, in Chromium. Maskable ones are the stone in the middle of a
 * full square, of which platforms cut a shape of their own: all of it lies within the circle of 80 % that they leave.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findChromium } from '../cli/chromium.mjs'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'public', 'icons')
const ICONS = [
  { name: 'icon-192', size: 192, stone: 0.72, corner: 0.22 },
  { name: 'icon-512', size: 512, stone: 0.72, corner: 0.22 },
  { name: 'maskable-512', size: 512, stone: 0.56, corner: 0 },
  { name: 'touch-180', size: 180, stone: 0.64, corner: 0 },
]

const paths = readFileSync(join(ROOT, 'public', 'favicon.svg'), 'utf8')
  .match(/<path[^>]*>/g)!
  .join('')
const browser = await chromium.launch({ executablePath: (await findChromium())!, args: ['--no-sandbox'] })
mkdirSync(OUT, { recursive: true })
for (const { name, size, stone, corner } of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  const edge = (24 * (1 - stone)) / 2
  await page.setContent(
    `<style>*{margin:0}svg{display:block}</style><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="${size}">` +
      `<rect width="24" height="24" rx="${24 * corner}" fill="#0b6a69"/>` +
      `<g fill="#fff" transform="translate(${edge} ${edge}) scale(${stone})">${paths}</g></svg>`,
  )
  writeFileSync(join(OUT, `${name}.png`), await page.screenshot({ omitBackground: true }))
  await page.close()
}
await browser.close()
