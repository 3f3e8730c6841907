import { expect, test } from 'vitest'
import type { RowLossesEvent, RunEvent } from '../../src/protocol/events.ts'
import { RowLosses } from '../../src/trainer/row-losses.ts'
import { BigramEngine } from './bigram-engine.ts'
import { CONFIG, sit, steps } from './support.ts'

const told = (log: RunEvent[]) => log.filter((event): event is RowLossesEvent => event.type === 'row_losses')

/** By pass and row, whatever the events that say it. */
function byRow(log: RunEvent[]): Map<string, [nats: number, tokens: number]> {
  const found = new Map<string, [number, number]>()
  for (const { pass, rows, nats, tokens } of told(log))
    for (const [i, row] of rows.entries()) {
      expect(found.has(`${pass} ${row}`), `row ${row} twice in pass ${pass}`).toBe(false)
      found.set(`${pass} ${row}`, [nats[i]!, tokens[i]!])
    }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

test('a run tells what each row cost in each pass; together they are the losses of its steps', async () => {
  const run = sit(CONFIG)
  await run.done
  const rows = byRow(run.log)
  expect(rows.size).toBe(13 * 3)
  for (let step = 1; step <= 12; step += 4) {
    // Four steps are a pass.
    const pass = (step + 3) / 4
    const of = [...rows].filter(([key]) => key.startsWith(`${pass} `))
    const tokens = of.reduce((sum, [, [, count]]) => sum + count, 0)
    const nats = of.reduce((sum, [, [value]]) => sum + value, 0)
    const losses = steps(run.log).slice(step - 1, step + 3)
    const least = Math.min(...losses.map(({ loss }) => loss))
    const most = Math.max(...losses.map(({ loss }) => loss))
    expect(nats / tokens).toBeGreaterThan(least)
    expect(nats / tokens).toBeLessThan(most)
  }
})

test('stopping and going on changes nothing of it', async () => {
  const whole = sit(CONFIG)
  await whole.done
  const expected = byRow(whole.log)
  for (const at of [1, 4, 7]) {
    const engine = new BigramEngine()
    const first = sit(CONFIG, { engine, stopRequested: () => engine.submitted >= at })
    await first.done
    const resume = structuredClone(first.checkpoints.at(-1)!.checkpoint)
    const second = sit(CONFIG, { resume, log: first.log })
    await second.done
    expect(byRow(second.log), `stopped at ${at}`).toEqual(expected)
  }
})

test('a step that was skipped tells of no row', async () => {
  const engine = new BigramEngine()
  engine.overflows.add(2)
  const run = sit(CONFIG, { engine })
  await run.done
  const first = [...byRow(run.log).keys()].filter((key) => key.startsWith('1 '))
  expect(first).toHaveLength(13 - 4)
})

test('what was made of a row is not counted for it, and parts of one row are added', () => {
  const losses = new RowLosses()
  losses.add(
    1,
    [
      { row: 4, tokens: 2, made: false },
      { row: 4, tokens: 1, made: true },
      { row: 2, tokens: 1, made: false },
      { row: 4, tokens: 1, made: false },
    ],
    Float32Array.of(-1, -2, -50, -0.25, -4),
  )
  expect(losses.take(3)).toEqual([
    { type: 'row_losses', version: 1, step: 3, pass: 1, rows: [2, 4], nats: [0.25, 7], tokens: [1, 3] },
  ])
  expect(losses.take(4)).toEqual([])
  expect(() => losses.add(1, [{ row: 0, tokens: 2, made: false }], Float32Array.of(-1))).toThrow('1 losses')
})
