import type { ChoicePass, ChoiceTree } from '../model/choices.ts'
import type { Loaded } from './pass.ts'

/** What the rows of a tree are run with. */
export interface TreeOptions {
  loaded: Loaded
  prompt: Uint32Array
  tree: ChoiceTree
  adapterOn: boolean
  pause(): Promise<void>
}

/**
 * The rows of a tree on their way through the layers, see `choiceTree`: each sees the prompt and its own path. Keys and values of the
 * prompt, and of rows that later ones still see, are kept from pass to pass. To be disposed of.
 */
export interface TreeRows {
  /**
   * The rows of a pass, the first one with the prompt before it.
   * @param stay rows that the next pass still sees; null where there is none
   * @returns of the tree's rows what the head is given, [to - from, hidden]: until the next call
   */
  run(pass: ChoicePass, stay: readonly number[] | null): Promise<Float32Array>
  dispose(): void
}

/** Tokens and positions of a pass: of the prompt, where it is the first, then of the tree's rows. */
export function rowsOf({ prompt, tree }: Pick<TreeOptions, 'prompt' | 'tree'>, { from, to }: ChoicePass) {
  const lead = from === 0 ? prompt.length : 0
  const first = Math.max(1, from)
  const rows = Array.from({ length: to - first }, (_, i) => first + i)
  return {
    lead,
    /** Of the tree, those that are no tokens of the prompt. */
    rows,
    tokens: Uint32Array.from([...prompt.subarray(0, lead), ...rows.map((row) => tree.tokens[row]!)]),
    positions: Uint32Array.from([
      ...Array(lead).keys(),
      ...rows.map((row) => prompt.length - 1 + tree.depth[row]!),
    ]),
  }
}
