import 'fake-indexeddb/auto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unpackRun } from '../../cli/run-file.ts'
import { runFileOf } from '../../cli/run-file-source.ts'
import { type RunningServer, serve } from '../../cli/server.ts'
import { trainJob } from '../../cli/train-job.ts'
import { readRunFile } from '../../src/export/run-file-reader.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import type { RunFileOptions } from '../../src/protocol/run-file.ts'
import type { ExportedFile } from '../../src/protocol/studio.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { writeRunFolder } from '../support/run-folder.ts'
import { zipOf } from '../support/zip.ts'

const scratch = mkdtempSync(join(tmpdir(), 'lapidary-run-file-'))
const run = join(scratch, 'mine')
const WITH_SAMPLES: RunFileOptions = { checkpoints: 'all', rows: { samples: true } }
let server: RunningServer

beforeAll(async () => {
  await writeRunFolder(run, { data: { name: '/home/ada/letters.csv, /home/ada/more.csv' } })
  server = await serve({ root: join(import.meta.dirname, '..', '..', 'public') })
})
afterAll(async () => {
  await server.close()
  rmSync(scratch, { recursive: true })
})

async function fileAt(name: string, entries: readonly ExportedFile[]): Promise<string> {
  const path = join(scratch, name)
  writeFileSync(path, new Uint8Array(await (await zipOf(entries)).arrayBuffer()))
  return path
}
const entriesOf = (folder: string, options?: RunFileOptions) =>
  runFileOf({ folder }, undefined, false, options ?? {})
const texts = async (files: readonly ExportedFile[]) =>
  new Map(
    await Promise.all(files.map(async (file) => [file.path, await (await blobOf(file)).text()] as const)),
  )

describe('a run between command line and page', () => {
  test('is the same run on both sides, to the byte', async () => {
    const entries = await entriesOf(run, WITH_SAMPLES)
    const path = await fileAt('mine.lapidary-run.zip', entries)
    const studio = trainRooms()
    studio.open({ base: server.url })
    const opened = await studio.runs.openRunFile(new Blob([readFileSync(path)]), 'mine.lapidary-run.zip')
    expect(opened).toMatchObject({ name: 'pebble on more.csv', lacks: { data: 'letters.csv, more.csv' } })
    expect(opened.lacks.model).toBeUndefined()
    const page = await studio.runs.runFile(opened.run, WITH_SAMPLES)

    const unpacked = join(scratch, 'unpacked')
    await unpackRun(await fileAt('page.lapidary-run.zip', page), unpacked)
    const [first, second] = [await texts(entries), await texts(await entriesOf(unpacked, WITH_SAMPLES))]
    for (const name of ['run.json', 'metrics.jsonl', 'curves.csv', 'checkpoints/step-3.json']) {
      expect([name, (await texts(page)).get(name)]).toEqual([name, first.get(name)])
      expect([name, second.get(name)]).toEqual([name, first.get(name)])
    }
    for (const name of ['run.json', 'metrics.jsonl'])
      expect(readFileSync(join(unpacked, name), 'utf8')).toBe(first.get(name))
    expect(readFileSync(join(unpacked, 'checkpoint', 'step-3.safetensors'))).toEqual(
      readFileSync(join(run, 'checkpoint', 'step-3.safetensors')),
    )
    const record = (all: Map<string, string>) => {
      const { id, name, status, step, model, sample_prompts } = JSON.parse(all.get('record.json')!)
      return { id, name, status, step, model, sample_prompts }
    }
    expect(record(second)).toEqual(record(first))
  })

  test('names no place of this machine, and no row that was not chosen', async () => {
    const all = [...(await texts(await entriesOf(run))).values()].join('')
    for (const word of ['/home/ada', 'Who is Ada?', 'My aunt']) expect(all).not.toContain(word)
    expect(all).toContain('letters.csv, more.csv')
  })

  test('is gone on with by --resume FILE in a new folder, which bad input does not leave', async () => {
    const path = await fileAt('again.lapidary-run.zip', await entriesOf(run))
    const out = join(scratch, 'again')
    const failure = toFailure(
      await trainJob(['--resume', path, '--out', out]).catch((error: unknown) => error),
    )
    expect(failure).toMatchObject({
      code: 'missing_file',
      message: expect.stringContaining('The run learnt from letters.csv'),
      hint: expect.stringContaining('with --data'),
    })
    expect(existsSync(out)).toBe(false)
    writeFileSync(join(scratch, 'letters.csv'), 'q,a\nx,y\n')
    const job = await trainJob(['--resume', path, '--out', out, '--data', join(scratch, 'letters.csv')])
    expect(job).toMatchObject({ resume: true, from: 'last', out, again: null, config: { lora: { r: 2 } } })
    expect(existsSync(join(out, 'checkpoint', 'checkpoint.json'))).toBe(true)
  })

  test('that holds no checkpoint is refused by the command line before anything is written', async () => {
    const path = await fileAt('bare.lapidary-run.zip', await entriesOf(run, { checkpoints: 'none' }))
    expect((await readRunFile(new Blob([readFileSync(path)]), path)).record.checkpoints).toEqual([])
    const out = join(scratch, 'bare')
    await expect(unpackRun(path, out)).rejects.toMatchObject({ code: 'missing_file' })
    expect(existsSync(out)).toBe(false)
  })
})
