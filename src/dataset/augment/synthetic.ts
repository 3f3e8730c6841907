import { SITE, shuffle } from '../../lib/threefry.ts'
import type { Generate, SynthesisInfo, SynthesisProgress } from '../../protocol/preparation.ts'
import type { Conversation } from '../../protocol/tokens.ts'
import { TEMPLATE_TOKENS } from '../characters.ts'
import { sameForm } from '../steps/deduplicate.ts'

/**
 * New examples written by a model: it is shown a few, asked for one more of their kind, and what it writes is read, held
 * against what is there, and sorted out where it is poor (Self-Instruct, Wang et al., ACL 2023, with its filters).
 */
export interface SynthesisOptions {
  count: number
  shots: number
  seed: number
  wish: string
  /** Answers allowed; null: any. */
  labels: readonly string[] | null
  onProgress?: (progress: SynthesisProgress) => void
  /** Stops the writing; what is written by then is kept. */
  signal?: AbortSignal
}

export interface Example {
  prompt: string
  response: string
}

type Reason = keyof SynthesisInfo['rejected']

export interface Synthesis {
  kept: Example[]
  asked: number
  rejected: Record<Reason, number>
}

/** Requests to the model at a time: the engine decodes some side by side. */
const BATCH = 4
/** Given up after so many requests for each example wanted: a model that cannot will not. */
const MOST_ASKED = 5
/** Questions more alike than this are the same (word overlap, Jaccard). */
const TOO_ALIKE = 0.8
/** Examples that each written one is compared with word by word; the same wording is found among all. */
const COMPARED = 5000

/** Question and answer of the last turn, where a row is a conversation of one. */
export function examplesOf(rows: readonly object[]): Example[] {
  return rows.flatMap((row): Example[] => {
    if (!('messages' in row)) return []
    const turns = (row as Conversation).messages.filter(({ role }) => role !== 'system')
    const [question, answer] = turns
    if (turns.length !== 2 || question?.role !== 'user' || answer?.role !== 'assistant') return []
    return [{ prompt: question.content, response: answer.content }]
  })
}

/**
 * Has `generate` write examples until there are enough, or it is plain that there will not be. Which examples it is shown
 * and the seeds it is given are a function of the seed.
 */
export async function synthesise(
  examples: readonly Example[],
  generate: Generate,
  options: SynthesisOptions,
): Promise<Synthesis> {
  const { count, seed, signal, onProgress } = options
  const filter = new QualityFilter(examples, options.labels)
  const kept: Example[] = []
  const rejected: Synthesis['rejected'] = {
    unreadable: 0,
    duplicate: 0,
    copied: 0,
    too_short: 0,
    too_long: 0,
    repetitive: 0,
    unknown_label: 0,
  }
  const longest = examples.reduce(
    (most, { prompt, response }) => Math.max(most, prompt.length + response.length),
    0,
  )
  // A token is about three characters and more; room for half as much again as the longest example.
  const maxNewTokens = Math.max(48, Math.min(1024, Math.ceil(longest / 2)))
  let [asked, inTwoSteps] = [0, false]
  while (kept.length < count && asked < count * MOST_ASKED && !signal?.aborted) {
    const batch = Math.min(BATCH, count * MOST_ASKED - asked)
    const requests = Array.from({ length: batch }, (_, i) => asked + i)
    const write = (prompts: string[]) => generate(prompts, { maxNewTokens, seed: (seed + asked) >>> 0 })
    const written = inTwoSteps
      ? await questionThenAnswer(examples, options, requests, write)
      : (await write(requests.map((request) => fewShot(examples, options, request)))).map(parseExample)
    // Small models hold to no form; what they can do is answer.
    if (asked === 0) inTwoSteps = written.every((found) => found === null)
    asked += batch
    for (const found of written) {
      const reason = found === null ? 'unreadable' : filter.refuse(found)
      if (reason !== null) rejected[reason]++
      else if (kept.length < count) kept.push(found!)
    }
    onProgress?.({ kept: kept.length, wanted: count, asked })
  }
  return { kept, asked, rejected }
}

/** The request for one more example, with others shown. Each request draws its own. */
export function fewShot(
  examples: readonly Example[],
  { shots, seed, wish, labels }: Pick<SynthesisOptions, 'shots' | 'seed' | 'wish' | 'labels'>,
  request: number,
): string {
  const shown = drawn(examples, shots, seed, request).map(
    ({ prompt, response }) => `Question: ${prompt.trim()}\nAnswer: ${response.trim()}`,
  )
  const kind = wish.trim() === '' ? '' : ` It should be like this: ${wish.trim()}`
  const allowed = labels ? ` The answer is one of: ${labels.join(', ')}.` : ''
  return `Here are examples of questions and their answers.\n\n${shown.join('\n\n')}\n\nWrite one new example of the same kind that is not among them, in the same form.${kind}${allowed}`
}

