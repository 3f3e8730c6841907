import { expose } from 'comlink'
import { guarded, registerTransfers } from './bridge.ts'
import { dataRoom } from './data-room.ts'

registerTransfers()
expose(guarded(dataRoom()))
