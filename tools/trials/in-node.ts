import '../in-node.ts'
import { openAsBlob, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { serve } from '../../cli/server.ts'
import { dataFor } from '../../src/protocol/recipe.ts'
import type { Runner } from './runner.ts'

const { Rooms } = await import('../rooms.ts')
const ROOT = join(import.meta.dirname, '..', '..')

/** Runs in Node, through the page's own rooms, with what each of them teaches of the speed kept for the next. */
export async function inNode(): Promise<Runner> {
  const server = await serve({ root: join(ROOT, 'public') })
  const rooms = new Rooms(server.url)
  const models = new Map<string, string>([['pebble', 'pebble']])
  const fileOf = async (path: string) => new File([await openAsBlob(path)], basename(path))
  const modelOf = async (folder: string) => {
    const files = readdirSync(folder).map((name) => fileOf(join(folder, name)))
    const { id } = await rooms.adding.add(await Promise.all(files), basename(folder))
    models.set(folder, id)
    return id
  }
  return {
    async run({ data, model, config: given, prompts }) {
      const dataset = await rooms.data.openFiles([await fileOf(data)])
      const config = { ...given, data: { ...dataFor(given.data, dataset), hash: dataset.hash } }
      const recipe = { dataset: dataset.id, model: models.get(model) ?? (await modelOf(model)), config }
      await rooms.data.prepare(recipe)
      const request = { ...recipe, samplePrompts: prompts.map((prompt) => ({ prompt })) }
      const { duration } = await rooms.runs.forecast(request)
      const began = performance.now()
      await rooms.run(request)
      return { said: duration?.seconds ?? null, taken: (performance.now() - began) / 1000 }
    },
    close: () => server.close(),
  }
}
