import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** WebGPU on Chromium's software adapter, and no traffic of the browser's own. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'msedge']
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/** Path of a Chromium on this machine (LAPIDARY_CHROMIUM wins), or null. Playwright's own download counts. */
export async function findChromium() {
  const named = process.env.LAPIDARY_CHROMIUM
  if (named) return existsSync(named) ? named : null
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    for (const name of NAMES) {
      const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name)
      if (existsSync(path)) return path
    }
  const found = PLACES.find((path) => existsSync(path))
  if (found) return found
  try {
    const { chromium } = await import('playwright-core')
    const own = chromium.executablePath()
    return existsSync(own) ? own : null
  } catch {
    return null
  }
}
