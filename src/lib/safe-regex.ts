/**
 * Regular expressions that a person typed, run over text of any length. JavaScript's engine backtracks: `(a+)+b` on thirty
 * letters takes minutes, and nothing can interrupt it. So patterns whose time could grow exponentially are refused by
 * their shape, and those that could grow by a power are timed on growing beginnings of a long text before it is searched.
 */

export type Refusal = { reason: string; hint: string }

export class PatternError extends Error implements Refusal {
  override readonly name = 'PatternError'
  readonly reason: string
  readonly hint: string

  constructor({ reason, hint }: Refusal) {
    super(reason)
    this.reason = reason
    this.hint = hint
  }
}

/** Repetitions without a limit that a pattern may have. */
const MAX_LOOPS = 8
/**
 * Ways, as a power of two, in which a pattern may take a text as short as `SHORT`: more of them take seconds. A repetition without a
 * limit has about 2^3.5 there, a choice of two has 2.
 */
const MAX_WAYS = 28
const WAYS_OF_LOOP = 3.5
/** With fewer ways than this, and no loop, nothing can take long. */
const FEW_WAYS = 4
/** Repetitions up to more than this are as good as without a limit. */
const MANY_TIMES = 16
/** Characters of a pattern; a longer one was not typed. */
const MAX_PATTERN = 10_000
/** A search that is expected to take longer is not begun. */
const MAX_MS = 500
/** Text as short as this is searched without being timed: with so few loops it cannot take long. */
const SHORT = 32

interface Group {
  /** An unbounded repetition, or a choice of how much to take, inside. */
  varies: boolean
  alternatives: string[]
}

/**
 * Compiles a pattern.
 * @throws PatternError where it is no regular expression, or one that may never end
 */
export function compile(pattern: string, flags: string): SafeRegex {
  if (pattern.length > MAX_PATTERN)
    throw new PatternError({
      reason: `A pattern of ${pattern.length} characters is too long; at most ${MAX_PATTERN} are taken.`,
      hint: 'Split it into several steps.',
    })
  let regex: RegExp
  try {
    regex = new RegExp(pattern, flags.includes('u') ? flags : `${flags}u`)
  } catch {
    try {
      // Escapes that only the older syntax allows, such as `\-`.
      regex = new RegExp(pattern, flags)
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : ''
      throw new PatternError({
        reason: `"${pattern}" is not a regular expression: ${reason}`,
        hint: 'Put a backslash before ( ) [ ] { } . * + ? ^ $ | where they are meant as they are, or search for plain text.',
      })
    }
  }
  return new SafeRegex(regex, isSlow(pattern))
}

export class SafeRegex {
  readonly regex: RegExp
  readonly #slow: boolean

  /** @param slow whether the time it takes may grow quicker than a text */
  constructor(regex: RegExp, slow: boolean) {
    this.regex = regex
    this.#slow = slow
  }

  /** @throws PatternError where searching this text would take too long */
  check(text: string): void {
    this.#guard(text)
  }

  /** @throws PatternError where searching this text would take too long */
  replace(text: string, replacement: string): string {
    this.#guard(text)
    this.regex.lastIndex = 0
    return text.replace(this.regex, replacement)
  }

  /** @throws PatternError where searching this text would take too long */
  test(text: string): boolean {
    this.#guard(text)
    this.regex.lastIndex = 0
    return this.regex.test(text)
  }

  /**
   * Times the search on the first 32, 64, 128 ... characters, each ended by a character that is in no pattern: a search
   * that fails at the end is the slow one.
   */
  #guard(text: string): void {
    if (!this.#slow || text.length <= SHORT) return
    let before = 0
    for (let length = SHORT; length < text.length; length *= 2) {
      const start = performance.now()
      this.regex.lastIndex = 0
      text.slice(0, length).concat('\u{10ffff}').replace(this.regex, '')
      const ms = performance.now() - start
      // Doubling the text multiplies the time by at most as much as it did the last time, give or take.
      const growth = before > 1 ? Math.max(2, ms / before) : 4
      if (ms > 2 && ms * growth > MAX_MS && ms * growth > (MAX_MS * length) / 1e6)
        throw new PatternError({
          reason: `The pattern takes too long on a text of ${text.length} characters.`,
          hint: 'Use fewer of * and +, or say more closely what may stand there: [^"]* rather than .*',
        })
      before = ms
    }
  }
}

