import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseFlags } from '../../cli/args.ts'
import { ensureBuilt, ROOT } from '../../cli/build.ts'
import { findOtherBrowsers, HOW_TO_INSTALL, installMissing } from '../../cli/other-browsers.ts'
import { report } from '../../cli/report.ts'
import { serve } from '../../cli/server.ts'
import { SERVICE_WORKER } from '../../cli/service-worker.ts'
import { FAILED, SECOND, type Tally, tallyLine } from '../../cli/stage.ts'
import type { Driver } from './driver.ts'
import { embedPart } from './embed.ts'
import { openFirefox } from './firefox.ts'
import { journey, type Part } from './journey.ts'
import { offlinePart } from './offline.ts'
import { packFilePart, packPart } from './pack.ts'
import { openOutside, policyPage, policyPart } from './policy.ts'
import { openWebKit } from './webkit.ts'

const HELP = `npm run test:browsers -- [--browser firefox|webkit] [--screenshots DIR]

Walks Firefox and WebKitGTK through the studio as it ships, on the portable engine: a file, a run that is cut off and goes on,
a question, the adapter. Once with the headers that let threads share memory, and then with its server stopped; once without
them and in a language that Intl does not know, and then in frames of another site and as a class pack, on a plain http server and as one file.
The last line reads "N passed, N failed"; a browser that is missing has failed.

  --browser      one of them only
  --screenshots  folder for a picture of the page after each part. What fails is always shown in test-results/browsers

Where CI is set, a walk that fails is walked once more, and one that passes then is named.`

type Name = 'firefox' | 'webkit'
const NAMES: readonly Name[] = ['firefox', 'webkit']

/** The same studio under different circumstances. */
const VISITS = [
  { title: 'with shared memory', isolated: true, language: 'en-US', locale: 'en_US.UTF-8' },
  // As on a machine that names no language: WebKit then says "C".
  { title: 'without shared memory, language C', isolated: false, language: 'C', locale: 'C.UTF-8' },
]

let found = findOtherBrowsers()

function opener(name: Name): ((visit: (typeof VISITS)[number]) => Promise<Driver>) | null {
  const { firefox, webkit } = found
  if (name === 'firefox') return firefox ? ({ language }) => openFirefox(firefox, language) : null
  return webkit ? ({ locale }) => openWebKit(webkit, locale) : null
}

interface Walked extends Tally {
  /** The part that failed, and why. */
  failure?: string
}

async function walk(driver: Driver, parts: Part[], pictures: string | null, title: string): Promise<Walked> {
  for (const [i, [name, part]] of parts.entries()) {
    const began = performance.now()
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`
    const picture = async (folder: string) => {
      mkdirSync(folder, { recursive: true })
      const path = join(folder, `${title} ${i + 1} ${name}`.replace(/[^\w]+/g, '-').concat('.png'))
      writeFileSync(path, await driver.screenshot())
      return path
    }
    try {
      await part()
      console.log(`  ✓ ${name} (${seconds()})`)
      if (pictures) await picture(pictures)
    } catch (error) {
      const message = messageOf(error)
      console.log(`  ✗ ${name} (${seconds()})\n    ${message}`)
      const shown = await driver.run<string>('return document.body.innerText').catch(() => '')
      console.log(shown.replace(/^/gm, '    | ').slice(0, 3000))
      const path = await picture(join(ROOT, 'test-results', 'browsers')).catch(() => null)
      if (path) console.log(`    ${path}`)
      // What comes after it stands on it: left out, and counted as failed.
      return { passed: i, failed: parts.length - i, failure: `${name}: ${message}` }
    }
  }
  return { passed: parts.length, failed: 0 }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** One walk in a browser of its own, against a server of its own. */
async function visit(
  name: Name,
  circumstances: (typeof VISITS)[number],
  root: string,
  pictures: string | null,
): Promise<Walked> {
  const open = opener(name)
  if (!open) {
    console.log(`\n== ${name}\n  ✗ It is not installed. ${HOW_TO_INSTALL[name]}`)
    return { passed: 0, failed: 1, failure: 'It is not installed.' }
  }
  const scratch = mkdtempSync(join(tmpdir(), 'lapidary-browsers-'))
  // A service worker would let threads share memory after all.
  const without = new Set(circumstances.isolated ? [] : [`/${SERVICE_WORKER}`])
  const outside = await openOutside()
  const texts = await policyPage(outside)
  const server = await serve({ root, texts, isolated: circumstances.isolated, without })
  let driver: Driver | null = null
  try {
    driver = await open(circumstances)
    const title = `${driver.version}, ${circumstances.title}`
    console.log(`\n== ${title}`)
    const storageAsked = name === 'firefox'
    const parts = journey(driver, { url: server.url, scratch, storageAsked, ...circumstances })
    const { isolated } = circumstances
    const ways = isolated
      ? [offlinePart(driver, server.url, server.close)]
      : [
          embedPart(driver, server.url),
          packPart(driver, server.url, scratch),
          packFilePart(driver, server.url, scratch),
        ]
    return await walk(driver, [...parts, policyPart(driver, server.url, outside), ...ways], pictures, title)
  } catch (error) {
    console.log(`\n== ${name}, ${circumstances.title}\n  ✗ ${messageOf(error)}`)
    return { passed: 0, failed: 1, failure: messageOf(error) }
  } finally {
    await driver?.close().catch(() => {})
    await server.close().catch(() => {})
    outside.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

try {
  const flags = parseFlags(process.argv.slice(2), { browser: 'text', screenshots: 'text', help: 'switch' })
  if (flags.help) console.log(HELP)
  else {
    const names = NAMES.filter((name) => flags.browser === undefined || flags.browser === name)
    if (names.length === 0)
      throw new Error(`There is no browser "${flags.browser}"; there are ${NAMES.join(', ')}.`)
    installMissing(found)
    found = findOtherBrowsers()
    const root = await ensureBuilt((text) => console.log(text))
    const total: Tally = { passed: 0, failed: 0 }
    const told: string[] = []
    for (const name of names)
      for (const circumstances of VISITS) {
        let walked = await visit(name, circumstances, root, flags.screenshots ?? null)
        const first = walked.failure
        if (first !== undefined && process.env.CI)
          walked = await visit(name, circumstances, root, flags.screenshots ?? null)
        total.passed += walked.passed
        total.failed += walked.failed
        const failure = walked.failure ?? first
        if (failure !== undefined)
          told.push(
            `${walked.failed > 0 ? FAILED : SECOND}browsers: ${name}, ${circumstances.title}: ${failure}`.replace(
              /\s+/g,
              ' ',
            ),
          )
      }
    console.log(`\n${told.map((line) => `${line}\n`).join('')}${tallyLine(total)}`)
    process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
  }
} catch (error) {
  process.exitCode = report(error)
}
