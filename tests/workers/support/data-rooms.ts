import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type RunningServer, type ServerOptions, serve } from '../../../cli/server.ts'
import type { Mapping } from '../../../src/protocol/studio.ts'
import { dataRoom } from '../../../src/workers/data-room.ts'

const PUBLIC = join(import.meta.dirname, '..', '..', '..', 'public')

/** Questions in column `q`, answers in column `a`. */
export const PAIRS: Mapping = { prompt: 'q', response: 'a', system: null, messages: null, text: null }

/**
 * Data rooms over a served folder, by default what the studio ships. Each test begins with nothing stored.
 * @returns `room`: another visit to the page; `base`: where it is served, once tests run
 */
export function useDataRooms(options: ServerOptions = { root: PUBLIC }) {
  let server: RunningServer
  beforeAll(async () => {
    server = await serve(options)
  })
  afterAll(() => server.close())
  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory()
  })
  return {
    base: () => server.url,
    room() {
      const data = dataRoom()
      data.open({ base: server.url })
      return data
    },
  }
}
