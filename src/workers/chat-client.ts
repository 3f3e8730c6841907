import type { ChatRoom } from '../protocol/chat-page.ts'
import { Worker } from '../protocol/worker.ts'
import { registerTransfers } from './bridge.ts'
import { remoteRoom, WorkerHost } from './worker-host.ts'

/** The model stays as long as the page. */
const NEVER_IDLE_MS = 2 ** 31 - 1
/** Deep in one operation a worker hears of no stop. */
const STOP_MS = 8000

/** What answers in an exported chat page, behind its worker. */
export function openChat(): ChatRoom {
  registerTransfers()
  const make = () => new Worker(new URL('./chat.worker.ts', import.meta.url), { type: 'module' })
  const base = new URL('.', document.baseURI).href
  return remoteRoom<ChatRoom>(
    new WorkerHost('chat', make, base, NEVER_IDLE_MS, undefined, { stopMs: STOP_MS }),
  )
}
