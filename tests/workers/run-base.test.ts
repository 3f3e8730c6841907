import { describe, expect, test, vi } from 'vitest'
import { toFailure } from '../../src/protocol/errors.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { changedPebble, stoppedOn, type ToyRooms, useToyRooms } from './support/toy-rooms.ts'

/** A run finds its base by what is in it, whatever it is called. */

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const rooms = useToyRooms()

async function goneOn({ runs }: ToyRooms, run: string): Promise<RunEvent> {
  return new Promise((resolve, reject) => {
    runs
      .resume(run, (event) => {
        if (event.type === 'done' || event.type === 'error') resolve(event)
      })
      .catch(reject)
  })
}

const infoOf = async ({ runs }: ToyRooms, run: string) => (await runs.list()).find(({ id }) => id === run)!
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => toFailure(error),
  )
const ask = ({ answers }: ToyRooms, request: { model: string; run: string | null; baseOf?: string }) =>
  answers.answer(
    {
      ...request,
      prompts: ['Where is ball 3?'],
      options: { maxNewTokens: 2, temperature: 0, topK: 0, topP: 1, seed: 1 },
    },
    () => {},
  )

describe('the base of a run', () => {
  test('is found under another name, and the run goes on and answers with it', async () => {
    const studio = rooms()
    const first = await studio.adding.add(changedPebble(1), 'gemma')
    const run = await stoppedOn(studio, first.id)
    await studio.models.remove(first.id)
    const again = await studio.adding.add(changedPebble(1), 'another name')
    expect(again.id).toBe('another-name')
    const info = await infoOf(studio, run)
    expect(info.model).toBe(again.id)
    expect(info.lacks).toBeUndefined()
    await ask(studio, { model: 'gemma', run })
    expect(await goneOn(studio, run)).toMatchObject({ type: 'done', step: 6 })
    expect((await infoOf(studio, run)).model).toBe(again.id)
  })

  test('that is gone is told by its name, and another model of that name is not taken for it', async () => {
    const studio = rooms()
    const { id, hash } = await studio.adding.add(changedPebble(1), 'gemma')
    const run = await stoppedOn(studio, id)
    await studio.models.remove(id)
    expect((await infoOf(studio, run)).lacks).toEqual({ name: 'gemma', hash, origin: { kind: 'files' } })
    const gone = {
      code: 'missing_file',
      message: expect.stringMatching(/, gemma, is not in this browser\.$/),
    }
    expect(await refusal(studio.runs.resume(run, () => {}))).toMatchObject(gone)
    // As if nothing had happened, under the same id.
    expect((await studio.adding.add(changedPebble(2), 'gemma')).id).toBe(id)
    expect((await infoOf(studio, run)).lacks).toMatchObject({ name: 'gemma', hash, other: 'gemma' })
    const other = {
      code: 'missing_file',
      message: expect.stringContaining('what is called gemma here has other weights'),
      hint: expect.stringContaining('under any name'),
      detail: { expected: hash },
    }
    const uses: (() => Promise<unknown>)[] = [
      () => studio.runs.resume(run, () => {}),
      () => studio.runs.exportRun(run, 'merged'),
      () => ask(studio, { model: id, run }),
      // The playground's answers before training are of the run's own base, too.
      () => ask(studio, { model: id, run: null, baseOf: run }),
      () => studio.evaluations.outlook({ run, checkpoint: null, rows: { split: 'validation' } }),
    ]
    for (const use of uses) expect(await refusal(use())).toMatchObject(other)
    await studio.adding.add(changedPebble(1), 'gemma')
    expect((await infoOf(studio, run)).model).toBe('gemma-2')
    await ask(studio, { model: id, run: null, baseOf: run })
  })

  test('of a run of an earlier version is known by the model that is deleted, or by its id alone', async () => {
    const studio = rooms()
    const { id, hash } = await studio.adding.add(changedPebble(1), 'My Gemma')
    const run = await stoppedOn(studio, id)
    const database = await openDatabase()
    const { base: _, ...old } = (await database.get('runs', run))!
    await database.put('runs', old)
    await studio.models.remove(id)
    expect((await infoOf(studio, run)).lacks).toMatchObject({ name: 'My Gemma', hash })
    // Deleted by that version itself.
    await database.put('runs', old)
    expect((await infoOf(studio, run)).lacks).toEqual({ name: 'my-gemma', hash })
    // Without a hash it is the model of its id.
    await database.put('runs', { ...old, modelHash: '' })
    await studio.adding.add(changedPebble(1), 'My Gemma')
    expect((await infoOf(studio, run)).lacks).toBeUndefined()
    database.close()
  })
})
