import type { ChoicePass } from '../model/choices.ts'
import { rowsOf, type TreeOptions, type TreeRows } from './choices.ts'
import type { OwnLayers } from './own-layers.ts'

/** Keys and values of rows that went before, on the host. */
type Kept = readonly [k: Float32Array<ArrayBuffer>, v: Float32Array<ArrayBuffer>]

/** Rows of a tree through layers that do without TensorFlow.js. */
export class OwnTree implements TreeRows {
  readonly #options: TreeOptions
  readonly #layers: OwnLayers
  /** Rows of the tree behind the prompt, of which keys and values are kept. */
  #held: readonly number[] = []
  /** By layer; nothing of one that uses another's, and nothing as long as there is one pass. */
  readonly #kept = new Map<number, Kept>()

  constructor(options: TreeOptions, layers: OwnLayers) {
    this.#options = options
    this.#layers = layers
  }

  async run(pass: ChoicePass, stay: readonly number[] | null): Promise<Float32Array> {
    const { loaded, prompt, tree, adapterOn, pause } = this.#options
    const { hiddenSize, layers } = loaded.plan.request.model
    const { lead, rows, tokens, positions } = rowsOf(this.#options, pass)
    const places = [...this.#held, ...rows]
    const keyOf = new Map(places.map((row, i) => [row, prompt.length + i]))
    const before = new Int32Array(prompt.length + places.length)
    places.forEach((row, i) => {
      before[prompt.length + i] = keyOf.get(tree.parent[row]!) ?? prompt.length - 1
    })
    const past = before.length - tokens.length
    const among = { past, prompt: prompt.length, before }
    this.#layers.begin({ positions, among, adapterOn, dropout: null })
    const { at } = this.#layers
    loaded.weights.embedInto(tokens, this.#layers.floats(at.inputs[0]!, tokens.length * hiddenSize))
    const staying = stay && [...Array(prompt.length).keys(), ...stay.map((row) => keyOf.get(row)!)]
    for (const [layer, { keysFrom }] of layers.entries()) {
      const keys = keysFrom === layer ? this.#layers.keys(layer, before.length) : []
      if (past > 0) for (const [i, of] of keys.entries()) of.set(this.#kept.get(layer)![i]!)
      this.#layers.forward(layer)
      const [k, v] = keys
      if (staying && k && v)
        this.#kept.set(layer, [picked(k, before.length, staying), picked(v, before.length, staying)])
      await pause()
    }
    if (stay) this.#held = stay
    this.#layers.finalNorm()
    // The prompt's last row is the first that something follows.
    const first = Math.max(0, lead - 1)
    return this.#layers.floats(at.normed + first * hiddenSize * 4, (pass.to - pass.from) * hiddenSize)
  }

  dispose(): void {
    this.#kept.clear()
  }
}

/** Some of the rows of an array of `rows`. */
function picked(of: Float32Array, rows: number, wanted: readonly number[]): Float32Array<ArrayBuffer> {
  const width = of.length / rows
  const out = new Float32Array(wanted.length * width)
  wanted.forEach((row, i) => {
    out.set(of.subarray(row * width, (row + 1) * width), i * width)
  })
  return out
}
