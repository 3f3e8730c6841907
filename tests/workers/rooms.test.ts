import 'fake-indexeddb/auto'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import { BLOCK_BYTES, GROUP } from '../../src/lib/storage.ts'
import { quantise } from '../../src/model/quantise.ts'
import { widen } from '../../src/model/weights.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import type { DoneEvent, ErrorEvent, RunEvent } from '../../src/protocol/events.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { CheckpointChoice, Look, Mapping, RunNews, StartRequest } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { manifestHash } from '../../src/storage/models.ts'
import { readEvents } from '../../src/storage/runs.ts'
import { english as en } from '../../src/ui/messages/english.ts'
import { addingRoom } from '../../src/workers/adding-room.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { utf8 } from '../data/helpers.ts'
import { pebbleGguf, writeGguf } from '../support/gguf.ts'
import { changed, recipeOf } from '../support/recipe.ts'
import { FakeLocks } from './support/fake-locks.ts'
import { LOST, ToyEngine } from './toy-engine.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')
const PEBBLE = join(PUBLIC, 'models', 'pebble')
const text = (name: string) => readFileSync(join(PEBBLE, name), 'utf8')
let server: RunningServer

beforeAll(async () => {
  server = await serve({ root: PUBLIC })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
})

function rooms(base = server.url) {
  const [data, train, adding] = [dataRoom(), trainRooms(), addingRoom()]
  for (const room of [data, train, adding]) room.open({ base })
  return { data, train, adding }
}

const NONE: Mapping = { prompt: null, response: null, system: null, messages: null, text: null }
const PAIRS: Mapping = { ...NONE, prompt: 'q', response: 'a' }
const csv = (text: string) => new File([text], 'rows.csv')
const ROWS = `q,a\n${Array.from({ length: 24 }, (_, i) => `Where is ball ${i}?,The ball is in box ${i % 5}.`).join('\n')}\n`

const SETTINGS = {
  learning_rate: 0.05,
  max_steps: 6,
  per_device_train_batch_size: 4,
  max_length: 64,
  eval_steps: 3,
  save_steps: 2,
  data: { prompt: 'q', response: 'a' },
}

async function requested(
  data: ReturnType<typeof dataRoom>,
  options: { model?: string; settings?: object; file?: File; mapping?: Mapping } = {},
): Promise<StartRequest> {
  const { model = 'pebble', settings = SETTINGS, file = csv(ROWS), mapping = PAIRS } = options
  const config = parseRunConfig(settings)
  const dataset = await data.openFile(file)
  const wanted = { ...config, data: { ...config.data, ...mapping, validation_share: 0.2 } }
  const recipe = { dataset: dataset.id, model, config: wanted }
  await data.prepare(recipe)
  return { ...recipe, samplePrompts: [{ prompt: 'Where is ball 3?' }] }
}

/** Files of a run by path. */
async function exported(
  train: ReturnType<typeof trainRooms>,
  run: string,
  format: string,
  which?: CheckpointChoice,
): Promise<Map<string, Blob>> {
  const files = new Map<string, Blob>()
  for (const file of await train.runs.exportRun(run, format, which)) {
    const blob = await blobOf(file)
    expect(blob.size).toBe(file.size)
    files.set(file.path, blob)
  }
  return files
}

/** Collects events until the run has ended. */
function listener() {
  const events: RunEvent[] = []
  let ended: (event: RunEvent) => void
  const end = new Promise<RunEvent>((resolve) => {
    ended = resolve
  })
  const onEvent = (event: RunEvent) => {
    events.push(event)
    if (event.type === 'done' || event.type === 'error') ended(event)
  }
  return { events, end, onEvent }
}

/** Everything that a run has logged. */
async function logOf(run: string): Promise<RunEvent[]> {
  const database = await openDatabase()
  const events = await readEvents(database, run)
  database.close()
  return events
}

/** Sums of squares of the adapters that answer, one for each time that one is put in. */
async function loadedFor(
  train: ReturnType<typeof rooms>['train'],
  run: string,
  checkpoints: CheckpointChoice[] = ['last'],
): Promise<number[]> {
  const loaded: number[] = []
  const real = ToyEngine.prototype.loadState
  ToyEngine.prototype.loadState = function (state) {
    loaded.push(
      Object.values(state.lora).reduce((sum, { data }) => sum + data.reduce((s, x) => s + x * x), 0),
    )
    return real.call(this, state)
  }
  const options = { maxNewTokens: 2, temperature: 0, topK: 0, topP: 1, seed: 0 }
  try {
    for (const checkpoint of checkpoints)
      await train.answers.answer({ model: 'pebble', run, checkpoint, prompts: ['a'], options }, () => {})
  } finally {
    ToyEngine.prototype.loadState = real
  }
  return loaded
}

async function failureOf(promise: Promise<unknown>): Promise<LapidaryError> {
  const error = await promise.then(
    () => new Error('nothing failed'),
    (e: unknown) => e,
  )
  if (error instanceof LapidaryError) return error
  throw error
}

const figures = (events: RunEvent[]) =>
  events.flatMap((event): unknown[] => {
    if (event.type === 'step') return [[event.step, event.loss, event.grad_norm, event.tokens]]
    return event.type === 'eval' ? [[event.step, event.eval_loss]] : []
  })

test("whoever looks under the hood of a run is shown it, until they stop; what is shown is the run's own", async () => {
  const { data, train } = rooms()
  const request = await requested(data)
  const real = ToyEngine.prototype.matrix
  // The toy has one pair of matrices, under a name of its own.
  ToyEngine.prototype.matrix = function (name) {
    expect(name).toMatch(/layers\.0\.self_attn\.q_proj\.lora_B\.weight$/)
    return real.call(this, 'base_model.model.bigram.lora_B.weight')
  }
  try {
    const looks: Look[] = []
    const stopping = new AbortController()
    const looked = train.runs.look({ signal: stopping.signal, onPreview: (look) => looks.push(look) })
    const first = listener()
    const run = await train.runs.start(request, first.onEvent)
    await first.end
    expect(looks.length).toBeGreaterThan(0)
    const [look] = looks
    const step = first.events.find((event) => event.type === 'step' && event.step === look!.step)
    expect(step).toMatchObject({ loss: look!.loss, learning_rate: look!.learningRate })
    expect(look!.run).toBe(run)
    const text = look!.example.pieces.map((piece) => piece.text).join('')
    expect(text).toMatch(/Where is ball \d+\?/)
    // What is learnt is the answer, and it alone has losses.
    const learnt = look!.example.pieces.filter((_, i) => look!.example.now[i] !== null)
    expect(learnt.every(({ supervised }) => supervised)).toBe(true)
    expect(learnt.map((piece) => piece.text).join('')).toMatch(/^The ball is in box \d\./)
    stopping.abort()
    await looked
    const before = looks.length
    const second = listener()
    await train.runs.start(request, second.onEvent)
    await second.end
    expect(looks).toHaveLength(before)
  } finally {
    ToyEngine.prototype.matrix = real
  }
})

