import { type ByteSource, bufferSource, httpSource, readJson } from '../files/bytes.ts'
import { openWeights } from '../files/weights.ts'
import type { ChatCodec } from '../generate/chat.ts'
import { sha256Hex } from '../lib/hash.ts'
import { readModelConfig } from '../model/config.ts'
import { type QuantisedWeights, quantisedWeights } from '../model/quantised-weights.ts'
import { parameterCount } from '../model/tensors.ts'
import { resolveWeights } from '../model/weights.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { ModelConfig, Quantization, WeightSource } from '../protocol/model.ts'
import type { AddedModel, Call, ModelInfo } from '../protocol/studio.ts'
import { type Database, type StoredModel, setsOfModel } from '../storage/database.ts'
import { hasAllChunks } from '../storage/model-copies.ts'
import {
  addModel,
  keepTokenizer,
  keptTokenizer,
  manifestHash,
  modelFiles,
  putModel,
} from '../storage/models.ts'
import type { ChatTokenizer } from '../tokens/chat.ts'
import { ADAPTER_FILES, isAdapterFolder, refuseAsModel } from './adapter-folder.ts'
import { tellKept } from './kept-news.ts'
import { modelFolderOf } from './model-files.ts'
import { BUNDLED, placeFor } from './model-names.ts'
import { type RoundingShelf, roundingShelf } from './rounding-shelf.ts'
import { servedRounding } from './served-rounding.ts'

const BUNDLED_FACTS = { origin: { kind: 'bundled' }, licence: null, practice: true } as const
const BUNDLED_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors',
]

