import { type CrewMessage, Hand } from './crew.ts'

self.onmessage = ({ data }: MessageEvent<CrewMessage>) => {
  const hand = new Hand(data)
  self.postMessage(null)
  hand.serve()
}
