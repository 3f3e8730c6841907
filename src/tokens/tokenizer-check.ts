import { grouped } from '../lib/counted.ts'
import { compile, PatternError, type SafeRegex } from '../lib/safe-regex.ts'
import { fail } from '../protocol/errors.ts'

/** Words and ids that a tokenizer may have: four times those of any Gemma. */
const MAX_WORDS = 1 << 20
/** Gemma 3 has 514,906. */
const MAX_MERGES = 4 << 20
/** Normalizers and the like inside of one another. */
const MAX_LEVELS = 50

interface Parts {
  vocab: Record<string, unknown>
  merges: unknown[]
}

/**
 * Holds a parsed tokenizer.json against what it may be, before anything is made of it: whoever makes a table by its ids takes
 * gigabytes for one of 4e9.
 * @returns the regular expressions in it, by which no text may be searched for ever
 * @throws LapidaryError `bad_model`, naming the word, the merge or the pattern
 */
export function checkTokenizerJson(json: Record<string, unknown>): SafeRegex[] {
  const { vocab, merges } = json.model as Parts
  const words = Object.entries(vocab)
  if (words.length > MAX_WORDS)
    refuse(`it has ${grouped(words.length)} words; at most ${grouped(MAX_WORDS)} are read`, {
      found: words.length,
    })
  for (const [word, id] of words) checkId(word, id)
  const added = json.added_tokens ?? []
  if (!Array.isArray(added)) return refuse('its added_tokens are no list', { field: 'added_tokens' })
  if (added.length > MAX_WORDS)
    refuse(`it has ${grouped(added.length)} added tokens; at most ${grouped(MAX_WORDS)} are read`, {
      found: added.length,
    })
  for (const token of added as unknown[]) {
    const { content, id } = (token ?? {}) as Record<string, unknown>
    if (typeof content !== 'string') refuse('one of its added tokens has no text', { field: 'added_tokens' })
    checkId(content as string, id)
  }
  checkMerges(merges, vocab)
  return [json.normalizer, json.pre_tokenizer, json.post_processor, json.decoder].flatMap((part) =>
    patternsOf(part),
  )
}

function checkId(word: string, id: unknown): void {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MAX_WORDS) return
  const found = typeof id === 'number' ? id : String(JSON.stringify(id)).slice(0, 40)
  refuse(
    `the number of its word "${short(word)}" is ${found}; numbers of words are whole, from 0 to ${grouped(MAX_WORDS - 1)}`,
    { token: short(word), found },
  )
}

/** Every merge joins two words to a third, or `tokenizers` does not load it. */
function checkMerges(merges: readonly unknown[], vocab: Record<string, unknown>): void {
  if (merges.length > MAX_MERGES)
    refuse(`it has ${grouped(merges.length)} merges; at most ${grouped(MAX_MERGES)} are read`, {
      found: merges.length,
    })
  for (const [i, merge] of merges.entries()) {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => typeof part === 'string'))
      refuse(`its merge ${grouped(i + 1)} is no pair of words`, { merge: i })
    const [left, right] = pair as [string, string]
    for (const word of [left, right, left + right])
      if (!Object.hasOwn(vocab, word))
        refuse(`its merge ${grouped(i + 1)} needs the word "${short(word)}", which it does not have`, {
          merge: i,
          token: short(word),
        })
  }
}

function patternsOf(part: unknown, level = 0): SafeRegex[] {
  if (typeof part !== 'object' || part === null) return []
  if (level > MAX_LEVELS) return refuse('it is nested too deep', { field: 'normalizer' })
  return Object.entries(part).flatMap(([name, value]) => {
    if (name !== 'Regex') return patternsOf(value, level + 1)
    if (typeof value !== 'string') return refuse('one of its patterns is no text', { field: 'Regex' })
    try {
      return [compile(value, 'gu')]
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      return refuse(error.reason.replace(/\.$/, ''), { pattern: short(value) })
    }
  })
}

const short = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}...` : text)

function refuse(why: string, detail: Record<string, string | number>): never {
  fail(
    'bad_model',
    `tokenizer.json cannot be used: ${why}.`,
    'Use the tokenizer.json that came with the model.',
    {
      file: 'tokenizer.json',
      ...detail,
    },
  )
}
