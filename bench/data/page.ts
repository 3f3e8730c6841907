import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { openBrowser } from '../../cli/browser.ts'
import { ensureBuilt } from '../../cli/build.ts'
import { serve } from '../../cli/server.ts'
import { makeRows } from './rows.ts'

/**
 * The Data page with a large file, as a person meets it: how long until something is seen, and the longest that the page's own
 * thread was busy meanwhile.
 *
 *   npx tsx bench/data/page.ts [--rows 100000] [--json FILE]
 *
 * Rows of some 500 bytes: 400,000 of them are a file of 200 MB. What is beyond a limit of the data room is marked with !.
 */
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, json: { type: 'string' } },
})
const count = Number(values.rows)

/** What is seen after what is done, each an expression over the page: cheap ones, since its own thread looks for them. */
type Wanted = Record<string, string>

const click = (selector: string, text: string) =>
  `[...document.querySelectorAll('${selector}')].find((e) => e.textContent.includes('${text}')).click()`
const rowsAtLeast = (n: number) => `document.querySelectorAll('[role=tabpanel] tbody tr').length >= ${n}`
const pagerSays = (text: string) =>
  `document.querySelector('[role=tabpanel] .pager')?.textContent.includes('${text}')`
const EXACT = `document.querySelector('main .stats[aria-busy="false"]') && !document.querySelector('main .stats').parentElement.querySelector(':scope > [role=status]')`

const BUSY = `document.querySelector('main .stats[aria-busy="true"]')`

const EXACT_FIGURES = 'token figures, exact'
/** Drawn from all rows, and so counted from when these are there. */
const OF_A_SAMPLE = 'token figures of a sample'
const ALL_ROWS = 'all rows'
const OPENING: Wanted = {
  'first rows': `document.querySelector('main td')`,
  [ALL_ROWS]: `[...document.querySelectorAll('main p')].some((p) => p.textContent.startsWith('${count.toLocaleString('en')} rows'))`,
  findings: `document.querySelector('main .findings')`,
  [OF_A_SAMPLE]: `document.querySelector('main .stats .stat')`,
  [EXACT_FIGURES]: EXACT,
}

const press = (label: string) =>
  `document.querySelector('[role=tabpanel] button[aria-label="${label}"]').click()`
const REPORTED = `/rows? in/.test(document.querySelector('.steps .step')?.textContent ?? '')`

const ACTS: [string, Wanted][] = [
  [click('[role=tabpanel] button', 'Browse'), { 'a page of rows': rowsAtLeast(20) }],
  [
    click('summary', 'What the columns hold'),
    {
      'column statistics': `document.querySelectorAll('[role=tabpanel] details[open] tbody tr').length >= 2`,
    },
  ],
  [press('Next page'), { 'next page of rows': pagerSays('26 to 50') }],
  [
    click('[role=tab]', 'As the model sees it'),
    { 'examples as tokens': `document.querySelector('[role=tabpanel] .learnt')` },
  ],
  [press('Next page'), { 'next page of tokens': pagerSays('6 to 10') }],
  [click('[role=tab]', 'Steps'), { 'list of steps': `document.querySelector('.steps')` }],
]

/** In the page: when each thing was first seen, and its long tasks. */
const HARNESS = `
  window.longTasks = []
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) longTasks.push([startTime, duration])
  }).observe({ type: 'longtask', buffered: true })
  window.longFrames = []
  new PerformanceObserver((list) => {
    for (const { startTime, duration, styleAndLayoutStart, scripts } of list.getEntries()) {
      const parts = scripts.map((script) => [
        [script.invoker, script.sourceFunctionName].filter(Boolean).join(' '),
        script.duration,
      ])
      if (styleAndLayoutStart > 0) parts.push(['style and layout', startTime + duration - styleAndLayoutStart])
      longFrames.push({ startTime, duration, parts })
    }
  }).observe({ type: 'long-animation-frame', buffered: true })
  const learnt = () => /of ([0-9.,]+) in all/.exec(document.querySelector('main .stats')?.textContent ?? '')?.[1]
  window.measure = async (act, wanted) => {
    const looks = Object.entries(wanted).map(([name, text]) => [name, new Function('return !!(' + text + ')')])
    const seen = {}
    const start = performance.now()
    new Function(act)()
    await new Promise((resolve) => {
      const timer = setInterval(() => {
        // One after the other: figures from before the act are not those after it.
        while (looks.length > 0 && looks[0][1]()) seen[looks.shift()[0]] = performance.now()
        if (looks.length === 0) resolve(clearInterval(timer))
      }, 20)
    })
    // Tasks are reported after they have ended.
    await new Promise((resolve) => setTimeout(resolve, 200))
    const tasks = longTasks
      .filter(([at, took]) => at + took > start)
      .map(([at, took]) => ({ at, took, parts: longFrames.find((frame) =>
        frame.startTime < at + took && at < frame.startTime + frame.duration)?.parts ?? [] }))
    return { start, seen, tasks, tokens: Number(learnt()?.replace(/[^0-9]/g, '')) }
  }
`

