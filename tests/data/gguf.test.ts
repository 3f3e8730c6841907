import { describe, expect, test } from 'vitest'
import { type ByteSource, bufferSource } from '../../src/files/bytes.ts'
import { openGguf } from '../../src/files/gguf.ts'
import { READ_TYPES, storedAs } from '../../src/files/gguf-blocks.ts'
import { ggufTensor } from '../../src/files/gguf-tensor.ts'
import { safetensorsSource } from '../../src/files/safetensors-source.ts'
import { safetensorsBytes } from '../../src/files/safetensors-writer.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { asFloat32, bf16ToF32, f32ToBf16 } from '../../src/lib/bf16.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { repositoryFile } from '../support/files.ts'
import { type GgufParts, writeGguf } from '../support/gguf.ts'
import { failure, seeded } from './helpers.ts'

const golden = async (name: string) => bufferSource(await repositoryFile(`tests/golden/gguf/${name}`))
const bits = (values: Float32Array) =>
  Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length))

describe('blocks of every type', async () => {
  const file = await openGguf(await golden('blocks.gguf'), 'blocks.gguf')
  const expected = await openWeights(new Map([['model.safetensors', await golden('blocks.safetensors')]]))

  test('are all there', () => {
    expect([...file.tensors.keys()].sort()).toEqual([...READ_TYPES].sort())
    for (const [name, { type }] of file.tensors) expect(type.name).toBe(name)
  })

  test.each([...READ_TYPES])('%s is what the gguf package makes of it, bit for bit', async (name) => {
    const { type, start, end, source, shape } = file.tensors.get(name)!
    const want = await readTensor(expected, name)
    expect(shape).toEqual(want.shape)
    const got = new Float32Array(want.data.length)
    type.unpack(await source.read(start, end), got)
    expect(bits(got)).toEqual(bits(want.data))
  })

  test.each([...READ_TYPES])('%s is stored as it is, or rounded to bf16', async (name) => {
    const made = ggufTensor(file.tensors.get(name)!, 'w')
    const want = await readTensor(expected, name)
    // A copy: of what is not converted, the file's own bytes are given.
    const got = (await made.read(0, made.bytes)).slice()
    const { type, shape } = file.tensors.get(name)!
    expect(made.dtype).toBe(storedAs(type, shape))
    if (made.dtype === 'BF16') expect([...new Uint16Array(got.buffer)]).toEqual([...f32ToBf16(want.data)])
    const { start, end, source } = file.tensors.get(name)!
    if (made.dtype === name) expect([...got]).toEqual([...(await source.read(start, end))])
    expect([made.dtype === name, made.dtype === 'BF16']).toContain(true)
    if (made.dtype === 'F32') expect(bits(new Float32Array(got.buffer))).toEqual(bits(want.data))
    // Any range of it is the same bytes.
    const random = seeded(3)
    for (let i = 0; i < 20; i++) {
      const ends = [random(), random()].map((x) => Math.floor(x * (got.length + 1))).sort((a, b) => a - b)
      const [start, end] = ends as [number, number]
      expect(await made.read(start, end)).toEqual(got.slice(start, end))
    }
  })

  test('metadata of every kind', () => {
    const { metadata } = file
    expect(metadata.get('general.architecture')).toBe('gemma3')
    expect([...(metadata.get('test.numbers') as Int32Array)]).toEqual([1, 2, 3])
    expect(metadata.get('test.texts')).toEqual(['a', '', 'ä▁'])
    expect(metadata.get('test.float')).toBe(Math.fround(1e-6))
    expect([metadata.get('test.long'), metadata.get('test.flag')]).toEqual([2 ** 40, true])
  })

  test('a whole file of them is valid safetensors, whatever range is read', async () => {
    const tensors = [...file.tensors].map(([name, tensor]) => ggufTensor(tensor, name))
    const source = safetensorsSource(tensors, { format: 'pt' })
    const weights = await openWeights(new Map([['model.safetensors', source]]))
    expect(weights.metadata).toEqual({
      format: 'pt',
      'lapidary.blocks': JSON.stringify({ Q4_0: 'Q4_0', Q8_0: 'Q8_0' }),
    })
    // Blocks lie in it as they came, and are as many values as before.
    for (const name of ['Q8_0', 'Q4_0']) {
      const { shape, start, end, source: own } = file.tensors.get(name)!
      expect(weights.tensors.get(name)).toEqual({ dtype: name, shape })
      expect([...(await weights.read(name, 0, end - start))]).toEqual([...(await own.read(start, end))])
      expect(bits((await readTensor(weights, name)).data)).toEqual(
        bits((await readTensor(expected, name)).data),
      )
    }
    const whole = await source.read(0, source.size)
    const pieces: number[] = []
    for (let at = 0; at < source.size; at += 100)
      pieces.push(...(await source.read(at, Math.min(source.size, at + 100))))
    expect(pieces).toEqual([...whole])
    const { data } = await readTensor(weights, 'Q6_K')
    expect(data).toEqual(bf16ToF32(f32ToBf16((await readTensor(expected, 'Q6_K')).data)))
  })
})

