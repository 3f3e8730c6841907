import { batch, createMemo, createSignal } from 'solid-js'
import { configField } from '../../protocol/config-fields.ts'
import type { EngineChoice, PortableBackendChoice } from '../../protocol/engine.ts'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { Quantization } from '../../protocol/model.ts'
import type { AddedModel, DeviceInfo, ModelInfo, ModelUse, Studio } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'
import type { Draft } from './draft.ts'
import { chosenElsewhere, sayChosen } from './in-use.ts'
import { recall, remember } from './memory.ts'

const ENGINES = configField('engine.kind').options as readonly EngineChoice[]
const BACKENDS = configField('engine.portable_backend').options as readonly PortableBackendChoice[]

/** What was chosen before, or by the address (`?engine=portable`, `?backend=webgpu`). */
function first<Choice extends string>(name: 'engine' | 'backend', choices: readonly Choice[]): Choice {
  const asked = new URLSearchParams(location.search).get(name) ?? recall<{ choice: string }>(name)?.choice
  return choices.find((choice) => choice === asked) ?? choices[0]!
}

interface Checking {
  share: number
  /** The operation that is checked now. */
  operation: string
  /** Asked to stop; it ends with the operation that it is at. */
  stopping?: boolean
  stop: () => void
}

/** Of a GGUF among files: without its ending, and without the number of a part; null where nothing is left. */
function fileName(files: readonly File[]): string | null {
  const file =
    files.find(({ name }) => /\.gguf$/i.test(name)) ?? files.find(({ name }) => /\.zip$/i.test(name))
  return file?.name.replace(/(-\d{5}-of-\d{5})?\.(gguf|zip)$/i, '').trim() || null
}

interface Adding {
  name: string
  share: number
  note: string
  stop: () => void
}

export type ModelState = ReturnType<typeof createModels>

