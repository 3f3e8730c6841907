import { type Accessor, createEffect, createMemo, createSignal, on } from 'solid-js'
import type { SamplePrompt } from '../../protocol/events.ts'
import { heeded } from '../../protocol/identity.ts'
import type { OpenRecipe } from '../../protocol/recipe.ts'
import type { DataRoom, ExampleText, Studio, TaskKind } from '../../protocol/studio.ts'
import { type Split, saidIn } from '../../protocol/tokens.ts'
import { taskKind } from '../../runs/task.ts'
import type { DataState } from './data.ts'

export type Question = SamplePrompt

/** Most questions put to both models at each evaluation; each costs time. */
export const MOST_QUESTIONS = 4
/** Questions taken from the data where a person has none of their own: of rows held out, and of rows that are learnt. */
const FROM_DATA = 4
const HELD_OUT = 2
/** Examples looked at for questions of each split: some ask the same. */
const LOOKED_AT = 20
/** The same of labels, by which files are often sorted. */
const LOOKED_AT_LABELS = 200
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

/** Those first that show most of a task: each answered otherwise where answers are labels, and by a call where functions are called. */
export function telling(
  kind: TaskKind | null,
  questions: readonly Question[],
  chosen: readonly Question[] = [],
): Question[] {
  const known = new Set(chosen.map(({ reference = '' }) => reference))
  const tells = ({ reference = '' }: Question) => {
    if (kind === 'calls') return CALL.test(reference)
    if (kind !== 'labels' || known.has(reference)) return false
    known.add(reference)
    return true
  }
  const first = questions.filter(tells)
  return [...first, ...questions.filter((question) => !first.includes(question))]
}

/** A call as answers have it, in any of their lines. */
const CALL = /^[\w.-]+\([\s\S]*\)$/m

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
  kind: TaskKind | null = null,
): Promise<Question[]> {
  const found: Question[] = []
  const over: Question[] = []
  const count = kind === 'labels' ? LOOKED_AT_LABELS : LOOKED_AT
  for (const split of splits) {
    if (found.length === most) break
    const { examples } = await room.examples(recipe, split, { offset: 0, count })
    const own = telling(kind, questionsFrom(examples, count), found)
      .slice(0, most)
      .filter(({ prompt }) => !found.some((other) => other.prompt === prompt))
      .map((question): Question => ({ ...question, split }))
    found.push(...own.slice(0, Math.min(perSplit, most - found.length)))
    over.push(...own.slice(perSplit))
  }
  return [...found, ...over].slice(0, most)
}

/** A question of a person's own list. `drawn`: it stood in the data when the list was made. */
export interface OwnQuestion {
  prompt: string
  drawn: boolean
}

/**
 * @param known questions of the data in view; none while they are not known
 * @param before the list as it was
 */
export function ownQuestions(
  texts: readonly string[],
  known: readonly Question[],
  before: readonly OwnQuestion[] = [],
): OwnQuestion[] {
  const of = known.length > 0 ? known : before.filter(({ drawn }) => drawn)
  return texts.map((prompt) => ({ prompt, drawn: of.some((question) => question.prompt === prompt) }))
}

/**
 * A person's list held against the data as they are now: what was typed stays, and questions drawn from data that are in view no more
 * give way to those of the data that are.
 */
export function heldAgainst(
  own: readonly OwnQuestion[],
  known: readonly Question[],
): { texts: string[]; replaced: boolean } {
  const gone = ({ prompt, drawn }: OwnQuestion) =>
    drawn && !known.some((question) => question.prompt === prompt)
  const fresh = known
    .map(({ prompt }) => prompt)
    .filter((prompt) => !own.some((each) => each.prompt === prompt))
  const texts = own.flatMap((each) => (gone(each) ? fresh.splice(0, 1) : [each.prompt]))
  return { texts, replaced: own.some(gone) }
}

/** Questions for the run being set up: of rows that it will not learn from, where some are held out, and of rows that it will. */
export function createQuestions(studio: Studio, data: DataState) {
  const [found, setFound] = createSignal<Question[]>([])
  let latest: { key: string; result: Promise<Question[]> } | null = null

  /** Those of the data and options as they are now. */
  async function read(): Promise<Question[]> {
    const request = data.request()
    if (!request) return []
    const prepared = data.prepared()
    const kind = prepared && taskKind(request.config, prepared)
    const key = JSON.stringify([
      ...[data.basis()?.hash, request.dataset, kind],
      ...heeded(request.config, 'examples'),
    ])
    // A run can do without; what is wrong with the data shows where it is prepared.
    if (latest?.key !== key)
      latest = {
        key,
        result: questionsOf(
          ...([studio.data, request, ['validation', 'train'], FROM_DATA, HELD_OUT, kind] as const),
        ).catch(() => []),
      }
    const result = await latest.result
    if (latest?.key === key) setFound(result)
    return result
  }

  createEffect(
    on([data.prepared, () => data.recipe().task], ([prepared]) => (prepared ? void read() : setFound([]))),
  )

  return { found, read }
}

/** A person's own list of questions for the run being set up, once there is one. */
export function createOwnList(found: Accessor<Question[]>) {
  const [own, setOwn] = createSignal<OwnQuestion[] | null>(null)
  const now = createMemo(() => {
    const list = own()
    if (!list) return null
    // While the data are being prepared it stays as it was.
    return found().length > 0
      ? heldAgainst(list, found())
      : { texts: list.map(({ prompt }) => prompt), replaced: false }
  })
  return {
    /** Null: there is none. */
    texts: () => now()?.texts ?? null,
    /** Whether questions of earlier data gave way to those of this. */
    replaced: () => now()?.replaced === true,
    set: (texts: string[] | null) => setOwn(texts && ownQuestions(texts, found(), own() ?? [])),
    /** What is asked: the list, with what the data say to each, else the questions of the data. */
    asked(known: Question[]): Question[] {
      const list = own()
      if (!list) return known
      return heldAgainst(list, known)
        .texts.filter((text) => text.trim() !== '')
        .map((prompt) => known.find((question) => question.prompt === prompt) ?? { prompt })
    },
  }
}