test('a norm that is kept as 1 + w gives w, of which an engine makes the same 1 + w', async () => {
  const random = seeded(1)
  const scales = Float32Array.from({ length: 512 }, () => 1 + Math.fround(6 * random() - 3))
  const made = ggufTensor(await tensor('F32', [512], new Uint8Array(scales.buffer)), 'norm', -1)
  expect(made.dtype).toBe('F32')
  const weights = asFloat32(await made.read(0, made.bytes))
  expect(bits(weights.map((w) => w + 1))).toEqual(bits(scales))
})

test('a broken scale is told, not rounded to infinity', async () => {
  const block = new Uint8Array(34).fill(1)
  block.set([0, 0x7c])
  const made = ggufTensor(await tensor('Q8_0', [32], block), 'model.norm.weight')
  const { message } = await failure(() => made.read(0, made.bytes), 'bad_file')
  expect(message).toContain('model.norm.weight')
})

test('a broken scale of blocks that are kept is told, wherever reading begins', async () => {
  const blocks = new Uint8Array(4 * 34).fill(1)
  blocks.set([0, 0xfc], 2 * 34)
  const made = ggufTensor(await tensor('Q8_0', [2, 64], blocks), 'w')
  expect(made.dtype).toBe('Q8_0')
  await failure(() => made.read(0, made.bytes), 'bad_file')
  await failure(() => made.read(69, 71), 'bad_file')
  expect(await made.read(0, 69)).toEqual(blocks.slice(0, 69))
  expect(await made.read(70, made.bytes)).toEqual(blocks.slice(70))
})

test('rows of an odd number of blocks are rounded to bf16', async () => {
  const made = ggufTensor(await tensor('Q8_0', [2, 32], new Uint8Array(68)), 'w')
  expect(made.dtype).toBe('BF16')
})

test.each([
  ['{', 'no list of types'],
  ['{"w":"Q2_K"}', 'gives w a type'],
  ['{"v":"Q8_0"}', 'gives v a type'],
  ['{"w":"Q8_0"}', 'no whole blocks'],
])('a file that says %s of its blocks is refused', async (said, message) => {
  const bytes = await safetensorsBytes([
    { name: 'w', dtype: 'Q8_0', shape: [2, 64], data: new Uint8Array(136) },
  ])
  const header = new TextDecoder().decode(bytes)
  const changed = header
    .slice(8, 8 + bytes[0]!)
    .replace('{\\"w\\":\\"Q8_0\\"}', JSON.stringify(said).slice(1, -1))
  const narrower = said === '{"w":"Q8_0"}' ? changed.replace('[2,68]', '[4,34]') : changed
  const text = new TextEncoder().encode(narrower.trimEnd())
  const file = new Uint8Array(8 + text.length + 136)
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true)
  file.set(text, 8)
  const failed = await failure(
    () => openWeights(new Map([['model.safetensors', bufferSource(file)]])),
    'bad_file',
  )
  expect(failed.message).toContain(message)
})

async function tensor(type: string, shape: number[], data: Uint8Array) {
  const bytes = writeGguf({ metadata: {}, tensors: [{ name: 'x', shape, type, data }] })
  return (await openGguf(bufferSource(bytes), 'x.gguf')).tensors.get('x')!
}

