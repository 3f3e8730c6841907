import type { Dims } from '../gpu/kernel.ts'
import type { Slicer } from '../gpu/slicer.ts'
import { type ChoicePass, type ChoiceTree, choicePasses, choiceScores, choiceTree } from '../model/choices.ts'
import type { AdapterOption, ChoiceScores } from '../protocol/engine.ts'
import { readFloats } from './adapter.ts'
import type { ChoiceParts } from './choices-tape.ts'
import type { Session } from './session.ts'

/** What choices are scored on; nothing else may run on the session meanwhile, or keys and values are lost. */
export interface Scorer {
  session: Session
  slicer: Slicer
  signal?: AbortSignal | undefined
}

/** See `Engine.scoreChoices`. */
export async function scoreChoices(
  { session, slicer, signal }: Scorer,
  prompt: Uint32Array,
  choices: readonly Uint32Array[],
  options: AdapterOption,
): Promise<ChoiceScores> {
  const { choiceParts: parts, request } = session.plan
  const tree = choiceTree(prompt, choices, request.model.vocabSize)
  if (choices.length === 0) return { logProbability: [], tokens: 0, rows: 0 }
  const { tokens, sequences: edges } = parts.capacity
  const passes = choicePasses(tree, prompt.length, { tokens, edges })
  const logs = new Float32Array(tree.words.length)
  const slots = new Slots(prompt.length, tokens)
  const program = await session.program('choices')
  for (const pass of passes) {
    const live = writePass(session, parts, { prompt, tree, pass, slots })
    session.context.writeScalars({ ...live, adapter: options.adapter === 'off' ? 0 : 1 })
    await program.run(live, slicer, signal)
    const found = await readFloats(session.gpu, session.buffer(parts.logProbability), live.sequences * 4)
    logs.set(found, tree.edgeStart[pass.from]!)
  }
  const rows = tree.depth.length
  return { logProbability: choiceScores(tree, logs), tokens: prompt.length + rows - 1, rows }
}

/** Where keys and values of a tree's rows lie: the prompt's first, then those of what is kept and what is new, in any order. */
class Slots {
  /** By cache row: the one before it. */
  readonly before: Uint32Array
  readonly #prompt: number
  /** By row of the tree. */
  #of = new Map<number, number>()

  constructor(prompt: number, capacity: number) {
    this.#prompt = prompt
    this.before = Uint32Array.from({ length: capacity }, (_, i) => Math.max(0, i - 1))
  }

  of(row: number): number {
    return row === 0 ? this.#prompt - 1 : this.#of.get(row)!
  }

  /** Gives the rows of a pass places that no kept row has. */
  assign({ from, to, kept }: ChoicePass, { parent }: ChoiceTree): void {
    this.#of = new Map(kept.map((row) => [row, this.of(row)]))
    const taken = new Set(this.#of.values())
    let slot = this.#prompt
    for (let row = Math.max(1, from); row < to; row++) {
      while (taken.has(slot)) slot++
      this.before[slot] = this.of(parent[row]!)
      this.#of.set(row, slot++)
    }
  }
}

interface PassInputs {
  prompt: Uint32Array
  tree: ChoiceTree
  pass: ChoicePass
  slots: Slots
}

function writePass(session: Session, parts: ChoiceParts, { prompt, tree, pass, slots }: PassInputs): Dims {
  const { from, to } = pass
  slots.assign(pass, tree)
  const first = from === 0
  // The first pass begins with the prompt, whose last token is the tree's row 0.
  const lead = first ? prompt.length - 1 : 0
  const rows = Array.from({ length: to - from }, (_, i) => from + i)
  const upTo = (of: (row: number) => number, before: (i: number) => number) =>
    Uint32Array.from([...Array.from({ length: lead }, (_, i) => before(i)), ...rows.map(of)])
  const at = (i: number) => i
  session.write(
    parts.stream.tokens,
    upTo(
      (row) => tree.tokens[row]!,
      (i) => prompt[i]!,
    ),
  )
  session.write(
    parts.stream.positions,
    upTo((row) => prompt.length - 1 + tree.depth[row]!, at),
  )
  session.write(
    parts.stream.slots,
    upTo((row) => slots.of(row), at),
  )
  session.write(parts.before, slots.before)
  session.write(
    parts.headRows,
    Uint32Array.from(rows, (_, i) => lead + i),
  )
  const edges = tree.words.subarray(tree.edgeStart[from]!, tree.edgeStart[to]!)
  session.write(parts.edgeWord, edges)
  session.write(
    parts.edgeRow,
    Uint32Array.from(
      rows.flatMap((row, i) => Array(tree.edgeStart[row + 1]! - tree.edgeStart[row]!).fill(i)),
    ),
  )
  return { tokens: lead + rows.length, supervised: rows.length, sequences: edges.length }
}
