import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ELSEWHERE,
  isName,
  isOwn,
  isRule,
  isWordy,
  NAMED,
  type Part,
  PROPERTIES,
  REPORTS,
  SAYING,
  type Template,
  WORD,
} from './said-rules.ts'
import { children, FUNCTIONS, type Module, type Node, nameOf, read, WRAPPED } from './said-syntax.ts'

/**
 * What the sources can say to a person, read from their syntax: the texts of failures, findings, notices, notes and formats,
 * wherever a module outside the page's own texts puts them together. Values in a text are `{0}`, `{1}` ..., one of several
 * wordings is `‹one|another›`, as the keys of the catalogues in src/ui/messages/<language>/said have them.
 */
export interface Said {
  key: string
  /** path:line of one place that says it. */
  where: string
  /** Which of its values are texts of their own, to be said in the page's language as well. */
  nested: number[]
}

export function saidIn(root: string): Said[] {
  const modules = new Map<string, Module>()
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const path = join(root, name)
    if (!/\.tsx?$/.test(name) || ELSEWHERE.test(path)) continue
    modules.set(path, read(path, readFileSync(path, 'utf8')))
  }
  return new Sources(modules).all()
}

/** For a test of the reading itself. */
export function saidBy(code: string): string[] {
  return new Sources(new Map([['x.ts', read('x.ts', code)]])).all().map(({ key }) => key)
}

interface Place {
  module: Module
  node: Node
}

class Sources {
  #modules: Map<string, Module>
  #found = new Map<string, Said>()
  /** What is being looked at, so that what refers to itself ends. */
  #open = new Set<Node>()
  #listing = new Set<Node>()

  /** Errors of the sources that carry words, other than LapidaryError, which is given a failure. */
  #errors = new Set<string>()

  constructor(modules: Map<string, Module>) {
    this.#modules = modules
    for (const { code } of modules.values())
      for (const [, name] of code.matchAll(/\bclass (\w+) extends Error\b/g)) this.#errors.add(name!)
    this.#errors.delete('LapidaryError')
  }

