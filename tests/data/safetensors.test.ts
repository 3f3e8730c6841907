import { describe, expect, test } from 'vitest'
import { blobSource, bufferSource, httpSource } from '../../src/files/bytes.ts'
import { openSafetensors } from '../../src/files/safetensors.ts'
import { safetensorsBlob, safetensorsBytes, type TensorToWrite } from '../../src/files/safetensors-writer.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { failure, seeded, utf8 } from './helpers.ts'

/** Written by Python's safetensors 0.8 with metadata {"format": "pt"}: b f32 [2,3], a bf16 [3], c f16 [2]. */
const FROM_PYTHON = Uint8Array.from(
  atob(
    'yAAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJiIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDNdLCJkYXRh' +
      'X29mZnNldHMiOlswLDI0XX0sImEiOnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMjQsMzBdfSwiYyI6' +
      'eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzMwLDM0XX19IAAAIMAAAMC/AAAAvwAAAD8AAMA/AAAgQMA/' +
      'AMBifwA4/3s=',
  ),
  (c) => c.charCodeAt(0),
)

const TENSORS: TensorToWrite[] = [
  { name: 'c', dtype: 'F16', shape: [2], data: Float32Array.of(0.5, 65504) },
  { name: 'a', dtype: 'BF16', shape: [3], data: () => Float32Array.of(1.5, -2, 3e38) },
  { name: 'b', dtype: 'F32', shape: [2, 3], data: Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5) },
]

