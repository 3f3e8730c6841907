import { exposeRoom } from '../../src/workers/bridge.ts'
import { testRoom } from './test-room.ts'

exposeRoom(testRoom())
