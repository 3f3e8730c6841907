import { createRoot, createSignal } from 'solid-js'
import { afterEach, expect, test, vi } from 'vitest'
import type { Failure } from '../../src/protocol/errors.ts'
import type { RunConfig } from '../../src/protocol/run-config.ts'
import type { DeviceInfo, Fit, ModelInfo, StorageRoom, Studio } from '../../src/protocol/studio.ts'
import { createDraft } from '../../src/ui/state/draft.ts'
import type { ModelState } from '../../src/ui/state/models.ts'
import type { Settings } from '../../src/ui/state/settings.ts'
import { createShelf } from '../../src/ui/state/shelf.ts'
import type { TrainingState } from '../../src/ui/state/training.ts'

let close = () => {}
afterEach(() => close())

/** Two of one shape under different names with other weights, as a folder and its fine-tuned sibling are, and one of another shape. */
const model = (id: string, hash: string, layers = 2) =>
  ({
    id,
    hash,
    name: id,
    practice: false,
    parameters: 1e6,
    config: { layers },
    origin: { kind: 'files' },
  }) as unknown as ModelInfo

function shelf(fit: (config: RunConfig, model: string) => Partial<Fit>, storage: () => StorageRoom) {
  const [failure, report] = createSignal<Failure | null>(null)
  const draft = createDraft()
  const list = [model('one', 'a'), model('twin', 'b'), model('other', 'c', 3)]
  const asked: string[] = []
  const studio = {
    models: {
      fit: async (config: RunConfig, of: string) => {
        asked.push(of)
        return {
          needs: 1,
          grants: 2,
          from: 'guess',
          limit: 'memory',
          fits: true,
          changes: [],
          ...fit(config, of),
        }
      },
      storage: async () => storage(),
      offered: async () => [],
      unfinished: async () => [],
      hubAccess: async () => ({ signedIn: false, remembered: false }),
    },
  } as unknown as Studio
  const models = {
    list: () => list,
    chosenId: () => 'one',
    chosen: () => list[0],
    device: () => ({ description: 'any', speeds: [] }) as unknown as DeviceInfo,
    failure,
    report,
  } as unknown as ModelState
  const state = createRoot((dispose) => {
    close = dispose
    return createShelf({
      ...{ studio, draft, models, seen: () => true },
      settings: { profile: () => 'quick' } as unknown as Settings,
      training: { busy: () => false } as unknown as TrainingState,
    })
  })
  const needs = (id: string) => {
    const found = state.fitOf(id)
    return found && 'fit' in found ? [found.fit.needs, found.fit.grants] : null
  }
  return { state, draft, asked, needs, failure, report }
}

const ROOM = { usage: 0, quota: 1000, persisted: true }

test('whether it fits is the same for models of one shape, and follows what the base is held in', async () => {
  const by = ({ training, model: { quantization } }: RunConfig) => ({
    needs: training.max_length + (quantization === 'int4' ? 1 : 0),
  })
  const { draft, needs } = shelf(by, () => ROOM)
  // As the limit on tokens follows the data.
  draft.change('training', { max_length: 333 })
  await vi.waitFor(() => expect(needs('other')).not.toBeNull())
  expect([needs('one'), needs('twin')]).toEqual([
    [333, 2],
    [333, 2],
  ])
  draft.change('model', { quantization: 'int4' })
  await vi.waitFor(() => expect(needs('twin')).toEqual([334, 2]))
  expect(needs('one')).toEqual([334, 2])
})

test('what was found before a device told how much it has is found again', async () => {
  let count = 0
  const { needs, asked } = shelf(
    () => (++count > 1 ? { grants: 9, from: 'tried' } : {}),
    () => ROOM,
  )
  await vi.waitFor(() => expect(needs('one')).toEqual([1, 9]))
  expect([needs('twin'), needs('other')]).toEqual([
    [1, 9],
    [1, 9],
  ])
  expect(asked).toEqual(['one', 'twin', 'other', 'one'])
})

test('that there is no room is told until there is', async () => {
  let usage = 900
  const { report, failure } = shelf(
    () => ({}),
    () => ({ ...ROOM, usage }),
  )
  const full = (detail: Failure['detail']) =>
    ({ code: 'quota_exceeded', message: 'Full.', hint: 'Delete.', ...(detail && { detail }) }) as Failure
  const still = () => new Promise((resolve) => setTimeout(resolve, 2500))
  report(full({ needed: 200, room: 100 }))
  await still()
  expect(failure()).not.toBeNull()
  usage = 850
  await still()
  expect(failure()).not.toBeNull()
  usage = 800
  await vi.waitFor(() => expect(failure()).toBeNull(), 5000)
  // Of one that broke off in its middle nobody knows how much it needs: anything that goes is worth a try.
  report(full(undefined))
  await still()
  expect(failure()).not.toBeNull()
  usage = 700
  await vi.waitFor(() => expect(failure()).toBeNull(), 5000)
  // Whatever else is wrong stays.
  report({ code: 'bad_file', message: 'Broken.', hint: 'Again.' })
  usage = 0
  await still()
  expect(failure()).not.toBeNull()
}, 20_000)
