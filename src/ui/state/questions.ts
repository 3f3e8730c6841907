import type { DatasetInfo, Mapping } from '../../protocol/studio.ts'

export interface Question {
  prompt: string
  reference?: string
}

/** Most questions put to both models at each evaluation; each costs time. */
export const MOST_QUESTIONS = 4

/** Questions taken from the rows in view: what a person would ask the tuned model, and what the data says to it. */
export function questionsFrom(info: Pick<DatasetInfo, 'preview'>, mapping: Mapping, most = 3): Question[] {
  const found: Question[] = []
  for (const row of info.preview) {
    if (found.length === most) break
    const question = questionOf(row, mapping)
    if (question && !found.some((other) => other.prompt === question.prompt)) found.push(question)
  }
  return found
}

function questionOf(row: Record<string, unknown>, mapping: Mapping): Question | null {
  if (mapping.prompt !== null) {
    const prompt = textOf(row[mapping.prompt])
    const reference = mapping.response === null ? '' : textOf(row[mapping.response])
    return prompt ? { prompt, ...(reference ? { reference } : {}) } : null
  }
  if (mapping.messages !== null) {
    const turns = row[mapping.messages]
    if (!Array.isArray(turns)) return null
    const of = (...roles: string[]) => {
      const turn = turns.find((entry) => roles.includes(String(entry?.role ?? entry?.from)))
      return textOf(turn?.content ?? turn?.value)
    }
    const prompt = of('user', 'human')
    const reference = of('assistant', 'model', 'gpt')
    return prompt ? { prompt, ...(reference ? { reference } : {}) } : null
  }
  if (mapping.text !== null) {
    const opening = textOf(row[mapping.text]).split(/\s+/).slice(0, 8).join(' ')
    return opening ? { prompt: opening } : null
  }
  return null
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : value === null || value === undefined ? '' : String(value)
}
