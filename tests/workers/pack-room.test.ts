import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { downloadZip } from 'client-zip'
import { describe, expect, test } from 'vitest'
import { blobSource } from '../../src/files/bytes.ts'
import { openPackFile } from '../../src/pack/read.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import { isInside, PACK_LIST, type Pack, parsePack } from '../../src/protocol/pack.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { ExportedFile, PackRequest } from '../../src/protocol/studio.ts'
import { openedOnce } from '../../src/storage/database.ts'
import { Library } from '../../src/workers/library.ts'
import { packRoom } from '../../src/workers/pack-room.ts'
import { useDataRooms } from './support/data-rooms.ts'

const { base, room: dataRoom } = useDataRooms()
const MOOD = readFileSync(join(import.meta.dirname, '../../public/datasets/mood.csv'))

const rooms = () => packRoom(() => new Library(openedOnce(), base()), base)

const REQUEST: PackRequest = {
  title: 'Moods',
  language: 'en',
  lesson: '# Moods\n\n## Look {#data}\n\nWhat do you see?\n',
  config: parseRunConfig({ training: { max_steps: 20, seed: 7 }, data: { prompt: 'sentence' } }),
  model: 'pebble',
  quantization: null,
  data: new File([MOOD], 'mood.csv'),
  shown: ['data', 'train'],
  locked: ['model'],
  place: 'data',
  app: false,
}

async function bytesOf(file: ExportedFile): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for await (const part of file.chunks()) parts.push(part)
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

async function zipOf(files: { name: string; input: BlobPart }[], name = 'moods.lapidary-pack.zip') {
  return new File([await downloadZip(files as never).blob()], name)
}

async function entriesOf(files: readonly ExportedFile[]) {
  const entries: { name: string; input: Uint8Array<ArrayBuffer> }[] = []
  for (const file of files) entries.push({ name: file.path, input: await bytesOf(file) })
  return entries
}

async function refusal(work: Promise<unknown>) {
  return work.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => toFailure(error),
  )
}

const stored = async () => ({
  models: (await (await openedOnce()()).getAll('models')).map(({ id }) => id),
  chunks: (await (await openedOnce()()).getAllKeys('chunks')).length,
})

