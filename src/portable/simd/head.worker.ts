import { type FromThread, type ToThread, threadOver } from './thread.ts'

const answer = threadOver((message: FromThread) => self.postMessage(message))
self.onmessage = ({ data }: MessageEvent<ToThread>) => void answer(data)
