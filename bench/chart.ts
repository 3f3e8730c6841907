import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'
import solid from 'vite-plugin-solid'
import { findChromium } from '../cli/chromium.mjs'

/**
 * How long the page is kept by each frame while the curves of long runs are panned, and whether memory stays: runs are replayed
 * from records, half of the run is looked at, and the pointer draws it to and fro, a move a frame.
 *
 *   npx tsx bench/chart.ts [--steps 20000] [--runs 6] [--frames 300] [--shot FILE]
 */
const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '6' },
    frames: { type: 'string', default: '300' },
    shot: { type: 'string' },
  },
})
const [steps, runs, frames] = [values.steps, values.runs, values.frames].map(Number) as [
  number,
  number,
  number,
]

const server = await createServer({
  configFile: false,
  root: new URL('..', import.meta.url).pathname,
  plugins: [solid()],
  logLevel: 'error',
  cacheDir: 'node_modules/.vite-bench-chart',
  optimizeDeps: { entries: ['tests/support/chart-page/index.html'] },
  server: { host: 'localhost', port: 0 },
})
await server.listen()
const executablePath = await findChromium()
if (!executablePath) throw new Error('No Chromium was found: npx playwright install chromium')
const browser = await chromium.launch({ executablePath, args: ['--js-flags=--expose-gc'] })
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 800 } })
  page.on('pageerror', (error) => {
    throw error
  })
  await page.goto(`${server.resolvedUrls!.local[0]}tests/support/chart-page/index.html`)
  await page.waitForFunction(() => 'showRuns' in window)
  await page.evaluate(([count, length]) => window.showRuns(count!, length!), [runs, steps])
  await page.getByRole('button', { name: 'Look closer' }).click()
  const devtools = await page.context().newCDPSession(page)
  // The thread's own time: what else the machine does at the moment is not the page's work.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const metric = async (name: string) =>
    (await devtools.send('Performance.getMetrics')).metrics.find((one) => one.name === name)!.value
  const memory = async () => {
    await devtools.send('HeapProfiler.collectGarbage')
    return (await metric('JSHeapUsedSize')) / 1e6
  }
  const pan = (count: number) => page.evaluate((moves) => window.panRuns(moves), count)

  await pan(30)
  const start = await memory()
  const busy = await metric('TaskDuration')
  const took = (await pan(frames)).sort((a, b) => a - b)
  const share = ((await metric('TaskDuration')) - busy) / took.length
  const end = await memory()
  const at = (part: number) => took[Math.min(took.length - 1, Math.floor(part * took.length))]!.toFixed(2)
  console.log(
    `${runs} runs of ${steps} steps, ${took.length} frames: script ${at(0.5)} ms a frame (median), ${at(0.95)} ms (95%), ${at(1)} ms at most; all of the main thread's work ${(share * 1000).toFixed(2)} ms of its time a frame; heap ${start.toFixed(1)} MB before, ${end.toFixed(1)} MB after`,
  )
  if (values.shot) await page.screenshot({ path: values.shot })
} finally {
  await browser.close()
  await server.close()
}
