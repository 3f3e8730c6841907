import { allColumnStats } from '../dataset/columns.ts'
import { tableRows } from '../files/table.ts'
import type { DataRoom } from '../protocol/studio.ts'
import { openedOnce } from '../storage/database.ts'
import type { Opened } from './bridge.ts'
import { exportData } from './data-export.ts'
import { dataOpening } from './data-opening.ts'
import { DatasetShelf } from './dataset-shelf.ts'
import { Library } from './library.ts'
import { Preparation } from './preparation.ts'
import { synthesiser } from './synthesis.ts'

/** @param database what has been opened already */
export function dataRoom(database = openedOnce()): DataRoom & Opened {
  let base = ''
  let models: Library | null = null
  const library = async () => (models ??= new Library(database, base))
  const shelf = new DatasetShelf(database)
  const preparation = new Preparation({
    database,
    library,
    find: (id) => shelf.find(id),
    table: (stored) => shelf.table(stored),
  })

  return {
    open(options) {
      base = options.base
    },

    ...dataOpening(shelf, () => base),

    list: () => shelf.list(),
    remove: (dataset) => shelf.remove(dataset),
    edit: (dataset, edits) => shelf.edit(dataset, edits),
    undo: (dataset) => shelf.undo(dataset),

    async rows(dataset, { offset, count, columns }) {
      return tableRows(await shelf.table(await shelf.find(dataset)), offset, count, columns)
    },

    async columnStats(dataset, call) {
      return allColumnStats(await shelf.table(await shelf.find(dataset)), call?.signal)
    },

    inspect: (recipe, call) => preparation.inspect(recipe, call?.signal),
    runSteps: (recipe, sample, call) => preparation.steps(recipe, sample, call?.signal),
    rowsAfter: (recipe, page, call) => preparation.rowsAfter(recipe, page, call?.signal),
    estimate: (recipe, call) => preparation.estimate(recipe, call?.signal),
    prepare: (recipe, { signal, onProgress } = {}) =>
      preparation.prepare(recipe, signal, onProgress && ((share) => onProgress({ share }))),
    examples: (recipe, split, page, call) => preparation.examples(recipe, split, page, call?.signal),
    tokenSamples: (recipe, split, page, call) => preparation.tokenSamples(recipe, split, page, call?.signal),

    exportData: (recipe, format, call) => exportData(preparation, library, recipe, format, call),

    synthesise: synthesiser(
      preparation,
      (dataset) => shelf.find(dataset),
      (...kept) => shelf.keepTable(...kept),
    ),
  }
}
