import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { peftFiles } from '../../src/export/peft.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { initialAdapter } from '../../src/model/lora.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { AdapterFiles, StartRequest } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { chatTokenizer, GEMMA_TEMPLATE } from '../../src/tokens/chat.ts'
import { FUNCTION_GEMMA_TEMPLATE } from '../../src/tokens/function-template.ts'
import { chatCodec } from '../../src/workers/codec.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { Library } from '../../src/workers/library.ts'
import { prepareRun } from '../../src/workers/prepared-run.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { utf8 } from '../data/helpers.ts'
import { toldBy } from './support/told.ts'
import { ToyEngine } from './toy-engine.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')
const pebble = (name: string) => new Uint8Array(readFileSync(join(PUBLIC, 'models', 'pebble', name)))
let server: RunningServer
beforeAll(async () => {
  server = await serve({ root: PUBLIC })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
})

/** Rooms, and Pebble under another name with a template of its own. */
async function rooms(template: string) {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
  const files = new Map(names.map((name) => [name, bufferSource(pebble(name))]))
  files.set('chat_template.jinja', bufferSource(utf8(template)))
  const database = await openDatabase()
  const library = new Library(async () => database, server.url)
  const { id } = await library.add(files, 'Functions')
  const [data, { runs, ...train }] = [dataRoom(), trainRooms()]
  data.open({ base: server.url })
  train.open({ base: server.url })
  return { data, runs, database, library, model: id }
}

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'find_ball',
      description: 'Finds a ball.',
      parameters: { type: 'object', properties: { ball: { type: 'integer' } } },
    },
  },
]
const called = (i: number) => ({
  messages: [
    { role: 'user', content: `Where is ball ${i}?` },
    {
      role: 'assistant',
      tool_calls: [
        { id: 'c', type: 'function', function: { name: 'find_ball', arguments: `{"ball":${i}}` } },
      ],
    },
    { role: 'tool', tool_call_id: 'c', content: { box: i % 5 } },
    { role: 'assistant', content: `In box ${i % 5}.` },
  ],
  tools: TOOLS,
})
const plain = (i: number) => ({
  messages: [
    { role: 'user', content: `Where is ball ${i}?` },
    { role: 'assistant', content: `In box ${i % 5}.` },
  ],
})
const SETTINGS = {
  max_steps: 2,
  save_steps: 1,
  eval_steps: 2,
  per_device_train_batch_size: 2,
  max_length: 512,
  lora: { r: 4 },
  data: { messages: 'messages', validation_share: 0.25 },
}

async function requested(
  data: ReturnType<typeof dataRoom>,
  model: string,
  rows: readonly object[],
  change: object = {},
) {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const dataset = await data.openFile(new File([text], 'rows.jsonl'))
  const config = parseRunConfig({ ...SETTINGS, ...change })
  const request: StartRequest = { dataset: dataset.id, model, config, samplePrompts: [] }
  return request
}

/** What a run told from its beginning to its end, its log and what was said of templates. */
async function ran(begin: (onEvent: (event: RunEvent) => void) => Promise<unknown>) {
  const { begun: id, events } = await toldBy(begin)
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return {
    id: String(id),
    log: events.filter(({ type }) => type !== 'stage'),
    notices: notices.filter((message) => message.includes('template')),
  }
}

test('a multimodal checkpoint says that its text part is loaded, where it is listed and where a run begins', async () => {
  const { data, database, library } = await rooms(GEMMA_TEMPLATE)
  const text_config = JSON.parse(new TextDecoder().decode(pebble('config.json')))
  const wrapped = { model_type: 'gemma3', text_config, vision_config: { model_type: 'siglip_vision_model' } }
  const files = new Map(
    ['tokenizer.json', 'tokenizer_config.json', 'model.safetensors'].map((name) => [
      name,
      bufferSource(pebble(name)),
    ]),
  )
  files.set('config.json', bufferSource(utf8(JSON.stringify(wrapped))))
  const { id, config } = await library.add(files, 'Sees')
  expect(config).toMatchObject({ leftOut: 'vision', languageModel: true })
  const rows = Array.from({ length: 8 }, (_, i) => plain(i))
  const request = await requested(data, id, rows)
  await data.prepare(request)
  expect((await prepareRun(database, library, request)).notice).toContain('its vision part is left out')
  const other = { ...request, model: 'functions' }
  await data.prepare(other)
  expect((await prepareRun(database, library, other)).notice).toBeNull()
})

test('functions are learnt by a model whose template knows them; for others their rows are told as before', async () => {
  const { data, model } = await rooms(FUNCTION_GEMMA_TEMPLATE)
  const request = await requested(
    data,
    model,
    Array.from({ length: 24 }, (_, i) => (i < 4 ? plain(i) : called(i))),
  )
  const beside = { kind: 'left_aside', column: 'tools' }

  const own = await data.prepare(request)
  expect(own.examples).toMatchObject({ train: 18, validation: 6 })
  expect(own.findings.filter(({ kind }) => kind === 'bad_conversation')).toEqual([])
  expect(await data.inspect(request)).not.toContainEqual(expect.objectContaining(beside))
  const sample = own.samples.find(({ row }) => row >= 4)!
  const text = (learnt: boolean) =>
    sample.pieces.flatMap((piece) => (piece.supervised === learnt ? [piece.text] : [])).join('')
  expect(text(true)).toContain(`call:find_ball{ball:${sample.row}}`)
  expect(text(true)).toContain(`In box ${sample.row % 5}.`)
  expect(text(true)).not.toContain('response:')
  expect(text(false)).toContain(`response:find_ball{box:${sample.row % 5}}`)
  expect(text(false)).toContain('declaration:find_ball{')

  const other = await data.prepare({ ...request, model: 'pebble' })
  expect(other.tokens).not.toBe(own.tokens)
  expect(other.examples.train + other.examples.validation).toBe(4)
  expect(other.findings).toContainEqual(expect.objectContaining({ kind: 'bad_conversation', count: 20 }))
  const inspected = await data.inspect({ ...request, model: 'pebble' })
  expect(inspected).toContainEqual(expect.objectContaining(beside))

  const { examples } = await data.examples(request, 'train', { offset: 0, count: 24 })
  const [asked] = examples.filter(({ tools }) => tools)
  expect(asked!.tools).toEqual(TOOLS)
  expect(asked!.messages![1]!.calls).toEqual([{ name: 'find_ball', arguments: { ball: asked!.row } }])
})