/**
 * Counts repetitions without a limit and other choices, and refuses one repetition inside another.
 * @returns whether there are so many that a search may be slow
 */
function isSlow(pattern: string): boolean {
  const groups: Group[] = [{ varies: false, alternatives: [''] }]
  let [loops, ways] = [0, 0]
  let closed: Group | null = null
  for (let at = 0; at < pattern.length; ) {
    const unit =
      /^(?:\\(?:[pPu]\{[^}]*\}|k<[^>]*>|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?::|<?[=!]|<[^>]*>))?|[*+?]|\{\d+(?:,\d*)?\}|[\s\S])/.exec(
        pattern.slice(at),
      )![0]
    at += unit.length
    const group = groups.at(-1)!
    const last = group.alternatives.length - 1
    if (unit.startsWith('(')) {
      groups.push({ varies: false, alternatives: [''] })
      group.alternatives[last] += '('
      closed = null
    } else if (unit === ')' && groups.length > 1) {
      closed = groups.pop()!
      const parent = groups.at(-1)!
      parent.varies ||= closed.varies || closed.alternatives.length > 1
      if (!isDistinct(closed.alternatives)) ways += Math.log2(closed.alternatives.length)
    } else if (unit === '|') {
      group.alternatives.push('')
      closed = null
    } else if (/^(?:[*+]|\{\d+,\})$/.test(unit) || /^\{\d+(?:,\d+)?\}$/.test(unit) || unit === '?') {
      const [least, most] = timesOf(unit)
      const unbounded = most - least > MANY_TIMES
      const repeats = most > 1
      if (repeats && closed) refuseAmbiguous(pattern, closed)
      if (unbounded) loops++
      else ways += Math.log2(most - least + 1)
      if (most > least) group.varies = true
      // `+?` and `*?` are one repetition: its laziness is no second one.
      if (pattern[at] === '?') at++
      closed = null
    } else {
      group.alternatives[last] += unit
      closed = null
    }
  }
  if (loops > MAX_LOOPS)
    throw new PatternError({
      reason: `"${pattern}" has ${loops} repetitions without a limit; at most ${MAX_LOOPS} are allowed.`,
      hint: 'Split it into several steps.',
    })
  if (loops * WAYS_OF_LOOP + ways > MAX_WAYS)
    throw new PatternError({
      reason: `"${pattern}" can match in too many ways, which may take forever.`,
      hint: 'Use fewer of ?, {} and |, or split it into several steps.',
    })
  return loops > 0 || ways > FEW_WAYS
}

/** How often at least and at most a quantifier has something. */
function timesOf(quantifier: string): [number, number] {
  if (quantifier === '?') return [0, 1]
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(quantifier) ?? [
    '',
    quantifier === '*' ? '0' : '1',
    ',',
    '',
  ]
  return [Number(least), most ? Number(most) : comma ? Number.POSITIVE_INFINITY : Number(least)]
}

/** Whether the first letter tells alternatives apart, so that there is one way only. */
function isDistinct(alternatives: string[]): boolean {
  const starts = alternatives.map((alternative) => alternative[0] ?? '')
  const literal = starts.every((start) => /^[\p{L}\p{N}\s_,;:!"'<>@#%&=~/-]$/u.test(start))
  return literal && new Set(starts.map((start) => start.toLowerCase())).size === starts.length
}

/** A repeated group must have one way only to take a text: no repetition inside, and choices told apart by their start. */
function refuseAmbiguous(pattern: string, { varies, alternatives }: Group): void {
  if (!varies && (alternatives.length === 1 || isDistinct(alternatives))) return
  throw new PatternError({
    reason: `"${pattern}" repeats a group that can match in several ways, which may take forever.`,
    hint: 'Take the inner * or + out, or repeat a set such as [a-z ] instead of a group.',
  })
}
