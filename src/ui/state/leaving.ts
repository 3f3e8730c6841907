/** What tabs of this browser tell each other when all that is kept is about to be removed. */
const CHANNEL = 'lapidary-leaving'

/** @param acting whether this is the tab in which it was asked for */
type Listener = (acting: boolean) => void

let channel: BroadcastChannel | null = null
let listener: Listener | null = null

/** Hears, once, that the computer is left: nothing may be stored from then on. */
export function onLeaving(hear: Listener): void {
  const left = (acting: boolean) => {
    listener = null
    hear(acting)
  }
  listener = left
  if (typeof BroadcastChannel === 'undefined') return
  channel = new BroadcastChannel(CHANNEL)
  channel.onmessage = () => listener?.(false)
}

/** Leaves this computer, in every tab. */
export function leaveComputer(): void {
  channel?.postMessage('leave')
  listener?.(true)
}
