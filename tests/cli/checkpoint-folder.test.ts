import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CheckpointFolder, requireStep } from '../../cli/checkpoint-folder.ts'
import { failure } from '../data/helpers.ts'

let run: string
let folder: string
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'lapidary-kept-'))
  folder = join(run, 'checkpoint')
  // As a run makes it.
  writeFileSync(join(run, 'run.json'), '{}')
})
afterEach(() => rmSync(run, { recursive: true }))

/** As files arrive: the tensors first, and the description in the place of the last one. */
function save(into: CheckpointFolder, step: number, best: number | null): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `step-${step}.safetensors`), `${step}`)
  const description = {
    step,
    tensors: `step-${step}.safetensors`,
    event_count: step,
    best: best && { step: best },
  }
  writeFileSync(join(folder, 'checkpoint.json.tmp'), JSON.stringify(description))
  into.replaceLast()
}

const files = () => readdirSync(folder).sort()
const tensors = (...steps: number[]) => steps.map((step) => `step-${step}.safetensors`)

test('without a limit: the last, the one before it while the run goes on, and at its end the last alone', async () => {
  const kept = new CheckpointFolder(folder, null)
  for (const step of [1, 2, 3]) save(kept, step, 1)
  expect(files()).toEqual(['checkpoint.json', 'previous.json', ...tensors(2, 3)])
  expect(kept.removed).toEqual([])
  kept.end()
  expect(files()).toEqual(['checkpoint.json', ...tensors(3)])
})

test('a limit keeps as many, the best among them always, and frees what the others took', async () => {
  const kept = new CheckpointFolder(folder, 3)
  for (const step of [1, 2, 3, 4, 5, 6]) save(kept, step, step < 2 ? 1 : 2)
  expect([kept.steps, kept.removed]).toEqual([
    [2, 5, 6],
    [1, 3, 4],
  ])
  expect(files()).toEqual([
    'checkpoint.json',
    'previous.json',
    'step-2.json',
    ...tensors(2),
    'step-5.json',
    ...tensors(5),
    ...tensors(6),
  ])
  kept.end()
  expect(kept.steps).toEqual([2, 5, 6])
  expect(files()).not.toContain('previous.json')
  expect([requireStep('2', '--step', run), requireStep('6', '--step', run)]).toEqual([2, 'last'])
  const refused = await failure(async () => requireStep('4', '--step', run), 'missing_file')
  expect(refused.hint).toBe('Kept: step 2, step 5, step 6.')
  await failure(async () => requireStep('best', '--step', run), 'bad_config')
})

test('a limit of one keeps the last, and the best', async () => {
  const kept = new CheckpointFolder(folder, 1)
  for (const step of [1, 2, 3]) save(kept, step, 1)
  expect(kept.steps).toEqual([1, 3])
  const none = new CheckpointFolder(folder, 1)
  save(none, 4, null)
  expect(files()).toEqual(['checkpoint.json', ...tensors(4)])
})

test('going back to one makes it the last, and those after it are gone', async () => {
  const kept = new CheckpointFolder(folder, 4)
  for (const step of [1, 2, 3, 4]) save(kept, step, 2)
  const again = new CheckpointFolder(folder, 4)
  again.goBack(2)
  expect([again.read('last')!.step, again.steps]).toEqual([2, [1, 2]])
  save(again, 3, 2)
  expect(again.steps).toEqual([1, 2, 3])
  expect(files()).toEqual([
    'checkpoint.json',
    'previous.json',
    'step-1.json',
    ...tensors(1),
    'step-2.json',
    ...tensors(2),
    ...tensors(3),
  ])
})
