import { deleteDB } from 'idb'
import { afterAll, describe, expect, test } from 'vitest'
import { createStudio } from '../../src/workers/client.ts'
import { changed, recipeOf } from '../support/recipe.ts'
import { TIMED, watchLongTasks } from './support/long-tasks.ts'

const ROWS = 100_000
const WORDS =
  'the old river ran past a green mill where nobody had ground any corn for years and years'.split(' ')
const MAPPING = { prompt: 'question', response: 'answer' }

/** Some 40 MB of questions and answers, most of their words common and a few of them new. */
function largeFile(): File {
  const word = (i: number) => WORDS[(i * 7919) % WORDS.length]!
  const sentence = (i: number, length: number) =>
    Array.from({ length }, (_, n) => (n === 3 ? `thing${i}` : word(i + n * n))).join(' ')
  const lines = Array.from({ length: ROWS }, (_, i) => `"${sentence(i, 25)}?","${sentence(i + 1, 60)}."`)
  return new File([`question,answer\n${lines.join('\n')}\n`], 'large.csv')
}

describe('a hundred thousand rows', () => {
  const studio = createStudio()
  afterAll(() => deleteDB('lapidary'))

  test('statistics, findings, estimate and exact figures agree, and come with their progress', async () => {
    const dataset = await studio.data.openFile(largeFile())
    const longestTask = watchLongTasks()
    const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
      const start = performance.now()
      return [await work, (performance.now() - start) / 1000]
    }
    const request = recipeOf(dataset, { data: MAPPING, training: { seed: 1 } })
    const { model: _, ...rows } = request
    const [stats, statsSeconds] = await timed(studio.data.columnStats(dataset.id))
    expect(stats.map(({ rows }) => rows)).toEqual([ROWS, ROWS])
    const [findings, findingsSeconds] = await timed(studio.data.inspect(rows))
    expect(findings).toEqual([])
    // The first use of the model stores it; a person has done so long before.
    await studio.data.estimate(request)
    const other = changed(request, { data: { validation_share: 0.2 } })
    const [estimate, estimateSeconds] = await timed(studio.data.estimate(other))
    expect(estimate.estimate).toEqual({ rows: 2000, of: ROWS })
    const shares: number[] = []
    const [exact, exactSeconds] = await timed(
      studio.data.prepare(other, { onProgress: ({ share }) => shares.push(share!) }),
    )
    const stall = longestTask()
    const tokens = exact.tokenCount.train + exact.tokenCount.validation
    const rate = tokens / exactSeconds
    console.info(
      `statistics ${statsSeconds.toFixed(2)} s, findings ${findingsSeconds.toFixed(2)} s, estimate ${estimateSeconds.toFixed(2)} s, ` +
        `${tokens} tokens at ${Math.round(rate)} a second, longest task of the page ${Math.round(stall)} ms`,
    )
    expect(Math.abs(estimate.tokenCount.train / exact.tokenCount.train - 1) < 0.02).toBe(true)
    expect(shares.length).toBeGreaterThan(3)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    if (!TIMED) return
    expect(statsSeconds < 5).toBe(true)
    expect(estimateSeconds < 2).toBe(true)
    expect(rate >= 60_000).toBe(true)
    expect(stall < 250, `the page stood still for ${stall} ms`).toBe(true)
  })

  test('functions and signals cross to the worker: examples are written by the page, and a stop is heard', async () => {
    const rows = Array.from({ length: 24 }, (_, i) => `Where is ball ${i}?,It is in box ${i}.`)
    const info = await studio.data.openFile(new File([`question,answer\n${rows.join('\n')}\n`], 'few.csv'))
    const { id } = info
    const recipe = recipeOf(info, { data: MAPPING, training: { seed: 1 } })
    const wish = { count: 2, author: 'A page', practice: false }
    const kept: number[] = []
    const found = await studio.data.synthesise(
      recipe,
      wish,
      async (prompts) =>
        prompts.map((_, i) => `Question: Why does the ${WORDS[i + 1]} one shine?\nAnswer: It was washed.`),
      { onPreview: (progress) => kept.push(progress.kept) },
    )
    expect(found).toMatchObject({ kept: 2, set: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) } })
    expect(kept).toEqual([2])
    const control = new AbortController()
    // What was written before the stop is kept; here nothing that could be.
    const stopped = await studio.data.synthesise(
      recipe,
      { ...wish, count: 50 },
      async (prompts) => {
        control.abort()
        await new Promise((resolve) => setTimeout(resolve, 50))
        return prompts.map(() => '')
      },
      { signal: control.signal },
    )
    expect(stopped).toMatchObject({ kept: 0, set: null })
    expect(stopped.asked).toBeLessThan(50)
    const edited = await studio.data.edit(id, [{ type: 'set', row: 0, column: 'answer', value: 'Lost.' }])
    expect(edited.edits).toBe(1)
    expect((await studio.data.undo(id)).edits).toBeUndefined()
    await expect(studio.data.edit(id, [{ type: 'delete', rows: [99] }])).rejects.toMatchObject({
      code: 'bad_data',
    })
  })
})