describe('data', () => {
  test('a file becomes a stored data set and a token table, made once', async () => {
    const { data } = rooms()
    const dataset = await data.openFile(csv(ROWS))
    expect(dataset).toMatchObject({ name: 'rows.csv', rows: 24 })
    expect(dataset.columns.map(({ name }) => name)).toEqual(['q', 'a'])
    expect(await data.rows(dataset.id, { offset: 22, count: 5 })).toHaveLength(2)
    const request = recipeOf(dataset, {
      data: { ...PAIRS, validation_share: 0.25 },
      training: { max_length: 64, seed: 1 },
    })
    const prepared = await data.prepare(request)
    expect(prepared.examples).toEqual({ train: 18, validation: 6, test: 0 })
    expect(prepared.samples[0]!.pieces.some(({ supervised }) => supervised)).toBe(true)
    expect(await data.prepare(changed(request, { training: { completion_only_loss: true } }))).toEqual(
      prepared,
    )
    expect((await data.prepare(changed(request, { training: { seed: 2 } }))).tokens).not.toBe(prepared.tokens)
    expect((await data.list()).map(({ id }) => id)).toEqual([dataset.id])
    // Another visit finds them.
    expect(await rooms().data.rows(dataset.id, { offset: 0, count: 1 })).toEqual([
      { q: 'Where is ball 0?', a: 'The ball is in box 0.' },
    ])
    await data.remove(dataset.id)
    expect(await data.list()).toEqual([])
    expect((await failureOf(data.rows(dataset.id, { offset: 0, count: 1 }))).code).toBe('missing_file')
  })

  test('samples are listed without being read, then opened', async () => {
    const { data } = rooms()
    const samples = await data.samples()
    expect(samples.length).toBeGreaterThanOrEqual(3)
    for (const { id, rows } of samples) {
      const info = await data.openSample(id)
      expect(info.rows).toBe(rows)
      const columns = info.columns.map(({ name }) => name)
      expect(columns).toContain(info.guess.prompt)
      expect(columns).toContain(info.guess.response)
    }
    expect((await failureOf(data.openSample('nope'))).code).toBe('missing_file')
  })

  test.each([
    ['an empty file', csv(''), PAIRS, 'bad_data'],
    ['ragged rows', csv('q,a\nx,y\nx,y,z\n'), PAIRS, 'bad_data'],
    ['a missing column', csv(ROWS), { ...PAIRS, prompt: 'question' }, 'missing_column'],
    ['no mapping', csv(ROWS), NONE, 'missing_column'],
  ])('%s is refused', async (_, file, mapping, code) => {
    const { data } = rooms()
    expect((await failureOf(requested(data, { file, mapping }))).code).toBe(code)
  })

  test('a token limit that leaves nothing to learn is refused', async () => {
    const failure = await failureOf(requested(rooms().data, { settings: { ...SETTINGS, max_length: 4 } }))
    expect(failure.code).toBe('nothing_to_learn')
    expect(failure.detail?.max_length).toBe(4)
  })
})

describe('models', () => {
  const file = (name: string, change?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) => {
    const bytes = new Uint8Array(readFileSync(join(PEBBLE, name)))
    return new File([change ? change(bytes) : bytes], name)
  }
  const names = [
    'config.json',
    'generation_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'model.safetensors',
  ]
  const edited = (change: (json: Record<string, unknown>) => void) => (bytes: Uint8Array<ArrayBuffer>) => {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    change(json)
    return new TextEncoder().encode(JSON.stringify(json))
  }
  /** A bit of the weights is another: a copy would be the model that comes with the studio. */
  const own = (name: string) => {
    if (name !== 'model.safetensors') return file(name)
    return file(name, (bytes) => bytes.with(-2, bytes.at(-2)! ^ 1))
  }
  /** A folder of files like Pebble's with one of them changed or left out. */
  const folder = (name = '', change: Parameters<typeof file>[1] | null = (bytes) => bytes) =>
    names.flatMap((each) => (each !== name ? [own(each)] : change ? [file(each, change)] : []))

  test('the bundled one is listed before it is stored, and found without a server afterwards', async () => {
    const { train } = rooms()
    expect(await train.models.list()).toMatchObject([{ id: 'pebble', bytes: 0, practice: true }])
    await requested(rooms().data)
    const [stored] = await train.models.list()
    expect(stored!.bytes).toBeGreaterThan(1e6)
    expect(stored!.hash).toMatch(/^[0-9a-f]{64}$/)
    const offline = rooms('http://127.0.0.1:9/')
    expect(await offline.train.models.list()).toEqual([stored])
    await requested(offline.data)
  })

  test('where the bundled one cannot be reached, those that are stored are listed; where there is none, that is told', async () => {
    const offline = rooms('http://127.0.0.1:9/').train.models
    expect((await failureOf(offline.list())).code).toBe('network')
    const { known: _, mended: _m, asked: __, ...info } = await rooms().adding.add(folder(), 'Mine')
    expect(await offline.list()).toEqual([info])
    expect((await rooms().train.models.list()).map(({ id }) => id)).toEqual(['pebble', info.id])
  })

  test("the embedding's scale is not rounded to the weights' type, before and after storing", async () => {
    const { train, data } = rooms()
    const scale = Math.fround(Math.sqrt(128))
    expect((await train.models.list())[0]!.config.embeddingScale).toBe(scale)
    await requested(data)
    expect((await train.models.list())[0]!.config.embeddingScale).toBe(scale)
  })

  test('first asked for by two workers at once, it is stored once, and both can read it', async () => {
    const [a, b] = [rooms(), rooms()]
    const [first, second] = await Promise.all([requested(a.data), requested(b.data)])
    expect(second).toEqual(first)
    const { train } = rooms()
    const { end, onEvent } = listener()
    await train.runs.start(first, onEvent)
    expect(await end).toMatchObject({ type: 'done' })
  })

  test('the stored one is replaced where the studio comes with another', async () => {
    await requested(rooms().data)
    const [before] = await rooms().train.models.list()
    const changed = `${JSON.stringify({ ...JSON.parse(text('generation_config.json')), later: true })}`
    const manifest = JSON.parse(text('manifest.json')) as { files: Record<string, { hash: string }> }
    manifest.files['generation_config.json']!.hash = createHash('sha256').update(changed).digest('hex')
    const texts = new Map([
      ['/models/pebble/generation_config.json', changed],
      ['/models/pebble/manifest.json', JSON.stringify(manifest)],
    ])
    const later = await serve({ root: PUBLIC, texts })
    try {
      await requested(rooms(later.url).data)
      const [after] = await rooms(later.url).train.models.list()
      expect(after!.hash).toBe(manifestHash(manifest.files))
      expect(after!.hash).not.toBe(before!.hash)
    } finally {
      await later.close()
    }
  })

  test('a folder is checked, stored, and removed', async () => {
    const { train, adding } = rooms()
    const notes: string[] = []
    const added = await adding.add(folder(), 'My Gemma', {
      onProgress: ({ note }) => notes.push(note ?? ''),
    })
    expect(added).toMatchObject({ id: 'my-gemma', name: 'My Gemma', practice: false })
    expect(notes.length).toBeGreaterThan(0)
    expect((await train.models.list()).map(({ id }) => id)).toContain('my-gemma')
    await train.models.remove('my-gemma')
    expect((await train.models.list()).map(({ id }) => id)).toEqual(['pebble'])
  })

  test('a run goes on to its end though another tab removes its model meanwhile, and what it made can be taken away', async () => {
    const { data, train, adding } = rooms()
    const { id } = await adding.add(folder(), 'My Gemma')
    const request = await requested(data, { model: id })
    const { events, end, onEvent } = listener()
    let removed: Promise<void> | null = null
    const run = await train.runs.start(request, (event) => {
      if (event.type === 'step') removed ??= rooms().train.models.remove(id)
      onEvent(event)
    })
    expect(await end).toMatchObject({ type: 'done', step: 6 })
    await removed
    expect(events.filter(({ type }) => type === 'eval').length).toBeGreaterThan(1)
    expect(events.filter(({ type }) => type === 'sample').length).toBeGreaterThan(0)
    expect((await train.models.list()).map((model) => model.id)).toEqual(['pebble'])
    expect([...(await exported(train, run, 'peft')).keys()]).toContain('adapter_model.safetensors')
    // What needs the base says which one is not there.
    expect((await failureOf(train.runs.exportRun(run, 'merged'))).code).toBe('missing_file')
    expect((await failureOf(train.runs.resume(run, () => {}))).code).toBe('missing_file')
  })

  test('adding one can be stopped at any moment, and leaves nothing half stored', async () => {
    const room = rooms().adding
    const database = await openDatabase()
    for (const at of [0, 1, 3]) {
      const control = new AbortController()
      let heard = 0
      const onProgress = () => {
        if (heard++ === at) control.abort()
      }
      if (at === 0) control.abort()
      const adding = room.add(folder(), 'stopped', { signal: control.signal, onProgress })
      await expect(adding).rejects.toThrow(/abort/i)
      expect(await database.getAll('models')).toEqual([])
      expect(await database.getAllKeys('chunks')).toEqual([])
      expect(await database.getAllKeys('writes')).toEqual([])
    }
    database.close()
  })

  test.each([
    ['no config', 'config.json', null, 'missing_file'],
    ['no weights', 'model.safetensors', null, 'missing_file'],
    ['no tokenizer', 'tokenizer.json', null, 'missing_file'],
    ['an unknown architecture', 'config.json', edited((c) => (c.model_type = 'llama')), 'unsupported_model'],
    ['another width', 'config.json', edited((c) => (c.intermediate_size = 64)), 'bad_model'],
    ['a layer too many', 'config.json', edited(addLayer), 'missing_tensor'],
    [
      'truncated weights',
      'model.safetensors',
      (b: Uint8Array<ArrayBuffer>) => b.slice(0, b.length >> 1),
      'bad_file',
    ],
    ['a tokenizer of another model', 'config.json', edited((c) => (c.bos_token_id = 7)), 'bad_model'],
  ] as const)('with %s is refused, and nothing is stored', async (_, name, change, code) => {
    const { train, adding } = rooms()
    const failure = await failureOf(adding.add(folder(name, change), 'broken'))
    expect(failure.code).toBe(code)
    expect((await train.models.list()).map(({ id }) => id)).toEqual(['pebble'])
  })
})

