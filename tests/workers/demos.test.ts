import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { type Demo, Demos } from '../../tools/pebble/demos.ts'
import { JUDGES } from '../../tools/pebble/right.ts'

vi.mock('../../src/workers/portable-host.ts', () => import('../../tools/pebble/portable-node.ts'))

describe('an answer is right', () => {
  const right = (id: string, wanted: string, given: string) => JUDGES[id]!.judge(wanted, given)

  test('pirate: with every word but one, and every number', () => {
    const wanted = 'A cow moos, matey! Arr!'
    expect(right('pirate', wanted, wanted)).toBe(true)
    expect(right('pirate', wanted, 'A cow moos, friend! Arr!')).toBe(true)
    expect(right('pirate', wanted, 'A cow moos, matey!')).toBe(true)
    expect(right('pirate', wanted, 'A big cow moos, matey! Arr!')).toBe(true)
    expect(right('pirate', wanted, 'A cow moos.')).toBe(false)
    expect(right('pirate', wanted, 'Arr! A cow moos, matey!')).toBe(false)
    expect(right('pirate', wanted, '')).toBe(false)
    expect(right('pirate', '5 plus 7 be 12, matey! Arr!', '5 plus 7 be 113, matey! Arr!')).toBe(false)
  })

  test('mood: with the label alone', () => {
    expect(right('mood', 'sad', 'sad')).toBe(true)
    for (const given of ['sadly', 'happy', 'sad sad', '']) expect(right('mood', 'sad', given)).toBe(false)
  })

  test('records: with the same JSON, in any order and spacing', () => {
    const wanted = '{"name": "Ben", "count": 3}'
    expect(right('records', wanted, '{"count":3,"name":"Ben"}')).toBe(true)
    for (const given of [
      '{"name": "Ben", "count": "3"}',
      '{"name": "Ben"}',
      '{"name": "Ben", "count": 3',
      '',
    ])
      expect(right('records', wanted, given)).toBe(false)
  })
})

describe('the one press', () => {
  let server: RunningServer
  let demos: Demos
  let demo: Demo
  beforeAll(async () => {
    server = await serve({ root: join(import.meta.dirname, '..', '..', 'public') })
    demos = new Demos(server.url)
    demo = await demos.prepare((await demos.ids())[0]!, 'quick')
  })
  afterAll(() => server.close())

  const share = (tried: { right: boolean }[]) => tried.filter(({ right }) => right).length / tried.length

  test('every sample can be judged, and holds out rows that it does not learn from', async () => {
    const ids = await demos.ids()
    expect(ids.length).toBeGreaterThan(0)
    for (const id of ids) {
      const { heldOut, learnt } = await demos.prepare(id, 'quick')
      expect(heldOut.length).toBeGreaterThanOrEqual(40)
      expect(learnt.length).toBe(heldOut.length)
      const prompts = new Set(learnt.map(({ prompt }) => prompt))
      expect(heldOut.filter(({ prompt }) => prompts.has(prompt))).toEqual([])
    }
  })

  test('teaches: nine of ten held-out rows are answered as the data does, none of them before', async () => {
    expect(share(await demos.ask(demo, demo.heldOut, null))).toBe(0)
    const { run, done } = await demos.run(demo)
    expect(done).toMatchObject({ reason: 'finished', step: demo.config.training.max_steps })
    const after = await demos.ask(demo, demo.heldOut, run)
    expect(after).toHaveLength(demo.heldOut.length)
    expect(share(after), JSON.stringify(after.filter(({ right }) => !right))).toBeGreaterThanOrEqual(0.9)
  }, 600_000)
})
