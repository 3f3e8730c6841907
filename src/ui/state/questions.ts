import { createEffect, createSignal, on } from 'solid-js'
import type { SamplePrompt } from '../../protocol/events.ts'
import { heeded } from '../../protocol/identity.ts'
import type { OpenRecipe } from '../../protocol/recipe.ts'
import type { DataRoom, ExampleText, Studio } from '../../protocol/studio.ts'
import { type Split, saidIn } from '../../protocol/tokens.ts'
import type { DataState } from './data.ts'

export type Question = SamplePrompt

/** Most questions put to both models at each evaluation; each costs time. */
export const MOST_QUESTIONS = 4
/** Questions taken from the data where a person has none of their own: of rows held out, and of rows that are learnt. */
const FROM_DATA = 4
const HELD_OUT = 2
/** Examples looked at for questions of each split: some ask the same. */
const LOOKED_AT = 20
/** Words of plain text that a model is asked to go on from. */
const OPENING = 8

/** What a person would ask the tuned model, and what the data says to it; each question once. */
export function questionsFrom(examples: readonly ExampleText[], most = FROM_DATA): Question[] {
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

/**
 * Questions as the recipe makes them, from these splits in this order, each saying of which it is.
 * @param perSplit most of one split while another has some
 * Rejects with a Failure.
 */
export async function questionsOf(
  room: Pick<DataRoom, 'examples'>,
  recipe: OpenRecipe,
  splits: readonly Split[],
  most = FROM_DATA,
  perSplit = most,
): Promise<Question[]> {
  const found: Question[] = []
  const over: Question[] = []
  for (const split of splits) {
    if (found.length === most) break
    const { examples } = await room.examples(recipe, split, { offset: 0, count: LOOKED_AT })
    const own = questionsFrom(examples, most)
      .filter(({ prompt }) => !found.some((other) => other.prompt === prompt))
      .map((question): Question => ({ ...question, split }))
    found.push(...own.slice(0, Math.min(perSplit, most - found.length)))
    over.push(...own.slice(perSplit))
  }
  return [...found, ...over].slice(0, most)
}

/** Questions for the run being set up: of rows that it will not learn from, where some are held out, and of rows that it will. */
export function createQuestions(studio: Studio, data: DataState) {
  const [found, setFound] = createSignal<Question[]>([])
  let latest: { key: string; result: Promise<Question[]> } | null = null

  /** Those of the data and options as they are now. */
  async function read(): Promise<Question[]> {
    const request = data.request()
    if (!request) return []
    const key = JSON.stringify([data.basis()?.hash, request.dataset, ...heeded(request.config, 'examples')])
    // A run can do without; what is wrong with the data shows where it is prepared.
    if (latest?.key !== key)
      latest = {
        key,
        result: questionsOf(studio.data, request, ['validation', 'train'], FROM_DATA, HELD_OUT).catch(
          () => [],
        ),
      }
    const result = await latest.result
    if (latest?.key === key) setFound(result)
    return result
  }

  createEffect(on(data.prepared, (prepared) => (prepared ? void read() : setFound([]))))

  return { found, read }
}
