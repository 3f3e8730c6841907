/** Thrown for text that is no literal; nobody outside hears of it. */
class NoLiteral extends Error {}

const WORDS: Record<string, unknown> = { None: null, True: true, False: false, nan: null }
const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
  '0': '\0',
  '\n': '',
}
const MOST_LEVELS = 100

/**
 * Lists, tuples and dictionaries as Python prints them, which is what pandas leaves in a CSV file of nested values: also
 * NumPy's `array([...], dtype=object)` and its lists of objects without commas.
 * @returns undefined where the text is something else
 */
export function pythonLiteral(text: string): unknown {
  const from = /^\s*(?:array\s*\(\s*)?[[({]/.test(text)
  if (!from) return undefined
  try {
    return new Literal(text).whole()
  } catch (error) {
    if (error instanceof NoLiteral) return undefined
    throw error
  }
}

class Literal {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): unknown {
    const value = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) throw new NoLiteral()
    return value
  }

  #value(level: number): unknown {
    if (level > MOST_LEVELS) throw new NoLiteral()
    this.#space()
    const letter = this.#text[this.#at]
    if (letter === '[') return this.#list(']', level)
    if (letter === '(') return this.#list(')', level)
    if (letter === '{') return this.#dictionary(level)
    const quoted = this.#match(/[urb]{0,2}(?='|")/iy)
    if (quoted !== null) return this.#string(/r/i.test(quoted))
    const number = this.#match(/[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy)
    if (number !== null) return Number(number)
    if (this.#match(/array\s*\(/y) !== null) return this.#array(level)
    const word = this.#match(/[A-Za-z]+/y)
    if (word === null || !Object.hasOwn(WORDS, word)) throw new NoLiteral()
    return WORDS[word]
  }

  /** What is left of `array([...], dtype=object)`. */
  #array(level: number): unknown {
    const value = this.#value(level + 1)
    if (this.#match(/\s*(?:,\s*dtype\s*=\s*[\w'"<.]+\s*)?\)/y) === null) throw new NoLiteral()
    return value
  }

  #list(end: ']' | ')', level: number): unknown[] {
    this.#at++
    const values: unknown[] = []
    while (!this.#ends(end)) {
      values.push(this.#value(level + 1))
      // NumPy prints objects one below the other.
      if (!this.#comma() && !this.#isNext(end) && !this.#isNext('{')) throw new NoLiteral()
    }
    return values
  }

  #dictionary(level: number): Record<string, unknown> {
    this.#at++
    const entries: [string, unknown][] = []
    while (!this.#ends('}')) {
      const key = this.#value(level + 1)
      if (this.#match(/\s*:/y) === null) throw new NoLiteral()
      entries.push([String(key), this.#value(level + 1)])
      if (!this.#comma() && !this.#isNext('}')) throw new NoLiteral()
    }
    return Object.fromEntries(entries)
  }

  #string(raw: boolean): string {
    const quote = this.#match(/'''|"""|'|"/y)!
    let value = ''
    for (;;) {
      if (this.#at >= this.#text.length) throw new NoLiteral()
      if (this.#text.startsWith(quote, this.#at)) break
      const letter = this.#text[this.#at++]!
      value += letter !== '\\' ? letter : raw ? letter + (this.#text[this.#at++] ?? '') : this.#escape()
    }
    this.#at += quote.length
    return value
  }

  #escape(): string {
    const code = this.#match(/x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}/iy)
    if (code !== null) {
      const point = Number.parseInt(code.slice(1), 16)
      if (point > 0x10ffff) throw new NoLiteral()
      return String.fromCodePoint(point)
    }
    const letter = this.#text[this.#at++] ?? ''
    return ESCAPES[letter] ?? (letter === '\\' || letter === "'" || letter === '"' ? letter : `\\${letter}`)
  }

  #ends(end: string): boolean {
    if (!this.#isNext(end)) return false
    this.#at++
    return true
  }

  #isNext(letter: string): boolean {
    this.#space()
    return this.#text[this.#at] === letter
  }

  #comma(): boolean {
    return this.#ends(',')
  }

  #space(): void {
    this.#match(/\s*/y)
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) return null
    this.#at = pattern.lastIndex
    return found[0]
  }
}
