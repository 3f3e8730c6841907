import { exposeRoom } from './bridge.ts'
import { trainRoom } from './train-room.ts'

exposeRoom(trainRoom())
