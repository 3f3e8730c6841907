import { beforeAll, describe, expect, test } from 'vitest'
import { type ByteSource, bufferSource, readJson, readText } from '../../src/files/bytes.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { f32ToBf16 } from '../../src/lib/bf16.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { chatTokenizer, checkChatTokenizer, openChatTokenizer } from '../../src/tokens/chat.ts'
import { ggufParts, ggufStem } from '../../src/workers/gguf-names.ts'
import { readConfig } from '../../src/workers/library.ts'
import { modelFolderOf } from '../../src/workers/model-files.ts'
import { failure } from '../data/helpers.ts'
import { tinyTokenizerJson } from '../data/tiny-tokenizer.ts'
import { type GgufParts, type Meta, mergesOf, pebbleGguf, writeGguf } from '../support/gguf.ts'

let pebble: Awaited<ReturnType<typeof pebbleGguf>>
beforeAll(async () => {
  pebble = await pebbleGguf()
})

const source = (parts: GgufParts) => bufferSource(writeGguf(parts))
const opened = (parts: GgufParts, more: [string, ByteSource][] = []) =>
  modelFolderOf(new Map([['pebble.gguf', source(parts)], ...more]))
/** Pebble with other metadata; null leaves a key out. */
const withMeta = (changed: Record<string, Meta | null>): GgufParts => ({
  ...pebble.gguf,
  metadata: Object.fromEntries(
    Object.entries({ ...pebble.gguf.metadata, ...changed }).filter(([, value]) => value !== null),
  ) as Record<string, Meta>,
})

describe('a GGUF is the folder that it was made from', () => {
  test('config and weights, bit for bit', async () => {
    const files = await opened(pebble.gguf)
    expect([...files.keys()].sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ])
    const read = async (folder: ReadonlyMap<string, ByteSource>) => ({
      config: readModelConfig(await readJson(folder.get('config.json')!, 'config.json'), {
        dtype: 'float32',
        ...(folder.has('generation_config.json') && {
          generationConfig: await readJson(folder.get('generation_config.json')!, 'generation_config.json'),
        }),
      }),
      weights: await openWeights(folder),
    })
    const [made, given] = [await read(files), await read(pebble.folder)]
    expect(made.config).toEqual(given.config)
    const weights = resolveWeights(made.config, made.weights)
    expect([...weights.tensors.keys()].sort()).toEqual([...given.weights.tensors.keys()].sort())
    for (const name of given.weights.tensors.keys()) {
      const [found, want] = [await readTensor(weights, name), await readTensor(given.weights, name)]
      expect(found.shape).toEqual(want.shape)
      const [a, b] = [found, want].map(({ data }) => Buffer.from(f32ToBf16(data).buffer))
      expect(a!.equals(b!), name).toBe(true)
    }
  })

  test('the tokenizer and its template', async () => {
    const files = await opened(pebble.gguf)
    const made = await readJson(files.get('tokenizer.json')!, 'tokenizer.json')
    const given = (await readJson(pebble.folder.get('tokenizer.json')!, 'tokenizer.json')) as Record<
      string,
      unknown
    >
    expect(made).toEqual(given)
    const chat = await openChatTokenizer(files)
    expect([chat.templateFrom, chat.endOfTurn.text]).toEqual(['model', '<end_of_turn>'])
    expect(chat.template.source).toBe(await readText(files.get('chat_template.jinja')!, 'x'))
  })

  test('in memory it is never whole: reads are of the bytes that are asked for', async () => {
    const whole = source(pebble.gguf)
    let most = 0
    const counted: ByteSource = {
      size: whole.size,
      read(start, end, signal) {
        most = Math.max(most, end - start)
        return whole.read(start, end, signal)
      },
    }
    const weights = (await modelFolderOf(new Map([['pebble.gguf', counted]]))).get('model.safetensors')!
    most = 0
    for (let at = 0; at < weights.size; at += 65536)
      await weights.read(at, Math.min(weights.size, at + 65536))
    expect(most).toBeLessThanOrEqual(65536)
  })
})

