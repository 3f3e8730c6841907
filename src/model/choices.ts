import { fail } from '../protocol/errors.ts'

/**
 * The distinct beginnings of several continuations of a prompt, as a tree in depth-first order. Row 0 is the prompt's last token; every
 * other row is a beginning that some continuation goes on from. What follows a row is an edge: a continuation is a path of edges.
 */
export interface ChoiceTree {
  /** [rows] the last token of each beginning; of row 0 the prompt's. */
  tokens: Uint32Array
  /** [rows] the row that each goes on from, always an earlier one; of row 0 itself. */
  parent: Uint32Array
  /** [rows] tokens after the prompt. */
  depth: Uint32Array
  /** [rows + 1] where the edges of each row begin. */
  edgeStart: Uint32Array
  /** [edges] the token that follows, by row. */
  words: Uint32Array
  /** By choice: [its tokens] the edge of each. */
  paths: Uint32Array[]
}

interface Node {
  token: number
  parent: number
  depth: number
  children: Map<number, Edge>
}

/** `node` is null as long as nothing goes on from there. */
interface Edge {
  node: Node | null
  index: number
}

/** Duplicates share a path. @throws LapidaryError `bad_data` naming the choice (from 1) that is empty or no text of the vocabulary */
export function choiceTree(
  prompt: Uint32Array,
  choices: readonly Uint32Array[],
  vocabSize: number,
): ChoiceTree {
  if (prompt.length === 0) fail('bad_data', 'The prompt is empty.', 'Begin it with the <bos> token.')
  check('The prompt', prompt, vocabSize, {})
  const root = nodeAfter(prompt.at(-1)!, 0)
  const taken = choices.map((choice, i) => {
    const detail = { choice: i }
    if (choice.length === 0)
      fail('bad_data', `Choice ${i + 1} is empty.`, 'Give each choice at least what ends it.', detail)
    check(`Choice ${i + 1}`, choice, vocabSize, detail)
    let node = root
    return Array.from(choice, (token, at) => {
      const edge = node.children.get(token) ?? { node: null, index: -1 }
      node.children.set(token, edge)
      if (at + 1 < choice.length) node = edge.node ??= nodeAfter(token, at + 1)
      return edge
    })
  })
  const nodes = depthFirst(root)
  const edges = nodes.flatMap(({ children }) => [...children])
  edges.forEach(([, edge], index) => {
    edge.index = index
  })
  let start = 0
  return {
    tokens: Uint32Array.from(nodes, ({ token }) => token),
    parent: Uint32Array.from(nodes, ({ parent }) => parent),
    depth: Uint32Array.from(nodes, ({ depth }) => depth),
    edgeStart: Uint32Array.from([0, ...nodes.map(({ children }) => (start += children.size))]),
    words: Uint32Array.from(edges, ([word]) => word),
    paths: taken.map((path) => Uint32Array.from(path, ({ index }) => index)),
  }
}

const nodeAfter = (token: number, depth: number): Node => ({ token, parent: 0, depth, children: new Map() })

function check(what: string, tokens: Uint32Array, vocabSize: number, detail: Record<string, unknown>): void {
  const at = tokens.findIndex((token) => token >= vocabSize)
  if (at < 0) return
  fail(
    'bad_data',
    `${what} has token ${tokens[at]} at place ${at + 1}; the vocabulary has ${vocabSize}.`,
    'Use the tokenizer that came with the model.',
    { ...detail, token: tokens[at]!, at },
  )
}

/** Each node after its parent, and before what does not begin with it. */
function depthFirst(root: Node): Node[] {
  const nodes: Node[] = []
  const left: Node[] = [root]
  for (let node = left.pop(); node; node = left.pop()) {
    const row = nodes.push(node) - 1
    const below = [...node.children.values()].flatMap(({ node }) => node ?? [])
    for (const child of below.reverse()) {
      child.parent = row
      left.push(child)
    }
  }
  return nodes
}

/** A stretch of a tree's rows that is computed at once, the first one with the prompt before it. */
export interface ChoicePass {
  from: number
  to: number
  /** Earlier rows whose keys and values its rows still see, from the prompt on; row 0 is the prompt's own. */
  kept: number[]
}

export interface ChoiceRoom {
  /** The prompt's tokens, kept rows and new ones together. */
  tokens: number
  /** Edges of a pass. */
  edges: number
}

/**
 * Cuts a tree into passes so that no row is computed twice, however little room there is.
 * @throws LapidaryError `bad_data` where the prompt and one choice are too long together, or more choices differ in one token than
 * there is room for
 */
export function choicePasses(tree: ChoiceTree, promptLength: number, room: ChoiceRoom): ChoicePass[] {
  const { depth, parent, paths, edgeStart } = tree
  const longest = paths.reduce((most, { length }, i) => (length > paths[most]!.length ? i : most), 0)
  const needed = promptLength + (paths[longest]?.length ?? 1) - 1
  if (needed > room.tokens)
    fail(
      'bad_data',
      `The prompt has ${promptLength} tokens and choice ${longest + 1} has ${paths[longest]?.length ?? 0}; there is room for ${room.tokens}.`,
      'Shorten the prompt, or plan for more: raise max_length or per_device_train_batch_size.',
      { choice: longest, needed, maxTokens: room.tokens },
    )
  const passes: ChoicePass[] = []
  for (let from = 0; from < depth.length; ) {
    const kept: number[] = []
    for (let row = parent[from]!; row > 0; row = parent[row]!) kept.unshift(row)
    const free = room.tokens - promptLength - kept.length
    // Row 0 is among the prompt's tokens.
    let to = Math.min(depth.length, from === 0 ? free + 1 : from + free)
    while (to > from && edgeStart[to]! - edgeStart[from]! > room.edges) to--
    if (to === from)
      fail(
        'bad_data',
        `${edgeStart[from + 1]! - edgeStart[from]!} choices differ in the same token; there is room for ${room.edges}.`,
        'Score fewer choices at once.',
        { edges: room.edges },
      )
    passes.push({ from, to, kept })
    from = to
  }
  return passes
}

/** [its tokens] of each choice, from the log-probabilities of all edges. */
export const choiceScores = ({ paths }: ChoiceTree, logProbability: Float32Array): Float32Array[] =>
  paths.map((path) => Float32Array.from(path, (edge) => logProbability[edge]!))