describe('a GGUF', () => {
  let whole: Uint8Array<ArrayBuffer>
  beforeAll(async () => {
    whole = writeGguf((await pebbleGguf()).gguf)
  })
  const file = (bytes: Uint8Array<ArrayBuffer>, name = 'pebble.gguf') => new File([bytes], name)

  test('is stored as the folder it stands for, and opened from there', async () => {
    const { data, train, adding } = rooms()
    const added = await adding.add([file(whole)], 'From GGUF')
    expect(added).toMatchObject({ id: 'from-gguf', practice: false })
    const files = new Map(
      (await train.models.exportModel('from-gguf', 'plain')).map((made) => [made.path, made]),
    )
    expect([...files.keys()].sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ])
    const tokenizer = await (await blobOf(files.get('tokenizer.json')!)).text()
    expect(JSON.parse(tokenizer)).toEqual(JSON.parse(text('tokenizer.json')))
    const { events, end, onEvent } = listener()
    await train.runs.start(await requested(data, { model: 'from-gguf' }), onEvent)
    expect(await end).toMatchObject({ type: 'done', step: 6 })
    expect(figures(events).length).toBeGreaterThan(0)
  })

  test('of blocks that is saved and opened elsewhere is the same model; saved for other programs it is told as another', async () => {
    const { gguf } = await pebbleGguf()
    const tensors = gguf.tensors.map((tensor) => {
      if (tensor.shape.length === 1) return tensor
      const data = new Uint8Array((tensor.data.length / 2 / GROUP) * BLOCK_BYTES.Q8_0)
      quantise('Q8_0', widen(tensor.data, 'BF16'), data)
      return { ...tensor, type: 'Q8_0', data }
    })
    const { train, adding } = rooms()
    const { hash } = await adding.add([file(writeGguf({ ...gguf, tensors }))], 'eight')
    const saved = async (form: 'stored' | 'plain') =>
      Promise.all(
        (await train.models.exportModel('eight', form)).map(
          async (made) => new File([await blobOf(made)], made.path),
        ),
      )
    const names = async (form: 'stored' | 'plain') => (await saved(form)).map(({ name }) => name)
    expect(await names('stored')).not.toContain('ROUNDED.txt')
    expect(await names('plain')).toContain('ROUNDED.txt')
    expect((await adding.add(await saved('stored'), 'elsewhere')).hash).toBe(hash)
    expect((await adding.add(await saved('plain'), 'plain')).hash).not.toBe(hash)
  })

  test('under the name of another stands beside it, and is not taken for the base of what that was trained to', async () => {
    const { data, train, adding } = rooms()
    const { id } = await adding.add([file(whole)], 'twin')
    const { end, onEvent } = listener()
    const run = await train.runs.start(await requested(data, { model: 'twin' }), onEvent)
    expect(await end).toMatchObject({ type: 'done' })
    const paths = async () => (await train.runs.exportRun(run, 'peft')).map(({ path }) => path)
    const options = { maxNewTokens: 4, temperature: 0, topK: 0, topP: 1, seed: 1 }
    const ask = () => train.answers.answer({ model: 'twin', run, prompts: ['a'], options }, () => {})
    expect(await paths()).toContain('base/model.safetensors')
    expect(await ask()).toHaveLength(1)
    const other = whole.slice()
    other[other.length - 1000]! ^= 1
    expect((await adding.add([file(other)], 'twin')).name).toBe('twin (2)')
    expect(await paths()).toContain('base/model.safetensors')
    expect(await ask()).toHaveLength(1)
    await train.models.remove(id)
    expect((await adding.add([file(other)], 'twin')).name).toBe('twin (2)')
    expect((await paths()).filter((path) => path.startsWith('base/'))).toEqual([])
    expect(await paths()).toContain('adapter_model.safetensors')
    expect(await failureOf(ask())).toMatchObject({ code: 'missing_file' })
    await adding.add([file(whole)], 'twin')
    expect(await ask()).toHaveLength(1)
  })

  test('that is refused leaves the store as it was, a model of its name included', async () => {
    const { train, adding } = rooms()
    const { known: _, mended: _m, asked: __, ...kept } = await adding.add([file(whole)], 'kept')
    const database = await openDatabase()
    const chunks = async () => (await database.getAllKeys('chunks')).length
    const before = await chunks()
    const broken: [File, string][] = [
      [file(whole.slice(0, whole.length - 1)), 'bad_file'],
      [file(whole.slice(0, 1000)), 'bad_file'],
      [file(whole, 'pebble-00001-of-00002.gguf'), 'missing_file'],
      [file(utf8('GGUF, it says, but it is a letter')), 'unsupported_format'],
    ]
    for (const [one, code] of broken) expect((await failureOf(adding.add([one], 'kept'))).code).toBe(code)
    expect((await train.models.list()).find(({ id }) => id === 'kept')).toEqual(kept)
    expect(await chunks()).toBe(before)
    expect(await database.getAllKeys('writes')).toEqual([])
    database.close()
  })
})

function addLayer(config: Record<string, unknown>): void {
  config.num_hidden_layers = Number(config.num_hidden_layers) + 1
  const types = config.layer_types as string[] | undefined
  if (types) config.layer_types = [...types, types.at(-1)]
}

