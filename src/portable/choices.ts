import { type ChoicePass, type ChoiceTree, choicePasses, choiceScores, choiceTree } from '../model/choices.ts'
import type { AdapterOption, ChoiceScores } from '../protocol/engine.ts'
import { logSums } from './head.ts'
import { OwnTree } from './own-choices.ts'
import type { Loaded } from './pass.ts'
import { TensorTree } from './tensor-choices.ts'

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

/** See `Engine.scoreChoices`. */
export async function scoreChoices(
  loaded: Loaded,
  prompt: Uint32Array,
  choices: readonly Uint32Array[],
  { adapter }: AdapterOption,
  pause: () => Promise<void>,
): Promise<ChoiceScores> {
  const { model, maxTokens } = loaded.plan.request
  const tree = choiceTree(prompt, choices, model.vocabSize)
  if (choices.length === 0) return { logProbability: [], tokens: 0, rows: 0 }
  const passes = choicePasses(tree, prompt.length, { tokens: maxTokens, edges: Number.POSITIVE_INFINITY })
  const options = { loaded, prompt, tree, adapterOn: adapter !== 'off', pause }
  const layers: TreeRows = loaded.layers ? new OwnTree(options, loaded.layers) : new TensorTree(options)
  const logs = new Float32Array(tree.words.length)
  try {
    for (const [i, pass] of passes.entries()) {
      const h = await layers.run(pass, passes[i + 1]?.kept ?? null)
      await words(options, pass, h, logs)
    }
  } finally {
    layers.dispose()
  }
  const rows = tree.depth.length
  return { logProbability: choiceScores(tree, logs), tokens: prompt.length + rows - 1, rows }
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

/** Log-probabilities of what follows the rows of a pass, into `logs`: each row through the head once, as many at a time as were planned. */
async function words(
  { loaded: { weights, plan }, tree, pause }: TreeOptions,
  { from, to }: ChoicePass,
  h: Float32Array,
  logs: Float32Array,
): Promise<void> {
  const { maxSupervised: most, model } = plan.request
  const { hiddenSize, finalSoftCap: cap } = model
  const { edgeStart } = tree
  const word = new Float32Array(hiddenSize)
  for (let first = from; first < to; first += most) {
    const end = Math.min(to, first + most)
    const own = h.subarray((first - from) * hiddenSize, (end - from) * hiddenSize)
    const sums = await logSums(own, weights, model, pause)
    for (let row = first; row < end; row++) {
      const hidden = own.subarray((row - first) * hiddenSize, (row - first + 1) * hiddenSize)
      for (let edge = edgeStart[row]!; edge < edgeStart[row + 1]!; edge++) {
        weights.headRowInto(tree.words[edge]!, word)
        let z = 0
        for (let i = 0; i < hiddenSize; i++) z += hidden[i]! * word[i]!
        logs[edge] = (cap === null ? z : cap * Math.tanh(z / cap)) - sums[row - first]!
      }
    }
    await pause()
  }
}
