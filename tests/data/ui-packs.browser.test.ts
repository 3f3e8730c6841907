import { createRoot } from 'solid-js'
import { beforeEach, expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { PackContents, Studio } from '../../src/protocol/studio.ts'
import { createPacks, lessonAddress, packAmong } from '../../src/ui/state/packs.ts'

const LIST = 'https://school.test/moods/pack.json'
beforeEach(() => localStorage.clear())

const contents = (id: string): PackContents => ({
  ...{ id, lesson: `# ${id}\n`, data: null, model: null, added: false },
  pack: {
    ...{
      format: 'lapidary-pack',
      version: 1,
      title: id,
      language: 'en',
      entries: [],
      model: null,
      data: null,
    },
    ...{ lesson: null, config: parseRunConfig({}), shown: null, locked: [], place: 'data' },
  },
})

/** A page of a studio at whose address a pack lies, until it is loaded anew. */
async function visit(
  act: (packs: ReturnType<typeof createPacks>) => void | Promise<void> = () => {},
): Promise<{ title: string | undefined; state: string | undefined; reloads: number }> {
  const hash = location.href
  let reloads = 0
  const studio = {
    packs: {
      open: async (from: File | string, known: string | null) => {
        const id = from instanceof File ? from.name : 'listed'
        return id === known && !(from instanceof File) ? null : contents(id)
      },
    },
  } as unknown as Studio
  const found = await createRoot(async (dispose) => {
    const packs = createPacks(
      { studio, training: { busy: () => false }, embedded: false },
      { list: LIST, reload: () => reloads++ },
    )
    // What lies at the address is looked for at once.
    await packs.looked
    await act(packs)
    const lesson = packs.lesson()
    dispose()
    return { title: lesson?.title, state: lesson?.state }
  })
  history.replaceState(null, '', hash)
  return { ...found, reloads }
}

test('a pack on a server is opened by itself once, and gives way to one that a person opens', async () => {
  expect(await visit()).toEqual({ title: 'listed', state: 'open', reloads: 1 })
  expect(await visit()).toEqual({ title: 'listed', state: 'open', reloads: 0 })
  const own = new File([], 'own.lapidary-pack.zip')
  expect(await visit((packs) => packs.open(own))).toEqual({ title: own.name, state: 'open', reloads: 1 })
  // Loaded anew, as it is right then, it is still that one.
  expect(await visit()).toEqual({ title: own.name, state: 'open', reloads: 0 })
  expect(await visit((packs) => packs.leave())).toMatchObject({ state: 'left', reloads: 1 })
  expect(await visit()).toMatchObject({ state: 'left', reloads: 0 })
  // From its beginning, it is the one at the address.
  expect(await visit((packs) => packs.again!())).toMatchObject({ reloads: 1 })
  expect(await visit()).toEqual({ title: 'listed', state: 'open', reloads: 1 })
})

test('an address that says nothing shows and locks what the lesson that goes on does, until it is left', async () => {
  const hidden = {
    ...contents('one'),
    pack: { ...contents('one').pack, shown: ['train'], locked: ['train'] },
  }
  const studio = { packs: { open: async () => hidden } } as unknown as Studio
  const before = location.href
  await createRoot(async (dispose) => {
    const parts = { studio, training: { busy: () => false }, embedded: false }
    const packs = createPacks(parts, { list: null, reload: () => {} })
    await packs.open(new File([], 'one.lapidary-pack.zip'))
    // Until the page that is loaded now has opened it, any other opens all of it as well.
    const whole = /^#\/data\?v=[^&]+&training\.seed=42&parts=train&locked=train$/
    expect(lessonAddress('#/')).toMatch(whole)
    expect(lessonAddress('#/train')).toMatch(whole)
    expect(lessonAddress(`#/train${packs.lesson()!.frame}`)).toMatch(whole)
    packs.begun()
    const frame = /^\?v=[^&]+&parts=train&locked=train$/
    expect(lessonAddress('').slice(2)).toMatch(frame)
    expect(lessonAddress('#/train').slice('#/train'.length)).toMatch(frame)
    expect(lessonAddress('#/train?v=1')).toBe('#/train?v=1')
    packs.leave()
    expect([lessonAddress(''), lessonAddress('#/train')]).toEqual(['', '#/train'])
    dispose()
  })
  history.replaceState(null, '', before)
})

test('a lesson that hides and locks nothing leaves the address as it is', async () => {
  await visit()
  expect(lessonAddress('')).toMatch(/^#\/data\?v=[^&]+&training\.seed=42$/)
  await visit((packs) => void packs.begun())
  expect([lessonAddress(''), lessonAddress('#/data')]).toEqual(['', '#/data'])
})

test('which model a lesson brought is kept; of one that an earlier version has opened it is not known', async () => {
  await visit()
  const key = Object.keys(localStorage).find((name) => /lesson \/[^ ]*$/.test(name))!
  const kept = JSON.parse(localStorage.getItem(key)!)
  expect(kept.model).toBeNull()
  const { model: _, ...earlier } = kept
  const models: unknown[] = []
  for (const lesson of [kept, { ...kept, model: 'a'.repeat(64) }, earlier]) {
    localStorage.setItem(key, JSON.stringify(lesson))
    await visit((packs) => void models.push(packs.lesson()!.model))
  }
  expect(models).toEqual([null, 'a'.repeat(64), undefined])
})

test('a pack among files is known by its name, and renamed by what stands first in it', async () => {
  /** Header of an entry at the beginning of a ZIP, its bytes that are no text included. */
  const zip = (first: string, name: string) => {
    const head = new Uint8Array(30 + first.length + 8).fill(0xff)
    head.set([0x50, 0x4b, 3, 4])
    head[26] = first.length
    head[27] = 0
    head.set(new TextEncoder().encode(first), 30)
    return new File([head], name)
  }
  const rows = new File(['a,b'], 'rows.csv')
  const found = async (...files: File[]) => (await packAmong([rows, ...files]))?.name
  expect(await found(new File([], 'x.lapidary-pack (1).zip'))).toBe('x.lapidary-pack (1).zip')
  expect(await found(zip('pack.json', 'lesson.zip'))).toBe('lesson.zip')
  expect(await found(zip('pack.jsonl', 'rows.zip'))).toBe(undefined)
  expect(await found(zip('data/pack.json', 'rows.zip'))).toBe(undefined)
  expect(await found(zip('pack.json', 'pack.csv'))).toBe(undefined)
  expect(await found(new File(['PK'], 'cut.zip'))).toBe(undefined)
})
