import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { unzipSync } from 'fflate'
import { ROOT } from '../../cli/build.ts'
import { serve } from '../../cli/server.ts'
import { ONE_FILE_ENDING, PACK_ENDING } from '../../src/protocol/pack.ts'
import { type Driver, sleep } from './driver.ts'
import { type Part, require } from './journey.ts'
import { page, texts } from './locators.ts'
import { Person } from './person.ts'

const LESSON =
  '# Our lesson\n\nWelcome.\n\n## Train {#train}\n\nPredict first.\n\n## The end\n\nHand it in.\n'
const PUPIL = 'Ada'
const STEPS = 6
const MOST_MS = 240_000
const ENDING = '.lapidary-run.zip'

/** A class pack by the command that makes one. @param name its file's, whose ending says which kind it is */
function makePack(scratch: string, name: string, ...more: string[]): string {
  const [lesson, config, output] = ['lesson.md', 'run.json', name].map((file) => join(scratch, file)) as [
    string,
    string,
    string,
  ]
  writeFileSync(lesson, LESSON)
  writeFileSync(config, JSON.stringify({ max_steps: STEPS, learning_rate: 0.003, max_length: 128 }))
  const data = join(ROOT, 'public', 'datasets', 'mood.csv')
  const flags = [
    '--lesson',
    lesson,
    '--config',
    config,
    '--data',
    data,
    '--locked',
    'train',
    '--output',
    output,
    ...more,
  ]
  const made = spawnSync(process.execPath, ['--import', 'tsx', join(ROOT, 'cli', 'pack.ts'), ...flags], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  require(made.status === 0, `npm run pack ended with ${made.status}: ${made.stderr}`)
  return output
}

/** Unzipped: what a school puts on its server. */
function unpacked(scratch: string): string {
  const site = join(scratch, 'site')
  for (const [name, content] of Object.entries(
    unzipSync(readFileSync(makePack(scratch, `class${PACK_ENDING}`))),
  )) {
    mkdirSync(dirname(join(site, name)), { recursive: true })
    writeFileSync(join(site, name), content)
  }
  return site
}

/** An address of this machine by which a browser does not take it for its own: over plain http it withholds what it withholds in a school. */
function schoolAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)
  if (!found) throw new Error('This machine has no address but its own: a school’s server cannot be tried.')
  return found.address
}

/** @param studio the teacher's */
export function packPart(driver: Driver, studio: string, scratch: string): Part {
  const person = new Person(driver)
  return [
    'is a class pack on a plain http server: the lesson, a run, handed in, opened by the teacher',
    async () => {
      const server = await serve({ root: unpacked(scratch), isolated: false, host: '0.0.0.0' })
      try {
        await driver.open(`http://${schoolAddress()}:${new URL(server.url).port}/app/`)
        await person.read(/Welcome\./, 60_000)
        const withheld = await driver.run<boolean[]>(
          'return [isSecureContext, crypto.subtle === undefined, navigator.serviceWorker === undefined]',
        )
        require(withheld.join() ===
          'false,true,true', `secure, no cryptography, no service worker: ${withheld.join()}`)
        await person.read(/opened without https/)
        await handIn(driver, person, studio)
      } finally {
        await server.close()
      }
    },
  ]
}

/** @param studio the teacher's */
export function packFilePart(driver: Driver, studio: string, scratch: string): Part {
  const person = new Person(driver)
  return [
    'is a class pack as one HTML file, opened from a folder: the lesson, a run, handed in, opened by the teacher',
    async () => {
      await driver.open(pathToFileURL(makePack(scratch, `class${ONE_FILE_ENDING}`, '--html')).href)
      await person.read(/Welcome\./, 60_000)
      await person.read(/opened as a file/)
      await handIn(driver, person, studio)
    },
  ]
}

/** What a pupil does with a pack that is open at its beginning, and then the teacher. */
async function handIn(driver: Driver, person: Person, studio: string): Promise<void> {
  clearDownloads(driver.downloads)
  await person.press({ role: 'button', name: 'Next' })
  await person.see({ role: 'heading', name: 'Train' })
  await person.read(/Whoever made this page has set it\./)
  await person.press(page.start)
  await person.read(texts.done, MOST_MS)
  await person.press({ role: 'button', name: 'Next' })
  await person.press({ role: 'button', name: 'Hand in' })
  await person.write({ role: 'textbox', name: /^Your name/ }, PUPIL)
  await person.press({ role: 'button', name: 'Save the file' })
  const run = await handedIn(driver.downloads)
  await driver.open(studio)
  await person.press({ role: 'button', name: /^This app/ })
  await person.press({ role: 'menuitem', name: 'For a class' })
  await person.press({ role: 'menuitem', name: 'Handed-in runs …' })
  await person.choose({ role: 'file', name: 'Open the files' }, run)
  await person.see({ role: 'cell', name: PUPIL })
  await person.see({ role: 'cell', name: new RegExp(`\\b${STEPS} of ${STEPS}\\b`) })
}

/** The pupil's file, once it is whole. */
async function handedIn(folder: string): Promise<string> {
  const end = Date.now() + 60_000
  for (;;) {
    const name = readdirSync(folder).find((file) => file.endsWith(ENDING))
    const whole = name && opens(join(folder, name))
    if (whole) return join(folder, name)
    require(Date.now() < end, `no run was saved; there are: ${readdirSync(folder).join(', ')}`)
    await sleep(300)
  }
}

function opens(path: string): boolean {
  try {
    return Object.keys(unzipSync(readFileSync(path))).length > 0
  } catch {
    return false
  }
}

/** What lies among the downloads is of another part. */
export function clearDownloads(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
}