describe('a file that is not what it says', () => {
  const parts: GgufParts = {
    metadata: {
      'general.architecture': ['text', 'gemma3'],
      list: ['text[]', ['a', 'b']],
      long: ['u32[]', [1, 2]],
    },
    tensors: [
      { name: 'a', shape: [2, 32], type: 'Q8_0', data: new Uint8Array(68) },
      { name: 'b', shape: [8], type: 'F32', data: new Uint8Array(32) },
    ],
  }
  const whole = writeGguf(parts)
  const at = (words: string) => Buffer.from(whole).indexOf(words)
  /** The file with a whole number put over what is there. */
  const over = (byte: number, value: number | bigint, size: 4 | 8 = 8) => {
    const bytes = whole.slice()
    const view = new DataView(bytes.buffer)
    if (size === 8) view.setBigUint64(byte, BigInt(value), true)
    else view.setUint32(byte, Number(value), true)
    return bytes
  }
  const bigEndian = whole.slice()
  bigEndian.set([0, 0, 0, 3], 4)

  const CASES: [string, Uint8Array<ArrayBuffer>, ErrorCode, string][] = [
    ['empty', new Uint8Array(0), 'bad_file', '0 bytes'],
    ['another format', new TextEncoder().encode('PK\u0003\u0004 a zip, not a model'), 'bad_file', 'GGUF'],
    ['version 1', over(4, 1, 4), 'unsupported_format', 'version 1'],
    ['a later version', over(4, 4, 4), 'unsupported_format', 'version 4'],
    ['big-endian', bigEndian, 'unsupported_format', 'big-endian'],
    ['a billion tensors', over(8, 1e9), 'bad_file', '1000000000 tensors'],
    ['a billion entries', over(16, 1e9), 'bad_file', '1000000000 metadata entries'],
    ['2^64 - 1 tensors', over(8, 2n ** 64n - 1n), 'bad_file', 'tensors'],
    ['a name of 4 GB', over(24, 2 ** 32), 'bad_file', 'the name of metadata entry 0'],
    ['a text of 4 GB', over(at('gemma3') - 8, 2 ** 32), 'bad_file', 'general.architecture'],
    ['a list of a billion texts', over(at('list') + 4 + 4 + 4, 1e9), 'bad_file', 'values of list'],
    ['a list of a billion numbers', over(at('long') + 4 + 4 + 4, 1e9), 'bad_file', 'values of long'],
    ['a list of lists', over(at('long') + 4 + 4, 9, 4), 'bad_file', 'list of lists'],
    ['an unknown kind of value', over(at('long') + 4, 99, 4), 'bad_file', 'type 99'],
  ]
  test.each(CASES)('%s', async (_, bytes, code, words) => {
    const { message, detail } = await failure(() => openGguf(bufferSource(bytes), 'm.gguf'), code)
    expect(message).toContain('m.gguf')
    expect(message).toContain(words)
    expect(detail?.file).toBe('m.gguf')
  })

  test('cut anywhere, with not a byte read beyond its end', async () => {
    for (let size = 0; size < whole.length; size++)
      await failure(() => openGguf(bufferSource(whole.slice(0, size)), 'm.gguf'), 'bad_file')
    expect((await openGguf(bufferSource(whole), 'm.gguf')).tensors.size).toBe(2)
  })

  test.each<[string, Partial<GgufParts>, string]>([
    [
      'a tensor twice',
      { tensors: [parts.tensors[0]!, { ...parts.tensors[1]!, name: 'a' }] },
      'tensor a twice',
    ],
    ['half a block', { tensors: [{ ...parts.tensors[0]!, shape: [4, 16] }] }, 'no whole blocks of Q8_0'],
    ['no dimension', { tensors: [{ ...parts.tensors[0]!, shape: [] }] }, '0 dimensions'],
    ['a dimension of 0', { tensors: [{ ...parts.tensors[0]!, shape: [0, 32] }] }, 'impossible shape'],
    ['2^80 values', { tensors: [{ ...parts.tensors[0]!, shape: [2 ** 40, 2 ** 40] }] }, 'impossible shape'],
    ['more values than bytes', { tensors: [{ ...parts.tensors[0]!, shape: [9000, 32] }] }, 'ends at byte'],
    ['an alignment of 3', { metadata: { 'general.alignment': ['u32', 3] } }, 'multiple of 8'],
  ])('%s', async (_, changed, words) => {
    const bytes = writeGguf({ ...parts, ...changed })
    const { message } = await failure(() => openGguf(bufferSource(bytes), 'm.gguf'), 'bad_file')
    expect(message).toContain(words)
  })

  test('random damage is refused or read, never an error of another kind', async () => {
    const random = seeded(9)
    for (let i = 0; i < 400; i++) {
      const bytes = whole.slice()
      for (let n = 0; n < 3; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      const source: ByteSource = bufferSource(bytes)
      await openGguf(source, 'm.gguf').catch((error) => {
        if (!['bad_file', 'unsupported_format'].includes(error.code)) throw error
      })
    }
  })
})
