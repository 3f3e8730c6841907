import { checkProof } from '../export/proof.ts'
import { type ByteSource, blobSource } from '../files/bytes.ts'
import { readAdapterConfig } from '../model/adapter-config.ts'
import { checkAdapter, namedFor } from '../model/lora.ts'
import type { ChatAbout, ChatRoom } from '../protocol/chat-page.ts'
import { type ErrorCode, fail } from '../protocol/errors.ts'
import { blobOf } from '../protocol/exported.ts'
import { gatedFetch } from '../protocol/gate.ts'
import type { CarriedProof } from '../protocol/proof.ts'
import { defaultRunConfig } from '../protocol/run-config.ts'
import type { Call } from '../protocol/studio.ts'
import { openAdapter, readAdapter } from './adapter-files.ts'
import { answerRoom } from './answer-room.ts'
import type { Opened } from './bridge.ts'
import { EngineHost } from './engine/host.ts'
import { type OpenModel, openFiles } from './library.ts'
import { proofPlan } from './proving.ts'
import { fresh } from './start-from.ts'

/** Beside the page. */
const ADAPTER = ['adapter/adapter_config.json', 'adapter/adapter_model.safetensors'] as const

/** Answers of an exported chat page: of the one base and the one adapter that lie beside it. Nothing is stored. */
export function chatRoom(): ChatRoom & Opened {
  let base = ''
  const host = new EngineHost(async () => nothing('storage_blocked', 'This page stores nothing.'))
  let loading: Promise<Loaded> | null = null

  interface Loaded {
    about: ChatAbout
    model: OpenModel
    adapter: Awaited<ReturnType<typeof fetchAdapter>>
    /** Fetched with the rest, since the server may be gone later; null: asked for when it is needed. */
    proof: CarriedProof | null
  }

  /** Once; where that failed, anew. */
  function load(call: Call): Promise<Loaded> {
    loading ??= fetchAll(call).catch((error: unknown) => {
      loading = null
      throw error
    })
    return loading
  }

  async function fetchAll({ signal, onProgress }: Call): Promise<Loaded> {
    const about = (await (await fetched(new URL('chat.json', base), signal)).json()) as ChatAbout
    const total = Object.values(about.files).reduce((sum, size) => sum + size, 0)
    let done = 0
    const files = new Map<string, ByteSource>()
    for (const name of Object.keys(about.files)) {
      const url = new URL(`base/${name.split('/').map(encodeURIComponent).join('/')}`, base)
      const response = await fetched(url, signal)
      async function* pieces() {
        const reader = response.body!.getReader()
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          done += part.value.byteLength
          onProgress?.({ share: Math.min(1, done / total), bytes: { done, total } })
          yield part.value
        }
      }
      const blob = await blobOf({ path: name, size: about.files[name]!, chunks: pieces })
      if (blob.size !== about.files[name])
        nothing('bad_file', `base/${name} has ${blob.size} bytes, and should have ${about.files[name]}.`)
      files.set(name, blobSource(blob))
    }
    return {
      about,
      adapter: await fetchAdapter(signal),
      // Answers do without.
      proof: about.proof ? await fetchProof(signal).catch(() => null) : null,
      model: await openFiles('base', about.base, files, 'base'),
    }
  }

  /** What answerRoom asks of the only run there is. */
  const shelf = {
    async record() {
      const { about, adapter } = await load({})
      return {
        name: about.base,
        modelHash: 'base',
        config: {
          ...defaultRunConfig(),
          lora: adapter.config.lora,
          model: { ...defaultRunConfig().model, quantization: about.quantization },
        },
      }
    },
    async needCheckpoint() {
      const { about, model, adapter } = await load({})
      const weights = namedFor(model.info.config, await openAdapter(adapter))
      checkAdapter(model.info.config, adapter.config.lora, weights)
      return { meta: { step: about.step }, state: fresh(await readAdapter(weights)) }
    },
  }

  async function fetchAdapter(signal?: AbortSignal) {
    const [config, tensors] = await Promise.all(ADAPTER.map((path) => fetched(new URL(path, base), signal)))
    return { config: readAdapterConfig(await config!.json()), tensors: await tensors!.blob() }
  }

  const fetchProof = async (signal?: AbortSignal) =>
    (await (await fetched(new URL('proof.json', base), signal)).json()) as CarriedProof

  return {
    open(options) {
      base = options.base
    },
    async check(call = {}) {
      const { about, model, ...came } = await load(call)
      const proof = came.proof ?? (await fetchProof(call.signal))
      const [{ config }, { state }] = [await shelf.record(), await shelf.needCheckpoint()]
      return host.use(
        'proof',
        async (engines) => {
          const signal = call.signal ? AbortSignal.any([call.signal, engines.recalled]) : engines.recalled
          const { kind: engine, portable_backend: backend, default_limits: defaultLimits } = config.engine
          const plan = await proofPlan({ config, model })
          const loaded = await engines.load({
            ...{ model, quantization: about.quantization, plan, engine, backend, defaultLimits, signal },
            seed: 0,
            choices: {},
          })
          engines.adapter = null
          await loaded.loadState(state, signal)
          return checkProof(loaded, proof, { ...call, signal })
        },
        call,
      )
    },
    ...answerRoom({
      library: async () => ({ open: async (_, call = {}) => (await load(call)).model }),
      host,
      shelf,
    }),
  }
}

async function fetched(url: URL, signal?: AbortSignal): Promise<Response> {
  const name = url.pathname.split('/').slice(-2).join('/')
  try {
    const response = await gatedFetch(url, signal ? { signal } : {})
    if (response.ok) return response
  } catch {
    signal?.throwIfAborted()
  }
  return nothing('missing_file', `${name} did not come.`)
}

function nothing(code: ErrorCode, message: string): never {
  fail(code, message, 'Put the whole folder on the server, as it was downloaded, and load this page anew.')
}