  all(): Said[] {
    for (const module of this.#modules.values()) {
      for (const call of module.calls.get('fail') ?? [])
        for (const node of (call.arguments as Node[]).slice(1, 3)) this.#note({ module, node })
      for (const [name, calls] of module.calls)
        if (REPORTS.has(name) || this.#errors.has(name))
          for (const call of calls) for (const node of call.arguments as Node[]) this.#note({ module, node })
      for (const node of module.parents.keys()) {
        if (isRule(node))
          for (const argument of node.arguments as Node[]) this.#note({ module, node: argument }, true)
        const name = node.type === 'Property' ? nameOf(node.key as Node) : null
        // What `fail` is given is read where it is called.
        if (module.path.endsWith('protocol/errors.ts') && (node.value as Node)?.type === 'Identifier')
          continue
        // How far a proof may be off is written into it.
        if (name === 'reason' && NAMED.test(module.path)) continue
        const isShown =
          name !== null && (PROPERTIES.has(name) || (name === 'name' && NAMED.test(module.path)))
        if (isShown) this.#note({ module, node: node.value as Node })
        if (/^(Literal|TemplateLiteral)$/.test(node.type) && SAYING.test(module.path) && isOwn(module, node))
          this.#note({ module, node }, true)
      }
    }
    return [...this.#found.values()].sort((a, b) => (a.where < b.where ? -1 : a.where > b.where ? 1 : 0))
  }

  /** @param whole whether one word alone is no text here */
  #note(place: Place, whole = false): void {
    for (const template of this.#texts(place))
      if (!whole || template.some((part) => typeof part === 'string' && /[a-z] [a-z]/i.test(part)))
        this.#add(template, place)
  }

  #add(template: Template, place: Place): void {
    if (!isWordy(template) || isName(template)) return
    const nested: number[] = []
    let holes = 0
    const written = (parts: Template): string =>
      parts
        .map((part) => {
          if (typeof part === 'string') return part
          if ('choice' in part) return `‹${part.choice.map(written).join('|')}›`
          const texts = part.hole?.filter((inner) => isWordy(inner) && !isName(inner)) ?? []
          if (texts.length > 0) nested.push(holes)
          for (const inner of texts) this.#add(inner, place)
          return `{${holes++}}`
        })
        .join('')
    const key = written(template)
    // What only puts texts one behind the other is known by these.
    if (!WORD.test(key)) return
    const { path, code } = place.module
    const where = `${path}:${String(code.slice(0, place.node.start).split('\n').length).padStart(4, '0')}`
    if (!this.#found.has(key)) this.#found.set(key, { key, where, nested })
  }

  /** What a text may be; a value that is not known to be one is a hole. */
  #texts(place: Place): Template[] {
    const { module, node } = place
    if (this.#open.has(node)) return []
    this.#open.add(node)
    try {
      return this.#read(place, module, node)
    } finally {
      this.#open.delete(node)
    }
  }

  #read(place: Place, module: Module, node: Node): Template[] {
    const at = (inner: unknown): Place => ({ module, node: inner as Node })
    if (WRAPPED.test(node.type)) return this.#texts(at(node.expression ?? node.argument))
    switch (node.type) {
      case 'Literal':
        return [
          typeof node.value === 'string' || typeof node.value === 'number' ? [String(node.value)] : hole(),
        ]
      case 'TemplateLiteral': {
        const parts: Template = []
        for (const [i, quasi] of (node.quasis as Node[]).entries()) {
          parts.push((quasi.value as { cooked: string }).cooked)
          const inner = (node.expressions as Node[])[i]
          if (inner) parts.push(...this.#inside(at(inner)))
        }
        return [parts]
      }
      case 'BinaryExpression':
        return node.operator === '+' ? this.#joined(at(node.left), at(node.right)) : [hole()]
      case 'ConditionalExpression':
        return [...this.#texts(at(node.consequent)), ...this.#texts(at(node.alternate))]
      case 'LogicalExpression':
        return [...(node.operator === '&&' ? [] : this.#texts(at(node.left))), ...this.#texts(at(node.right))]
      case 'CallExpression':
        return this.#called(place)
      case 'Identifier':
      case 'MemberExpression': {
        const found = this.#meant(place)
        return found.length === 0 ? [hole()] : unique(found.flatMap((one) => this.#texts(one)))
      }
      default:
        return [hole()]
    }
  }

  /** Two parts of a text, one behind the other; sums of numbers are values. */
  #joined(left: Place, right: Place): Template[] {
    const parts = [...this.#inside(left), ...this.#inside(right)]
    return parts.some((part) => typeof part === 'string' && /\D/.test(part)) ? [parts] : [hole()]
  }

  #called(place: Place): Template[] {
    const { module, node } = place
    const callee = node.callee as Node
    const given = node.arguments as Node[]
    if (nameOf(callee) === 'counted') {
      const words = given.slice(1).flatMap((inner) => this.#texts({ module, node: inner }))
      return [[{ hole: null }, ' ', { choice: words }]]
    }
    if (callee.type === 'MemberExpression' && nameOf(callee.property as Node) === 'join') {
      const items = this.#items({ module, node: callee.object as Node }).filter(isWordy)
      return items.length > 0 ? [[{ hole: items }]] : [hole()]
    }
    const body = this.#functionOf(place)
    if (!body) return [hole()]
    const texts = unique(this.#returned(body).flatMap((one) => this.#texts(one)))
    return texts.length > 0 ? texts : [hole()]
  }

  /** What stands in a list, through `map` and `filter`. */
  #items(place: Place): Template[] {
    if (this.#listing.has(place.node)) return []
    this.#listing.add(place.node)
    try {
      return this.#inList(place)
    } finally {
      this.#listing.delete(place.node)
    }
  }

  #inList({ module, node }: Place): Template[] {
    if (WRAPPED.test(node.type))
      return this.#items({ module, node: (node.expression ?? node.argument) as Node })
    if (node.type === 'ArrayExpression')
      return (node.elements as (Node | null)[]).flatMap((one) =>
        !one
          ? []
          : one.type === 'SpreadElement'
            ? this.#items({ module, node: one.argument as Node })
            : this.#texts({ module, node: one }),
      )
    if (node.type === 'ConditionalExpression')
      return [node.consequent, node.alternate].flatMap((one) => this.#items({ module, node: one as Node }))
    if (node.type === 'CallExpression' && (node.callee as Node).type === 'MemberExpression') {
      const { object, property } = node.callee as Node
      const [first] = node.arguments as Node[]
      if (/^(map|flatMap)$/.test(nameOf(property as Node) ?? '') && first && FUNCTIONS.test(first.type))
        return this.#returned({ module, node: first }).flatMap((one) =>
          one.node.type === 'ArrayExpression' ? this.#items(one) : this.#texts(one),
        )
      if (/^(filter|slice|sort|toSorted)$/.test(nameOf(property as Node) ?? ''))
        return this.#items({ module, node: object as Node })
    }
    if (node.type === 'Identifier') return this.#meant({ module, node }).flatMap((one) => this.#items(one))
    return []
  }

  /** As a part of a longer text. */
  #inside(place: Place): Part[] {
    let { node } = place
    while (WRAPPED.test(node.type)) node = (node.expression ?? node.argument) as Node
    const texts = this.#texts(place)
    if (texts.length === 1) {
      const [only] = texts as [Template]
      const isLiteral = only.every((part) => typeof part === 'string')
      // A limit is a value like others, wherever its number stands.
      if (isLiteral && node.type !== 'Literal' && /^\d*$/.test(only.join(''))) return [{ hole: null }]
      return isWordy(only) || isLiteral ? only : [{ hole: null }]
    }
    if (!texts.some(isWordy)) return [{ hole: null }]
    if (node.type === 'ConditionalExpression' && texts.length === 2) return [{ choice: texts }]
    return [{ hole: texts.filter(isWordy) }]
  }

  /** The expressions that a name or a property may stand for. */
  #meant({ module, node }: Place): Place[] {
    if (node.type === 'MemberExpression') return this.#members({ module, node })
    const name = String(node.name)
    for (let at: Node | undefined = node; at; at = module.parents.get(at)) {
      if (FUNCTIONS.test(at.type)) {
        const index = (at.params as Node[]).findIndex((param) => paramName(param) === name)
        if (index >= 0) return this.#given({ module, node: at }, index)
        if (
          (at.params as Node[]).some(
            (param) =>
              module.code.slice(param.start, param.end).match(new RegExp(`\\b${name}\\b`)) &&
              /Pattern$/.test(param.type) &&
              param.type !== 'AssignmentPattern',
          )
        )
          return []
      }
      const declared = module.scopes.get(at)?.get(name)
      if (declared)
        return [declared, ...(module.assigned.get(name) ?? [])].map((one) => ({ module, node: one }))
    }
    return this.#imported(module, name)
  }

  #imported(module: Module, name: string): Place[] {
    const from = module.imports.get(name)
    const other = from && this.#modules.get(from.path)
    if (!other) return []
    const program = [...other.scopes.keys()].find(({ type }) => type === 'Program')
    const node = program && other.scopes.get(program)?.get(from.name)
    return node ? [{ module: other, node }] : []
  }

  /** Literals of objects and lists behind an expression. */
  #literals(place: Place): Place[] {
    const { module, node } = place
    if (WRAPPED.test(node.type))
      return this.#literals({ module, node: (node.expression ?? node.argument) as Node })
    if (node.type === 'ObjectExpression' || node.type === 'ArrayExpression') return [place]
    if (this.#open.has(node)) return []
    this.#open.add(node)
    try {
      if (node.type === 'ConditionalExpression' || node.type === 'LogicalExpression')
        return [node.consequent ?? node.left, node.alternate ?? node.right].flatMap((one) =>
          this.#literals({ module, node: one as Node }),
        )
      if (node.type === 'ElementOf')
        return this.#literals({ module, node: node.list as Node }).flatMap((list) =>
          list.node.type === 'ArrayExpression'
            ? ((list.node.elements as (Node | null)[]).filter(Boolean) as Node[]).flatMap((one) =>
                this.#literals({ module: list.module, node: one }),
              )
            : [],
        )
      if (node.type === 'Identifier' || node.type === 'MemberExpression')
        return this.#meant(place).flatMap((one) => this.#literals(one))
      if (node.type === 'CallExpression') {
        const body = this.#functionOf(place)
        return body ? this.#returned(body).flatMap((one) => this.#literals(one)) : []
      }
      return []
    } finally {
      this.#open.delete(node)
    }
  }

  #members({ module, node }: Place): Place[] {
    const property = node.property as Node
    const wanted =
      node.computed && property.type !== 'Literal' ? null : String(property.value ?? nameOf(property))
    return this.#literals({ module, node: node.object as Node }).flatMap((literal) => {
      const inner =
        literal.node.type === 'ObjectExpression'
          ? (literal.node.properties as Node[])
              .filter(
                (one) => one.type === 'Property' && (wanted === null || nameOf(one.key as Node) === wanted),
              )
              .map((one) => one.value as Node)
          : (literal.node.elements as Node[]).filter(
              (one, i) => one && (wanted === null || String(i) === wanted),
            )
      return inner.map((one) => ({ module: literal.module, node: one }))
    })
  }

