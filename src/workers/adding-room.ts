import { namedSources } from '../files/bytes.ts'
import type { HubRoom } from '../protocol/rooms/hub.ts'
import type { PackRoom } from '../protocol/rooms/packs.ts'
import type { ModelRoom } from '../protocol/studio.ts'
import { openedOnce } from '../storage/database.ts'
import type { Opened } from './bridge.ts'
import { hubRoom } from './hub/room.ts'
import { Library } from './library.ts'
import { packRoom } from './pack-room.ts'

/** Where models' files are fetched, checked and stored, apart from a run that goes on and from everything else. */
export function addingRoom(
  options: Parameters<typeof hubRoom>[2] = {},
): Pick<ModelRoom, 'add'> & HubRoom & Opened & { packs: PackRoom } {
  let base = ''
  const database = openedOnce()
  const library = () => new Library(database, base)
  return {
    open(options) {
      base = options.base
    },
    async add(files, name, call) {
      return library().add(namedSources(files), name, call)
    },
    packs: packRoom(library, () => base),
    ...hubRoom(database, library, options),
  }
}
