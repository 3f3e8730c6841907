import type { KeptNews } from '../protocol/rooms/kept.ts'

/** What tabs of one browser tell each other of models, data and queues that are kept. Of runs see run-news.ts. */
const CHANNEL = 'lapidary-kept'

function open(): BroadcastChannel | null {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL)
  // Where tests run, an open channel would keep the process.
  ;(channel as { unref?: () => void } | null)?.unref?.()
  return channel
}

/** Tells every listener of this browser that what is kept of a kind has changed. */
export function tellKept(kind: KeptNews): void {
  const channel = open()
  channel?.postMessage(kind)
  // What was posted is delivered all the same.
  channel?.close()
}

/** Hears of it, from this tab's workers as well, until `signal` is aborted. */
export function hearKept(onNews: (kind: KeptNews) => void, signal?: AbortSignal): void {
  const channel = signal?.aborted ? null : open()
  if (!channel) return
  channel.onmessage = ({ data }: MessageEvent<KeptNews>) => onNews(data)
  signal?.addEventListener('abort', () => channel.close(), { once: true })
}
