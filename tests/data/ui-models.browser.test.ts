import { createRoot } from 'solid-js'
import { afterEach, expect, test } from 'vitest'
import type { AddedModel, ModelInfo, Studio } from '../../src/protocol/studio.ts'
import { createDraft } from '../../src/ui/state/draft.ts'
import { createModels } from '../../src/ui/state/models.ts'

let close = () => {}
afterEach(() => close())

const model = (id: string, hash: string, name = id) =>
  ({ id, hash, name, practice: id === 'pebble' }) as unknown as ModelInfo

/** What models were called that were added. */
const names: string[] = []

/** @param here what is stored, whichever tab has stored it */
function page(here: ModelInfo[], added: Partial<AddedModel> = {}) {
  const studio = {
    models: {
      list: async () => [...here],
      device: async () => ({ description: 'any', speeds: [] }),
      add: async (_files: File[], asked: string) => {
        names.push(asked)
        const info = { ...model('new', 'n'), known: false, mended: false, asked: 'new', ...added }
        if (!here.some(({ id }) => id === info.id)) here.push(info)
        return info
      },
    },
  } as unknown as Studio
  return createRoot((dispose) => {
    close = dispose
    return createModels(studio, createDraft())
  })
}

test('a model that another tab has deleted is chosen no more, and neither is another that has its id by now', async () => {
  const here = [model('pebble', ''), model('gemma', 'a', 'Gemma')]
  const models = page(here)
  await models.ready
  models.choose('gemma')
  // The practice model is stored when it is first used, and another with each studio.
  here[0] = model('pebble', 'p')
  await models.refresh()
  expect([models.chosenId(), models.gone()]).toEqual(['gemma', null])
  here[1] = model('gemma', 'b', 'Gemma')
  await models.refresh()
  expect(models.chosen()?.id).toBe('pebble')
  expect(models.gone()).toBe('Gemma')
  // That is over with the next choice.
  models.choose('gemma')
  expect(models.gone()).toBeNull()
  models.choose('pebble')
  here[0] = model('pebble', 'q')
  await models.refresh()
  expect([models.chosenId(), models.gone()]).toEqual(['pebble', null])
})

test('a model that is as it was stays the same thing when the list is read again', async () => {
  const here = [model('pebble', 'p'), model('gemma', 'a')]
  const models = page(here)
  await models.ready
  const before = models.chosen()
  here.splice(0, 2, model('pebble', 'p'), model('other', 'b'))
  await models.refresh()
  expect(models.list().map(({ id }) => id)).toEqual(['pebble', 'other'])
  expect(models.chosen()).toBe(before)
})

test.each([
  ['under its own name', {}, null],
  ['under another, since that was taken', { name: 'new (2)' }, 'new (2)'],
  ['not at all, since it was here', { known: true, name: 'old' }, 'old'],
])('a model that was added %s is chosen, and what is not as it looks is said', async (_, added, told) => {
  const here = [model('pebble', '')]
  const models = page(here, added)
  await models.ready
  await models.add([], 'new')
  expect(models.chosenId()).toBe('new')
  expect(models.told()?.name ?? null).toBe(told)
  // Of one that is gone by now nothing is said.
  here.pop()
  await models.refresh()
  expect(models.told()).toBeNull()
})

test('a model is called like its folder or its file, and never nothing at all', async () => {
  const models = page([model('pebble', '')])
  await models.ready
  names.length = 0
  const file = (name: string) => new File([], name)
  await models.add([file('config.json')], 'gemma')
  for (const name of ['a-Q4_0.gguf', 'b-00001-of-00002.gguf', '.gguf', ' .zip'])
    await models.add([file(name)], null)
  expect(names).toEqual(['gemma', 'a-Q4_0', 'b', 'Gemma', 'Gemma'])
})

test('tabs know of each other which model they have chosen', async () => {
  const { createSignal } = await import('solid-js')
  const { chosenElsewhere, sayChosen } = await import('../../src/ui/state/in-use.ts')
  const [chosen, choose] = createSignal('gemma')
  const leave = createRoot((dispose) => {
    sayChosen(chosen)
    return dispose
  })
  const soon = () => new Promise((resolve) => setTimeout(resolve, 50))
  await soon()
  expect(await chosenElsewhere('gemma', true)).toBe(false)
  expect(await chosenElsewhere('gemma', false)).toBe(true)
  choose('other')
  await soon()
  expect([await chosenElsewhere('gemma', false), await chosenElsewhere('other', false)]).toEqual([
    false,
    true,
  ])
  leave()
  await soon()
  expect(await chosenElsewhere('other', false)).toBe(false)
})
