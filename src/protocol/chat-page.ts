import type { Quantization } from './model.ts'

/** `chat.json` beside an exported chat page: what answers there. */
export interface ChatAbout {
  version: 1
  /** What the base model is called. */
  base: string
  /** Made for practice; not of Google's Gemma releases. */
  practice: boolean
  /** Step that the adapter is of. */
  step: number
  /** What the base was held in while the adapter learnt on it. */
  quantization: Quantization
  /** Files of the base, in `base/`, and their bytes. */
  files: Record<string, number>
}

/** Name of the only run of a chat page. */
export const CHAT_RUN = 'tuned'
