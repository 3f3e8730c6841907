import type { SamplePrompt } from '../protocol/events.ts'
import type { PreparedInfo } from '../protocol/studio.ts'

/** What data teach, as far as they show it. */
export type Task =
  | { kind: 'labels'; count: number }
  | { kind: 'calls' }
  | { kind: 'json' }
  | { kind: 'text' }
  | { kind: 'answers' }

const isJson = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/**
 * The task of some data: by their labels, else by a few of their questions with the answers that the data give.
 * @param plain the rows are texts, not questions with answers
 */
export function taskOf(
  labels: PreparedInfo['labels'],
  asked: readonly Pick<SamplePrompt, 'reference' | 'tools'>[],
  plain: boolean,
): Task {
  if (plain) return { kind: 'text' }
  if (asked.some(({ tools }) => tools && tools.length > 0)) return { kind: 'calls' }
  if (labels && labels.length > 1) return { kind: 'labels', count: labels.length }
  const answers = asked.flatMap(({ reference }) => (reference ? [reference] : []))
  return { kind: answers.length > 0 && answers.every(isJson) ? 'json' : 'answers' }
}
