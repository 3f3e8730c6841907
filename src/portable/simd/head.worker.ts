import { takeLife } from '../../protocol/life.ts'
import { type FromThread, type ToThread, threadOver } from './thread.ts'

const answer = threadOver((message: FromThread) => self.postMessage(message), takeLife)
self.onmessage = ({ data }: MessageEvent<ToThread>) => void answer(data)
