import { type Accessor, createEffect, createMemo, createSignal, on } from 'solid-js'
import { heeded } from '../../protocol/identity.ts'
import type { OpenRecipe } from '../../protocol/recipe.ts'
import type { DataRoom, Studio, TaskKind } from '../../protocol/studio.ts'
import type { Split } from '../../protocol/tokens.ts'
import { type Question, questionsFrom } from '../../runs/questions.ts'
import { taskKind } from '../../runs/task.ts'
import type { DataState } from './data.ts'

export type { Question }

/** Most questions put to both models at each evaluation; each costs time. */
export const MOST_QUESTIONS = 8
/** Questions taken from the data where a person has none of their own: of rows held out, and of rows that are learnt. */
const FROM_DATA = 4
const HELD_OUT = 2
/** Examples looked at for questions of each split: some ask the same. */
const LOOKED_AT = 20
/** The same of labels, by which files are often sorted. */
const LOOKED_AT_LABELS = 200

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
 * @param drawn those that may take their place
 */
export function heldAgainst(
  own: readonly OwnQuestion[],
  known: readonly Question[],
  drawn: readonly Question[] = known,
): { texts: string[]; replaced: boolean } {
  const gone = ({ prompt, drawn }: OwnQuestion) =>
    drawn && !known.some((question) => question.prompt === prompt)
  const fresh = drawn
    .map(({ prompt }) => prompt)
    .filter((prompt) => !own.some((each) => each.prompt === prompt))
  const texts = own.flatMap((each) => (gone(each) ? fresh.splice(0, 1) : [each.prompt]))
  return { texts, replaced: own.some(gone) }
}

/** Questions for the run being set up: of rows that it will not learn from, where some are held out, and of rows that it will. */
export function createQuestions(studio: Studio, data: DataState) {
  const [found, setFound] = createSignal<Question[]>([])
  /** Of rows that a person picked, of these data. */
  const [picked, setPicked] = createSignal<Question[]>([])
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
    if (latest && latest.key !== key) setPicked([])
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

  return {
    found,
    /** What the data say to each question that may be of them. */
    known: () => [...found(), ...picked()],
    read,
    pick: (question: Question) =>
      setPicked((before) => [...before.filter(({ prompt }) => prompt !== question.prompt), question]),
  }
}

/**
 * A person's own list of questions for the run being set up, once there is one.
 * @param known what the data say, those of picked rows included; none while the data are being prepared
 */
export function createOwnList(found: Accessor<Question[]>, known: Accessor<Question[]> = found) {
  const [own, setOwn] = createSignal<OwnQuestion[] | null>(null)
  const now = createMemo(() => {
    const list = own()
    if (!list) return null
    // While the data are being prepared it stays as it was.
    return found().length > 0
      ? heldAgainst(list, known(), found())
      : { texts: list.map(({ prompt }) => prompt), replaced: false }
  })
  return {
    /** Null: there is none. */
    texts: () => now()?.texts ?? null,
    /** Whether questions of earlier data gave way to those of this. */
    replaced: () => now()?.replaced === true,
    set: (texts: string[] | null) => setOwn(texts && ownQuestions(texts, known(), own() ?? [])),
    /** What is asked: the list, with what the data say to each, else the questions of the data. */
    asked(drawn: Question[]): Question[] {
      const list = own()
      if (!list) return drawn
      const all = [...drawn, ...known()]
      return heldAgainst(list, all, drawn)
        .texts.filter((text) => text.trim() !== '')
        .map((prompt) => all.find((question) => question.prompt === prompt) ?? { prompt })
    },
  }
}
