import type { Database } from '../storage/database.ts'
import type { EngineHost } from './engine/host.ts'
import type { Library } from './library.ts'
import type { RunShelf } from './run-shelf.ts'

/** What the rooms of the train worker share. */
export interface TrainParts {
  database(): Promise<Database>
  library(): Promise<Library>
  host: EngineHost
  shelf: RunShelf
}