/** For models that hold to no form: first a question after the manner of others, then the model's own answer to it. */
async function questionThenAnswer(
  examples: readonly Example[],
  { shots, seed, wish, labels }: SynthesisOptions,
  requests: readonly number[],
  write: (prompts: string[]) => Promise<string[]>,
): Promise<(Example | null)[]> {
  const kind = wish.trim() === '' ? '' : ` It should be like this: ${wish.trim()}`
  const asking = requests.map((request) => {
    const shown = drawn(examples, shots, seed, request).map(({ prompt }) => prompt.trim())
    return `${shown.join('\n')}\n\nWrite one more question of the same kind.${kind}`
  })
  const questions = (await write(asking)).flatMap((text) => firstLine(text) ?? [])
  const allowed = labels ? `\n\nAnswer with one of: ${labels.join(', ')}.` : ''
  const answers = questions.length === 0 ? [] : await write(questions.map((question) => question + allowed))
  return requests.map((_, i) => {
    const response = answers[i]?.replace(TEMPLATE_TOKENS, '').trim()
    return response ? { prompt: questions[i]!, response } : null
  })
}

function firstLine(text: string): string | null {
  const plain = text.replace(TEMPLATE_TOKENS, '').replace(/^\s*(?:Question[ \t]*:|[-*\d.]+[ \t])?/i, '')
  return (
    plain
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? null
  )
}

function drawn(examples: readonly Example[], shots: number, seed: number, request: number): Example[] {
  return [...shuffle(examples.length, seed, request, SITE.synthesis).subarray(0, shots)].map(
    (i) => examples[i]!,
  )
}

/** Reads `Question: ... Answer: ...`, whatever stands around it; null where that is not what was written. */
export function parseExample(text: string): Example | null {
  const plain = text.replace(TEMPLATE_TOKENS, '').replace(/\*\*/g, '')
  const question = /(?:^|\n)[ \t]*Question[ \t]*:/i.exec(plain)
  // Some go on where the request left off, with the question itself.
  const from = question ? question.index + question[0].length : 0
  const answer = /\n[ \t]*Answer[ \t]*:/i.exec(plain.slice(from))
  if (!answer) return null
  const after = plain.slice(from + answer.index + answer[0].length)
  // A second example behind the first may be cut off.
  const next = /\n[ \t]*Question[ \t]*:/i.exec(after)
  const prompt = plain.slice(from, from + answer.index).trim()
  const response = (next ? after.slice(0, next.index) : after).trim()
  return prompt === '' || response === '' ? null : { prompt, response }
}

/** Remembers what was seen, and says why a written example is not wanted. */
export class QualityFilter {
  readonly #known = new Set<string>()
  readonly #words: Set<string>[] = []
  readonly #shortest: { prompt: number; response: number }
  readonly #longest: { prompt: number; response: number }
  readonly #labels: ReadonlySet<string> | null

  constructor(examples: readonly Example[], labels: readonly string[] | null) {
    for (const { prompt } of examples) this.#known.add(sameForm(prompt))
    for (const { prompt } of examples.slice(0, COMPARED)) this.#words.push(wordsOf(prompt))
    const lengths = (role: keyof Example) => examples.map((example) => example[role].length)
    const least = (role: keyof Example) =>
      lengths(role).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const most = (role: keyof Example) => lengths(role).reduce((a, b) => Math.max(a, b), 0)
    this.#shortest = { prompt: Math.min(8, least('prompt')), response: Math.min(2, least('response')) }
    this.#longest = { prompt: 2 * most('prompt') + 50, response: 2 * most('response') + 50 }
    this.#labels = labels && new Set(labels)
  }

  /** Null where the example is taken, which is remembered. */
  refuse(example: Example): Reason | null {
    const { prompt, response } = example
    if (prompt.length < this.#shortest.prompt || response.length < this.#shortest.response) return 'too_short'
    if (prompt.length > this.#longest.prompt || response.length > this.#longest.response) return 'too_long'
    if (this.#labels && !this.#labels.has(response)) return 'unknown_label'
    if (isRepetitive(prompt) || isRepetitive(response)) return 'repetitive'
    if (sameForm(prompt) === sameForm(response)) return 'copied'
    const form = sameForm(prompt)
    if (this.#known.has(form)) return 'duplicate'
    const words = wordsOf(prompt)
    if (this.#words.some((other) => overlap(words, other) > TOO_ALIKE)) return 'duplicate'
    this.#known.add(form)
    this.#words.push(words)
    return null
  }
}

/** A model that has lost its way says the same again and again. */
function isRepetitive(text: string): boolean {
  const words = text.toLowerCase().match(/\S+/g) ?? []
  if (/(\S)\1{9}/.test(text)) return true
  if (words.length < 12) return false
  const triples = words.slice(2).map((word, i) => `${words[i]} ${words[i + 1]} ${word}`)
  return new Set(triples).size < 0.6 * triples.length
}

function wordsOf(text: string): Set<string> {
  return new Set(sameForm(text).split(' '))
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  // The sizes alone often settle it.
  const [few, many] = a.size < b.size ? [a, b] : [b, a]
  if (few.size <= TOO_ALIKE * many.size) return 0
  let both = 0
  for (const word of few) if (many.has(word)) both++
  return both / (a.size + b.size - both)
}
