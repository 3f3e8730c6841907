import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ROUNDED_PATH, roundedCache } from '../../cli/rounded-cache.ts'
import { serve } from '../../cli/server.ts'
import { blobSource } from '../../src/files/bytes.ts'
import { ROUNDING } from '../../src/model/quantise.ts'
import type { WeightSource } from '../../src/protocol/model.ts'
import { openFiles } from '../../src/workers/library.ts'
import { servedRounding } from '../../src/workers/served-rounding.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const HASH = 'a'.repeat(64)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-rounded-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = (cache = folder) => ({ LAPIDARY_CACHE: cache })
const kept = () => readdirSync(join(folder, 'rounded'))
const key = (to = 'int4', hash = HASH) => `${hash}-${to}-${ROUNDING}`

/** A command that loads Pebble in few bits, as it is served to its page. */
async function command(
  options: { to?: 'int4' | 'int8'; hash?: string; cache?: string; most?: number; share?: number } = {},
) {
  const { to = 'int4', hash = HASH, share = 1 } = options
  const cache = roundedCache(env(options.cache), options.most)
  const server = await serve({
    root: folder,
    folders: cache.folders,
    put: async (path, body) => {
      if (!(await cache.put(path, body))) throw new Error(path)
    },
  })
  try {
    const files = new Map(
      readdirSync(PEBBLE).map((name) => [name, blobSource(new Blob([readFileSync(join(PEBBLE, name))]))]),
    )
    const shelf = servedRounding(new URL(ROUNDED_PATH, server.url).href, hash, 0)
    const model = await openFiles('served', 'Served', files, hash, shelf)
    const file = vi.spyOn(files.get('model.safetensors')!, 'read')
    const { fromKept } = await model.quantised(to)
    let found = new Map<string, string>()
    await model.loadWith(to, async (weights) => {
      file.mockClear()
      found = await readAll(weights, share)
    })
    const errors = (await model.quantised(to)).errors()
    const reads = file.mock.calls.length
    if (!fromKept) await vi.waitFor(() => expect(writing()).toEqual([]))
    return { found, fromKept, errors, reads }
  } finally {
    await server.close()
    cache.close()
  }
}

const writing = () => {
  try {
    return kept().filter((name) => name.endsWith('.part'))
  } catch {
    return []
  }
}

async function readAll(weights: WeightSource, share: number) {
  const whole = new Map<string, string>()
  const names = [...weights.tensors.keys()]
  for (const name of names.slice(0, Math.ceil(names.length * share))) {
    const { dtype, shape } = weights.tensors.get(name)!
    const values = shape.reduce((product, size) => product * size, 1)
    const bytes = { F32: 4, BF16: 2, F16: 2, Q8_0: 34 / 32, Q4_0: 18 / 32 }[dtype] * values
    whole.set(name, Buffer.from(await weights.read(name, 0, bytes)).toString('base64'))
  }
  return whole
}

test('a base that one command has rounded is read by the next: the same bytes, and the same said of what they cost', async () => {
  const first = await command()
  expect(first.fromKept).toBe(false)
  expect(kept()).toEqual([key()])
  const second = await command()
  expect(second.fromKept).toBe(true)
  expect(second.found).toEqual(first.found)
  expect(second.errors).toEqual(first.errors)
  expect(second.reads).toBeLessThan(first.reads)
  // Another model, or as many bits as no one asked for before, is another base.
  expect((await command({ hash: 'b'.repeat(64) })).fromKept).toBe(false)
  expect((await command({ to: 'int8' })).fromKept).toBe(false)
  expect(kept().sort()).toEqual([key(), key('int8'), key('int4', 'b'.repeat(64))].sort())
})

test('what is cut off, or of another rounding, is rounded anew to the same bytes', async () => {
  const { found } = await command()
  truncateSync(join(folder, 'rounded', key(), 'blocks.bin'), 1000)
  const again = await command()
  expect([again.fromKept, again.found]).toEqual([false, found])
  expect((await command()).fromKept).toBe(true)
  const table = join(folder, 'rounded', key(), 'table.json')
  writeFileSync(table, JSON.stringify({ ...JSON.parse(readFileSync(table, 'utf8')), version: ROUNDING + 1 }))
  expect((await command()).fromKept).toBe(false)
})

test('a load that did not come to its end leaves nothing, and a cache that cannot be written to is no failure', async () => {
  expect((await command({ share: 0.5 })).fromKept).toBe(false)
  expect(kept()).toEqual([])
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const first = await command({ cache: file })
  const second = await command({ cache: file })
  expect([second.fromKept, second.found]).toEqual([false, first.found])
})

test('it is bounded: what was used longest ago goes', async () => {
  const hashes = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
  const bytes = async () => readFileSync(join(folder, 'rounded', key(), 'blocks.bin')).length
  await command()
  const most = 2 * (await bytes())
  await command({ hash: hashes[1]!, most })
  utimesSync(join(folder, 'rounded', key('int4', hashes[1])), new Date(0), new Date(0))
  await command({ hash: hashes[2]!, most })
  expect(kept().sort()).toEqual([key(), key('int4', hashes[2])].sort())
  // One that alone is too large is not kept.
  await command({ hash: 'd'.repeat(64), most: 1000 })
  expect(kept().sort()).toEqual([key(), key('int4', hashes[2])].sort())
})
