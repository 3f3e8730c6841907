import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Browsers besides Chromium that the studio is tried in: where they are, and how they come to be there. */

export interface OtherBrowsers {
  firefox: string | null
  webkit: { driver: string; browser: string; display: string } | null
}

const FIREFOX_PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox']
const DEBIAN = { firefox: ['firefox-esr'], webkit: ['webkit2gtk-driver', 'libwebkit2gtk-4.1-0', 'xvfb'] }

export const HOW_TO_INSTALL = {
  firefox: 'Install Firefox (Debian: apt-get install firefox-esr), or name one with LAPIDARY_FIREFOX.',
  webkit: `Install WebKitGTK with its driver and a display without a screen (Debian: apt-get install ${DEBIAN.webkit.join(' ')}). It runs on Linux only.`,
}

export function findOtherBrowsers(): OtherBrowsers {
  const named = process.env.LAPIDARY_FIREFOX
  const places = FIREFOX_PLACES.find((path) => existsSync(path)) ?? null
  const firefox = named
    ? existsSync(named)
      ? named
      : null
    : (onPath('firefox-esr') ?? onPath('firefox') ?? places)
  const driver = onPath('WebKitWebDriver')
  const display = onPath('Xvfb')
  const browser = miniBrowser()
  return { firefox, webkit: driver && display && browser ? { driver, display, browser } : null }
}

/** Installs what is missing where this is Debian and this user may. */
export function installMissing({ firefox, webkit }: OtherBrowsers): void {
  const packages = [...(firefox ? [] : DEBIAN.firefox), ...(webkit ? [] : DEBIAN.webkit)]
  const may = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (packages.length === 0 || !may) return
  console.log(`Installing ${packages.join(' ')} ...`)
  const run = (args: string[]) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  run(['update'])
  run(['install', '-y', '--no-install-recommends', 'fonts-dejavu-core', ...packages])
}

function onPath(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    if (existsSync(join(folder, name))) return join(folder, name)
  return null
}

/** Lies beside the library, in a folder named after machine and version. */
function miniBrowser(): string | null {
  const folders = (path: string) =>
    (existsSync(path) ? readdirSync(path) : []).map((name) => join(path, name))
  const libraries = ['/usr/lib', '/usr/lib64', '/usr/libexec'].flatMap((path) => [path, ...folders(path)])
  for (const library of libraries)
    for (const version of ['webkit2gtk-4.1', 'webkit2gtk-4.0'])
      if (existsSync(join(library, version, 'MiniBrowser'))) return join(library, version, 'MiniBrowser')
  return null
}
