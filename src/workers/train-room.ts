import type { Studio } from '../protocol/studio.ts'
import { openedOnce } from '../storage/database.ts'
import { answerRoom } from './answer-room.ts'
import type { Opened } from './bridge.ts'
import { EngineHost } from './engine/host.ts'
import { Library } from './library.ts'
import { modelRoom } from './model-room.ts'
import { runRoom } from './run-room.ts'
import { RunShelf } from './run-shelf.ts'

/** Everything that computes with a model: it and its engine live in one worker. */
export function trainRooms(): Pick<Studio, 'runs' | 'answers'> & {
  models: ReturnType<typeof modelRoom>
} & Opened {
  let base = ''
  let models: Library | null = null
  const database = openedOnce()
  const parts = {
    database,
    library: async () => (models ??= new Library(database, base)),
    host: new EngineHost(database),
    shelf: new RunShelf(database),
  }
  return {
    open(options) {
      base = options.base
    },
    models: modelRoom(parts),
    runs: runRoom(parts),
    answers: answerRoom(parts),
  }
}
