import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, expect, test } from 'vitest'
import { exporter } from '../../src/export/registry.ts'
import type { ExportSource } from '../../src/export/source.ts'
import type { ByteSource } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import { free } from '../../src/lib/free.ts'
import { Sha256 } from '../../src/lib/hash.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import type { ExportedFile } from '../../src/protocol/studio.ts'
import { BlobWriter, openBlob } from '../../src/storage/blobs.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { goldenSource, written } from '../support/export-source.ts'
import { failure } from './helpers.ts'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})

/** Bytes of a chunk, and of those that are kept: the least, so that chunks go and come while they are read. */
const [CHUNK, KEPT] = [4096, 2 * 4096]

/** A run whose base lies in this browser's storage. */
async function storedSource(): Promise<{ source: ExportSource; remove: () => Promise<void> }> {
  const database = await openDatabase()
  const { source } = await goldenSource('gemma3-tiny', { query_pre_attn_scalar: 64 })
  const base = await source.model()
  const files = new Map<string, ByteSource>()
  for (const [name, file] of base.files) {
    const writer = new BlobWriter(database, { chunk: CHUNK })
    await writer.write(await file.read(0, file.size))
    const ref = await writer.finish()
    files.set(name, openBlob(database, ref, `${name} of mine`, { kept: KEPT, ahead: CHUNK }))
  }
  const weights = resolveWeights(base.config, await openWeights(files))
  return {
    source: { ...source, model: async () => ({ ...base, files, weights: async () => weights }) },
    remove: () => database.clear('chunks'),
  }
}

const filesOf = async (format: string, source: ExportSource) => (await exporter(format)).files(source, {})
const weightsOf = (files: ExportedFile[]) =>
  files.reduce((largest, file) => (file.size > largest.size ? file : largest))

/** SHA-256 of a file, whose pieces are given back as whoever takes them does. */
async function hashOf(file: ExportedFile): Promise<string> {
  const hash = new Sha256()
  for await (const piece of file.chunks()) {
    hash.update(piece)
    free(piece)
  }
  return hash.hex()
}

test('exports that are written at once, and one twice, are each what it is alone', async () => {
  const { source } = await storedSource()
  const formats = ['merged', 'merged-f32', 'gguf-q8_0', 'h5-merged', 'pt-merged']
  const files = await Promise.all(formats.map(async (format) => weightsOf(await filesOf(format, source))))
  const alone: string[] = []
  for (const file of files) alone.push(await hashOf(file))
  expect(new Set(alone).size).toBe(formats.length)
  expect(await Promise.all([...files, ...files].map(hashOf))).toEqual([...alone, ...alone])
})

test('where the base is deleted while it is read, that is told by name, and the adapter leaves all the same', async () => {
  const { source, remove } = await storedSource()
  const merged = weightsOf(await filesOf('merged', source))
  let read = 0
  const cut = async () => {
    for await (const piece of merged.chunks()) {
      if (read === 0) await remove()
      read += piece.byteLength
    }
  }
  const { message, hint } = await failure(cut, 'bad_file')
  expect(message).toBe("Part of model.safetensors of mine is no longer in this browser's storage.")
  expect(hint).toContain('add it again')
  expect(read).toBeLessThan(merged.size)
  const model = () => Promise.reject(new Error('It is gone.'))
  const files = await written(await filesOf('peft', { ...source, model }))
  expect((await openWeights(files)).tensors.size).toBeGreaterThan(0)
})
