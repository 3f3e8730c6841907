import { exposeRoom } from '../../src/workers/bridge.ts'
import { testRoom } from './test-room.ts'

// What is sent before a worker listens is lost.
setTimeout(() => exposeRoom(testRoom()), 300)