describe('a tokenizer by its scores', () => {
  const json = tinyTokenizerJson() as unknown as Parameters<typeof mergesOf>[0]
  const merges = json.model.merges as string[]
  const made = mergesOf(json)
  const words = made['tokenizer.ggml.tokens']![1] as string[]
  /** As SentencePiece has it: the sooner it was merged, the higher; what was never merged, lowest of all. */
  const scores = words.map((word) => {
    const rank = merges.findIndex((merge) => merge.replace(' ', '') === word)
    return rank < 0 ? -1000 : -rank
  })
  const byScore = (changed: Record<string, Meta | null> = {}): GgufParts => ({
    ...withMeta({
      ...made,
      'tokenizer.ggml.merges': null,
      'tokenizer.ggml.scores': ['f32[]', scores],
      'tokenizer.chat_template': null,
      ...changed,
    }),
    // Pebble's has a row for each of other words.
    tensors: pebble.gguf.tensors.filter(({ name }) => name !== 'token_embd.weight'),
  })

  test('gives the same ids as by its merges', async () => {
    const files = await opened(byScore())
    const found = (await readJson(files.get('tokenizer.json')!, 'x')) as typeof json
    // The two line ends that are a word of their own come first, as added words do.
    expect(found.model.merges).toEqual([['\n', '\n'], ...merges.map((merge) => merge.split(' '))])
    const config = { bos_token: '<bos>', eos_token: '<eos>' }
    const [ours, given] = [chatTokenizer(found, config), chatTokenizer(json, config)]
    const texts = [
      'hello world',
      'user\n\n\nhello  hell',
      '<start_of_turn>user\nÄß 你好 🙂<end_of_turn>\n',
      '▁world',
    ]
    for (const text of texts)
      expect(ours.tokenizer.encode(text, { addSpecial: true })).toEqual(
        given.tokenizer.encode(text, { addSpecial: true }),
      )
  })

  test('letters beyond 16 bits are letters, too', async () => {
    const more = [...words, '🙂', '🙂🙂', 'a🙂']
    const files = await opened(
      byScore({
        'tokenizer.ggml.tokens': ['text[]', more],
        'tokenizer.ggml.scores': ['f32[]', [...scores, -1000, -50, -60]],
        'tokenizer.ggml.token_type': [
          'i32[]',
          [...(made['tokenizer.ggml.token_type']![1] as number[]), 1, 1, 1],
        ],
      }),
    )
    const { model } = (await readJson(files.get('tokenizer.json')!, 'x')) as typeof json
    expect(model.merges.slice(-2)).toEqual([
      ['🙂', '🙂'],
      ['a', '🙂'],
    ])
  })

  test.each<[string, Record<string, Meta | null>, ErrorCode, string]>([
    [
      'neither scores nor merges',
      { 'tokenizer.ggml.scores': null },
      'bad_model',
      'neither scores nor merges',
    ],
    ['too few scores', { 'tokenizer.ggml.scores': ['f32[]', [1, 2]] }, 'bad_model', 'tokenizer.ggml.scores'],
    ['no words', { 'tokenizer.ggml.tokens': null }, 'bad_model', 'tokenizer.ggml.tokens'],
    [
      'a word twice',
      { 'tokenizer.ggml.tokens': ['text[]', words.map((w, i) => (i === 9 ? 'a' : w))] },
      'bad_model',
      'only once',
    ],
    [
      'a word as long as a book',
      { 'tokenizer.ggml.tokens': ['text[]', words.map((w, i) => (i === 300 ? 'a'.repeat(1e6) : w))] },
      'bad_model',
      '1000000 letters',
    ],
    ['kinds of too few words', { 'tokenizer.ggml.token_type': ['i32[]', [1]] }, 'bad_model', 'token_type'],
    [
      'a beginning beyond all words',
      { 'tokenizer.ggml.bos_token_id': ['u32', 9999] },
      'bad_model',
      'bos_token_id',
    ],
    [
      'bytes of another kind',
      { 'tokenizer.ggml.tokens': ['text[]', words.map((w) => w.replace('▁', 'Ġ'))] },
      'unsupported_model',
      'tokenizer',
    ],
    [
      'a merge of no words',
      { 'tokenizer.ggml.merges': ['text[]', ['h xyz']] },
      'bad_model',
      'tokenizer.ggml.merges',
    ],
  ])('with %s it is refused', async (_, changed, code, text) => {
    const { message } = await failure(() => opened(byScore(changed)), code)
    expect(message).toContain(text)
    expect(message).toContain('pebble.gguf')
  })
})

