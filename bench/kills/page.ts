import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { CHROMIUM_ARGS, findChromium } from '../../cli/chromium.mjs'
import {
  type Beat,
  belongs,
  CONFIG,
  Cutter,
  IN_FLIGHT,
  type Kind,
  type Outcome,
  repeated,
  rows,
  SAVE_STEPS,
  STEPS,
  Windows,
  wentBack,
} from './moments.ts'
import { browserOf, descendants, gone, gpuProcessOf, kill } from './processes.ts'

/** What a run has left in the browser's storage. */
interface Left {
  id: string
  status: string
  step: number
  /** Step and SHA-256 of the newest checkpoint's tensors. */
  checkpoint: { step: number; hash: string } | null
  /** Losses, norms and rates by step. */
  figures: unknown[]
}

const PATIENCE = 120_000

/**
 * Runs of the page, cut off in a Chromium of their own: each begins from a copy of one profile, in which the data and the
 * settings have been opened and one run has come to its end without a break.
 */
export class PageBed {
  readonly #url: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'lapidary-kills-'))
  readonly windows = new Windows()
  #whole: Left | null = null
  #count = 0

  private constructor(url: string) {
    this.#url = url
  }

  /** @param url of the built studio; one and the same as long as the bed is used */
  static async make(url: string, engine: 'portable' | 'webgpu'): Promise<PageBed> {
    const bed = new PageBed(url)
    await bed.#prepare(engine)
    return bed
  }

  get #first(): string {
    return join(this.#folder, 'first')
  }

