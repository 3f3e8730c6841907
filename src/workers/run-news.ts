import type { RunNews } from '../protocol/studio.ts'

/** What tabs of one browser tell each other of their runs. Browsers without channels have tabs that do not hear. */
const CHANNEL = 'lapidary-runs'

function open(): BroadcastChannel | null {
  return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL)
}

/** Tells every other listener of this browser; the channel is kept. */
export function runTeller(): (news: RunNews) => void {
  let channel: BroadcastChannel | null | undefined
  return (news) => {
    if (channel === undefined) {
      channel = open()
      // Where tests run, an open channel would keep the process.
      ;(channel as { unref?: () => void } | null)?.unref?.()
    }
    channel?.postMessage(news)
  }
}

/** Hears of every run of this browser, those of this tab's worker included, until `signal` is aborted. */
export function hearRuns(onNews: (news: RunNews) => void, signal?: AbortSignal): void {
  const channel = signal?.aborted ? null : open()
  if (!channel) return
  ;(channel as { unref?: () => void }).unref?.()
  channel.onmessage = ({ data }: MessageEvent<RunNews>) => onNews(data)
  signal?.addEventListener('abort', () => channel.close(), { once: true })
}