interface Measured {
  what: string
  /** From the act to being seen; figures of a sample since all rows were. */
  seconds: number
  /** Milliseconds, since the last thing was seen; 0: under 50, which browsers do not report. */
  longestTask: number
  /** What took most of that task, as far as the browser tells. */
  cause?: string
  /** Tokens of the training rows, for each second since figures of a sample were seen. */
  tokensPerSecond?: number
}

interface Task {
  at: number
  took: number
  /** What ran, and for how many milliseconds. */
  parts: [string, number][]
}

/** What issue and reader hold the page to: seconds until it is seen. */
const LIMITS: Record<string, number> = {
  'first rows': 1,
  'column statistics': 5,
  [OF_A_SAMPLE]: 2,
}
const LONGEST_TASK = 50
const TOKENS_PER_SECOND = 60_000

const measured: Measured[] = []

async function measure(page: Page, act: string | (() => Promise<void>), wanted: Wanted): Promise<void> {
  const script = typeof act === 'string' ? act : ''
  const under = page.evaluate<{ start: number; seen: Record<string, number>; tasks: Task[]; tokens: number }>(
    `measure(${JSON.stringify(script)}, ${JSON.stringify(wanted)})`,
  )
  if (typeof act !== 'string') await act()
  const { start, seen, tasks, tokens } = await under
  let before = start
  for (const [what, at] of Object.entries(seen)) {
    const here = tasks.filter((task) => task.at + task.took > before && task.at <= at)
    const longest = here.sort((a, b) => b.took - a.took)[0]
    const cause = longest?.parts.sort(([, a], [, b]) => b - a)[0]
    const one: Measured = {
      what,
      seconds: (at - (what === OF_A_SAMPLE ? seen[ALL_ROWS]! : start)) / 1000,
      longestTask: longest?.took ?? 0,
      ...(cause ? { cause: `${cause[0]}, ${cause[1].toFixed(0)} ms` } : {}),
      ...(what === EXACT_FIGURES ? { tokensPerSecond: (1000 * tokens) / (at - before) } : {}),
    }
    measured.push(one)
    print(one)
    before = at
  }
}

/** A line of the table; what is beyond its limit is marked. */
function print({ what, seconds, longestTask, cause, tokensPerSecond }: Measured): void {
  const over = (beyond: boolean) => (beyond ? ' !' : '')
  const columns = [
    what.padEnd(32),
    `${seconds.toFixed(2).padStart(7)} s${over(seconds > (LIMITS[what] ?? Infinity))}`.padEnd(12),
    longestTask > 0 ? `${longestTask.toFixed(0)} ms${over(longestTask > LONGEST_TASK)}` : 'under 50 ms',
    cause ? `(${cause})` : '',
    tokensPerSecond
      ? `${Math.round(tokensPerSecond)} tokens/s${over(tokensPerSecond < TOKENS_PER_SECOND)}`
      : '',
  ]
  console.log(columns.join('  ').trimEnd())
}

/** A text of 200 MB is better not held as one. */
function writeRows(file: string): void {
  const { prompt, response } = makeRows(count)
  writeFileSync(file, 'prompt,response\n')
  for (let at = 0; at < count; at += 10_000) {
    const lines = prompt.slice(at, at + 10_000).map((question, i) => `"${question}","${response[at + i]}"\n`)
    writeFileSync(file, lines.join(''), { flag: 'a' })
  }
}

const folder = mkdtempSync(join(tmpdir(), 'lapidary-rows-'))
const server = await serve({ root: await ensureBuilt((line) => console.error(line)) })
const browser = await openBrowser()
try {
  const { page } = browser
  const file = join(folder, 'rows.csv')
  writeRows(file)
  await page.addInitScript(HARNESS)
  await page.goto(`${server.url}?engine=portable`)
  const input = page.getByLabel('Choose a file')
  await input.waitFor({ state: 'attached' })
  console.log(
    `${count} rows; ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}\n${''.padEnd(32)} seen after  longest task of the page`,
  )
  await measure(page, () => input.setInputFiles(file), OPENING)
  for (const [act, wanted] of ACTS) await measure(page, act, wanted)
  await page.getByRole('button', { name: 'Add a step' }).click()
  await page.getByRole('menuitem', { name: 'Tidy up spaces' }).focus()
  await measure(page, () => page.keyboard.press('Enter'), {
    'a step: counted again': BUSY,
    'a step: what it does': REPORTED,
    'a step: exact figures': EXACT,
  })
  await page.getByRole('main').getByRole('slider').first().focus()
  await measure(page, () => page.keyboard.press('ArrowRight'), {
    'another share: counted again': BUSY,
    'another share: exact figures': EXACT,
  })
} finally {
  await browser.close()
  await server.close()
  rmSync(folder, { recursive: true })
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ rows: count, measured }, null, 1)}\n`)
