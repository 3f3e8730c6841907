import { expose } from 'comlink'
import { guarded, registerTransfers } from './bridge.ts'
import { trainRooms } from './train-room.ts'

registerTransfers()
expose(guarded(trainRooms()))
