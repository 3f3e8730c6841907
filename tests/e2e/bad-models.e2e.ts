import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { pebbleGguf, writeGguf } from '../support/gguf.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
type Files = Map<string, Uint8Array>
const pebble = (): Files =>
  new Map(readdirSync(PEBBLE).map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))]))
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const { gguf } = await pebbleGguf()
const one = (bytes: Uint8Array): Files => new Map([['model.gguf', bytes]])

function damaged(change: (files: Files) => void): Files {
  const files = pebble()
  change(files)
  return files
}

/** What is opened from this machine, and what is said of it: what is wrong, and what to do. */
const OPENED: [what: string, files: () => Files, says: RegExp, hint: RegExp][] = [
  [
    'not a Gemma',
    () =>
      damaged((files) =>
        files.set('config.json', json({ model_type: 'llama', architectures: ['LlamaForCausalLM'] })),
      ),
    /llama/i,
    /Gemma/,
  ],
  [
    'a broken index',
    () =>
      damaged((files) => {
        files.set('model-1.safetensors', files.get('model.safetensors')!)
        files.delete('model.safetensors')
        files.set('model.safetensors.index.json', new TextEncoder().encode('{"weight_map": '))
      }),
    /model\.safetensors\.index\.json is not valid JSON/,
    /again/,
  ],
  [
    'a shard missing',
    () =>
      damaged((files) => {
        files.set('model-00001-of-00002.safetensors', files.get('model.safetensors')!)
        files.delete('model.safetensors')
        const names = { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' }
        files.set('model.safetensors.index.json', json({ weight_map: names }))
      }),
    /model-00002-of-00002\.safetensors/,
    /./,
  ],
  [
    'weights that are cut off',
    () =>
      damaged((files) => files.set('model.safetensors', files.get('model.safetensors')!.slice(0, 1_000_000))),
    /model\.safetensors/,
    /./,
  ],
  [
    'a block that is not read',
    () => one(writeGguf({ ...gguf, tensors: gguf.tensors.map((tensor) => ({ ...tensor, type: 17 })) })),
    /IQ2_XS/,
    /Q8_0|Q4_0/,
  ],
  [
    'a block that nobody knows',
    () => one(writeGguf({ ...gguf, tensors: gguf.tensors.map((tensor) => ({ ...tensor, type: 99 })) })),
    /99/,
    /./,
  ],
  [
    'a tokenizer with neither scores nor merges',
    () => {
      const { 'tokenizer.ggml.merges': _, 'tokenizer.ggml.scores': _s, ...metadata } = gguf.metadata
      return one(writeGguf({ ...gguf, metadata }))
    },
    /neither scores nor merges|scores|merges/,
    /./,
  ],
  [
    'a header that claims more than there is',
    () => one(writeGguf(gguf).slice(0, 2_000_000)),
    /model\.gguf/,
    /./,
  ],
  ['a file that is none', () => one(new TextEncoder().encode('not a model at all')), /model\.gguf/, /./],
]

/** All that is stored of models. */
const stored = (page: Page) =>
  page.evaluate(async () => {
    const open = indexedDB.open('lapidary')
    const database = await new Promise<IDBDatabase>((resolve) => {
      open.onsuccess = () => resolve(open.result)
    })
    const names = ['models', 'chunks', 'downloads', 'writes'].filter((name) =>
      database.objectStoreNames.contains(name),
    )
    const counts: Record<string, number> = {}
    for (const name of names) {
      const count = database.transaction(name).objectStore(name).count()
      counts[name] = await new Promise((resolve) => {
        count.onsuccess = () => resolve(count.result)
      })
    }
    database.close()
    return counts
  })

test('whatever is wrong with a model that is opened is told by name, with what to do, and leaves what is stored as it was', async ({
  page,
}) => {
  await page.goto('/#/model')
  await expect(page.getByRole('radio', { name: /Pebble/ })).toBeChecked()
  await expect(page.getByText(/Fits in memory: .* of /).first()).toBeVisible({ timeout: 120_000 })
  const before = await stored(page)
  expect(Object.keys(before)).toContain('models')
  const alert = page.getByRole('main').getByRole('alert')
  for (const [what, files, says, hint] of OPENED) {
    await page
      .getByLabel('Choose its files')
      .setInputFiles(
        [...files()].map(([name, bytes]) => ({ name, mimeType: '', buffer: Buffer.from(bytes) })),
      )
    await expect(alert, what).toBeVisible()
    const text = (await alert.innerText()).replace(/\n+/g, ' | ')
    expect(text, what).toMatch(says)
    expect(text, what).toMatch(hint)
    expect(text, what).not.toMatch(/fault of ours|undefined|NaN|\[object/)
    expect(await stored(page), what).toEqual(before)
    await alert.getByRole('button', { name: /Dismiss|Close/ }).click()
    await expect(alert).toHaveCount(0)
  }
  await expect(page.getByRole('radio', { name: /Pebble/ })).toBeChecked()
})
