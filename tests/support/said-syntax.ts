import { dirname, join } from 'node:path'
import { parseAst } from 'vite'

export type Node = { type: string; start: number; end: number; [key: string]: unknown }

export interface Module {
  path: string
  code: string
  /** What is declared in a block, by its name. */
  scopes: Map<Node, Map<string, Node>>
  parents: Map<Node, Node>
  imports: Map<string, { path: string; name: string }>
  calls: Map<string, Node[]>
  /** What is assigned to a name after it was declared. */
  assigned: Map<string, Node[]>
  methods: Map<string, Node>
}

export const FUNCTIONS = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/
const BLOCKS = /^(Program|BlockStatement|StaticBlock|SwitchStatement|For(Of|In)?Statement|FunctionBody)$/
export const WRAPPED =
  /^(TS(As|NonNull|Satisfies|TypeAssertion)Expression|TSNonNullExpression|ParenthesizedExpression|AwaitExpression|ChainExpression)$/

export const children = (node: Node): Node[] =>
  Object.values(node).flatMap((value) =>
    (Array.isArray(value) ? value : [value]).filter(
      (one): one is Node => typeof one === 'object' && one !== null && typeof one.type === 'string',
    ),
  )

export const nameOf = (node: Node | undefined | null): string | null =>
  node?.type === 'Identifier' || node?.type === 'PrivateIdentifier'
    ? `${node.type === 'PrivateIdentifier' ? '#' : ''}${node.name}`
    : node?.type === 'Literal' && typeof node.value === 'string'
      ? node.value
      : null

/** What a module declares, imports and calls, and where. */
export function read(path: string, code: string): Module {
  const program = parseAst(code, { lang: path.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Node
  const found: Module = {
    ...{ path, code },
    scopes: new Map(),
    parents: new Map(),
    imports: new Map(),
    calls: new Map(),
    assigned: new Map(),
    methods: new Map(),
  }
  const declare = (scope: Node, name: string, node: Node) => {
    if (!found.scopes.has(scope)) found.scopes.set(scope, new Map())
    found.scopes.get(scope)!.set(name, node)
  }
  /** Names that a pattern gives to parts of what it takes apart. */
  const takeApart = (scope: Node, pattern: Node, from: Node) => {
    if (pattern.type === 'Identifier') declare(scope, String(pattern.name), from)
    if (pattern.type === 'AssignmentPattern') takeApart(scope, pattern.left as Node, from)
    if (pattern.type === 'ObjectPattern')
      for (const property of pattern.properties as Node[])
        if (property.type === 'Property')
          takeApart(scope, property.value as Node, {
            ...{ type: 'MemberExpression', start: from.start, end: from.end, computed: false },
            ...{ object: from, property: property.key, made: true },
          })
    if (pattern.type === 'ArrayPattern')
      for (const [i, element] of (pattern.elements as (Node | null)[]).entries())
        if (element)
          takeApart(scope, element, {
            ...{ type: 'MemberExpression', start: from.start, end: from.end, computed: true },
            ...{ object: from, property: { type: 'Literal', value: i, start: 0, end: 0 }, made: true },
          })
  }
  const look = (node: Node, scope: Node) => {
    const inner = BLOCKS.test(node.type) ? node : scope
    if (node.type === 'VariableDeclarator') {
      const owner = found.parents.get(found.parents.get(node)!)
      const loop = /^For(Of|In)Statement$/.test(owner?.type ?? '') ? owner! : null
      const from = loop
        ? { ...{ type: 'ElementOf', start: node.start, end: node.end }, list: loop.right }
        : (node.init as Node | null)
      if (from) takeApart(inner, node.id as Node, from as Node)
    }
    if (node.type === 'FunctionDeclaration' && node.id) declare(inner, String((node.id as Node).name), node)
    if (node.type === 'ImportDeclaration' && String((node.source as Node).value).startsWith('.'))
      for (const one of node.specifiers as Node[])
        if (one.type === 'ImportSpecifier')
          found.imports.set(String((one.local as Node).name), {
            path: join(dirname(path), String((node.source as Node).value)),
            name: nameOf(one.imported as Node)!,
          })
    if (/^(MethodDefinition|PropertyDefinition)$/.test(node.type) && node.value) {
      const name = nameOf(node.key as Node)
      if (name) found.methods.set(name, node.value as Node)
    }
    if (node.type === 'AssignmentExpression' && (node.left as Node).type === 'Identifier') {
      const name = String((node.left as Node).name)
      found.assigned.set(name, [...(found.assigned.get(name) ?? []), node.right as Node])
    }
    if (node.type === 'CallExpression' || node.type === 'NewExpression') {
      const callee = node.callee as Node
      const name = nameOf(callee.type === 'MemberExpression' ? (callee.property as Node) : callee)
      if (name) found.calls.set(name, [...(found.calls.get(name) ?? []), node])
    }
    for (const child of children(node)) {
      found.parents.set(child, node)
      look(child, inner)
    }
  }
  look(program, program)
  return found
}