/** Where a tokenizer is kept as it opens the quickest. */
interface TokenizerShelf {
  read(): Promise<Uint8Array<ArrayBuffer> | null>
  keep(bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

/** Where of a stored model lies what is made of its files, so that the next visit need not make it. */
interface Shelves {
  tokenizer: TokenizerShelf | null
  rounding: RoundingShelf | null
}

/** A model whose files can be read, wherever they lie. Parts are opened when asked for, once. */
export class OpenModel {
  readonly info: ModelInfo
  readonly files: ReadonlyMap<string, ByteSource>
  readonly #shelf: TokenizerShelf | null
  readonly #rounding: RoundingShelf | null
  #chat: Promise<ChatTokenizer> | null = null
  #weights: Promise<WeightSource> | null = null
  readonly #quantised = new Map<Quantization, Promise<QuantisedWeights>>()

  constructor(info: ModelInfo, files: ReadonlyMap<string, ByteSource>, shelves: Shelves | null = null) {
    this.info = info
    this.files = files
    this.#shelf = shelves?.tokenizer ?? null
    this.#rounding = shelves?.rounding ?? null
  }

  /** @throws LapidaryError where the tokenizer is missing, broken or of another model */
  chat(): Promise<ChatTokenizer> {
    this.#chat ??= this.#openChat()
    return this.#chat
  }

  /** The same as sampling wants it. */
  async codec(): Promise<ChatCodec> {
    const [chat, { chatCodec }] = await Promise.all([this.chat(), import('./codec.ts')])
    return chatCodec(chat, this.info.config)
  }

  /** What reads tokenizers and templates is a quarter of a worker that only looks at what is stored: it comes when it is needed. */
  async #openChat(): Promise<ChatTokenizer> {
    const [{ checkChatTokenizer, openChatTokenizer }, { TokenizerTable }] = await Promise.all([
      import('../tokens/chat.ts'),
      import('../tokens/tokenizer-table.ts'),
    ])
    // What cannot be read is made again of the file.
    const bytes = (await this.#shelf?.read().catch(() => null)) ?? null
    const table = bytes && TokenizerTable.from(bytes)
    const chat = await openChatTokenizer(this.files, undefined, table)
    checkChatTokenizer(chat, this.info.config)
    if (!table && this.#shelf) await keepIn(this.#shelf, chat)
    return chat
  }

  /** @throws LapidaryError where a tensor is missing, cut off or of another shape */
  weights(quantization: Quantization = null): Promise<WeightSource> {
    if (quantization !== null) return this.quantised(quantization)
    this.#weights ??= openWeights(this.files).then((weights) => resolveWeights(this.info.config, weights))
    return this.#weights
  }

  /** Weights that are rounded as they are read, or were before; what that has cost is known once they have been. */
  quantised(to: Exclude<Quantization, null>): Promise<QuantisedWeights> {
    const known = this.#quantised.get(to)
    if (known) return known
    const made = Promise.all([this.weights(), this.#rounding?.read(to).catch(() => null)]).then(
      ([weights, blocks]) => quantisedWeights(this.info.config, weights, to, blocks),
    )
    this.#quantised.set(to, made)
    return made
  }

  /** Has `load` read all weights; where they are rounded for it, the blocks are kept for the next time. */
  async loadWith(quantization: Quantization, load: (weights: WeightSource) => Promise<void>): Promise<void> {
    if (quantization === null) return load(await this.weights())
    const weights = await this.quantised(quantization)
    const recorded = weights.fromKept
      ? null
      : ((await this.#rounding?.record(weights, quantization).catch(() => null)) ?? null)
    try {
      await load(recorded ?? weights)
    } catch (error) {
      await recorded?.discard()
      throw error
    }
    // Whoever waits for the engine does not wait for this.
    void recorded?.finish().then((kept) => kept && this.#quantised.delete(quantization))
  }
}

/** Where files that are added came from; those chosen on this machine where nothing is said. */
export interface Origin extends Partial<Pick<StoredModel, 'origin' | 'licence' | 'made'>> {
  /** Id of the download that ends with it. */
  download?: string
  /** What tells it from other models of its name, in a word or two. */
  apart?: string
}

/** Bytes of a tokenizer.json: a smaller one is read at once. */
const WORTH_KEEPING = 4 * 2 ** 20

function shelfOf(database: Database, { id, files }: StoredModel): TokenizerShelf | null {
  const json = files['tokenizer.json']
  if (!json || json.size < WORTH_KEEPING) return null
  return {
    read: () => keptTokenizer(database, id, json.hash),
    keep: (bytes) => keepTokenizer(database, id, json.hash, bytes),
  }
}

/** Without it the next visit only takes longer: there may be no room for it. */
async function keepIn(shelf: TokenizerShelf, { tokenizer }: ChatTokenizer): Promise<void> {
  const bytes = tokenizer.table.bytes()
  if (bytes) await shelf.keep(bytes).catch(() => {})
}

/** Models by id: stored ones, the bundled one, and folders served with a manifest (the id is their address). */
export class Library {
  readonly #database: () => Promise<Database>
  /** Address that bundled files lie under. */
  readonly base: string
  /** With when it was stored: the same model stored anew lies elsewhere, and any worker may have stored it. */
  readonly #open = new Map<string, { model: OpenModel; stored: number }>()

  constructor(database: () => Promise<Database>, base: string) {
    this.#database = database
    this.base = base
  }

  /** @throws LapidaryError where nothing is stored and the bundled one's server cannot be reached; else it is left out */
  async list(): Promise<ModelInfo[]> {
    const stored = (await (await this.#database()).getAll('models')).map(infoOf)
    if (stored.some(({ id }) => id === BUNDLED.id)) return stored
    const bundled = await this.#bundledInfo().catch((error: unknown) => {
      if (stored.length === 0 || !(error instanceof LapidaryError)) throw error
      return null
    })
    return bundled ? [bundled, ...stored] : stored
  }

  /**
   * @param call hears of the first use of the bundled model, which stores it
   * @throws LapidaryError `missing_file` where there is no such model
   */
  async open(id: string, call: Call = {}): Promise<OpenModel> {
    if (/^https?:/.test(id)) {
      return this.#open.get(id)?.model ?? this.#keep(await openServed(id), 0)
    }
    let stored = await (await this.#database()).get('models', id)
    if (id === BUNDLED.id && (!stored || (await this.#isToBeStored(stored))))
      stored = await oneAtATime(() => this.#storeBundled(call))
    if (!stored)
      fail(
        'missing_file',
        `There is no model "${id}" in this browser.`,
        'Choose another model, or add it again.',
        { model: id },
      )
    const known = this.#open.get(id)
    if (known?.model.info.hash === stored.hash && known.stored === stored.created) return known.model
    const database = await this.#database()
    const model = new OpenModel(infoOf(stored), modelFiles(database, stored), {
      tokenizer: shelfOf(database, stored),
      rounding: roundingShelf(database, id, stored.hash),
    })
    return this.#keep(model, stored.created)
  }

  /** Whether a model is stored with all its chunks. */
  async isWhole(id: string): Promise<boolean> {
    const database = await this.#database()
    const stored = await database.get('models', id)
    return stored !== undefined && hasAllChunks(database, stored)
  }

  /**
   * Checks a folder's files, or a GGUF's, from config to tokenizer, then stores them beside what is here; where the very same files are
   * here, under whatever name, nothing is stored but what is damaged of them.
   */
  async add(
    files: ReadonlyMap<string, ByteSource>,
    name: string,
    call: Call = {},
    { download, apart, ...from }: Origin = {},
  ): Promise<AddedModel> {
    const adapter = files.get(ADAPTER_FILES[0])
    if (isAdapterFolder([...files.keys()]))
      refuseAsModel(name, adapter ? await readJson(adapter, ADAPTER_FILES[0], call.signal) : null)
    const kept = await modelFolderOf(files, call.signal)
    const config = await readConfig(kept)
    const model = new OpenModel(describe('', name, config, '', kept), kept)
    for (const part of [() => model.weights(), () => model.chat()]) {
      call.signal?.throwIfAborted()
      await part()
    }
    const { parameters } = model.info
    const facts = { name, origin: { kind: 'files' } as const, licence: null, ...from }
    // A copy of the practice model is that, stored or not. Where it cannot be had now, the copy is a model of its own.
    if (await this.#isBundled(kept)) await oneAtATime(() => this.#storeBundled(call)).catch(() => {})
    call.signal?.throwIfAborted()
    const { stored, known, mended } = await addModel(
      await this.#database(),
      { ...facts, ...(await replacedIn(model)), config, parameters, practice: false },
      kept,
      placeFor(name, apart),
      call,
      { download },
    )
    tellKept('models')
    const shelf = shelfOf(await this.#database(), stored)
    if (shelf && !known) await keepIn(shelf, await model.chat())
    return { ...infoOf(stored), known, mended, asked: name }
  }

  #keep(model: OpenModel, stored: number): OpenModel {
    this.#open.set(model.info.id, { model, stored })
    return model
  }

  #address(file: string): string {
    return new URL(`models/${BUNDLED.id}/${file}`, this.base).href
  }

  /** Names and hashes of the files of the Pebble that the studio comes with now; null where they cannot be asked. */
  #shipped(): Promise<Manifest['files'] | null> {
    const address = this.#address('manifest.json')
    const asked =
      shippedFiles.get(address) ??
      readManifest(address).then(
        ({ files }) => files,
        () => null,
      )
    shippedFiles.set(address, asked)
    return asked
  }

  /** Whether the studio comes with another Pebble than the stored one, or that has lost a part. Offline, what is stored is what there is. */
  async #isToBeStored(stored: StoredModel): Promise<boolean> {
    const shipped = await this.#shipped()
    if (shipped === null) return false
    return manifestHash(shipped) !== stored.hash || !(await hasAllChunks(await this.#database(), stored))
  }

  /** Whether files are those of the bundled model. Its config.json comes first: of any larger model nothing else is read. */
  async #isBundled(files: ReadonlyMap<string, ByteSource>): Promise<boolean> {
    const shipped = await this.#shipped()
    if (!shipped || files.size !== Object.keys(shipped).length) return false
    for (const [name, { hash }] of Object.entries(shipped)) {
      const file = files.get(name)
      if (!file || (await sha256Hex(await file.read(0, file.size))) !== hash) return false
    }
    return true
  }

  async #bundledInfo(): Promise<ModelInfo> {
    const files = new Map<string, ByteSource>()
    for (const file of ['config.json', 'generation_config.json'])
      files.set(file, await httpSource(this.#address(file)))
    const info = describe(BUNDLED.id, BUNDLED.name, await readConfig(files), '', new Map())
    return { ...info, ...BUNDLED_FACTS }
  }

  async #storeBundled(call: Call): Promise<StoredModel> {
    // Another worker may have stored it while this one waited.
    const stored = await (await this.#database()).get('models', BUNDLED.id)
    if (stored && !(await this.#isToBeStored(stored))) return stored
    const files = new Map<string, ByteSource>()
    for (const [i, file] of BUNDLED_FILES.entries()) {
      call.onProgress?.({ share: i / BUNDLED_FILES.length, note: `Fetching ${BUNDLED.name}` })
      files.set(file, await fetchWhole(this.#address(file), call.signal))
    }
    const config = await readConfig(files)
    const { parameters } = describe(BUNDLED.id, BUNDLED.name, config, '', files)
    return putModel(
      await this.#database(),
      { ...BUNDLED, ...BUNDLED_FACTS, config, parameters },
      files,
      call.signal ? { signal: call.signal } : {},
    )
  }
}

/** Of the model that this build comes with, by address of its manifest; null where it cannot be asked. */
const shippedFiles = new Map<string, Promise<Manifest['files'] | null>>()

let queue: Promise<unknown> = Promise.resolve()

/** Storing the bundled model twice at once would take the first one's parts away from whoever reads them already. */
function oneAtATime<T>(task: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks
  if (locks) return locks.request('lapidary.bundled-model', task) as Promise<T>
  const run = queue.then(task)
  queue = run.catch(() => {})
  return run
}

/** A file that comes whole in one request: the bundled ones are small. */
async function fetchWhole(url: string, signal?: AbortSignal): Promise<ByteSource> {
  const source = await httpSource(url)
  return bufferSource(await source.read(0, source.size, signal))
}

/** `manifest.json` of a folder: its name, and each file's SHA-256. */
interface Manifest {
  name: string
  files: Record<string, { hash: string }>
  /** Where its server keeps what the model is rounded to, from its own address on. */
  rounded?: string
}

async function readManifest(url: string): Promise<Manifest> {
  return (await readJson(await httpSource(url), 'manifest.json')) as Manifest
}

async function openServed(address: string): Promise<OpenModel> {
  const base = address.endsWith('/') ? address : `${address}/`
  const manifest = await readManifest(`${base}manifest.json`)
  const files = new Map<string, ByteSource>()
  for (const file of Object.keys(manifest.files))
    files.set(file, await httpSource(base + encodeURIComponent(file)))
  const hash = manifestHash(manifest.files)
  const rounding = manifest.rounded ? servedRounding(new URL(manifest.rounded, base).href, hash) : null
  return openFiles(address, manifest.name, files, hash, rounding)
}

/** A model of files that lie anywhere. */
export async function openFiles(
  id: string,
  name: string,
  files: ReadonlyMap<string, ByteSource>,
  hash: string,
  rounding: RoundingShelf | null = null,
): Promise<OpenModel> {
  const info = describe(id, name, await readConfig(files), hash, files)
  return new OpenModel({ ...info, ...(id === BUNDLED.id && BUNDLED_FACTS) }, files, {
    tokenizer: null,
    rounding,
  })
}

/** Of a model folder's files. @throws LapidaryError where there is none, or none of a model that is supported */
export async function readConfig(files: ReadonlyMap<string, ByteSource>): Promise<ModelConfig> {
  const config = files.get('config.json')
  if (!config)
    fail(
      'missing_file',
      'There is no config.json among the chosen files.',
      'Choose the whole model folder: config.json, tokenizer.json and the *.safetensors files; or a .gguf file.',
      { expected: 'config.json' },
    )
  const generation = files.get('generation_config.json')
  return readModelConfig(await readJson(config, 'config.json'), {
    // Engines compute in f32 however weights are stored, so the embedding's scale is not rounded to their type.
    dtype: 'float32',
    ...(generation && { generationConfig: await readJson(generation, 'generation_config.json') }),
  })
}

function describe(
  id: string,
  name: string,
  config: ModelConfig,
  hash: string,
  files: ReadonlyMap<string, ByteSource>,
): ModelInfo {
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0)
  return {
    id,
    name,
    config,
    hash,
    bytes,
    parameters: parameterCount(config),
    practice: false,
    origin: { kind: 'files' },
    licence: null,
  }
}

/** What a model came without, as it is stored with it. */
async function replacedIn(model: OpenModel): Promise<Pick<StoredModel, 'replaced'>> {
  const { replacedFiles } = await import('../tokens/chat.ts')
  const replaced = await replacedFiles(model.files)
  return replaced.length > 0 ? { replaced } : {}
}

export function infoOf(stored: StoredModel): ModelInfo {
  const { created: _, made: _m, tokenizer: _t, rounded: _r, files: _f, ...info } = stored
  return { ...info, bytes: setsOfModel(stored).reduce((sum, { size }) => sum + size, 0) }
}
