import { expect, test } from '@playwright/test'
import { curve, PATIENCE, startShort, stepsBeyond } from './helpers.ts'

test('a run whose worker ends by itself is told as interrupted within seconds, and goes on from its checkpoint at one press', async ({
  page,
}) => {
  await page.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  const steps = 1000
  await startShort(page, steps)
  await stepsBeyond(page, 30)
  // Which of them trains is not to be seen from here: only one holds a run.
  let ended = 0
  for (const worker of page.workers()) {
    const closing = worker.evaluate(async () => {
      const { held } = await navigator.locks.query()
      const clientId = held!.find(({ name }) => name!.startsWith('lapidary-run-'))?.clientId
      const own = await new Promise<string>((resolve) => {
        void navigator.locks.request('who-am-i', async () => {
          const now = await navigator.locks.query()
          resolve(now.held!.find(({ name }) => name === 'who-am-i')!.clientId!)
        })
      })
      // Once this has been answered.
      if (own === clientId) setTimeout(() => self.close(), 100)
      return own === clientId
    })
    // One that is gone by now is not it.
    if (await closing.catch(() => false)) ended++
  }
  expect(ended).toBe(1)
  await expect(page.getByRole('alert')).toContainText('The train worker stopped working.', {
    timeout: 10_000,
  })
  await page.screenshot({ path: test.info().outputPath('ended.png'), fullPage: true })
  await page.getByRole('main').getByRole('button', { name: 'Go on', exact: true }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  // The table names fewer of them; none twice, and the last.
  const told = (await curve(page)).training.map(([step]) => step!)
  expect(told.at(-1)).toBe(steps)
  expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
})
