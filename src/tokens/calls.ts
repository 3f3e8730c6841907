import type { ToolCall } from '../protocol/tokens.ts'

const CALL = /<start_function_call>\s*call:\s*([^\s{]+)\s*\{([\s\S]*?)\}\s*<end_function_call>/g
const QUOTE = '<escape>'

/** An answer's own words, and the calls in it: FunctionGemma's form, `<start_function_call>call:NAME{...}<end_function_call>`. */
export function readCallsIn(answer: string): { text: string; calls: ToolCall[] } {
  const calls: ToolCall[] = []
  const text = answer.replace(CALL, (_, name: string, inside: string) => {
    calls.push({ name, arguments: readArguments(inside) ?? inside })
    return ''
  })
  return { text: calls.length > 0 ? text.replace(/<start_function_response>\s*$/, '').trim() : answer, calls }
}

/** Arguments by name; null where they are not written as documented. */
function readArguments(inside: string): Record<string, unknown> | null {
  const reader = new Reader(`{${inside}}`)
  const found = reader.value()
  return found !== NONE && reader.atEnd ? (found as Record<string, unknown>) : null
}

/** Stands for what cannot be read: null is a value. */
const NONE = Symbol('none')
const MOST_LEVELS = 100

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#text.slice(this.#at).trim() === ''
  }

  value(): unknown {
    if (this.#depth > MOST_LEVELS) return NONE
    this.#depth++
    const found = this.#take('{')
      ? this.#fields()
      : this.#take('[')
        ? this.#list()
        : this.#take(QUOTE)
          ? this.#quoted()
          : this.#word()
    this.#depth--
    return found
  }

  #fields(): unknown {
    const fields: Record<string, unknown> = {}
    if (this.#take('}')) return fields
    do {
      const name = /^\s*([^:{}[\],]+):/.exec(this.#text.slice(this.#at))
      if (!name) return NONE
      this.#at += name[0].length
      const inner = this.value()
      if (inner === NONE) return NONE
      Object.defineProperty(fields, name[1]!.trim(), {
        value: inner,
        configurable: true,
        enumerable: true,
        writable: true,
      })
    } while (this.#take(','))
    return this.#take('}') ? fields : NONE
  }

  #list(): unknown {
    const list: unknown[] = []
    if (this.#take(']')) return list
    do {
      const inner = this.value()
      if (inner === NONE) return NONE
      list.push(inner)
    } while (this.#take(','))
    return this.#take(']') ? list : NONE
  }

  #quoted(): unknown {
    const end = this.#text.indexOf(QUOTE, this.#at)
    if (end < 0) return NONE
    const text = this.#text.slice(this.#at, end)
    this.#at = end + QUOTE.length
    return text
  }

  #word(): unknown {
    const word = /^\s*(true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(?=[,}\]])/.exec(
      this.#text.slice(this.#at),
    )
    if (!word) return NONE
    this.#at += word[0].length
    return JSON.parse(word[1]!)
  }

  #take(sign: string): boolean {
    const rest = this.#text.slice(this.#at)
    const spaces = /^\s*/.exec(rest)![0].length
    if (!rest.startsWith(sign, spaces)) return false
    this.#at += spaces + sign.length
    return true
  }
}
