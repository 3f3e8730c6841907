import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { ensureBuilt } from '../cli/build.ts'
import { CHROMIUM_ARGS, findChromium } from '../cli/chromium.mjs'
import { serve } from '../cli/server.ts'

/**
 * A first visit as a newcomer makes it, on the processor alone: how long from the press until the loss in sight has fallen, when the model
 * first answers otherwise, and how busy the page's own thread is while it trains, with the drawer closed and open.
 *
 *   npx tsx bench/first-visit.ts [--fall 0.2]
 */
const { values } = parseArgs({ options: { fall: { type: 'string', default: '0.2' } } })
const fall = Number(values.fall)
/** Milliseconds that a run of the practice model may take here. */
const PATIENCE = 300_000

const root = await ensureBuilt((text) => console.error(text))
const server = await serve({ root, files: new Map(), texts: new Map(), folders: new Map() })
const executablePath = await findChromium()
const browser = await chromium.launch({
  ...(executablePath ? { executablePath } : {}),
  args: [...CHROMIUM_ARGS.filter((arg) => !arg.includes('webgpu')), '--disable-features=WebGPU'],
})
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(PATIENCE)
  page.on('pageerror', (error) => {
    throw error
  })
  const opened = performance.now()
  await page.goto(server.url)
  const begin = page.getByRole('button', { name: 'Watch a model learn' })
  await begin.waitFor()
  const shown = performance.now()
  await begin.click()
  const pressed = performance.now()

  /** The first and the last loss that the curve shows. */
  const losses = () =>
    page.evaluate(() => {
      const label = document.querySelector('.plot')?.getAttribute('aria-label') ?? ''
      const found = /: ([\d.]+) at first, ([\d.]+) at last/.exec(label)
      return found ? [Number(found[1]), Number(found[2])] : null
    })
  const until = async (what: () => Promise<boolean>) => {
    for (;;) {
      if (performance.now() - pressed > PATIENCE) throw new Error('The run did not get so far.')
      if (await what()) return (performance.now() - pressed) / 1000
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const first = await until(async () => (await losses()) !== null)
  const fallen = await until(async () => {
    const [from, to] = (await losses()) ?? [1, 1]
    return to! <= from! * (1 - fall)
  })

  const devtools = await page.context().newCDPSession(page)
  // The thread's own time: what else the machine does at the moment is not the page's work.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const PARTS = ['TaskDuration', 'ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']
  const spent = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return PARTS.map((part) => metrics.find(({ name }) => name === part)!.value)
  }
  /** In all, in scripts, in layout and in style. */
  const share = async (seconds: number) => {
    const [from, at] = [await spent(), performance.now()]
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    const wall = (performance.now() - at) / 1000
    return (await spent()).map((now, i) => (now - from[i]!) / wall)
  }
  const closed = await share(4)
  await page.locator('details.hood > summary').click()
  await page.locator('.stage').first().waitFor()
  const open = await share(4)
  const ended = await page.getByText('Done. The adapter is ready.').isVisible()
  await page.getByText('Done. The adapter is ready.').waitFor()
  const done = (performance.now() - pressed) / 1000
  const percent = (value: number) => `${(value * 100).toFixed(1)}%`
  const parts = ([all, ...of]: number[]) =>
    `${percent(all!)} (scripts, layout, style: ${of.map(percent).join(', ')})`
  console.log(
    `page in sight ${((shown - opened) / 1000).toFixed(1)} s after the address; from the press: first loss ${first.toFixed(1)} s, ` +
      `loss down by ${percent(fall)} ${fallen.toFixed(1)} s, done with answers ${done.toFixed(1)} s; ` +
      `main thread busy ${parts(closed)} while training, ${parts(open)} with the drawer open${ended ? ' (in part after the end)' : ''}`,
  )
} finally {
  await browser.close()
  await server.close()
}