describe('what is no Gemma of ours', () => {
  test.each<[string, Record<string, Meta | null>, ErrorCode, string]>([
    ['another architecture', { 'general.architecture': ['text', 'llama'] }, 'unsupported_model', 'llama'],
    [
      'a neighbour',
      { 'general.architecture': ['text', 'gemma3n'] },
      'unsupported_model',
      'is Gemma 3n, which is not supported: each layer',
    ],
    [
      'EmbeddingGemma',
      { 'general.architecture': ['text', 'gemma-embedding'] },
      'unsupported_model',
      'makes vectors of texts',
    ],
    ['no architecture', { 'general.architecture': null }, 'bad_model', 'general.architecture'],
    ['an adapter', { 'general.type': ['text', 'adapter'] }, 'unsupported_model', 'adapter'],
    [
      'a vision part',
      { 'general.type': ['text', 'mmproj'], 'general.architecture': ['text', 'clip'] },
      'unsupported_model',
      'vision part',
    ],
    ['a size that is missing', { 'gemma3.block_count': null }, 'bad_model', 'gemma3.block_count'],
    ['a size of 0', { 'gemma3.block_count': ['u32', 0] }, 'bad_model', 'gemma3.block_count'],
    ['a billion layers', { 'gemma3.block_count': ['u32', 1e9] }, 'bad_model', 'gemma3.block_count'],
    [
      'values of another width than keys',
      { 'gemma3.attention.value_length': ['u32', 128] },
      'bad_model',
      'value_length in pebble.gguf is "128"',
    ],
    [
      'fewer words than rows',
      { 'tokenizer.ggml.tokens': ['text[]', ['a', 'b']] },
      'bad_model',
      'is a list of 2; the model has 2048',
    ],
    ['a size that is text', { 'gemma3.block_count': ['text', '6'] }, 'bad_model', 'gemma3.block_count'],
    [
      'layers of unknown kinds',
      { 'gemma3.attention.sliding_window_pattern': ['bool[]', [true]] },
      'bad_model',
      'sliding_window_pattern',
    ],
    [
      'RoPE of another kind',
      { 'gemma3.rope.scaling.type': ['text', 'yarn'] },
      'bad_model',
      'rope.scaling.type',
    ],
  ])('%s is told by name', async (_, changed, code, text) => {
    const { message } = await failure(() => opened(withMeta(changed)), code)
    expect(message).toContain('pebble.gguf')
    expect(message).toContain(text)
  })

  test('a tensor of a type that is not read, or that a Gemma does not have', async () => {
    const [first, ...rest] = pebble.gguf.tensors as [GgufParts['tensors'][0], ...GgufParts['tensors']]
    const unread = await failure(
      () => opened({ ...pebble.gguf, tensors: [{ ...first, type: 'IQ4_XS' }, ...rest] }),
      'unsupported_format',
    )
    expect([unread.message, unread.hint]).toEqual([
      expect.stringMatching(/token_embd\.weight .* IQ4_XS/),
      expect.stringContaining('Q4_K'),
    ])
    const odd = { name: 'blk.0.attn_q.bias', shape: [8], type: 'F32', data: new Uint8Array(32) }
    const other = await failure(
      () => opened({ ...pebble.gguf, tensors: [first, ...rest, odd] }),
      'unsupported_model',
    )
    expect(other.message).toContain('blk.0.attn_q.bias')
  })

  test('its images are left out, whatever they are stored as', async () => {
    const image = { name: 'v.blk.0.attn_q.weight', shape: [2, 32], type: 'IQ4_XS', data: new Uint8Array(34) }
    const files = await opened({ ...pebble.gguf, tensors: [image, ...pebble.gguf.tensors] })
    expect((await openWeights(files)).tensors.size).toBe(pebble.gguf.tensors.length)
  })
})

test('a Gemma 2 has soft-caps, one RoPE, every other layer global, and no norms of queries and keys', async () => {
  const { metadata, tensors } = pebble.gguf
  const own = Object.entries(metadata).filter(([key]) => !/rope|sliding_window_pattern/.test(key))
  const parts: GgufParts = {
    metadata: {
      ...Object.fromEntries(own.map(([key, value]) => [key.replace('gemma3.', 'gemma2.'), value])),
      'general.architecture': ['text', 'gemma2'],
      'gemma2.attn_logit_softcapping': ['f32', 40],
    },
    tensors: tensors.filter(({ name }) => !/_(q|k)_norm/.test(name)),
  }
  const files = await opened(parts)
  const config = readModelConfig(await readJson(files.get('config.json')!, 'x'))
  expect([config.attentionSoftCap, config.finalSoftCap]).toEqual([40, 30])
  expect(config.layers.map(({ window }) => window)).toEqual([128, null, 128, null, 128, null])
  for (const { rope, norms } of config.layers) {
    expect(rope).toEqual({ theta: 10_000, factor: 1, rotated: 1 })
    expect(norms).toEqual(['input', 'post_attention', 'pre_feedforward', 'post_feedforward'])
  }
  expect(resolveWeights(config, await openWeights(files)).tensors.size).toBe(parts.tensors.length)
})

