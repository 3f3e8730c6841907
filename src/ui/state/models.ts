import { batch, createMemo, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { DeviceInfo, ModelInfo, Studio } from '../../protocol/studio.ts'

export type ModelState = ReturnType<typeof createModels>

/** The models at hand, the chosen one, and what this browser computes with. */
export function createModels(studio: Studio) {
  const [list, setList] = createSignal<ModelInfo[]>([])
  const [chosenId, choose] = createSignal('pebble')
  const [device, setDevice] = createSignal<DeviceInfo | null>(null)
  const [adding, setAdding] = createSignal<{ name: string; share: number; note: string } | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [listFailure, setListFailure] = createSignal<Failure | null>(null)
  const [deviceFailure, setDeviceFailure] = createSignal<Failure | null>(null)

  const chosen = createMemo(() => list().find((model) => model.id === chosenId()) ?? null)

  async function refresh(): Promise<void> {
    try {
      const found = await studio.train.models()
      batch(() => {
        setList(found)
        setListFailure(null)
      })
    } catch (error) {
      setListFailure(toFailure(error))
    }
  }

  async function findDevice(): Promise<void> {
    setDeviceFailure(null)
    try {
      setDevice(await studio.train.device())
    } catch (error) {
      setDeviceFailure(toFailure(error))
    }
  }

  /** Stores a Hugging Face folder; the name is its top folder's. */
  async function add(files: File[], name: string): Promise<void> {
    batch(() => {
      setFailure(null)
      setAdding({ name, share: 0, note: '' })
    })
    try {
      const info = await studio.train.addModel(files, name, (share, note) => setAdding({ name, share, note }))
      await refresh()
      choose(info.id)
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setAdding(null)
    }
  }

  async function remove(id: string): Promise<void> {
    try {
      await studio.train.removeModel(id)
      if (chosenId() === id) choose('pebble')
      await refresh()
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  const ready = refresh()
  void findDevice()

  return {
    list,
    chosen,
    chosenId,
    choose,
    device,
    deviceFailure,
    findDevice,
    adding,
    failure,
    listFailure,
    add,
    remove,
    report: setFailure,
    refresh,
    /** Settles when the list has been read once. */
    ready,
  }
}