describe('a class pack', () => {
  test('comes back as it was made: settings, lesson, data, and a model that is here already is not stored again', async () => {
    const files = await rooms().make(REQUEST)
    expect(files[0]!.path).toBe(PACK_LIST)
    const pack = await zipOf(await entriesOf(files))
    const before = await stored()
    const opened = (await rooms().open(pack))!
    expect(opened.pack.config).toEqual(REQUEST.config)
    expect(opened.pack).toMatchObject({
      title: 'Moods',
      shown: ['data', 'train'],
      locked: ['model'],
      place: 'data',
    })
    expect(opened.lesson).toBe(REQUEST.lesson)
    expect(new Uint8Array(await opened.data!.arrayBuffer())).toEqual(new Uint8Array(MOOD))
    expect(opened.added).toBe(false)
    expect(opened.model!.id).toBe('pebble')
    expect(await stored()).toEqual(before)
    // Its rows are read as from any file.
    expect((await dataRoom().openFiles([opened.data!])).rows).toBe(480)
  })

  test('brings a model that is not here; one whose name another has is stored beside that', async () => {
    const library = new Library(openedOnce(), base())
    const { files } = await library.open('pebble')
    // Not quite the practice model, which would be that one.
    const changed = blobSource(new Blob(['{"do_sample": false}']))
    await library.add(new Map(files).set('generation_config.json', changed), 'Gemma')
    const rounded = await rooms().make({ ...REQUEST, model: 'gemma', quantization: 'int4' })
    const list = parsePack(JSON.parse(new TextDecoder().decode(await bytesOf(rounded[0]!))), 'x')
    expect(list.model).toMatchObject({ name: 'Gemma', quantization: 'int4', licence: { id: 'gemma' } })
    expect(rounded.map(({ path }) => path)).toContain('model/NOTICE')
    const opened = (await rooms().open(await zipOf(await entriesOf(rounded))))!
    expect(opened.added).toBe(true)
    expect(opened.model).toMatchObject({
      name: 'Gemma (Moods)',
      hash: list.model!.hash,
      licence: { id: 'gemma' },
    })
    const ids = (await library.list()).map(({ id }) => id)
    expect(ids.sort()).toEqual(['gemma', 'gemma-moods', 'pebble'])
    // Again it is the same one.
    const again = (await rooms().open(await zipOf(await entriesOf(rounded))))!
    expect(again).toMatchObject({ added: false, model: { id: opened.model!.id } })
    // Damaged here, it is mended by what the pack holds.
    const database = await openedOnce()()
    const { set } = (await database.get('models', opened.model!.id))!.files['model.safetensors']!
    await database.delete('chunks', [set, 0])
    const mended = (await rooms().open(await zipOf(await entriesOf(rounded))))!
    expect(mended).toMatchObject({ added: false, model: { id: opened.model!.id } })
    const weights = (await library.open(opened.model!.id)).files.get('model.safetensors')!
    expect((await weights.read(0, weights.size)).length).toBe(weights.size)
  })

  test('that was cut off or altered is refused by name, and nothing of it is stored', async () => {
    const files = await rooms().make({ ...REQUEST, data: new File([MOOD], 'mood.csv') })
    const entries = await entriesOf(files)
    const before = await stored()
    const whole = new Uint8Array(await (await zipOf(entries)).arrayBuffer())
    for (const share of [0.001, 0.5, 0.999]) {
      const cut = new File([whole.slice(0, whole.length * share)], 'cut.lapidary-pack.zip')
      expect(await refusal(rooms().open(cut))).toMatchObject({ code: 'bad_file' })
    }
    const other = async (change: (all: typeof entries) => typeof entries) =>
      refusal(rooms().open(await zipOf(change(entries.map((entry) => ({ ...entry }))))))
    const flipped = await other((all) =>
      all.map((entry) => {
        if (entry.name !== 'model/model.safetensors') return entry
        const input = entry.input.slice()
        input[input.length - 1]! ^= 1
        return { ...entry, input }
      }),
    )
    expect(flipped).toMatchObject({ code: 'bad_file' })
    expect(flipped.message).toContain('model/model.safetensors does not have the hash')
    const longer = await other((all) =>
      all.map((entry) => (entry.name === 'lesson.md' ? { ...entry, input: new Uint8Array(9) } : entry)),
    )
    expect(longer.message).toContain('lesson.md has 9 bytes')
    const more = await other((all) => [...all, { name: 'app/evil.js', input: new Uint8Array(3) }])
    expect(more.message).toContain('app/evil.js, which its list does not name')
    const less = await other((all) => all.filter(({ name }) => name !== 'data/mood.csv'))
    expect(less.message).toContain('data/mood.csv is missing')
    const twice = await other((all) => [...all, all.at(-1)!])
    expect(twice.message).toContain('twice')
    const none = await refusal(rooms().open(await zipOf([{ name: 'mood.csv', input: MOOD }], 'x.zip')))
    expect(none).toMatchObject({ code: 'unsupported_format', message: 'x.zip is no class pack.' })
    expect(await stored()).toEqual(before)
  })

  test('with a list that is wrong is refused by the field', async () => {
    const [list] = await rooms().make(REQUEST)
    const good = JSON.parse(new TextDecoder().decode(await bytesOf(list!))) as Pack
    const refused = (change: object) => {
      try {
        parsePack({ ...good, ...change }, 'a.lapidary-pack.zip')
      } catch (error) {
        return toFailure(error).message
      }
      return expect.fail('it was not refused')
    }
    expect(parsePack(good, 'a')).toEqual(good)
    expect(refused({ version: 2 })).toContain('newer version')
    expect(refused({ format: 'zip' })).toContain('no class pack')
    expect(refused({ title: '' })).toContain('"title"')
    expect(refused({ locked: ['all'] })).toContain('"locked.0"')
    expect(refused({ config: { training: { learning_rate: 'fast' } } })).toContain('learning_rate')
    expect(refused({ config: { nonsense: {} } })).toContain('nonsense')
    expect(refused({ lesson: 'other.md' })).toContain('other.md, which it does not list')
    expect(
      refused({ entries: [...good.entries, { path: 'LESSON.md', bytes: 1, sha256: '0'.repeat(64) }] }),
    ).toContain('LESSON.md twice')
    for (const path of ['../x', '/x', 'a//b', 'a/./b', 'C:/x', 'a\\b', 'x.', 'a/\u0000'])
      expect(refused({ entries: [{ path, bytes: 1, sha256: '0'.repeat(64) }] })).toContain('entries.0.path')
    expect(['lesson.md', 'app/assets/a-1.js', '.x/y'].every(isInside)).toBe(true)
  })

  test('takes data whose name is none on some systems under another, and is not opened where it is a studio itself', async () => {
    const names: [string, string][] = [
      ['what? "mood".csv', 'data/what- -mood-.csv'],
      ['a/b:c|d.csv', 'data/a-b-c-d.csv'],
      ['心情.csv', 'data/心情.csv'],
      ['...', 'data/data'],
    ]
    for (const [name, path] of names) {
      const [list] = await rooms().make({ ...REQUEST, model: null, data: new File([MOOD], name) })
      const pack = parsePack(JSON.parse(new TextDecoder().decode(await bytesOf(list!))), 'x')
      expect(pack.data).toEqual({ path })
    }
    const html = new File(['<!doctype html>'], 'moods.lapidary-pack.html')
    const failure = await refusal(rooms().open(html))
    expect(failure).toMatchObject({ code: 'unsupported_format' })
    expect(failure.message).toContain('it is one itself')
  })

  test('packed anew is refused with what to do', async () => {
    const entries = await entriesOf(await rooms().make({ ...REQUEST, model: null }))
    const { zipSync } = await import('fflate')
    const packed = zipSync(Object.fromEntries(entries.map(({ name, input }) => [name, input])), { level: 9 })
    const failure = await refusal(openPackFile(new Blob([packed as never]), 'again.zip'))
    expect(failure).toMatchObject({ code: 'unsupported_format' })
    expect(failure.message).toContain('packed anew')
    // As systems compress the folder that it was unpacked to.
    const folder = zipSync(Object.fromEntries(entries.map(({ name, input }) => [`lesson/${name}`, input])))
    const other = await refusal(openPackFile(new Blob([folder as never]), 'lesson.zip'))
    expect(other.message).toContain('packed anew')
  })
})
