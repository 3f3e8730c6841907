import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { dataFront } from '../../src/workers/data-front.ts'
import { dataRoom } from '../../src/workers/data-room.ts'

afterEach(() => vi.unstubAllGlobals())

test('what lists data sets stands in front of all else, on the same database', async () => {
  const index = readFileSync(join(import.meta.dirname, '../../public/datasets/index.json'))
  vi.stubGlobal('fetch', async (at: string | URL) =>
    String(at).endsWith('/studio/datasets/index.json')
      ? new Response(index)
      : new Response('', { status: 404 }),
  )
  const front = dataFront()
  // `rest` lets go of what is behind it.
  const { rest, ...asked } = front
  expect(Object.keys(asked).sort()).toEqual(Object.keys(dataRoom()).sort())
  front.open({ base: 'https://host.test/studio/' })
  expect((await front.samples()).length).toBeGreaterThan(2)
  expect(await front.list()).toEqual([])
  const file = new File(['question,answer\nWhy?,Because.\n'], 'few.csv')
  const opened = await front.openFile(file)
  expect(opened).toMatchObject({ name: 'few.csv', rows: 1 })
  expect((await front.list()).map(({ id }) => id)).toEqual([opened.id])
  expect(await front.rows(opened.id, { offset: 0, count: 1 })).toEqual([
    { question: 'Why?', answer: 'Because.' },
  ])
  await rest!()
  expect(await front.rows(opened.id, { offset: 0, count: 1 })).toHaveLength(1)
  // Failures come through as they are.
  await expect(front.edit('none', [])).rejects.toMatchObject({ code: 'missing_file' })
})
