import { DatasetShelf } from './dataset-shelf.ts'
import { Preparation } from './preparation.ts'
import type { TrainParts } from './train-parts.ts'

/** Stored data sets, and what prepares them, for whoever is not the data worker. */
export function storedPreparation({ database, library }: Pick<TrainParts, 'database' | 'library'>): {
  shelf: DatasetShelf
  preparation: Preparation
} {
  const shelf = new DatasetShelf(database)
  const find = (id: string) => shelf.find(id)
  return {
    shelf,
    preparation: new Preparation({ database, library, find, table: (stored) => shelf.table(stored) }),
  }
}