describe('several files', () => {
  const split = (count: number): [string, ByteSource][] => {
    const { metadata, tensors } = pebble.gguf
    return Array.from({ length: count }, (_, i) => [
      `p-0000${i + 1}-of-0000${count}.gguf`,
      source({
        metadata: {
          ...(i === 0 ? metadata : {}),
          'split.no': ['u32', i],
          'split.count': ['u32', count],
          'split.tensors.count': ['i32', tensors.length],
        },
        tensors: tensors.filter((_, n) => n % count === i),
      }),
    ])
  }

  test('a model in parts is read like one', async () => {
    const [whole, parts] = [await opened(pebble.gguf), await modelFolderOf(new Map(split(3).reverse()))]
    for (const [name, file] of whole) {
      const other = parts.get(name)!
      const bytes = Buffer.from(await other.read(0, other.size))
      expect(bytes.equals(await file.read(0, file.size)), name).toBe(true)
    }
  })

  test('a part that is missing is named', async () => {
    for (const gone of [0, 1, 2]) {
      const parts = split(3)
      const [[name]] = parts.splice(gone, 1) as [[string, ByteSource]]
      const { message, detail } = await failure(() => modelFolderOf(new Map(parts)), 'missing_file')
      expect([message, detail?.expected]).toEqual([expect.stringContaining(name), name])
    }
    const renamed = new Map([['p.gguf', split(2)[0]![1]]])
    expect((await failure(() => modelFolderOf(renamed), 'missing_file')).message).toContain('2 files')
  })

  test('parts that were swapped are not put together', async () => {
    const [a, b] = split(2) as [[string, ByteSource], [string, ByteSource]]
    const swapped = new Map([
      [a[0], b[1]],
      [b[0], a[1]],
    ])
    await failure(() => modelFolderOf(swapped), 'bad_file')
  })

  test('safetensors win over a GGUF beside them; of two GGUFs neither is chosen', async () => {
    const beside = await opened(pebble.gguf, [...pebble.folder])
    expect(beside.get('model.safetensors')).toBe(pebble.folder.get('model.safetensors'))
    const { message } = await failure(
      () => opened(pebble.gguf, [['other.gguf', source(pebble.gguf)]]),
      'bad_model',
    )
    expect(message).toMatch(/pebble\.gguf and other\.gguf/)
  })

  test('a vision part beside the text part is left out', async () => {
    const vision = source({ metadata: { 'general.architecture': ['text', 'clip'] }, tensors: [] })
    const files = await opened(pebble.gguf, [['mmproj-pebble.gguf', vision]])
    expect(files.has('model.safetensors')).toBe(true)
    expect((await readConfig(files)).leftOut).toBe('vision')
    expect((await readConfig(await opened(pebble.gguf))).leftOut).toBeUndefined()
  })

  test('names', () => {
    expect(ggufParts('a-00002-of-00003.gguf')).toEqual([
      'a-00001-of-00003.gguf',
      'a-00002-of-00003.gguf',
      'a-00003-of-00003.gguf',
    ])
    expect([ggufParts('a.gguf'), ggufStem('a-00002-of-00003.gguf'), ggufStem('b.GGUF')]).toEqual([
      ['a.gguf'],
      'a',
      'b',
    ])
  })
})

test('its chat is Gemma’s own where it brings none, and a base ends a text only', async () => {
  const files = await opened(withMeta({ 'tokenizer.chat_template': null }))
  const chat = await openChatTokenizer(files)
  expect(chat.templateFrom).toBe('gemma')
  const generation = (await readJson(files.get('generation_config.json')!, 'x')) as { eos_token_id: number[] }
  expect(generation.eos_token_id).toEqual([1])
  checkChatTokenizer(chat, readModelConfig(await readJson(files.get('config.json')!, 'x')))
})