test('what is asked with functions is rendered with them, and a call in the answer is read', async () => {
  const chat = chatTokenizer(
    JSON.parse(new TextDecoder().decode(pebble('tokenizer.json'))),
    JSON.parse(new TextDecoder().decode(pebble('tokenizer_config.json'))),
    FUNCTION_GEMMA_TEMPLATE,
  )
  const codec = chatCodec(chat, { eosTokenIds: [1] } as never)
  const asked = codec.render({ prompt: 'Where?', system: 'Be brief.', tools: TOOLS as never })
  expect(chat.tokenizer.decode(asked)).toBe(
    '<bos><start_of_turn>developer\nBe brief.<start_function_declaration>declaration:find_ball{description:<escape>Finds a ball.' +
      '<escape>,parameters:{properties:{ball:{type:<escape>INTEGER<escape>}},type:<escape>OBJECT<escape>}}<end_function_declaration>' +
      '<end_of_turn>\n<start_of_turn>user\nWhere?<end_of_turn>\n<start_of_turn>model\n',
  )
  expect(codec.read!('Look. <start_function_call>call:find_ball{ball:3}<end_function_call>')).toBe(
    'Look.\nfind_ball({"ball":3})',
  )
})

test('a run keeps its chat template, lays it beside what is exported, and tells where another one goes on', async () => {
  const { data, runs, database, library, model } = await rooms(GEMMA_TEMPLATE)
  const request = await requested(
    data,
    model,
    Array.from({ length: 16 }, (_, i) => plain(i)),
  )
  await data.prepare(request)
  const first = await ran((tell) => runs.start(request, tell))
  expect(first.notices).toEqual([])

  const files = async (format: string) =>
    new Map(
      await Promise.all(
        (await runs.exportRun(first.id, format)).map(
          async (file) => [file.path, await blobOf(file)] as const,
        ),
      ),
    )
  const [adapter, checkpoint] = [await files('peft'), await files('checkpoint')]
  expect(await adapter.get('chat_template.jinja')!.text()).toBe(GEMMA_TEMPLATE)
  expect(await checkpoint.get('chat_template.jinja')!.text()).toBe(GEMMA_TEMPLATE)

  // Begun with an adapter of that template, and of another one.
  const start = { from: 'adapter', name: 'there', hash: null }
  const config = parseRunConfig({ ...SETTINGS, start })
  const { info } = await library.open(model)
  const lora = initialAdapter(info.config, config.lora, 9)
  const parts = new Map(
    (await peftFiles({ lora, config, baseModel: 'base', step: 1, events: [] })).map(
      ({ path, blob }) => [path, blob] as const,
    ),
  )
  const given: AdapterFiles = {
    config: JSON.parse(await parts.get('adapter_config.json')!.text()),
    tensors: parts.get('adapter_model.safetensors')!,
  }
  const saidOf = async (template?: string) => {
    const beside = { ...given, ...(template === undefined ? {} : { template }) }
    return (await prepareRun(database, library, { ...request, config, adapter: beside })).notice
  }
  expect([await saidOf(), await saidOf(`${GEMMA_TEMPLATE}\n`)]).toEqual([null, null])
  expect(await saidOf(FUNCTION_GEMMA_TEMPLATE)).toContain('chat template is not the one that the adapter')

  // Gone on with, as the command line does.
  const longer = { ...request, config: parseRunConfig({ ...SETTINGS, max_steps: 6 }) }
  const stopped = await ran((tell) =>
    runs.start(longer, (event) => {
      tell(event)
      if (event.type === 'checkpoint' && event.step === 1) void runs.stop()
    }),
  )
  const left = new Map(
    await Promise.all(
      (await runs.exportRun(stopped.id, 'checkpoint')).map(
        async (file) => [file.path, await blobOf(file)] as const,
      ),
    ),
  )
  const meta = JSON.parse(await left.get('checkpoint.json')!.text())
  expect(meta.step).toBeLessThan(6)
  const tensors = left.get(meta.tensors)!
  for (const [template, told] of [
    [GEMMA_TEMPLATE, 0],
    [FUNCTION_GEMMA_TEMPLATE, 1],
  ] as const) {
    const events = stopped.log.slice(0, meta.event_count)
    const run = await runs.importRun({ ...longer, template, events, checkpoint: { meta, tensors } })
    expect((await ran((tell) => runs.resume(run, tell))).notices).toHaveLength(told)
    const kept = (await runs.exportRun(run, 'peft')).find(({ path }) => path === 'chat_template.jinja')!
    expect(await (await blobOf(kept)).text()).toBe(template)
  }
})
