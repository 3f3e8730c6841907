import type { Draws } from './random.ts'

/**
 * Ways to ask the same thing: frames around a prompt, and beginnings of instructions in other words. They are English and
 * are used on English prompts only; a person may give their own for any language.
 */
const ASKING = [
  'Please help me with this: {prompt}',
  'I have a question. {prompt}',
  '{prompt} Thanks!',
  'Here is what I need: {prompt}',
  'Could you answer this for me? {prompt}',
  'Quick one: {prompt}',
  'I would like to know: {prompt}',
  'Hello! {prompt}',
]

/** For prompts that ask nothing themselves: texts to be sorted, summed up, continued. */
const STATING = [
  'Here is the text: {prompt}',
  'Text: {prompt}',
  'The text reads: {prompt}',
  'Consider this: {prompt}',
  'Take a look at this: {prompt}',
  'This is what it says: {prompt}',
  '"{prompt}"',
]

/** Beginnings that mean the same, any of a line for any other. What follows is kept. */
const BEGINNINGS: readonly (readonly string[])[] = [
  ['write', 'compose', 'draft', 'please write', 'could you write'],
  ['explain', 'describe', 'tell me about', 'help me understand', 'can you explain'],
  ['summarize', 'sum up', 'give a short summary of', 'briefly summarize'],
  ['summarise', 'sum up', 'give a short summary of', 'briefly summarise'],
  ['list', 'name', 'give me a list of', 'enumerate'],
  ['translate', 'please translate', 'could you translate', 'give a translation of'],
  ['what is', "what's", 'tell me what is', 'can you tell me what is'],
  ['what are', 'tell me what are', 'can you tell me what are'],
  ['how do i', 'how can i', 'what is the way to', 'show me how to'],
  ['how to', 'how can one', 'what is the way to'],
  ['classify', 'categorize', 'put into a category:', 'label'],
  ['find', 'look for', 'identify', 'locate'],
  ['create', 'make', 'come up with', 'produce'],
  ['generate', 'produce', 'come up with', 'create'],
  ['rewrite', 'rephrase', 'put into other words:', 'reword'],
  ['give me', 'provide', 'i need', 'please give me'],
  ['why', 'for what reason', 'how come'],
  ['can you', 'could you', 'would you', 'are you able to'],
]

const STARTS = BEGINNINGS.flatMap((group) => group.map((start) => ({ start, group }))).sort(
  (a, b) => b.start.length - a.start.length,
)

/**
 * Another way to ask, different from the prompt; null where none is known (a prompt in another language, without templates
 * of one's own).
 */
export function reword(prompt: string, own: readonly string[], draws: Draws): string | null {
  const fill = (template: string) => template.replaceAll('{prompt}', () => prompt.trim())
  if (own.length > 0) {
    const ways = own.map(fill).filter((text) => text !== prompt)
    return ways.length === 0 ? null : draws.pick(ways)
  }
  if (!isEnglish(prompt)) return null
  const begun = otherBeginning(prompt, draws)
  const asks = begun !== null || /[?？]/.test(prompt)
  const greeted = /^\s*(hello|hi|hey|dear|good (morning|afternoon|evening))\b/i.test(prompt)
  const frames = asks ? ASKING.filter((way) => !greeted || !/^(Hello|Quick)/.test(way)) : STATING
  const frame = fill(draws.pick(frames))
  return begun !== null && draws.chance(0.6) ? begun : frame
}

function otherBeginning(prompt: string, draws: Draws): string | null {
  const text = prompt.trimStart()
  const lower = text.toLowerCase()
  const found = STARTS.find(
    ({ start }) => lower.startsWith(start) && !/[\p{L}\p{N}']/u.test(lower[start.length] ?? ''),
  )
  if (!found) return null
  const start = draws.pick(found.group.filter((other) => other !== found.start))
  const capital = text[0] === text[0]!.toUpperCase()
  return (capital ? start[0]!.toUpperCase() + start.slice(1) : start) + text.slice(found.start.length)
}

/** Latin letters throughout, and one of English's small words where there are more than a few words. */
export function isEnglish(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? []
  if (letters.length === 0 || letters.some((letter) => !/[a-z]/i.test(letter))) return false
  const words = text.toLowerCase().match(/[a-z']+/g) ?? []
  return (
    words.some((word) => SMALL_WORDS.has(word)) ||
    STARTS.some(({ start }) => text.toLowerCase().startsWith(`${start} `))
  )
}

/** None of them a word of another language that is written in these letters alone. */
const SMALL_WORDS = new Set(
  'the and with what how why where when which who does did could should would you your this that these have were there'.split(
    ' ',
  ),
)
