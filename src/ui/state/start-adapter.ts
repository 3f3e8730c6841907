import { batch, createSignal } from 'solid-js'
import { type Failure, fail, toFailure } from '../../protocol/errors.ts'
import type { LoraConfig, RunConfig } from '../../protocol/run-config.ts'
import type { AdapterFiles, OpenedAdapter, Studio } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'
import type { Draft } from './draft.ts'
import type { ModelState } from './models.ts'
import type { Settings } from './settings.ts'

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
  models: Pick<ModelState, 'chosen' | 'ready'>
  settings: Pick<Settings, 'setLora'>
}) {
  const [opened, setOpened] = createSignal<OpenedAdapter | null>(null)
  const [opening, setOpening] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)

  /** Takes over its LoRA settings with it, as the command line does: its shapes hang on them. */
  async function open(files: File[], folder: string | null): Promise<void> {
    if (opening()) return
    setOpening(true)
    setFailure(null)
    try {
      await models.ready
      const model = models.chosen()
      if (!model) fail('missing_file', t('startFrom.noModel'), t('startFrom.noModelHint'))
      const found = await studio.runs.openAdapter(files, folder ?? files[0]!.name, model.id)
      batch(() => {
        setOpened(found)
        for (const [name, value] of Object.entries(found.lora))
          settings.setLora(name as keyof LoraConfig, value as never)
        draft.setStart({ from: 'adapter', name: found.name, hash: found.hash })
      })
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setOpening(false)
    }
  }

  return {
    open,
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

function filesOf(start: RunConfig['start'], opened: OpenedAdapter | null): AdapterFiles | null {
  if (start.from !== 'adapter' || !opened) return null
  return start.hash === null || start.hash === opened.hash ? opened.files : null
}
