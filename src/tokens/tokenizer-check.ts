import { grouped } from '../lib/counted.ts'
import { compile, PatternError, type SafeRegex } from '../lib/safe-regex.ts'
import { fail } from '../protocol/errors.ts'

/** Words and ids that a tokenizer may have: four times those of any Gemma. */
const MAX_WORDS = 1 << 20
/** Gemma 3 has two: a word can be put together in several ways. */
const MERGES_PER_WORD = 8
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
  let words = 0
  const taken = new Uint8Array(MAX_WORDS)
  // Three times as fast as over a list of entries.
  for (const word in vocab) {
    const id = checkId(word, vocab[word])
    if (taken[id])
      refuse(`two of its words have the number ${id}, one of them is "${short(word)}"`, {
        token: short(word),
      })
    taken[id] = 1
    words++
  }
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
  checkMerges(merges, words)
  return patternsIn(json)
}

/**
 * Regular expressions of a parsed tokenizer.json.
 * @throws LapidaryError `bad_model` for one that no text may be searched by
 */
export function patternsIn(json: Record<string, unknown>): SafeRegex[] {
  return [json.normalizer, json.pre_tokenizer, json.post_processor, json.decoder].flatMap((part) =>
    patternsOf(part),
  )
}

function checkId(word: string, id: unknown): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MAX_WORDS) return id
  const found = typeof id === 'number' ? id : String(JSON.stringify(id)).slice(0, 40)
  return refuse(
    `the number of its word "${short(word)}" is ${found}; numbers of words are whole, from 0 to ${grouped(MAX_WORDS - 1)}`,
    { token: short(word), found },
  )
}

/** Whether their words are there is not looked up: half a million times three would take as long as all the rest of opening. */
function checkMerges(merges: readonly unknown[], words: number): void {
  const most = words * MERGES_PER_WORD
  if (merges.length > most)
    refuse(
      `it has ${grouped(merges.length)} merges for ${grouped(words)} words; at most ${grouped(most)} make sense`,
      {
        found: merges.length,
        most,
      },
    )
  for (const [i, merge] of merges.entries()) {
    const parts = typeof merge === 'string' ? merge.split(' ') : merge
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === 'string'))
      refuse(`its merge ${grouped(i + 1)} is no pair of words`, { merge: i })
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
