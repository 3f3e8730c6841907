import type { Migration } from './migration.ts'

interface Ref {
  set: string
  size: number
  hash: string
}

interface Model {
  origin: string
  files: Record<string, Ref>
}

/**
 * Downloads that go on after a reload, tokens that are remembered, where models come from as data; a file that several models
 * share, or one has under two names, is stored once.
 */
export const sharedFiles: Migration = async (database, change) => {
  database.createObjectStore('downloads', { keyPath: 'id' })
  database.createObjectStore('hubs', { keyPath: 'endpoint' })
  const models = change.objectStore('models')
  const kept = new Map<string, Ref>()
  for (const model of (await models.getAll()) as Model[]) {
    const files: Model['files'] = {}
    for (const [name, ref] of Object.entries(model.files)) {
      const key = `${ref.hash} ${ref.size}`
      const same = kept.get(key) ?? ref
      kept.set(key, same)
      files[name] = same
      if (same.set !== ref.set)
        await change
          .objectStore('chunks')
          .delete(IDBKeyRange.bound([ref.set, 0], [ref.set, Number.POSITIVE_INFINITY]))
    }
    const origin = { kind: model.origin === 'bundled' ? 'bundled' : 'files' }
    await models.put({ ...model, files, origin, licence: null, template: null })
  }
}
