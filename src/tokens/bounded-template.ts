import { Environment, Interpreter, Template } from '@huggingface/jinja'
import { grouped } from '../lib/counted.ts'

/**
 * Chat templates come with models, and Jinja has loops: a template can run for ever, or double a text until memory ends.
 * What a template does is counted where it is done, so that every one of them ends, in any worker, at the same place on
 * any machine, and nothing has to be ended from outside.
 */

/** Statements and expressions that one conversation may take: some 40 a turn are usual. */
const MAX_WORK = 1_000_000
/** Characters that a template may have at once, beyond those of the conversation. */
const MAX_TEXT = 16 << 20
/** Elements of a list or object, those inside of it included. */
const MAX_ITEMS = 1_000_000
/** Statements inside of one another, macros that call themselves among them. */
const MAX_DEPTH = 500

/** A template that does more than any conversation takes. */
export class TemplateTooLong extends Error {}

type Program = Template['parsed']
type Value = ReturnType<Interpreter['evaluate']>
type Statement = Parameters<Interpreter['evaluate']>[0]

/** @throws Error with the parser's reason */
export function parseTemplate(source: string): Program {
  try {
    return new Template(source).parsed
  } catch (error) {
    // JavaScript's own words say nothing to whoever reads the template.
    if (error instanceof RangeError) throw new Error('it is nested too deep')
    if (error instanceof TypeError) throw new Error('it ends inside of a statement')
    throw error
  }
}

/**
 * Renders as `Template.render` does.
 * @throws TemplateTooLong where it does not come to an end; Error with the template's own words where it refuses
 */
export function renderBounded(program: Program, items: Record<string, unknown>, characters: number): string {
  const bounded = new Bounded(environmentOf(items, GLOBALS), characters + MAX_TEXT)
  try {
    return (bounded.run(program) as { value: string }).value
  } catch (error) {
    if (error instanceof RangeError) throw new TemplateTooLong('it is nested too deep, or its text too long')
    if (error instanceof TypeError) throw new Error('it uses something that is not there')
    throw error
  }
}

class Bounded extends Interpreter {
  readonly #maxText: number
  /** Elements of lists and objects, by what holds them. */
  readonly #items = new WeakMap<object, number>()
  /** What loops go over. */
  readonly #iterables = new WeakSet<object>()
  #work = 0
  #depth = 0

  constructor(environment: Environment, maxText: number) {
    super(environment)
    this.#maxText = maxText
  }

  override evaluate(statement: Statement, environment: Environment): Value {
    if (++this.#work > MAX_WORK) tooLong(`it takes more than ${grouped(MAX_WORK)} steps`)
    if (statement?.type === 'For') this.#iterables.add(iterableOf(statement))
    let found: Value
    try {
      if (++this.#depth > MAX_DEPTH) tooLong(`it goes more than ${MAX_DEPTH} levels deep`)
      found = super.evaluate(statement, environment)
    } finally {
      // `continue` and `break` are thrown.
      this.#depth--
    }
    const { value } = found
    if (typeof value === 'string') {
      if (value.length > this.#maxText) tooLong(`it makes a text of more than ${this.#maxText >> 20} MB`)
    } else if (typeof value === 'object' && value !== null) {
      const count = this.#count(found)
      if (count > MAX_ITEMS) tooLong(`it makes a list of more than ${grouped(MAX_ITEMS)} elements`)
      // A loop goes through its list even where nothing is in the loop.
      if (this.#iterables.has(statement!)) this.#work += count
    }
    return found
  }

  /** Elements, those of elements included: a list that holds itself twice, sixty times over, has more than can be written. */
  #count(held: Value): number {
    const { value } = held
    const parts =
      value instanceof Map ? value.values() : Array.isArray(value) ? (value as Value[]).values() : null
    if (parts === null) return 0
    const known = this.#items.get(held)
    if (known !== undefined) return known
    // For what holds itself.
    this.#items.set(held, 1)
    let count = 0
    for (const part of parts) {
      count += 1 + this.#count(part)
      if (count > MAX_ITEMS) break
    }
    // Namespaces change, lists and objects do not.
    if (held.type === 'NamespaceValue') this.#items.delete(held)
    else this.#items.set(held, count)
    this.#work += count
    return count
  }
}

function iterableOf(loop: NonNullable<Statement>): object {
  const { iterable } = loop as unknown as { iterable: { type: string; lhs?: object } }
  return iterable.type === 'SelectExpression' ? iterable.lhs! : iterable
}

/** The names that the library gives every template, made once; what a template sets lies before them. */
const GLOBALS = environmentOf({
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  raise_exception: (reason: string) => {
    throw new Error(reason)
  },
  range,
  strftime_now: (format: string) => CLOCK.render({ format }),
})

function environmentOf(named: Record<string, unknown>, parent?: Environment): Environment {
  const environment = new Environment(parent)
  for (const [name, value] of Object.entries(named)) environment.set(name, value)
  return environment
}

/** The library's own clock, which it gives to templates only. */
const CLOCK = new Template('{{ strftime_now(format) }}')

function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  if (step === 0) throw new Error('range() step must not be zero')
  const count = Math.max(0, Math.ceil((to - from) / step))
  if (!(count <= MAX_ITEMS)) tooLong(`it makes a list of more than ${grouped(MAX_ITEMS)} elements`)
  return Array.from({ length: count }, (_, i) => from + i * step)
}

function tooLong(reason: string): never {
  throw new TemplateTooLong(reason)
}
