import { exposeRoom } from '../../src/workers/bridge.ts'
import { testRoom } from './test-room.ts'

// Browsers differ in when a module worker begins to hear: what is sent before may be lost.
setTimeout(() => exposeRoom(testRoom()), 300)
