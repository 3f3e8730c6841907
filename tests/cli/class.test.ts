import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { classJob } from '../../cli/class-job.ts'
import { classTable, fileFailure, noteLines, scoredLine } from '../../cli/class-words.ts'
import type { Failure } from '../../src/protocol/errors.ts'
import type { HandedRun, HandedTable } from '../../src/runs/handed-in.ts'

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-class-'))
  for (const name of ['b.lapidary-run.zip', 'a.lapidary-run.zip', 'rows.csv', 'there.csv'])
    writeFileSync(at(name), 'question,answer\n1,2\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('files of runs stand before the flags, alone or in their folder', async () => {
  const own = { name: 'a.lapidary-run.zip', path: at('a.lapidary-run.zip') }
  expect(await classJob([own.path])).toEqual({ runs: [own], models: [], rows: null, csv: null })
  expect(await classJob([folder, '--benchmark', 'feelings', '--csv', at('table.csv')])).toEqual({
    runs: [own, { name: 'b.lapidary-run.zip', path: at('b.lapidary-run.zip') }],
    ...{ models: [], rows: { benchmark: 'feelings' }, csv: at('table.csv') },
  })
  expect(await classJob([own.path, '--data', at('rows.csv'), '--model', 'pebble'])).toMatchObject({
    rows: { files: [{ name: 'rows.csv', path: at('rows.csv') }] },
    models: [{ name: 'pebble', path: null }],
  })
  expect(await classJob(['--help'])).toBeNull()
})

test('a file that was downloaded twice is one of the folder', async () => {
  const own = mkdtempSync(join(tmpdir(), 'lapidary-class-'))
  const names = ['Ada.lapidary-run (1).zip', 'Ada.lapidary-run.zip']
  for (const name of [...names, 'notes.zip']) writeFileSync(join(own, name), '')
  const job = await classJob([own])
  expect(job?.runs.map(({ name }) => name)).toEqual(names)
  rmSync(own, { recursive: true })
})

test.each([
  ['no file', [], 'No file of a run is named.'],
  ['a file that is not there', ['NOWHERE'], /^There is no file .*NOWHERE/],
  ['two sets', ['RUN', '--data', 'RUN', '--benchmark', 'general'], /do not go together/],
  ['a set that is none', ['RUN', '--benchmark', 'moods'], 'There is no benchmark set "moods".'],
  ['a model and no rows', ['RUN', '--model', 'pebble'], '--model goes with --benchmark or --data.'],
  ['a table that is there', ['RUN', '--csv', 'THERE'], /exists already/],
])('%s is refused by name', async (_, words, message) => {
  const given = words.map((word) =>
    word === 'RUN' ? at('a.lapidary-run.zip') : word === 'THERE' ? at('there.csv') : word,
  )
  await expect(classJob(given)).rejects.toThrow(message)
})

const run = (part: Partial<HandedRun>): HandedRun => ({
  ...{ at: 0, by: 'Ada', run: 'Pebble, mood', model: 'Pebble', data: 'mood.csv', step: 6, maxSteps: 6 },
  ...{ heldOut: 0.5, best: { loss: 0.25, step: 4 }, score: { right: 3, rows: 8 }, figure: null, note: null },
  ...{ values: [0.1], ...part },
})

test('the table has the columns of the page, and nothing that others wrote reaches the terminal but text', () => {
  const failure: Failure = {
    code: 'missing_file',
    message: 'Its base model, G\u001b[31m, is not in this browser.',
    hint: '',
    detail: { expected: 'ab' },
  }
  const table: HandedTable = {
    runs: [
      run({}),
      run({ by: 'Eve\u001b[2J\nMallory', score: null, note: { kind: 'failed', failure }, values: [null] }),
      run({ by: null, heldOut: null, best: null, note: { kind: 'missed', rows: 2 } }),
    ],
    fields: ['training.learning_rate'],
    benchmark: { name: 'x.csv', set: null, rows: 8, runs: 2, here: true },
  }
  const text = classTable(table)
  expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['name', 'run', 'right', 'steps', 'held-out loss, at the end', 'at its best', 'training.learning_rate'],
    ['Ada', 'Pebble, mood', '3 of 8', '6 of 6', '0.500', '0.250, step 4', '0.1'],
    ['Eve [2J Mallory', 'Pebble, mood', 'not scored', '6 of 6', '0.500', '0.250, step 4', '–'],
    ['(no name)', 'Pebble, mood', '3 of 8', '6 of 6', '–', '–', '0.1'],
  ])
  expect(text).not.toContain('\u001b')
  expect(scoredLine(table)).toBe('"Right" was found here, on the same 8 rows of x.csv, for 2 of them.')
  expect(noteLines(table)).toEqual([
    'Pebble, mood: it was not asked 2 of the rows, which count as not right.',
  ])
  expect(fileFailure(failure)).toMatchObject({
    message: 'Its base model, G [31m, is not here.',
    hint: 'Name its folder or .gguf file with --model.',
  })
})
