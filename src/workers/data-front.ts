import type { DataRoom } from '../protocol/studio.ts'
import { openedOnce } from '../storage/database.ts'
import { listDatasets } from '../storage/datasets.ts'
import type { Opened } from './bridge.ts'
import { listSamples } from './samples.ts'

/** What reads, prepares and counts rows: 200 kB over the line, which a visit does not begin with. */
const INSIDE = [
  'openSample',
  'openFile',
  'openFiles',
  'openUrl',
  'searchHub',
  'hubConfigs',
  'openHub',
  'rows',
  'remove',
  'columnStats',
  'inspect',
  'runSteps',
  'rowsAfter',
  'estimate',
  'prepare',
  'examples',
  'tokenSamples',
  'exportData',
  'edit',
  'undo',
  'openPasted',
  'createDataset',
  'synthesise',
] as const satisfies (keyof DataRoom)[]

type Inside = Pick<DataRoom, (typeof INSIDE)[number]>
type AnyMethod = (...asked: unknown[]) => Promise<unknown>

/** The data room, of which only what lists is here: all else is loaded when it is first asked. */
export function dataFront(): DataRoom & Opened {
  let base = ''
  const database = openedOnce()
  let loading: Promise<Record<string, AnyMethod>> | null = null
  const inside = () =>
    (loading ??= import('./data-room.ts').then(({ dataRoom }) => {
      const room = dataRoom(database)
      room.open({ base })
      return room as unknown as Record<string, AnyMethod>
    }))
  const asked = INSIDE.map((name) => [name, async (...args: unknown[]) => (await inside())[name]!(...args)])
  return {
    open(options) {
      base = options.base
    },
    // With it go the rows that it holds; they are stored.
    rest() {
      loading = null
    },
    samples: () => listSamples(base),
    list: async () => listDatasets(await database()),
    ...(Object.fromEntries(asked) as Inside),
  }
}