/** The models at hand, the chosen one, and what this browser computes with. */
export function createModels(studio: Studio, draft: Draft) {
  const [list, setList] = createSignal<ModelInfo[]>([])
  const chosenId = () => draft.model().id
  const engine = () => draft.engine().kind
  const backend = () => draft.engine().portable_backend
  draft.change('engine', { kind: first('engine', ENGINES), portable_backend: first('backend', BACKENDS) })
  const [device, setDevice] = createSignal<DeviceInfo | null>(null)
  const [adding, setAdding] = createSignal<Adding | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [added, setAdded] = createSignal<AddedModel | null>(null)
  const [gone, setGone] = createSignal<string | null>(null)
  const [listFailure, setListFailure] = createSignal<Failure | null>(null)
  const [deviceFailure, setDeviceFailure] = createSignal<Failure | null>(null)
  const [checking, setChecking] = createSignal<Checking | null>(null)

  const chosen = createMemo(() => list().find((model) => model.id === chosenId()) ?? null)

  async function refresh(): Promise<void> {
    try {
      const found = await studio.models.list()
      const before = chosen()
      batch(() => {
        // One that is as it was stays the same thing: whatever hangs on the chosen one is left alone.
        const known = new Map(list().map((model) => [JSON.stringify(model), model]))
        setList(found.map((model) => known.get(JSON.stringify(model)) ?? model))
        setListFailure(null)
        // Another of its id, or none: it is not there any more. The practice model is another with each studio.
        if (
          !before ||
          before.practice ||
          found.some(({ id, hash }) => id === before.id && hash === before.hash)
        )
          return
        choose('pebble')
        setGone(before.name)
      })
    } catch (error) {
      setListFailure(toFailure(error))
    }
  }

  async function findDevice(): Promise<void> {
    setDeviceFailure(null)
    const [kind, on] = [engine(), backend()]
    // An answer may be late: what was chosen meanwhile is asked after by itself.
    const still = () => engine() === kind && backend() === on
    try {
      const found = await studio.models.device(kind, on)
      if (still()) setDevice(found)
    } catch (error) {
      if (still()) setDeviceFailure(toFailure(error))
    }
  }

  /** Choices of kernels that came with a config are of its model and engine. */
  function choose(id: string): void {
    if (id === chosenId()) return
    batch(() => {
      setGone(null)
      draft.change('model', { id, hash: null })
      draft.change('engine', { choices: {} })
    })
  }

  /** Kernels that were chosen are of what the model was held in. */
  function hold(quantization: Quantization): void {
    batch(() => {
      draft.change('model', { quantization })
      draft.change('engine', { choices: {} })
    })
  }

  function chooseEngine(kind: EngineChoice): void {
    draft.change('engine', { kind, choices: {} })
    remember('engine', kind === 'auto' ? null : { choice: kind })
    void findDevice()
  }

  function chooseBackend(choice: PortableBackendChoice): void {
    draft.change('engine', { portable_backend: choice, choices: {} })
    remember('backend', choice === 'auto' ? null : { choice })
    void findDevice()
  }

  /** Where nobody has said how much: about what the practice model and a small Gemma take. */
  let lastMemory = 2e9

  /** @param bytes that a run may take; null: decided by itself. NaN while no number is typed */
  function setMemory(bytes: number | null): void {
    const before = draft.engine().memory_budget
    if (before !== null && !draft.problems().has('memory_budget')) lastMemory = before
    draft.change('engine', { memory_budget: bytes })
  }

  /** Checks every operation on this adapter; what is chosen by itself may change with it. */
  async function checkGpu(): Promise<void> {
    const stopping = new AbortController()
    const stop = () => {
      stopping.abort()
      setChecking((now) => now && { ...now, stopping: true })
    }
    setDeviceFailure(null)
    setChecking({ share: 0, operation: '', stop, stopping: false })
    try {
      const check = await studio.models.checkGpu({
        signal: stopping.signal,
        onProgress: ({ share, note = '' }) =>
          setChecking({
            share: share ?? 0,
            operation: note,
            stop,
            stopping: stopping.signal.aborted,
          }),
      })
      await findDevice()
      const found = device()
      if (found) setDevice({ ...found, check })
    } catch (error) {
      const failure = toFailure(error)
      if (failure.code !== 'cancelled') setDeviceFailure(failure)
    } finally {
      setChecking(null)
    }
  }

  /** What was added is chosen; what became of it is said, where that is not what it looks like. */
  async function take(info: AddedModel): Promise<void> {
    await refresh()
    setAdded(info)
    choose(info.id)
  }

  /** Stores a Hugging Face folder, a GGUF or a zip of one; the name is its top folder's, or the file's. */
  async function add(files: File[], folder: string | null): Promise<void> {
    const name = folder ?? fileName(files) ?? t('model.unnamed')
    const stopping = new AbortController()
    const stop = () => stopping.abort()
    batch(() => {
      setFailure(null)
      setAdded(null)
      setAdding({ name, share: 0, note: '', stop })
    })
    try {
      const info = await studio.models.add(files, name, {
        signal: stopping.signal,
        onProgress: ({ share, note = '' }) => {
          if (adding()?.stop === stop) setAdding({ name, share: share ?? 0, note, stop })
        },
      })
      await take(info)
    } catch (error) {
      const problem = toFailure(error)
      if (problem.code !== 'cancelled') setFailure(problem)
    } finally {
      setAdding(null)
    }
  }

  /** What hangs on a model; null where that cannot be said, which is shown, or where it is gone already. */
  async function useOf({ id }: ModelInfo): Promise<{ use: ModelUse; elsewhere: boolean } | null> {
    try {
      const [use, elsewhere] = await Promise.all([
        studio.models.use(id),
        chosenElsewhere(id, chosenId() === id),
      ])
      if (use) return { use, elsewhere }
      await refresh()
    } catch (error) {
      setFailure(toFailure(error))
    }
    return null
  }

  async function remove(id: string): Promise<void> {
    try {
      await studio.models.remove(id)
      if (chosenId() === id) choose('pebble')
      if (added()?.id === id) setAdded(null)
      await refresh()
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  sayChosen(chosenId)
  const ready = refresh()
  void findDevice()

  return {
    list,
    chosen,
    /** Null where it is not here any more. */
    byId: (id: string) => list().find((model) => model.id === id) ?? null,
    chosenId,
    choose,
    hold,
    engine,
    chooseEngine,
    backend,
    chooseBackend,
    memory: () => draft.engine().memory_budget,
    memoryProblem: () => draft.problems().get('memory_budget'),
    setMemory,
    /** As it was when it was said last, and right. */
    limitMemory: () => setMemory(lastMemory),
    /** Both choices, as a question to the model names them. */
    asked: () => ({ engine: engine(), portableBackend: backend() }),
    checking,
    checkGpu,
    device,
    deviceFailure,
    findDevice,
    adding,
    failure,
    listFailure,
    add,
    take,
    /** The model that was added last, where it was here already or has another name than it came with. */
    told: () => {
      const model = added()
      if (!model || !list().some(({ id, hash }) => id === model.id && hash === model.hash)) return null
      return model.known || model.name !== model.asked ? model : null
    },
    dismissTold: () => setAdded(null),
    /** What the chosen model was called that another tab has deleted. */
    gone,
    dismissGone: () => setGone(null),
    useOf,
    remove,
    report: setFailure,
    refresh,
    /** Settles when the list has been read once. */
    ready,
  }
}
