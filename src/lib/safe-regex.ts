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
  return new SafeRegex(regex, loopsOf(pattern))
}

export class SafeRegex {
  readonly regex: RegExp
  readonly #loops: number

  constructor(regex: RegExp, loops: number) {
    this.regex = regex
    this.#loops = loops
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
    if (this.#loops === 0 || text.length <= SHORT) return
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

/** Counts unbounded repetitions, and refuses one inside another. */
function loopsOf(pattern: string): number {
  const groups: Group[] = [{ varies: false, alternatives: [''] }]
  let loops = 0
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
    } else if (unit === '|') {
      group.alternatives.push('')
      closed = null
    } else if (/^(?:[*+]|\{\d+,\})$/.test(unit) || /^\{\d+(?:,\d+)?\}$/.test(unit) || unit === '?') {
      const unbounded = /^(?:[*+]|\{\d+,\})$/.test(unit)
      const repeats = unbounded || Number(/^\{(?:\d+,)?(\d+)\}$/.exec(unit)?.[1] ?? 1) > 1
      if (repeats && closed) refuseAmbiguous(pattern, closed)
      if (unbounded) loops++
      if (!/^\{(\d+)\}$/.test(unit)) group.varies = true
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
  return loops
}

/** A repeated group must have one way only to take a text: no repetition inside, and choices told apart by their start. */
function refuseAmbiguous(pattern: string, { varies, alternatives }: Group): void {
  const starts = alternatives.map((alternative) => alternative[0] ?? '')
  const literal = starts.every((start) => /^[\p{L}\p{N}\s_,;:!"'<>@#%&=~/-]$/u.test(start))
  const distinct = new Set(starts.map((start) => start.toLowerCase())).size === starts.length
  if (!varies && (alternatives.length === 1 || (literal && distinct))) return
  throw new PatternError({
    reason: `"${pattern}" repeats a group that can match in several ways, which may take forever.`,
    hint: 'Take the inner * or + out, or repeat a set such as [a-z ] instead of a group.',
  })
}
