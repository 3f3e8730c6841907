import { expose } from 'comlink'
import { guarded, registerTransfers } from '../../src/workers/bridge.ts'
import { testRoom } from './test-room.ts'

registerTransfers()
expose(guarded(testRoom()))
