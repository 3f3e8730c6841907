import { expose } from 'comlink'
import { guarded, registerTransfers } from './bridge.ts'
import { trainRoom } from './train-room.ts'

registerTransfers()
expose(guarded(trainRoom()))