  async #open(profile: string, hear: (beat: Beat) => void): Promise<{ context: BrowserContext; page: Page }> {
    const executablePath = await findChromium()
    const context = await chromium.launchPersistentContext(profile, {
      ...(executablePath ? { executablePath } : {}),
      args: CHROMIUM_ARGS,
      headless: true,
    })
    const page = context.pages()[0] ?? (await context.newPage())
    page.setDefaultTimeout(PATIENCE)
    await page.exposeFunction('lapidaryBeat', hear)
    // What esbuild names functions with, where their text is sent to a page.
    await page.addInitScript('globalThis.__name = (named) => named')
    await page.addInitScript(listenToRuns)
    await page.goto(`${this.#url}#/data`)
    return { context, page }
  }

  async #prepare(engine: string): Promise<void> {
    const { context, page } = await this.#open(this.#first, (beat) => this.windows.hear(beat))
    const file = (name: string, mimeType: string, text: string) => ({
      name,
      mimeType,
      buffer: Buffer.from(text),
    })
    await page.getByRole('link', { name: 'Train', exact: true }).click()
    await page.getByText('Open settings from a file').click()
    const config = JSON.stringify({ ...CONFIG, engine: { kind: engine } })
    await page.getByLabel('Choose run.json').setInputFiles(file('run.json', 'application/json', config))
    await page.getByText('Settings of run.json are opened.').waitFor()
    await page.getByRole('link', { name: 'Data', exact: true }).click()
    await page.getByLabel('Choose a file').setInputFiles(file('pets.csv', 'text/csv', rows()))
    await page.getByText('To learn from', { exact: true }).waitFor()
    await start(page)
    await page.getByText('Done. The adapter is ready.').waitFor()
    this.#whole = await left(page)
    if (this.#whole?.checkpoint?.step !== STEPS)
      throw new Error('the uninterrupted run has no last checkpoint')
    await context.close()
  }

  /** Kills the whole browser at a moment, opens it again, and goes on. Null where the moment was missed. */
  async cutOff(kind: Kind, share: number): Promise<Outcome | null> {
    const profile = this.#copy()
    const pid = () => browserOf(profile)?.pid
    let cutter: Cutter | null = null
    const { context, page } = await this.#open(profile, (beat) => cutter?.hear(beat))
    const family = [pid()!, ...descendants(pid()!).map(({ pid }) => pid)]
    cutter = new Cutter(kind, this.windows, share, () => kill(pid()!))
    await start(page)
    await cutter.over
    await context.close().catch(() => {})
    await gone(family)
    const { reached } = cutter
    const again = await this.#open(profile, () => {})
    try {
      const before = await this.#newest(again.page)
      if (before?.status === 'done') return null
      const from = before?.checkpoint?.step ?? null
      if (!belongs(kind, reached, from)) return null
      const wrong: string[] = []
      const banner = again.page.getByRole('status').filter({ hasText: 'was interrupted' })
      const offered = before ? banner.getByRole('button', { name: 'Go on' }) : null
      await offered?.waitFor({ timeout: 20_000 })
      const said = offered ? words(await banner.innerText()) : ''
      if (offered) await offered.click()
      else await start(again.page)
      return await this.#finish(again.page, {
        where: 'page',
        what: 'browser killed',
        kind,
        reached,
        from,
        way: offered ? 'one press: Go on' : 'one press: Start training',
        said,
        wrong,
      })
    } finally {
      await again.context.close().catch(() => {})
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    }
  }

  /** Kills the process of the graphics card at a moment, in a browser that has not lost one before. Null where it was missed. */
  async loseDevice(share: number): Promise<Outcome | null> {
    const profile = this.#copy()
    let cutter: Cutter | null = null
    const beats: Beat[] = []
    const { context, page } = await this.#open(profile, (beat) => {
      beats.push(beat)
      cutter?.hear(beat)
    })
    try {
      const lose = () => kill(gpuProcessOf(browserOf(profile)!.pid)!.pid)
      cutter = new Cutter('any', this.windows, share, lose)
      await start(page)
      await cutter.over
      const done = page.getByText('Done. The adapter is ready.')
      const offer = page.getByRole('main').getByRole('button', { name: 'Go on', exact: true })
      await done.or(offer).first().waitFor()
      let way = 'by itself'
      if (await offer.isVisible()) {
        way = 'one press: Go on'
        await offer.click()
      }
      await done.waitFor()
      const notice = (await page.getByText(/the run has gone on/).allInnerTexts())[0] ?? ''
      const back = wentBack(beats)
      if (!back && way === 'by itself') return null
      return await this.#finish(page, {
        where: 'page',
        what: 'GPU process killed',
        kind: 'any',
        reached: back?.reached ?? cutter.reached,
        from: back?.from ?? null,
        way,
        said: words(notice),
        wrong: notice || way !== 'by itself' ? [] : ['nothing was said'],
      })
    } finally {
      await context.close().catch(() => {})
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #copy(): string {
    const profile = join(this.#folder, `copy-${++this.#count}`)
    cpSync(this.#first, profile, { recursive: true, verbatimSymlinks: true })
    return profile
  }

  /** The run that is newer than the uninterrupted one, if it was stored. */
  async #newest(page: Page): Promise<Left | null> {
    const found = await left(page)
    return found?.id === this.#whole!.id ? null : found
  }

  async #finish(page: Page, so: Omit<Outcome, 'same'>): Promise<Outcome> {
    const end = page.getByText('Done. The adapter is ready.')
    const failed = page.getByRole('alert')
    const wrong = [...so.wrong]
    let now: Left | null = null
    // Until the page shows the run that goes on, what it calls done is the uninterrupted one.
    for (const last = Date.now() + PATIENCE; Date.now() < last; await page.waitForTimeout(200)) {
      await end.or(failed).first().waitFor()
      now = await this.#newest(page)
      if (now?.status === 'done') break
      if (!(await failed.first().isVisible())) continue
      wrong.push(await failed.first().innerText())
      break
    }
    const same =
      JSON.stringify([now?.figures, now?.checkpoint]) ===
      JSON.stringify([this.#whole!.figures, this.#whole!.checkpoint])
    if (!same) wrong.push(`not what the uninterrupted run gave: ${difference(this.#whole!, now)}`)
    if (repeated(so) > SAVE_STEPS + IN_FLIGHT)
      wrong.push('more steps repeated than lie between two checkpoints')
    return { ...so, same, wrong }
  }
}

/** What a run left that the uninterrupted one did not, the first of it. */
function difference(whole: Left, now: Left | null): string {
  if (!now) return 'no run is stored'
  const told = (left: unknown) => JSON.stringify(left ?? null)
  const at = Array.from({ length: Math.max(whole.figures.length, now.figures.length) }, (_, i) => i).find(
    (i) => told(whole.figures[i]) !== told(now.figures[i]),
  )
  const figures =
    at === undefined
      ? 'the same figures'
      : `figure ${at} is ${told(now.figures[at])}, not ${told(whole.figures[at])}`
  return `${now.status} at step ${now.step}, ${figures}, ${told(now.checkpoint)}, not ${told(whole.checkpoint)}`
}

/** The one press from what is set up; a run in view is left first. */
async function start(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const another = page.getByRole('button', { name: 'Set up another run' })
  const ready = page.getByRole('button', { name: 'Start training' }).and(page.locator(':enabled'))
  await another.or(ready).first().waitFor()
  if (await another.isVisible()) await another.click()
  await ready.click()
}

/** The title of a notice. */
const words = (notice: string): string =>
  notice.split('\n').filter((line) => line.trim() !== '' && !line.trim().endsWith(':'))[0] ?? ''

/** Runs in the page before its own scripts: tells of every event of a run that a worker sends, as it comes. */
function listenToRuns(): void {
  type Tell = (beat: unknown) => void
  const { addEventListener } = MessagePort.prototype
  MessagePort.prototype.addEventListener = function (this: MessagePort, type: string, ...rest: unknown[]) {
    if (type === 'message')
      addEventListener.call(this, 'message', ((message: MessageEvent) => {
        const event = message.data?.argumentList?.[0]?.value
        if (typeof event?.type === 'string')
          (window as unknown as { lapidaryBeat: Tell }).lapidaryBeat({
            type: event.type,
            stage: event.stage,
            step: event.step,
            ...(event.back && { back: event.back }),
          })
      }) as EventListener)
    return Reflect.apply(addEventListener, this, [type, ...rest])
  } as typeof addEventListener
}

/** What the newest run has left; null: there is none. */
function left(page: Page): Promise<Left | null> {
  return page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const database = await asked(indexedDB.open('lapidary'))
    try {
      const tx = database.transaction(['runs', 'events', 'checkpoints'])
      const runs = await asked(tx.objectStore('runs').getAll())
      const run = runs.sort((a, b) => b.created - a.created)[0]
      if (!run) return null
      const own = IDBKeyRange.bound([run.id], [run.id, []])
      const events = await asked(tx.objectStore('events').getAll(own))
      const checkpoint = await asked(tx.objectStore('checkpoints').get([run.id, 'last']))
      return {
        id: run.id,
        status: run.status,
        step: run.step,
        checkpoint: checkpoint ? { step: checkpoint.step, hash: checkpoint.tensors.hash } : null,
        figures: events.flatMap((event): unknown[] => {
          if (event.type === 'step')
            return [[event.step, event.loss, event.grad_norm, event.tokens, event.learning_rate]]
          if (event.type === 'eval') return [[event.step, event.eval_loss]]
          return event.type === 'sample' ? [[event.step, event.prompt, event.base, event.tuned]] : []
        }),
      }
    } finally {
      database.close()
    }
  })
}
