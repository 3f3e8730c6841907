import { fail } from '../protocol/errors.ts'
import type { Conversation, Message } from '../protocol/tokens.ts'
import type { ChatTemplate } from './chat.ts'

/** A conversation as text, and where the turns by the assistant lie in it: characters [start, end), by index of the turn. */
export interface RenderedTurns {
  text: string
  turns: Map<number, [start: number, end: number]>
}

/** Of these one that no text has marks the ends of turns while a template runs: Unicode keeps them for no character ever. */
const MARKS = Array.from({ length: 30 }, (_, i) => String.fromCharCode(0xfdd1 + i))

/**
 * Renders a conversation and finds the assistant's turns in it, by marks that stand at the end of what each turn says. A turn
 * begins where the one before it has ended and the prompt's opening (`<start_of_turn>model`) is written, and ends with what the
 * template puts behind it. Nothing is concluded from one rendering being the beginning of another: templates that strip or
 * leave out what was said earlier are told from those that do not.
 * @param wanted turns whose spans are needed
 * @throws LapidaryError `bad_data` where the template refuses the conversation, or where it rewrites a turn so that where it
 * lies cannot be told
 */
export function renderTurns(
  conversation: Pick<Conversation, 'messages' | 'tools'>,
  template: ChatTemplate,
  wanted: (message: Message) => boolean,
): RenderedTurns {
  const { messages, tools } = conversation
  const text = template.render(messages, false, tools)
  const turns: RenderedTurns['turns'] = new Map()
  const chosen = messages.flatMap((message, i) =>
    message.role === 'assistant' && wanted(message) ? [i] : [],
  )
  if (chosen.length === 0) return { text, turns }
  const mark = MARKS.find((each) => !text.includes(each)) ?? unclear(0)
  const marked = messages.map((message, i) => withMark(message, mark + digits(i)))
  const render = (upTo: number, prompt: boolean) =>
    endsOf(template.render(marked.slice(0, upTo), prompt, tools), mark)
  const whole = render(messages.length, false)
  // A template that looks at what is said may write something else around marked turns.
  if (whole.text !== text) unclear(chosen[0]!)
  for (const i of chosen) {
    const [before, end] = [i === 0 ? 0 : whole.ends.get(i - 1), whole.ends.get(i)]
    if (before === undefined || end === undefined || end < before) unclear(i)
    const prompt = render(i, true)
    const after = i === 0 ? 0 : prompt.ends.get(i - 1)
    if (after === undefined) unclear(i)
    const start = before + common(text.slice(before, end), prompt.text.slice(after))
    if (i === messages.length - 1) {
      turns.set(i, [start, text.length])
      continue
    }
    const alone = render(i + 1, false)
    const rest = alone.text.slice(alone.ends.get(i) ?? unclear(i))
    const next = whole.ends.get(i + 1) ?? text.length
    turns.set(i, [start, end + common(text.slice(end, next), rest)])
  }
  return { text, turns }
}

/** A turn's index, in characters that stay as they are whatever a template does with letters. */
const digits = (i: number) => `${i};`

/** A turn with a mark behind what it says: its last call's name, its text, or the name of what responds. */
function withMark(message: Message, mark: string): Message {
  const { calls, content, response } = message
  const last = calls?.at(-1)
  if (calls && last)
    return { ...message, calls: [...calls.slice(0, -1), { ...last, name: last.name + mark }] }
  if (response) return { ...message, name: message.name + mark }
  // White space at the end is what templates trim.
  const kept = content.trimEnd()
  return { ...message, content: kept + mark + content.slice(kept.length) }
}

/** A rendering without its marks, and where each stood. One that stands twice stands nowhere. */
function endsOf(rendered: string, mark: string): { text: string; ends: Map<number, number> } {
  const ends = new Map<number, number>()
  const twice = new Set<number>()
  const [first, ...rest] = rendered.split(mark)
  let text = first!
  for (const part of rest) {
    const stop = part.indexOf(';')
    const i = Number(part.slice(0, stop))
    if (ends.has(i)) twice.add(i)
    ends.set(i, text.length)
    text += part.slice(stop + 1)
  }
  for (const i of twice) ends.delete(i)
  return { text, ends }
}

/** Characters at the beginning that two texts have in common. */
function common(a: string, b: string): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  return i
}

function unclear(turn: number): never {
  return fail(
    'bad_data',
    `The model's chat template rewrites what was said: where turn ${turn + 1} begins and ends cannot be told, nor what is to be learnt.`,
    'Split the conversation so that each example ends with the answer that is to be learnt, or take a model whose template keeps earlier turns as they were.',
    { turn: turn + 1 },
  )
}
