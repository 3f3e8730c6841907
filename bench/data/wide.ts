import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { CDPSession, Page } from 'playwright-core'
import { openBrowser } from '../../cli/browser.ts'
import { ensureBuilt } from '../../cli/build.ts'
import { serve } from '../../cli/server.ts'

/**
 * The Data page with a table of thousands of columns: the longest that one task held the page's thread after each thing that a
 * person does, by processor time (which a busy machine does not change) and by the clock.
 *
 *   npx tsx bench/data/wide.ts [--columns 5000]
 */
const { values } = parseArgs({ options: { columns: { type: 'string', default: '5000' } } })
const count = Number(values.columns)

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  args: { name?: string }
  /** Microseconds. */
  dur?: number
  tdur?: number
}

/** The page's longest task while `work` is done and for so long after it. */
async function traced(
  session: CDPSession,
  page: Page,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const events: TraceEvent[] = []
  const hear = ({ value }: { value: object[] }) => events.push(...(value as TraceEvent[]))
  session.on('Tracing.dataCollected', hear)
  await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel'] } })
  await work()
  await page.waitForTimeout(3000)
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await complete
  session.off('Tracing.dataCollected', hear)
  const isMain = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && isMain.has(`${pid} ${tid}`),
  )
  if (tasks.length === 0) throw new Error(`The browser told of no task while ${what}.`)
  const most = (of: 'dur' | 'tdur') => Math.max(...tasks.map((task) => (task[of] ?? 0) / 1000)).toFixed(0)
  console.log(
    `${what.padEnd(28)} ${most('tdur').padStart(5)} ms of processor time  ${most('dur').padStart(5)} ms`,
  )
}

const folder = mkdtempSync(join(tmpdir(), 'lapidary-wide-'))
const server = await serve({ root: await ensureBuilt((line) => console.error(line)) })
const browser = await openBrowser()
try {
  const { page } = browser
  const session = await page.context().newCDPSession(page)
  const file = join(folder, 'wide.csv')
  const line = (cell: (c: number) => string) =>
    `${Array.from({ length: count }, (_, c) => cell(c)).join(',')}\n`
  writeFileSync(
    file,
    line((c) => `column ${c}`),
  )
  for (let row = 0; row < 40; row++)
    writeFileSync(
      file,
      line((c) => `cell ${row} of ${c}`),
      { flag: 'a' },
    )

  await page.goto(`${server.url}?engine=portable`)
  const input = page.getByLabel('Choose a file')
  await input.waitFor({ state: 'attached' })
  const browse = page.getByRole('button', { name: 'Browse and edit all rows' })
  await traced(session, page, 'opened', async () => {
    await input.setInputFiles(file)
    await browse.waitFor({ timeout: 120_000 })
  })
  await traced(session, page, 'a page of rows', () => browse.click())
  await traced(session, page, 'further columns', () =>
    page.getByRole('button', { name: 'Further columns' }).click(),
  )
  await traced(session, page, 'next page', () => page.getByRole('button', { name: 'Next page' }).click())
  await traced(session, page, 'column statistics', () => page.getByText('What the columns hold').click())
  for (const tab of ['Steps', 'Lengths', 'Rows'])
    await traced(session, page, `tab ${tab}`, () => page.getByRole('tab', { name: tab }).click())
  await traced(session, page, 'reloaded', async () => {
    await page.reload()
    await browse.waitFor({ timeout: 60_000 })
  })
} finally {
  await browser.close()
  await server.close()
  rmSync(folder, { recursive: true })
}
process.exit(0)
