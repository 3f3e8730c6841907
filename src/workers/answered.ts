import type { Answered } from '../evaluation/task.ts'
import type { ExampleText } from '../protocol/preparation.ts'
import { saidIn } from '../protocol/tokens.ts'

/** What an example answers last, of what is learnt; null: nothing. */
export function answeredOf({ messages, text }: Pick<ExampleText, 'messages' | 'text'>): Answered | null {
  if (messages === null) return { reference: text ?? '', calls: false, plain: true }
  const last = messages.findLast(({ role, learn }) => role === 'assistant' && learn !== false)
  if (!last) return null
  return { reference: saidIn(last).trim(), calls: (last.calls?.length ?? 0) > 0, plain: false }
}
