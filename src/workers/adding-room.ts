import { namedSources } from '../files/bytes.ts'
import type { ModelRoom } from '../protocol/studio.ts'
import { openedOnce } from '../storage/database.ts'
import type { Opened } from './bridge.ts'
import { Library } from './library.ts'

/** Where models' files are checked and stored, apart from a run that goes on and from everything else. */
export function addingRoom(): Pick<ModelRoom, 'add'> & Opened {
  let base = ''
  const database = openedOnce()
  return {
    open(options) {
      base = options.base
    },
    async add(files, name, call) {
      return new Library(database, base).add(namedSources(files), name, call)
    },
  }
}
