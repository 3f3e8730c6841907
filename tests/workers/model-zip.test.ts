import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkModelPath, openModelPath, servedModel } from '../../cli/model-path.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { openedOnce } from '../../src/storage/database.ts'
import { Library } from '../../src/workers/library.ts'
import { failure } from '../data/helpers.ts'
import { zipOf } from '../support/zip.ts'
import { useDataRooms } from './support/data-rooms.ts'

const { base } = useDataRooms()
const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const NAMES = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
]
const pebble = Object.fromEntries(
  NAMES.map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))]),
)

/** As the studio saves a model. */
async function saved(folder = 'My Pebble/'): Promise<Uint8Array<ArrayBuffer>> {
  const blob = await zipOf(
    NAMES.map((name) => ({
      path: `${folder}${name}`,
      size: pebble[name]!.length,
      chunks: async function* () {
        yield pebble[name]!
      },
    })),
  )
  return new Uint8Array(await blob.arrayBuffer())
}

/** As other programs pack it, with what is no part of it. */
const packed = () =>
  zipSync({
    'around/notes.txt': new TextEncoder().encode('notes'),
    'around/gemma/onnx/config.json': new TextEncoder().encode('{}'),
    ...Object.fromEntries(NAMES.map((name) => [`around/gemma/${name}`, pebble[name]!])),
  }) as Uint8Array<ArrayBuffer>

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-zip-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const library = () => new Library(openedOnce(), base())
const add = (bytes: Uint8Array<ArrayBuffer>, name = 'mine.zip') =>
  library().add(new Map([[name, bufferSource(bytes)]]), 'mine')

test.each([
  ['as the studio saves it', saved],
  ['of files at its root', () => saved('')],
  ['packed by another program, in a folder with others', async () => packed()],
])('a zip %s is the model, on the page and by the command line', async (_, make) => {
  const bytes = await make()
  const given = new Map(NAMES.map((name) => [name, bufferSource(pebble[name]! as Uint8Array<ArrayBuffer>)]))
  const { hash } = await library().add(given, 'by its files')
  expect((await add(bytes)).hash).toBe(hash)

  const path = join(folder, 'mine.zip')
  writeFileSync(path, bytes)
  const files = await openModelPath(checkModelPath(path))
  expect([...files.keys()].sort()).toEqual([...NAMES].sort())
  for (const [name, source] of files)
    expect(Buffer.compare(await source.read(0, source.size), pebble[name]!), name).toBe(0)
  expect(JSON.parse((await servedModel(path)).manifest).name).toBe('mine')
})

test('cut off, with a byte that is another, or without a model: told by name, nothing is stored', async () => {
  const bytes = await saved()
  const wrong = bytes.slice()
  wrong[wrong.length >> 1]! ^= 1
  const none = zipSync({ 'a/notes.txt': new TextEncoder().encode('notes') }) as Uint8Array<ArrayBuffer>
  const cases: [Uint8Array<ArrayBuffer>, 'bad_file' | 'missing_file', string][] = [
    [bytes.slice(0, -1000), 'bad_file', 'mine.zip is a damaged ZIP archive'],
    [wrong, 'bad_file', 'check sum'],
    [none, 'missing_file', 'There is no model in mine.zip'],
  ]
  for (const [given, code, says] of cases) {
    const inRoom = await failure(() => add(given), code)
    expect(inRoom.message).toContain(says)
    writeFileSync(join(folder, 'mine.zip'), given)
    const byCommand = await failure(() => openModelPath(join(folder, 'mine.zip')), code)
    expect([byCommand.message, byCommand.hint]).toEqual([inRoom.message, inRoom.hint])
  }
  const database = await openedOnce()()
  expect(await database.count('chunks')).toBe(0)
  expect(readdirSync(folder)).toEqual(['mine.zip'])
})
