import type { Place } from '../storage/models.ts'

/** The practice model that comes with the studio: its id and its name are no other's, whether it is stored or not. */
export const BUNDLED = { id: 'pebble', name: 'Pebble' }

/** What is left of a name where case and punctuation do not count: names that differ in these alone are taken for one another. */
const plainName = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

function idOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return plain === '' ? 'own-model' : plain
}

/**
 * A name that no model there has, and an id: a model never takes the place of another that only shares its name.
 * @param apart what tells it from others of its name, where that is known: where it came from
 */
export function placeFor(name: string, apart?: string): Place {
  const nameAt = (i: number) => {
    if (i === 0) return name
    const parts = apart === undefined ? [i + 1] : i === 1 ? [apart] : [apart, i]
    return `${name} (${parts.join(', ')})`
  }
  return (there) => {
    const models = [BUNDLED, ...there]
    const names = new Set(models.map((model) => plainName(model.name)))
    const ids = new Set(models.map(({ id }) => id))
    const free = firstFree(nameAt, (one) => names.has(plainName(one)))
    const own = idOf(free)
    return {
      name: free,
      id: firstFree(
        (i) => (i === 0 ? own : `${own}-${i + 1}`),
        (one) => ids.has(one),
      ),
    }
  }
}

function firstFree(candidate: (i: number) => string, taken: (candidate: string) => boolean): string {
  for (let i = 0; ; i++) if (!taken(candidate(i))) return candidate(i)
}