  /** What is given for a parameter, wherever its function is called. */
  #given({ module, node }: Place, index: number): Place[] {
    const param = (node.params as Node[])[index]!
    const preset = param.type === 'AssignmentPattern' ? [{ module, node: param.right as Node }] : []
    const name = this.#nameOfFunction(module, node)
    if (!name) return preset
    const found: Place[] = [...preset]
    for (const other of this.#modules.values()) {
      const isHere = other === module
      const local = isHere
        ? name
        : [...other.imports].find(([, from]) => from.path === module.path && from.name === name)?.[0]
      const calls = local ? (other.calls.get(local) ?? []) : []
      for (const call of calls) {
        const argument = (call.arguments as Node[])[index]
        if (argument) found.push({ module: other, node: argument })
      }
    }
    return found
  }

  #nameOfFunction(module: Module, node: Node): string | null {
    if (node.id) return nameOf(node.id as Node)
    const parent = module.parents.get(node)
    if (parent?.type === 'VariableDeclarator') return nameOf(parent.id as Node)
    if (parent && /^(MethodDefinition|PropertyDefinition)$/.test(parent.type))
      return nameOf(parent.key as Node)
    return null
  }

  #functionOf({ module, node }: Place): Place | null {
    const callee = node.callee as Node
    if (callee.type === 'MemberExpression') {
      const name = nameOf(callee.property as Node)
      const method = name?.startsWith('#') ? module.methods.get(name) : undefined
      return method && FUNCTIONS.test(method.type) ? { module, node: method } : null
    }
    if (callee.type !== 'Identifier') return null
    const [meant] = this.#meant({ module, node: callee })
    return meant && FUNCTIONS.test(meant.node.type) ? meant : null
  }

  #returned({ module, node }: Place): Place[] {
    const body = node.body as Node
    if (body.type !== 'BlockStatement' && body.type !== 'FunctionBody') return [{ module, node: body }]
    const found: Place[] = []
    const look = (inner: Node) => {
      if (inner.type === 'ReturnStatement' && inner.argument)
        found.push({ module, node: inner.argument as Node })
      if (!FUNCTIONS.test(inner.type)) for (const child of children(inner)) look(child)
    }
    for (const child of children(body)) look(child)
    return found
  }
}

const paramName = (param: Node): string | null =>
  nameOf(param.type === 'AssignmentPattern' ? (param.left as Node) : param)

const hole = (): Template => [{ hole: null }]

function unique(templates: Template[]): Template[] {
  const seen = new Map(templates.map((template) => [JSON.stringify(template), template]))
  return [...seen.values()]
}
