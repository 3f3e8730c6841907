import { batch, createSignal } from 'solid-js'
import { type Failure, fail, toFailure } from '../../protocol/errors.ts'
import type { LoraConfig, RunConfig } from '../../protocol/run-config.ts'
import type { AdapterFiles, ModelInfo, OpenedAdapter, Studio } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'
import type { Draft } from './draft.ts'
import type { ModelState } from './models.ts'
import type { Settings } from './settings.ts'

/** An adapter that was given as a model. */
export interface Misplaced {
  /** The model that it says it was made for. */
  base: string | null
  get: () => Promise<{ files: File[]; name: string | null }>
}

export type StartAdapter = ReturnType<typeof createStartAdapter>

/** An adapter from files that the next run begins with. It is in this page's memory: after a reload it is chosen again. */
export function createStartAdapter({
  studio,
  draft,
  models,
  settings,
}: {
  studio: Studio
  draft: Draft
  models: Pick<ModelState, 'chosen' | 'choose' | 'ready'>
  settings: Pick<Settings, 'setLora'>
}) {
  const [opened, setOpened] = createSignal<OpenedAdapter | null>(null)
  const [opening, setOpening] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)

  /** One that was given as a model, until it is used or put away. */
  const [misplaced, setMisplaced] = createSignal<Misplaced | null>(null)

  /** Takes over its LoRA settings with it, as the command line does: its shapes hang on them. */
  async function open(files: File[], folder: string | null): Promise<boolean> {
    if (opening()) return false
    setOpening(true)
    setFailure(null)
    try {
      await models.ready
      const model = models.chosen()
      if (!model) fail('missing_file', t('startFrom.noModel'), t('startFrom.noModelHint'))
      const found = await studio.runs.openAdapter(files, folder ?? (await nameOf(files)), model.id)
      batch(() => {
        setOpened(found)
        for (const [name, value] of Object.entries(found.lora))
          settings.setLora(name as keyof LoraConfig, value as never)
        draft.setStart({ from: 'adapter', name: found.name, hash: found.hash })
      })
      return true
    } catch (error) {
      setFailure(toFailure(error))
      return false
    } finally {
      setOpening(false)
    }
  }

  /** Takes what was refused as a model, where it is an adapter. @param get its files, and what they are called */
  function takeMisplaced(failure: Failure | null, get: Misplaced['get']): boolean {
    if (failure?.detail?.adapter !== true) return false
    const { base } = failure.detail
    batch(() => {
      setFailure(null)
      setMisplaced({ base: typeof base === 'string' ? base : null, get })
    })
    return true
  }

  /** Has the next run begin with it. @returns whether it does */
  async function beginWithMisplaced(model: ModelInfo): Promise<boolean> {
    const given = misplaced()
    if (!given) return false
    models.choose(model.id)
    try {
      const { files, name } = await given.get()
      if (!(await open(files, name))) return false
      setMisplaced(null)
      return true
    } catch (error) {
      setFailure(toFailure(error))
      return false
    }
  }

  return {
    open,
    misplaced,
    takeMisplaced,
    putAway: () => setMisplaced(null),
    beginWithMisplaced,
    opening,
    failure,
    dismiss: () => setFailure(null),
    /** Whether a config's files are here. */
    has: (start: RunConfig['start']) => filesOf(start, opened()) !== null,
    /** What a start request has of it. */
    of(start: RunConfig['start']): { adapter?: AdapterFiles } {
      const files = filesOf(start, opened())
      return files ? { adapter: files } : {}
    },
  }
}

/** What files are called that came without a folder: a file that is an adapter by itself its own way, those of one after its base. */
async function nameOf(files: readonly File[]): Promise<string> {
  const config = files.find(({ name }) => name === 'adapter_config.json')
  if (!config) return files[0]!.name
  // What is wrong with it is told where it is read.
  const read: unknown = await config
    .text()
    .then(JSON.parse)
    .catch(() => null)
  const base = (read as { base_model_name_or_path?: unknown } | null)?.base_model_name_or_path
  const last = typeof base === 'string' ? base.split(/[\\/]/).filter(Boolean).at(-1) : undefined
  return last ? `${last} adapter` : 'adapter'
}

function filesOf(start: RunConfig['start'], opened: OpenedAdapter | null): AdapterFiles | null {
  if (start.from !== 'adapter' || !opened) return null
  return start.hash === null || start.hash === opened.hash ? opened.files : null
}
