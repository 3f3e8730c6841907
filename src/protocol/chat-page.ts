import type { Quantization } from './model.ts'
import type { AnswerRoom, Call } from './studio.ts'

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

/** Whether what answers does what it did where it was trained. */
export interface ChatCheck {
  verdict: 'works' | 'without effect' | 'differs'
  /** How far log-probabilities are at most from the tuned model's there, and from the base's, in nats a token. */
  tuned: number
  base: number
  /** What counts as the same. */
  same: number
}

export interface ChatRoom extends AnswerRoom {
  /**
   * Holds base and adapter against `proof.json` beside the page.
   * @throws LapidaryError `missing_file` where there is none
   */
  check(call?: Call): Promise<ChatCheck>
}