/** A file with this header, whatever it says, and so many bytes of data. */
function file(header: string, dataBytes: number): Uint8Array<ArrayBuffer> {
  const json = utf8(header)
  const bytes = new Uint8Array(8 + json.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

describe('writing and reading', () => {
  test('writes the bytes that Python writes', async () => {
    expect(await safetensorsBytes(TENSORS, { format: 'pt' })).toEqual(FROM_PYTHON)
    const blob = await safetensorsBlob(TENSORS, { format: 'pt' })
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(FROM_PYTHON)
  })

  test('reads them back, from a blob and from memory', async () => {
    for (const source of [bufferSource(FROM_PYTHON), blobSource(new Blob([FROM_PYTHON]))]) {
      const weights = await openWeights(new Map([['model.safetensors', source]]))
      expect(weights.metadata).toEqual({ format: 'pt' })
      expect(await readTensor(weights, 'b')).toEqual({
        shape: [2, 3],
        data: Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5),
      })
      const { data } = await readTensor(weights, 'a')
      expect([data[0], data[1], Math.abs(data[2]! / 3e38 - 1) < 0.01]).toEqual([1.5, -2, true])
      expect((await readTensor(weights, 'c')).data).toEqual(Float32Array.of(0.5, 65504))
      expect(await weights.read('b', 4, 8)).toEqual(new Uint8Array(Float32Array.of(-1.5).buffer))
    }
  })

  test('refuses to write what its shape contradicts, and a name twice', async () => {
    const wrong: TensorToWrite = { name: 'x', dtype: 'F32', shape: [3], data: new Float32Array(2) }
    await expect(safetensorsBytes([wrong])).rejects.toThrow('x has 8 bytes')
    await expect(safetensorsBytes([TENSORS[0]!, TENSORS[0]!])).rejects.toThrow('twice')
  })

  test('stops when told to', async () => {
    const source = bufferSource(FROM_PYTHON)
    await expect(openSafetensors(source, 'x', AbortSignal.abort())).rejects.toThrow('aborted')
  })
})

describe('bad files', () => {
  const one = (fields: string) => `{"w":{${fields}}}`
  const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]'
  test.each([
    ['empty', new Uint8Array(0), '0 bytes'],
    ['header longer than the file', file(one(good), 8).fill(255, 0, 2), 'ends at byte'],
    ['header too large', file(one(good), 8).fill(255, 0, 6), 'above the most allowed'],
    ['not JSON', file('{"w":', 8), 'not JSON'],
    ['a list', file('[]', 0), 'not a JSON object'],
    ['not UTF-8', file('{"w":"\u0000"}', 8).fill(0xff, 14, 15), 'not JSON'],
    ['a name twice', file(`{"w":{${good}},"w":{${good}}}`, 8), 'names "w" twice'],
    ['an escaped name twice', file(`{"w":{${good}},"\\u0077":{${good}}}`, 8), 'names "w" twice'],
    ['no type', file(one('"shape":[2],"data_offsets":[0,8]'), 8), 'w has no type'],
    ['negative shape', file(one('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 8), 'valid shape'],
    ['offsets reversed', file(one('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), 8), 'data offsets'],
    ['wrong byte count', file(one('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 8), 'has 8 bytes'],
    ['out of range', file(one('"dtype":"F32","shape":[3],"data_offsets":[0,12]'), 8), 'ends at byte'],
    ['truncated', file(one(good), 7), 'ends at byte'],
    ['bytes left over', file(one(good), 9), 'last 1 bytes'],
    ['gap', file(one('"dtype":"F32","shape":[2],"data_offsets":[4,12]'), 12), 'belong to none'],
    [
      'overlap',
      file(`{"w":{${good}},"v":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12),
      'w and v overlap',
    ],
    ['bad metadata', file(`{"__metadata__":{"a":1},"w":{${good}}}`, 8), 'metadata'],
    ['entry is null', file('{"w":null}', 0), 'w has no type'],
  ])('%s', async (_, bytes, message) => {
    const error = await failure(() => openSafetensors(bufferSource(bytes), 'm.safetensors'), 'bad_file')
    expect(error.message).toContain(message)
    expect(error.detail?.file).toBe('m.safetensors')
  })

  test('a huge shape whose product overflows is still a wrong byte count', async () => {
    const header = one('"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]')
    await failure(() => openSafetensors(bufferSource(file(header, 8)), 'm'), 'bad_file')
  })

  test('types that are no weights are read past, and named', async () => {
    const header = one('"dtype":"I64","shape":[1],"data_offsets":[0,8]')
    const weights = await openWeights(new Map([['model.safetensors', bufferSource(file(header, 8))]]))
    expect(weights.tensors.size).toBe(0)
    expect(weights.unreadable.get('w')).toBe('I64')
  })

  test('truncation at every byte and random damage: always an error or a correct read', async () => {
    const random = seeded(7)
    const whole = (await read(FROM_PYTHON)) as string
    for (let size = 0; size < FROM_PYTHON.length; size++)
      expect(await read(FROM_PYTHON.slice(0, size))).toBeInstanceOf(LapidaryError)
    let same = 0
    for (let round = 0; round < 3000; round++) {
      const bytes = FROM_PYTHON.slice()
      const at = Math.floor(random() * bytes.length)
      bytes[at]! ^= 1 << Math.floor(random() * 8)
      const result = await read(bytes)
      if (result instanceof LapidaryError) expect(result.code).toMatch(/bad_file|missing_tensor/)
      else if (result === whole) same++
    }
    // Only bits of names, of the metadata and of the data themselves can change unnoticed.
    expect(same).toBeLessThan(3000)
  })

  async function read(bytes: Uint8Array<ArrayBuffer>): Promise<string | LapidaryError> {
    try {
      const weights = await openWeights(new Map([['model.safetensors', bufferSource(bytes)]]))
      const out: Record<string, unknown> = {}
      for (const name of weights.tensors.keys()) out[name] = [...(await readTensor(weights, name)).data]
      return JSON.stringify(out)
    } catch (error) {
      if (error instanceof LapidaryError) return error
      throw error
    }
  }
})

describe('shards', () => {
  const shard = async (name: string, value: number) =>
    bufferSource(await safetensorsBytes([{ name, dtype: 'F32', shape: [1], data: Float32Array.of(value) }]))
  const index = (map: unknown) => bufferSource(utf8(JSON.stringify({ metadata: {}, weight_map: map })))
  const A = 'model-00001-of-00002.safetensors'
  const B = 'model-00002-of-00002.safetensors'

  test('are read through the index, and without it', async () => {
    const files = new Map([
      [A, await shard('a', 1)],
      [B, await shard('b', 2)],
    ])
    for (const withIndex of [true, false]) {
      if (withIndex) files.set('model.safetensors.index.json', index({ a: A, b: B }))
      else files.delete('model.safetensors.index.json')
      const weights = await openWeights(files)
      expect([(await readTensor(weights, 'a')).data[0], (await readTensor(weights, 'b')).data[0]]).toEqual([
        1, 2,
      ])
      expect(weights.files).toEqual([A, B])
    }
  })

  test('missing, wrong and doubled', async () => {
    const name = 'model.safetensors.index.json'
    const a = await shard('a', 1)
    const gone = await failure(
      () =>
        openWeights(
          new Map([
            [A, a],
            [name, index({ a: A, b: B })],
          ]),
        ),
      'missing_file',
    )
    expect(gone.detail?.expected).toBe(B)
    const lies = new Map([
      [A, a],
      [name, index({ z: A })],
    ])
    expect((await failure(() => openWeights(lies), 'missing_tensor')).detail?.tensor).toBe('z')
    const twice = new Map([
      [A, a],
      [B, a],
    ])
    await failure(() => openWeights(twice), 'bad_file')
    await failure(() => openWeights(new Map()), 'missing_file')
    await failure(
      () =>
        openWeights(
          new Map([
            [A, a],
            [name, index(null)],
          ]),
        ),
      'bad_file',
    )
  })
})

describe('over HTTP', () => {
  const serve =
    (bytes: Uint8Array<ArrayBuffer>, ranges: boolean, asked: string[] = []) =>
    async (_: unknown, init?: RequestInit): Promise<Response> => {
      const range = new Headers(init?.headers).get('range')
      asked.push(range ?? 'whole')
      const match = /bytes=(\d+)-(\d+)/.exec(range ?? '')
      if (!ranges || !match) return new Response(bytes)
      const [start, end] = [Number(match[1]), Number(match[2]) + 1]
      const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }
      return new Response(bytes.slice(start, end), { status: 206, headers })
    }

  test('reads by range, or whole where the server knows no ranges', async () => {
    for (const ranges of [true, false]) {
      const asked: string[] = []
      const source = await httpSource('http://x/model.safetensors', {
        fetch: serve(FROM_PYTHON, ranges, asked),
      })
      expect(source.size).toBe(FROM_PYTHON.length)
      const weights = await openWeights(new Map([['model.safetensors', source]]))
      expect((await readTensor(weights, 'b')).data[5]).toBe(2.5)
      expect(asked.length).toBe(ranges ? 4 : 1)
    }
  })

  test('reads whole what a host sends packed although a part was asked for, which browsers refuse', async () => {
    const whole = serve(FROM_PYTHON, false)
    const packed = (at: unknown, init?: RequestInit) =>
      new Headers(init?.headers).has('range') ? Promise.reject(new TypeError('Failed to fetch')) : whole(at)
    const source = await httpSource('http://x/model.safetensors', { fetch: packed })
    expect(source.size).toBe(FROM_PYTHON.length)
    expect(await source.read(0, source.size)).toEqual(FROM_PYTHON)
  })

  test('names a missing file, a start page in its place, a broken connection', async () => {
    const answer = (response: Response) => ({ fetch: async () => response })
    const at = 'http://x/model.safetensors'
    await failure(() => httpSource(at, answer(new Response('', { status: 404 }))), 'missing_file')
    const page = new Response('<html>', { headers: { 'content-type': 'text/html' } })
    await failure(() => httpSource(at, answer(page)), 'missing_file')
    await failure(() => httpSource(at, answer(new Response('', { status: 503 }))), 'network')
    const broken = async () => {
      throw new TypeError('Failed to fetch')
    }
    await failure(() => httpSource(at, { fetch: broken }), 'network')
    const source = await httpSource(at, { fetch: serve(FROM_PYTHON, true) })
    await failure(() => source.read(0, FROM_PYTHON.length + 1), 'bad_file')
  })
})
