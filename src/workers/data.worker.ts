import { exposeRoom } from './bridge.ts'
import { dataRoom } from './data-room.ts'

exposeRoom(dataRoom())