describe('a run', () => {
  test('trains, is recorded, and leaves an adapter that is written as PEFT reads it', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const { events, end, onEvent } = listener()
    const id = await train.runs.start(request, onEvent)
    expect(await end).toMatchObject({ type: 'done', reason: 'finished', step: 6 })
    const [run] = await train.runs.list()
    expect(run).toMatchObject({ id, status: 'done', step: 6, maxSteps: 6, model: 'pebble' })
    expect(run!.engine).toMatchObject({ device: 'bigram' })
    expect(run!.config.engine.choices).toEqual({ matmul: 'naive' })
    expect(run!.config.model.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(await logOf(id)).toEqual(events.filter(({ type }) => type !== 'stage'))
    const { series, events: others } = await train.runs.history(id)
    expect([...series.training.steps]).toEqual([1, 2, 3, 4, 5, 6])
    expect([...series.validation.steps]).toEqual([0, 3, 6])
    expect(Object.keys(series.validation.columns)).toContain('mean_token_accuracy')
    expect(others).toEqual(events.filter(({ type }) => !/^(stage|step|eval|row_losses)$/.test(type)))
    const samples = events.filter((event) => event.type === 'sample')
    expect(samples.map(({ step }) => step)).toEqual([0, 3, 6])
    expect(JSON.stringify(samples)).toContain('Where is ball 3?')

    const files = await exported(train, id, 'peft')
    const base = (await train.models.exportModel('pebble', 'plain')).map(({ path }) => path)
    expect(base).toContain('model.safetensors')
    expect([...files.keys()]).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'README.md',
      'chat_template.jinja',
      ...base.map((path) => `base/${path}`),
    ])
    const config = JSON.parse(await files.get('adapter_config.json')!.text())
    expect(config).toMatchObject({ peft_type: 'LORA', r: 8, base_model_name_or_path: 'base' })
    const bytes = await files.get('adapter_model.safetensors')!.arrayBuffer()
    const weights = await openWeights(new Map([['adapter_model.safetensors', bufferSource(bytes)]]))
    expect(weights.metadata).toEqual({ format: 'pt' })
    expect([...weights.tensors.keys()].every((name) => name.startsWith('base_model.model.'))).toBe(true)
    const card = await files.get('README.md')!.text()
    // A base that is on no hub lies beside the adapter, and the Hub is not told of it.
    expect(card).not.toContain('base_model:')
    expect(card).toContain('from_pretrained("base")')
    expect(card).toContain('validation loss after')
    expect(card).not.toContain(server.url)
    // Nothing of the rows leaves with it, whatever the log holds.
    const checkpoint = await exported(train, id, 'checkpoint')
    for (const [path, blob] of [...files, ...checkpoint])
      if (!path.startsWith('base/'))
        expect(await blob.text(), path).not.toMatch(/Where is ball|The ball is in/)
  })

  test('is foretold by what runs it: its steps, its tokens, and the time once something was measured', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const before = await train.runs.forecast(request)
    expect(before).toMatchObject({ steps: 6, evaluations: 3, saves: 3, duration: null })
    const { events, end, onEvent } = listener()
    await train.runs.start(request, onEvent)
    await end
    const steps = events.filter((event) => event.type === 'step')
    // The last batch of an epoch may be smaller: the mean is what is foretold.
    expect(Math.abs(before.tokens / steps.at(-1)!.tokens - 1) <= 0.1).toBe(true)
    expect(events.filter(({ type }) => type === 'eval')).toHaveLength(before.evaluations)
    const { duration } = await train.runs.forecast(request)
    expect(duration).toMatchObject({ from: 'Pebble', scaled: false })
    expect(duration!.seconds > 0).toBe(true)
    const refused = {
      ...request,
      config: { ...request.config, start: { from: 'run', run: 'x', checkpoint: 'last', hash: null } },
    }
    expect((await failureOf(train.runs.forecast(refused as StartRequest))).code).toBe('missing_file')
  })

  test('is named and noted by a person, while it goes on and afterwards', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const { end, onEvent } = listener()
    let named: Promise<void> | null = null
    const id = await train.runs.start(request, (event) => {
      if (event.type === 'step' && event.step === 2) named = train.runs.update(id, { name: ' red box ' })
      onEvent(event)
    })
    await end
    await named
    const info = async () => (await train.runs.list()).find((run) => run.id === id)!
    expect(await info()).toMatchObject({ name: 'red box', status: 'done', step: 6 })
    await train.runs.update(id, { note: 'kept' })
    await train.runs.update(id, { name: '  ' })
    expect(await info()).toMatchObject({ name: 'red box', note: 'kept' })
    expect((await failureOf(train.runs.update('none', { note: 'x' }))).code).toBe('missing_file')
  })

  test('stopped and resumed, in another visit, gives the same bits', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const whole = listener()
    await train.runs.start(request, whole.onEvent)
    await whole.end
    const first = listener()
    const id = await train.runs.start(request, (event) => {
      first.onEvent(event)
      if (event.type === 'step' && event.step === 2) void train.runs.stop()
    })
    const stopped = (await first.end) as DoneEvent
    expect(stopped.reason).toBe('stopped')
    expect(stopped.step < 6).toBe(true)
    const later = rooms()
    const listed = (await later.train.runs.list()).find((run) => run.id === id)
    // Measured before its first step, and not since: what is told of it says so.
    expect(listed).toMatchObject({ status: 'stopped', step: stopped.step, evalStep: 0 })
    expect((await later.train.runs.checkpoints(id)).at(-1)).toMatchObject({ step: stopped.step, evalStep: 0 })
    expect(listed).not.toHaveProperty('cutOff')
    const second = listener()
    await later.train.runs.resume(id, second.onEvent)
    expect(await second.end).toMatchObject({ reason: 'finished', step: 6 })
    expect(figures(await logOf(id))).toEqual(figures(whole.events))
    // The choices of the first sitting are binding for the second.
    expect(ToyEngine.made.at(-1)!.choicesGiven).toEqual([{ matmul: 'naive' }])
  })

  test('whose page was closed is told apart from one that was stopped', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const { end, onEvent } = listener()
    const id = await train.runs.start(request, onEvent)
    await end
    // What a closed page leaves: a record of a run that goes on, which nobody holds.
    const database = await openDatabase()
    await database.put('runs', { ...(await database.get('runs', id))!, status: 'running' })
    const [cut] = await rooms().train.runs.list()
    expect(cut).toMatchObject({ id, status: 'stopped', cutOff: true })
    expect(cut).not.toHaveProperty('begins')
    // The log of its steps may be further than its checkpoints: there is none here.
    await database.clear('checkpoints')
    database.close()
    expect(await rooms().train.runs.list()).toMatchObject([
      { id, step: cut!.step, cutOff: true, begins: true },
    ])
  })

  test('that another tab trains can be neither gone on with nor deleted here', async () => {
    const { data, train } = rooms()
    const { end, onEvent } = listener()
    const id = await train.runs.start(await requested(data), onEvent)
    await end
    const before = await logOf(id)
    const locks = new FakeLocks()
    vi.stubGlobal('navigator', { ...globalThis.navigator, locks: locks.of({}) })
    const other = {}
    void locks.of(other).request(`lapidary-run-${id}`, { ifAvailable: true }, () => new Promise(() => {}))
    try {
      for (const refused of [
        () => train.runs.resume(id, () => {}),
        () => train.runs.remove(id),
        () => train.runs.update(id, { name: 'mine' }),
      ])
        expect(await failureOf(refused())).toMatchObject({
          code: 'bad_state',
          message: expect.stringContaining('another tab'),
        })
      expect(await logOf(id)).toEqual(before)
      locks.close(other)
      await train.runs.remove(id)
      expect(await train.runs.list()).toEqual([])
      expect(locks.names).toEqual([])
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test("is its worker's alone from before it is prepared, and every tab hears all that it logs", async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const locks = new FakeLocks()
    vi.stubGlobal('navigator', { ...globalThis.navigator, locks: locks.of({}) })
    const news: RunNews[] = []
    const heard = new AbortController()
    await rooms().train.runs.follow((one) => news.push(one), { signal: heard.signal })
    try {
      const { end, onEvent } = listener()
      const starting = train.runs.start(request, onEvent)
      while (locks.names.length === 0) await new Promise((resolve) => setTimeout(resolve))
      // Held, and nothing of it is stored yet.
      expect(await rooms().train.runs.list()).toEqual([])
      const id = await starting
      expect(locks.names).toEqual([`lapidary-run-${id}`])
      await end
      expect(locks.names).toEqual([])
      await expect.poll(() => news.at(-1)?.event?.type).toBe('done')
      const logged = news.filter(({ at }) => at !== undefined)
      expect(logged.map(({ at }) => at)).toEqual(logged.map((_, i) => i))
      expect(logged.map(({ event }) => event)).toEqual(await logOf(id))
      await train.runs.remove(id)
      await expect.poll(() => news.at(-1)).toEqual({ run: id })
    } finally {
      heard.abort()
      vi.unstubAllGlobals()
    }
  })

  test.each([
    ['on a full disk trains on, says so, and can be exported from memory', 'full'],
    [
      'whose records are deleted meanwhile trains on, and is stored again with its next checkpoint',
      'deleted',
    ],
  ])('%s', async (_, what) => {
    const { data, train } = rooms()
    const request = await requested(data)
    const whole = listener()
    const kept = await train.runs.start(request, whole.onEvent)
    await whole.end
    const adapter = async (run: string) =>
      new Uint8Array(
        await (await exported(train, run, 'peft')).get('adapter_model.safetensors')!.arrayBuffer(),
      )
    const expected = await adapter(kept)
    let [full, deleted] = [false, false]
    const storage = { estimate: async () => ({ quota: full ? 0 : 1e12, usage: 0 }) }
    vi.stubGlobal('navigator', { storage })
    try {
      const run = listener()
      const id = await train.runs.start(request, (event) => {
        run.onEvent(event)
        if (event.type !== 'step' || event.step !== 3) return
        if (what === 'full') full = true
        else
          void openDatabase().then(async (database) => {
            for (const store of ['runs', 'events', 'checkpoints'] as const) await database.clear(store)
            database.close()
            deleted = true
          })
      })
      expect(await run.end).toMatchObject({ type: 'done', reason: 'finished', step: 6 })
      expect([full, deleted]).toEqual([what === 'full', what === 'deleted'])
      const told = run.events.filter((event) => event.type === 'stage' && event.unkept)
      const listed = (await train.runs.list()).find((one) => one.id === id)
      expect(listed).toMatchObject({ status: 'done', step: 6 })
      expect(await adapter(id)).toEqual(expected)
      const { series } = await train.runs.history(id)
      expect([...series.training.steps]).toEqual([1, 2, 3, 4, 5, 6])
      expect(figures(run.events)).toEqual(figures(whole.events))
      const elsewhere = (await rooms().train.runs.list()).find((one) => one.id === id)
      if (what === 'full') {
        expect(told.at(-1)).toMatchObject({
          note: expect.stringContaining('lost with this page unless it is exported'),
          unkept: { code: 'quota_exceeded' },
        })
        expect(listed?.unkept?.code).toBe('quota_exceeded')
        // What is stored says no more than is there: another visit may go on from the checkpoint before.
        expect(elsewhere?.status).toBe('failed')
        // Asked, what it has learnt answers, not the checkpoint before that is stored.
        const answering = await loadedFor(train, id)
        expect([answering.length, answering]).toEqual([1, await loadedFor(rooms().train, kept)])
      } else {
        expect(told).toEqual([])
        expect(listed?.unkept).toBeUndefined()
        expect(elsewhere).toMatchObject({ status: 'done', step: 6 })
        expect(await logOf(id)).toEqual(run.events.filter(({ type }) => type !== 'stage'))
      }
      await train.runs.remove(id)
      expect((await train.runs.list()).some((one) => one.id === id)).toBe(false)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test('for which there is room again is stored as if there had always been', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    let full = false
    vi.stubGlobal('navigator', {
      storage: { estimate: async () => ({ quota: full ? 0 : 1e12, usage: 0 }) },
    })
    try {
      const run = listener()
      const id = await train.runs.start(request, (event) => {
        run.onEvent(event)
        if (event.type === 'step') full = event.step >= 2 && event.step < 5
      })
      await run.end
      const unkept = run.events.flatMap((event) =>
        event.type === 'stage' && event.unkept !== undefined ? [event.unkept === null] : [],
      )
      expect([unkept[0], unkept.at(-1)]).toEqual([false, true])
      const listed = (await train.runs.list()).find((one) => one.id === id)
      expect(listed).toMatchObject({ status: 'done' })
      expect(listed).not.toHaveProperty('unkept')
      expect(await logOf(id)).toEqual(run.events.filter(({ type }) => type !== 'stage'))
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test('whose checkpoint is damaged is refused by name, and goes on from the one before it at a press', async () => {
    const { data, train } = rooms()
    const settings = { ...SETTINGS, max_steps: 8 }
    const request = await requested(data, { settings })
    const whole = listener()
    await train.runs.start(request, whole.onEvent)
    await whole.end
    const first = listener()
    const id = await train.runs.start(request, (event) => {
      first.onEvent(event)
      if (event.type === 'checkpoint' && event.step === 6) void train.runs.stop({ now: true })
    })
    await first.end
    /** Changes the stored bytes of the newest checkpoint; the key of what was there. */
    const damage = async (change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | null) => {
      const database = await openDatabase()
      const { tensors } = (await database.get('checkpoints', [id, 'last']))!
      const bytes = (await database.get('chunks', [tensors.set, 0]))!
      const changed = change(bytes.slice())
      if (changed) await database.put('chunks', changed, [tensors.set, 0])
      else await database.delete('chunks', [tensors.set, 0])
      database.close()
      return () =>
        openDatabase().then(async (again) => {
          await again.put('chunks', bytes, [tensors.set, 0])
          again.close()
        })
    }
    const turned = (bytes: Uint8Array<ArrayBuffer>) => {
      const size = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
      const header = new TextDecoder().decode(bytes.subarray(8, size))
      bytes.set(new TextEncoder().encode(header.replace(/"shape":\[(\d+),(\d+)\]/, '"shape":[$2,$1]')), 8)
      return bytes
    }
    const flipped = (bytes: Uint8Array<ArrayBuffer>) => {
      bytes[bytes.length - 3]! ^= 1
      return bytes
    }
    const before = await logOf(id)
    for (const [change, words] of [
      [turned, 'it was saved with'],
      [() => null, 'no longer in this browser'],
      [flipped, 'has other bytes than were saved'],
    ] as const) {
      const mend = await damage(change)
      const failure = await failureOf(train.runs.resume(id, () => {}))
      expect(failure).toMatchObject({
        code: 'bad_state',
        message: expect.stringContaining(words),
        hint: expect.stringContaining('of step 4'),
        detail: { checkpoint: 6, before: 4 },
      })
      expect(failure.message).toMatch(/^The checkpoint of step 6 is damaged/)
      expect(await logOf(id)).toEqual(before)
      await mend()
    }
    await damage(flipped)
    const second = listener()
    await train.runs.resume(id, second.onEvent, { from: 4 })
    expect(await second.end).toMatchObject({ reason: 'finished', step: 8 })
    expect(figures(await logOf(id))).toEqual(figures(whole.events))

    // With the one before damaged as well there is still the beginning.
    await damage(flipped)
    const database = await openDatabase()
    await database.delete('checkpoints', [id, 'previous'])
    await database.delete('checkpoints', [id, 'best'])
    database.close()
    expect(await failureOf(train.runs.resume(id, () => {}))).toMatchObject({
      detail: { checkpoint: 8, before: 0 },
    })
    const third = listener()
    await train.runs.resume(id, third.onEvent, { from: 'start' })
    expect(await third.end).toMatchObject({ reason: 'finished', step: 8 })
    expect(figures(await logOf(id))).toEqual(figures(whole.events))
  })

  test('whose device is lost goes on by itself from its checkpoint, the same bit for bit, and says so', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const whole = listener()
    await train.runs.start(request, whole.onEvent)
    await whole.end
    const first = listener()
    const engine = ToyEngine.made[0]!
    engine.lostAt = 6
    engine.lost = LOST
    const id = await train.runs.start(request, first.onEvent)
    expect(await first.end).toMatchObject({ type: 'done', reason: 'finished' })
    expect(ToyEngine.made).toHaveLength(2)
    expect(engine.disposed).toBe(true)
    const log = await logOf(id)
    expect(figures(log)).toEqual(figures(whole.events))
    expect(log.flatMap((event) => (event.type === 'notice' ? [event.message] : []))).toEqual([
      expect.stringMatching(/went away.*after step 5.*checkpoint of step 4/),
    ])
    const back = first.events.flatMap((event) => (event.type === 'stage' && event.back ? [event.back] : []))
    expect(back).toEqual([
      { step: 4, events: log.findIndex((event) => event.type === 'checkpoint' && event.step === 4) + 1 },
    ])
    // What it counts by is whole: it can be gone on with as any other.
    expect((await train.runs.checkpoints(id)).at(-1)).toMatchObject({ step: 6 })
  })

  test('whose device is lost again and again gives up, and offers the ways on by their names', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    ToyEngine.loseEach = 6
    const first = listener()
    const id = await train.runs.start(request, first.onEvent)
    const { failure } = (await first.end) as ErrorEvent
    ToyEngine.loseEach = Number.POSITIVE_INFINITY
    expect(failure.code).toBe('device_lost')
    expect(failure.hint).toContain('checkpoint of step 4')
    expect(failure.hint).toContain('4 times in a row')
    expect(failure.hint).toContain('start the browser anew')
    for (const name of [en['runs.resume'], en['runs.resumePortable']])
      expect(failure.hint).toContain(`"${name}"`)
    expect(ToyEngine.made).toHaveLength(4)
    expect((await train.runs.list())[0]).toMatchObject({ id, status: 'failed', step: 5 })
    const second = listener()
    await train.runs.resume(id, second.onEvent)
    expect(await second.end).toMatchObject({ reason: 'finished' })
  })

  test('whose device is lost as it is stopped at once is stopped, which is no error', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const first = listener()
    const id = await train.runs.start(request, (event) => {
      first.onEvent(event)
      if (event.type !== 'checkpoint' || event.step !== 4) return
      ToyEngine.made.at(-1)!.step = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        void train.runs.stop({ now: true })
        throw LOST
      }
    })
    expect(await first.end).toMatchObject({ type: 'error', failure: { code: 'cancelled' } })
    expect((await train.runs.list())[0]).toMatchObject({ id, status: 'stopped' })
  })

  test('whose device never comes back says so, and does not move to another engine unasked', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    ToyEngine.loseEach = 4
    ToyEngine.offered = 1
    const first = listener()
    await train.runs.start(request, first.onEvent)
    const { failure } = (await first.end) as ErrorEvent
    Object.assign(ToyEngine, { loseEach: Number.POSITIVE_INFINITY, offered: Number.POSITIVE_INFINITY })
    expect(failure).toMatchObject({
      code: 'missing_device',
      message: expect.stringContaining('this browser session'),
      hint: expect.stringContaining(`"${en['runs.resumePortable']}"`),
    })
  })

  test('broken off by something that looks like a stop is not told as one', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    ToyEngine.loseNextAt = 4
    ToyEngine.lossOfNext = new DOMException('The operation was aborted.', 'AbortError')
    const first = listener()
    await train.runs.start(request, first.onEvent)
    expect(await first.end).toMatchObject({ type: 'error', failure: { code: 'internal' } })
    expect((await train.runs.list())[0]).toMatchObject({ status: 'failed' })
  })

  test('keeps its best checkpoint, which can be taken away, asked, and gone on from', async () => {
    const { data, train } = rooms()
    // A rate at which it gets better first, then worse.
    const settings = {
      ...SETTINGS,
      learning_rate: 1,
      lr_scheduler_type: 'constant',
      max_grad_norm: 0,
      eval_steps: 2,
      max_steps: 8,
    }
    const request = await requested(data, { settings })
    const whole = listener()
    const id = await train.runs.start(request, whole.onEvent)
    await whole.end
    const kept = await train.runs.checkpoints(id)
    expect(kept).toMatchObject([
      { best: true, last: false, offered: 'rose' },
      { step: 6, last: false, best: false },
      { step: 8, last: true, best: false },
    ])
    const { step } = kept[0]!
    // Where the newest answers more as the data says, its higher loss does not count against it.
    const database = await openDatabase()
    const sample = { type: 'sample', prompt: 'q', reference: 'a', split: 'train', base: '' } as const
    await database.put('events', { ...sample, step, tuned: 'b' }, [id, 1000])
    await database.put('events', { ...sample, step: 8, tuned: 'a' }, [id, 1001])
    expect((await train.runs.checkpoints(id)).map(({ offered }) => offered)).toEqual([
      undefined,
      undefined,
      'answers',
    ])
    for (const at of [1000, 1001]) await database.delete('events', [id, at])
    database.close()
    const of = async (which?: CheckpointChoice) => {
      const { step } = JSON.parse(
        await (await exported(train, id, 'checkpoint', which)).get('checkpoint.json')!.text(),
      )
      const adapter = (await exported(train, id, 'peft', which)).get('adapter_model.safetensors')!
      return { step, bytes: new Uint8Array(await adapter.arrayBuffer()) }
    }
    expect([(await of()).step, (await of('best')).step, (await of(step)).step]).toEqual([8, step, step])
    expect((await of('best')).bytes).not.toEqual((await of()).bytes)
    expect((await of('best')).bytes).toEqual((await of(step)).bytes)
    const failure = await failureOf(train.runs.exportRun(id, 'peft', 7))
    expect(failure).toMatchObject({ code: 'missing_file', hint: expect.stringContaining(`step ${step}`) })
    const formats = (await train.runs.exportFormats()).map((format) => format.id)
    expect(formats.sort()).toEqual([
      'chat-page',
      'checkpoint',
      'gguf',
      'gguf-f16',
      'gguf-f32',
      'gguf-lora',
      'gguf-q4_0',
      'gguf-q8_0',
      'h5',
      'h5-merged',
      'merged',
      'merged-f16',
      'merged-f32',
      'mlx',
      'peft',
      'pt',
      'pt-merged',
      'rest',
      'scripts',
      'space',
    ])
    const ways = (await train.runs.exportSnippets(id)).map(({ target }) => target)
    expect(new Set(ways)).toEqual(
      new Set(['keras', 'transformers', 'server', 'llama.cpp', 'ollama', 'mlx', 'torch', 'phone', 'web']),
    )
    expect((await failureOf(train.runs.exportRun(id, 'floppy'))).code).toBe('unsupported_format')

    const loaded = await loadedFor(train, id, ['best', 'last', step])
    expect([loaded.length, loaded[0] === loaded[2], loaded[0] === loaded[1]]).toEqual([3, true, false])

    // The second half again, from the best: the same curve, and a log that the checkpoints agree with all the way.
    const again = listener()
    await train.runs.resume(
      id,
      (event) => {
        again.onEvent(event)
        if (event.type === 'step' && event.step === step + 1) void train.runs.stop()
      },
      { from: 'best' },
    )
    await again.end
    const rest = listener()
    await train.runs.resume(id, rest.onEvent)
    await rest.end
    expect(figures(await logOf(id))).toEqual(figures(whole.events))
  })

  test('is one at a time', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const first = listener()
    const [one, two] = await Promise.allSettled([
      train.runs.start(request, first.onEvent),
      train.runs.start(request, () => {}),
    ])
    expect(one.status).toBe('fulfilled')
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'bad_state' } })
    await first.end
    const again = listener()
    const id = await train.runs.start(request, again.onEvent)
    expect((await failureOf(train.runs.remove(id))).code).toBe('bad_state')
    await again.end
    // From the first moment of going on with it, too.
    const more = listener()
    const going = train.runs.resume(id, more.onEvent)
    expect((await failureOf(train.runs.remove(id))).code).toBe('bad_state')
    await going
    await more.end
    await train.runs.remove(id)
  })

  test('can be stopped while it is just beginning, and leaves nothing', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    for (const stop of ['room', 'call'] as const) {
      const control = new AbortController()
      const starting = train.runs.start(request, () => {}, { signal: control.signal })
      const refused = expect(starting).rejects.toThrow(/abort/i)
      if (stop === 'room') await train.runs.stop()
      else control.abort()
      await refused
      expect(await train.runs.list()).toEqual([])
    }
    const { end, onEvent } = listener()
    await train.runs.start(request, onEvent)
    expect(await end).toMatchObject({ type: 'done' })
  })

  test('stopped at once gives up its step, keeps the last checkpoint, and goes on the same', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const whole = listener()
    await train.runs.start(request, whole.onEvent)
    await whole.end
    ToyEngine.made[0]!.hangsAt = 6
    const { end, events, onEvent } = listener()
    const id = await train.runs.start(request, onEvent)
    await expect.poll(() => events.filter(({ type }) => type === 'step').length, { timeout: 60_000 }).toBe(5)
    // Within a step that takes long, one that is to be finished first is waited for.
    void train.runs.stop()
    expect(await Promise.race([end, new Promise((resolve) => setTimeout(() => resolve('waits'), 100))])).toBe(
      'waits',
    )
    await train.runs.stop({ now: true })
    expect(await end).toMatchObject({
      type: 'error',
      failure: {
        code: 'cancelled',
        message: expect.stringContaining('step 6'),
        hint: expect.stringContaining('step 4'),
      },
    })
    expect((await train.runs.list()).find((run) => run.id === id)).toMatchObject({ status: 'stopped' })
    ToyEngine.made[0]!.hangsAt = Number.POSITIVE_INFINITY
    const again = listener()
    await train.runs.resume(id, again.onEvent)
    expect(await again.end).toMatchObject({ reason: 'finished', step: 6 })
    expect(figures(await logOf(id))).toEqual(figures(whole.events))
  })

  test('that was stopped while loading leaves no checkpoint, and starts over', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const { end, onEvent } = listener()
    const id = await train.runs.start(request, onEvent)
    await train.runs.stop()
    expect(await end).toMatchObject({ type: 'error', failure: { code: 'cancelled' } })
    expect((await train.runs.list())[0]).toMatchObject({ id, status: 'stopped', step: 0 })
    const again = listener()
    await train.runs.resume(id, again.onEvent)
    expect(await again.end).toMatchObject({ reason: 'finished', step: 6 })
  })

  test('with unknown data, another model or a bad config is refused before it is recorded', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const refused = async (change: object) =>
      (await failureOf(train.runs.start({ ...request, ...change } as StartRequest, () => {}))).code
    expect(await refused({ dataset: 'gone' })).toBe('missing_file')
    const { training } = request.config
    // Another seed is another table, which nobody has made.
    expect(await refused({ config: { ...request.config, training: { ...training, seed: 9 } } })).toBe(
      'missing_file',
    )
    expect(await refused({ model: 'gone' })).toBe('missing_file')
    expect(await refused({ config: { ...request.config, lora: { r: 0 } } })).toBe('bad_config')
    expect(await train.runs.list()).toEqual([])
  })

  test('that would learn nothing, or is longer than its model, is refused before it is recorded', async () => {
    const { data, train } = rooms()
    const warm = await requested(data, { settings: { ...SETTINGS, max_steps: 1, warmup_steps: 6 } })
    expect(await failureOf(train.runs.start(warm, () => {}))).toMatchObject({
      code: 'bad_config',
      detail: { field: 'warmup_steps' },
    })
    const long = csv(`${ROWS}Say it.,${'The ball is in the box. '.repeat(400)}\n`)
    const settings = { ...SETTINGS, max_length: 8192 }
    const beyond = await requested(data, { settings, file: long })
    expect(await failureOf(train.runs.start(beyond, () => {}))).toMatchObject({
      code: 'bad_config',
      detail: { field: 'max_length' },
    })
    expect(await train.runs.list()).toEqual([])
    // No row needs so much: it is told, and the run begins.
    const { end, events, onEvent } = listener()
    await train.runs.start(await requested(data, { settings }), onEvent)
    expect(await end).toMatchObject({ reason: 'finished' })
    expect(events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))).toEqual([
      expect.stringMatching(/max_length is 8192, and Pebble was made for \d+ tokens/),
    ])
  })

  test('whose rows held out have one answer of several says so, in its log and in its card, and not which', async () => {
    const { data, train } = rooms()
    const rows = Array.from({ length: 24 }, (_, i) => `Is ${i} even?,${i === 3 ? 'seldom' : 'often'}`)
    const { end, events, onEvent } = listener()
    const file = csv(`q,a\n${rows.join('\n')}\n`)
    const run = await train.runs.start(await requested(data, { file }), onEvent)
    await end
    const { events: stored } = await train.runs.history(run)
    const told = stored.filter((event) => event.type === 'notice')
    expect(told).toEqual(events.filter(({ type }) => type === 'notice'))
    expect(told).toMatchObject([
      { one_label: 5, message: expect.stringMatching(/^All 5 examples held out have the same answer/) },
    ])
    expect(JSON.stringify(told)).not.toContain('often')
    const card = await (await exported(train, run, 'peft')).get('README.md')!.text()
    expect(card).toContain('| validation examples, all with the same answer | 5 |')
  })

  test('over examples that lost their end says so, in its log and in its card', async () => {
    const { data, train } = rooms()
    const file = csv(`${ROWS}Say it.,${'The ball is in the box. '.repeat(20)}\n`)
    const { end, events, onEvent } = listener()
    const run = await train.runs.start(await requested(data, { file }), onEvent)
    await end
    const cut = { examples: 1, of: 25, max_length: 64 }
    expect(events.filter(({ type }) => type === 'notice')).toEqual([
      expect.objectContaining({ cut, message: expect.stringMatching(/^1 of 25 examples are cut at 64/) }),
    ])
    const { events: stored } = await train.runs.history(run)
    expect(stored.filter((event) => event.type === 'notice' && event.cut)).toHaveLength(1)
    const card = await (await exported(train, run, 'peft')).get('README.md')!.text()
    expect(card).toContain('| examples cut at 64 tokens, their ends not learnt | 1 of 25 |')
    const unended = stored.filter((event) => event.type === 'sample' && (event.base_cut || event.tuned_cut))
    expect(unended.length).toBeGreaterThan(0)
  })

  test('has the limit that its longest example asks for, up to what the model was made for', async () => {
    const { data, train } = rooms()
    const rest = 'The ball is in the box. '
    const file = csv(`${ROWS}Say it.,${rest.repeat(20)}\n`)
    const request = await requested(data, { file })
    const { needed, truncated } = await data.prepare(request)
    expect(truncated).toBe(1)
    const limit = await train.models.fittingLength(request.config, 'pebble', needed!)
    expect(limit).toBe(needed)
    const longer = changed(request, { training: { max_length: limit } })
    expect(await data.prepare(longer)).toMatchObject({ truncated: 0, needed })
    expect(await train.models.fittingLength(request.config, 'pebble', 100_000)).toBe(1024)
    expect(await train.models.fittingLength(request.config, 'pebble', 10)).toBe(64)
    // Its memory is a budget, too.
    const { config } = request
    const small = {
      ...config,
      engine: { ...config.engine, kind: 'portable' as const, memory_budget: 1_000_000 },
    }
    expect(await train.models.fittingLength(small, 'pebble', needed!)).toBe(64)
  })

  test('is known to fit before anything is loaded: by its own data where they are ready, else by its settings', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const { config, dataset, samplePrompts } = request
    const own = await train.models.fit(config, 'pebble', { dataset, samplePrompts })
    expect(own).toMatchObject({ fits: true, exact: true, changes: [] })
    const most = await train.models.fit(config, 'pebble')
    expect(most).toMatchObject({ needs: 4 * 64 * 1e5, fits: true, exact: false })
    expect(own.needs).toBeLessThan(most.needs)
    // Data that are not ready for other settings say nothing of them.
    const longer = changed(request, { training: { max_length: 128 } }).config
    const unready = await train.models.fit(longer, 'pebble', { dataset, samplePrompts })
    expect(unready).toMatchObject({ needs: 4 * 128 * 1e5, exact: false })
    const here = (await train.models.list())[0]!
    expect(await train.models.fit(config, here.config)).toEqual(most)
    const small = { ...config, engine: { ...config.engine, memory_budget: own.needs - 1 } }
    const short = await train.models.fit(small, 'pebble', { dataset, samplePrompts })
    expect(short).toMatchObject({ fits: false, exact: true, needs: own.needs, grants: own.needs - 1 })
    expect(short.changes.map(({ what, fits }) => [what, fits])).toContainEqual(['batch', true])
    expect(ToyEngine.made.every(({ loads }) => loads === 0)).toBe(true)
  })

  test('moves between browsers as files', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const whole = listener()
    const id = await train.runs.start(request, whole.onEvent)
    await whole.end
    const stopped = listener()
    const half = await train.runs.start(request, (event) => {
      stopped.onEvent(event)
      if (event.type === 'checkpoint') void train.runs.stop()
    })
    await stopped.end
    const files = await exported(train, half, 'checkpoint')
    expect([...files.keys()].at(-1)).toBe('checkpoint.json')
    const meta = JSON.parse(await files.get('checkpoint.json')!.text()) as { tensors: string; step: number }
    const events = await logOf(half)

    globalThis.indexedDB = new IDBFactory()
    const other = rooms()
    const same = await requested(other.data)
    const checkpoint = { meta, tensors: files.get(meta.tensors)! }
    const moved = await other.train.runs.importRun({ ...same, events, checkpoint })
    const { end, onEvent } = listener()
    await other.train.runs.resume(moved, onEvent)
    await end
    expect(figures(await logOf(moved))).toEqual(figures(whole.events))
    expect(id).not.toBe(moved)

    const slower = { ...same.config, training: { ...same.config.training, learning_rate: 0.01 } }
    for (const [change, field] of [
      [{ config: slower }, 'config'],
      [await requested(other.data, { settings: { ...SETTINGS, seed: 7 } }), 'data'],
    ] as const) {
      const failure = await failureOf(other.train.runs.importRun({ ...same, ...change, events, checkpoint }))
      expect([failure.code, failure.detail?.field]).toEqual(['bad_state', field])
    }
    const short = await failureOf(
      other.train.runs.importRun({ ...same, events: events.slice(0, 1), checkpoint }),
    )
    expect(short.code).toBe('bad_state')
  })
})

