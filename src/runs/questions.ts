import { numberOf, type RowNumbers, rowOf } from '../lib/row-numbers.ts'
import { fail } from '../protocol/errors.ts'
import type { SamplePrompt } from '../protocol/events.ts'
import type { OpenRecipe } from '../protocol/recipe.ts'
import type { DataRoom, ExampleText } from '../protocol/studio.ts'
import { type Split, saidIn } from '../protocol/tokens.ts'

export type Question = SamplePrompt

/** Words of plain text that a model is asked to go on from. */
const OPENING = 8

/** What a person would ask the tuned model, and what the data says to it; each question once. */
export function questionsFrom(examples: readonly ExampleText[], most = Number.POSITIVE_INFINITY): Question[] {
  const found: Question[] = []
  for (const example of examples) {
    if (found.length === most) break
    const question = example.origin === 'data' ? questionOf(example) : null
    if (question && !found.some((other) => other.prompt === question.prompt)) found.push(question)
  }
  return found
}

/**
 * The first turn and its answer. A system text goes before the question with an empty line between, which is where
 * Gemma's template puts it too.
 */
function questionOf({ messages, text, tools }: ExampleText): Question | null {
  if (messages === null) {
    const opening = (text ?? '').trim().split(/\s+/).slice(0, OPENING).join(' ')
    return opening ? { prompt: opening } : null
  }
  const at = messages.findIndex(({ role }) => role === 'user')
  const asked = messages[at]?.content.trim()
  if (!asked) return null
  const system = messages[0]?.role === 'system' ? messages[0].content.trim() : ''
  const answer = messages[at + 1]
  const reference = answer?.role === 'assistant' ? saidIn(answer).trim() : ''
  return {
    // Where functions are declared, the system text has its place beside them.
    ...(tools
      ? { prompt: asked, tools, ...(system ? { system } : {}) }
      : { prompt: system ? `${system}\n\n${asked}` : asked }),
    ...(reference ? { reference } : {}),
  }
}

/** A row of the data, as the question that a run is asked of it. */
export interface RowQuestion extends Question {
  /** 0-based, of the data set. */
  row: number
}

/** Examples read at once. */
const PAGE = 500

/**
 * What rows of a split ask, in the order of the split, each question once; rows that were made or written are none of the data.
 * @param most rows that are looked at
 * Rejects with a Failure.
 */
export async function rowQuestions(
  room: Pick<DataRoom, 'examples'>,
  recipe: OpenRecipe,
  split: Split,
  most: number,
): Promise<{ total: number; found: RowQuestion[] }> {
  const found = new Map<string, RowQuestion>()
  for (let offset = 0; ; offset += PAGE) {
    const { total, examples } = await room.examples(recipe, split, {
      offset,
      count: Math.min(PAGE, most - offset),
    })
    for (const example of examples) {
      const [question] = questionsFrom([example])
      if (question && !found.has(question.prompt))
        found.set(question.prompt, { ...question, split, row: example.row })
    }
    if (examples.length === 0 || offset + PAGE >= Math.min(total, most))
      return { total, found: [...found.values()] }
  }
}

/**
 * The questions of rows that were named by number, as the page has them when they are picked.
 * @param numbers as the file numbers its rows
 * @param rows how many the data set has; an example of each is made at most, but for copies, which come behind
 * @throws LapidaryError `bad_config` where a row asks nothing
 */
export async function questionsOfRows(
  room: Pick<DataRoom, 'examples'>,
  recipe: OpenRecipe,
  numbers: readonly number[],
  { rows, rowNumbers }: { rows: number; rowNumbers?: RowNumbers },
): Promise<Question[]> {
  const found = new Map<number, Question>()
  for (const split of ['validation', 'test', 'train'] as const) {
    if (numbers.every((number) => found.has(number))) break
    for (const { row, ...question } of (await rowQuestions(room, recipe, split, rows)).found)
      found.set(numberOf(row, rowNumbers), question)
  }
  return numbers.map(
    (number) =>
      found.get(number) ??
      fail(
        'bad_config',
        `Row ${number} asks nothing: it is not there, was left out, has no question, or asks what a row before it asks.`,
        'Name another row with --sample-row.',
        { field: 'sample_row', row: rowOf(number, rowNumbers) },
      ),
  )
}
