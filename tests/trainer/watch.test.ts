import { expect, test, vi } from 'vitest'
import type { Look } from '../../src/protocol/look.ts'
import { firstOf, StepWatch } from '../../src/trainer/watch.ts'
import { bigramData, flat } from './bigram-data.ts'
import { BigramEngine } from './bigram-engine.ts'
import { CONFIG, curve, sit, steps } from './support.ts'

/** A clock by which each look is due. */
const due = () => {
  let clock = 0
  return () => (clock += 2000)
}

function watched(wanted: () => boolean, now = due()) {
  const engine = new BigramEngine()
  const looks: Look[] = []
  const names = engine.saveState().then(({ lora }) => Object.keys(lora))
  const example = firstOf(bigramData().batch(0, 0))
  return names.then((found) => {
    const matrix = found.find((name) => name.includes('lora_B'))!
    const pieces = Array.from(example.tokens, (id) => ({ text: `${id}`, id, supervised: true }))
    const watch = new StepWatch(
      { engine, run: 'mine', matrix, example, pieces },
      wanted,
      (look) => looks.push(look),
      now,
    )
    return { engine, looks, matrix, example, watch }
  })
}

test('whoever looks sees the values of the steps, and the run is the same', async () => {
  const { engine, looks, matrix, example, watch } = await watched(() => true)
  const seen = sit(CONFIG, { engine, watch })
  await seen.done
  const unseen = sit(CONFIG)
  await unseen.done
  expect(curve(seen.log)).toEqual(curve(unseen.log))
  expect(await engine.saveState()).toEqual(await unseen.engine.saveState())

  expect(looks.length).toBeGreaterThan(2)
  const told = new Map(steps(seen.log).map((event) => [event.step, event]))
  for (const look of looks) {
    const step = told.get(look.step)!
    expect(look).toMatchObject({ run: 'mine', learningRate: step.learning_rate, loss: step.loss })
    expect(look.gradNorm).toBe(step.grad_norm)
    expect(look.matrix.name).toBe(matrix)
    expect(look.matrix.gradNorm).toBeLessThanOrEqual(look.gradNorm)
    // The first step of the schedule moves nothing: its rate is 0.
    if (step.learning_rate > 0) expect(look.matrix.weight.after).not.toBe(look.matrix.weight.before)
    expect(look.example.base).toEqual(looks[0]!.example.base)
    expect(look.example.now).toHaveLength(example.tokens.length)
    // The first token is predicted by nothing.
    expect(look.example.now[0]).toBeNull()
  }
  const [first, last] = [looks[0]!, looks.at(-1)!]
  expect([first.matrix.weight.row, first.matrix.weight.column]).toEqual([
    last.matrix.weight.row,
    last.matrix.weight.column,
  ])
  const mean = (losses: (number | null)[]) => {
    const known = losses.filter((loss) => loss !== null)
    return known.reduce((sum, loss) => sum + loss, 0) / known.length
  }
  expect(mean(last.example.now)).toBeLessThan(mean(last.example.base))
})

test('where nobody looks nothing is read, and no oftener than a second where somebody does', async () => {
  const { engine, looks, watch } = await watched(() => false)
  const [matrix, score] = [vi.spyOn(engine, 'matrix'), vi.spyOn(engine, 'score')]
  const run = sit(CONFIG, { engine, watch, data: { ...bigramData(), validation: () => [] } })
  await run.done
  expect([matrix.mock.calls.length, score.mock.calls.length, looks.length]).toEqual([0, 0, 0])

  const still = await watched(
    () => true,
    () => 5,
  )
  await sit(CONFIG, { engine: still.engine, watch: still.watch }).done
  expect(still.looks).toHaveLength(1)
})

test("a look that fails is not the run's failure", async () => {
  const { engine, looks, watch } = await watched(() => true)
  engine.matrix = () => Promise.reject(new Error('not now'))
  const run = sit(CONFIG, { engine, watch })
  await expect(run.done).resolves.toMatchObject({ reason: 'finished' })
  expect(looks).toEqual([])
})

test('the first example of a packed batch is cut out whole', () => {
  const batch = flat([
    [1, 2, 3],
    [4, 5],
  ])
  const first = firstOf(batch)
  expect([...first.tokens]).toEqual([1, 2, 3])
  expect([...first.supervisedRows]).toEqual([0, 1])
  expect(firstOf(flat([[4, 5]])).tokens).toHaveLength(2)
})