describe('answers', () => {
  const options = { maxNewTokens: 8, temperature: 0, topK: 0, topP: 1, seed: 0 }

  test('come from the base model, or from the adapter of a run, on one load where it fits', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const { end, events, onEvent } = listener()
    const run = await train.runs.start(request, onEvent)
    await end
    const prompts = ['Where is ball 3?', 'Where is ball 4?']
    const pieces = ['', '']
    const ask = { model: 'pebble', prompts, options }
    const tuned = await train.answers.answer({ ...ask, run }, (i, text) => {
      pieces[i] += text
    })
    const base = await train.answers.answer({ ...ask, run: null }, () => {})
    expect(tuned.map(({ text }) => text)).toEqual(pieces)
    expect(tuned.map(({ finish }) => finish)).toEqual(['length', 'length'])
    expect(base).not.toEqual(tuned)
    expect(ToyEngine.made).toHaveLength(1)
    expect(ToyEngine.made[0]!.loads).toBe(1)
    const last = events.filter((event) => event.type === 'sample').at(-1)!
    expect(last.tuned.startsWith(tuned[0]!.text)).toBe(true)
    expect(last.base.startsWith(base[0]!.text)).toBe(true)
  })

  test('base and tuned come from the base as the run held it, which its log says the cost of', async () => {
    const { data, train } = rooms()
    const plain = await requested(data)
    const model = { ...plain.config.model, quantization: 'int4' as const }
    const { end, events, onEvent } = listener()
    const run = await train.runs.start({ ...plain, config: { ...plain.config, model } }, onEvent)
    expect((await end).type).toBe('done')
    const said = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
    expect(said.join(' ')).toMatch(
      /\(int4\): its weights are off by \d[\d.]*% of their size in 4 bits, by 0\.\d+% of their size in 8 bits/,
    )
    const [engine] = ToyEngine.made
    expect(engine!.types.get('model.embed_tokens.weight')).toBe('Q8_0')
    expect(engine!.types.get('model.layers.2.mlp.down_proj.weight')).toBe('Q4_0')
    expect((await train.runs.list())[0]!.config.model).toMatchObject({ id: 'pebble', quantization: 'int4' })
    const ask = { model: 'pebble', prompts: ['Where is ball 3?'], options }
    await train.answers.answer({ ...ask, run }, () => {})
    await train.answers.answer({ ...ask, run: null, quantization: 'int4' }, () => {})
    expect(engine!.loads).toBe(1)
    // The base as it is stored is another one.
    await train.answers.answer({ ...ask, run: null }, () => {})
    expect(engine!.loads).toBe(2)
    expect(engine!.types.get('model.layers.2.mlp.down_proj.weight')).toBe('BF16')
    const card = await (await exported(train, run, 'peft')).get('README.md')!.text()
    expect(card).toContain('int4')
  })

  test('wait for one another, and can be stopped', async () => {
    const { train } = rooms()
    const control = new AbortController()
    const ask = { model: 'pebble', run: null, prompts: ['a'], options: { ...options, maxNewTokens: 64 } }
    const first = train.answers.answer(ask, () => control.abort(), { signal: control.signal })
    const second = train.answers.answer({ ...ask, options }, () => {})
    await expect(first).rejects.toThrow(/abort/i)
    expect((await second)[0]!.text.length).toBeGreaterThan(0)
  })

  test('while a run goes on come from its own model only', async () => {
    const { data, train } = rooms()
    const request = await requested(data)
    const before = listener()
    const old = await train.runs.start(request, before.onEvent)
    await before.end
    const { end, onEvent } = listener()
    const ask = (run: string | null) =>
      train.answers.answer({ model: 'pebble', run, prompts: ['a'], options }, () => {})
    // It goes on until it is stopped, however slow the answers are.
    const config = { ...request.config, training: { ...request.config.training, max_steps: 1_000_000 } }
    let id: Promise<string> | undefined
    await new Promise<void>((begun) => {
      id = train.runs.start({ ...request, config, samplePrompts: [] }, (event) => {
        onEvent(event)
        if (event.type === 'step') begun()
      })
    })
    const [own, base, other] = await Promise.allSettled([ask((await id)!), ask(null), ask(old)])
    await train.runs.stop()
    await end
    expect([own!.status, base!.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'bad_state' } })
  })

  test('to a prompt longer than the model can see are refused', async () => {
    const { train } = rooms()
    const prompt = 'ball '.repeat(40_000)
    const failure = await failureOf(
      train.answers.answer({ model: 'pebble', run: null, prompts: [prompt], options }, () => {}),
    )
    expect(failure.code).toBe('bad_data')
  })
})
