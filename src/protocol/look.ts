/** What a run shows of itself at one step while someone looks under its hood. Every value is the engine's own. */
export interface Look {
  run: string
  step: number
  /** The rate that the step used. */
  learningRate: number
  /** Mean over the step's supervised tokens, nats. */
  loss: number
  /** L2 norm of all gradients, before clipping, and the most that it may have; 0: clipping is off. */
  gradNorm: number
  maxGradNorm: number
  example: LookedExample
  matrix: LookedMatrix
}

/** An example that is learnt from, as the model reads it. */
export interface LookedExample {
  pieces: { text: string; id: number; supervised: boolean }[]
  /** [pieces] loss of each supervised token in nats, of the base model and now; null where a token is only read. */
  base: (number | null)[]
  now: (number | null)[]
}

/** One LoRA matrix, and one of its weights over the step. */
export interface LookedMatrix {
  /** PEFT's name. */
  name: string
  shape: [number, number]
  /** L2 norm of its gradient, before clipping. */
  gradNorm: number
  /** The weight with the largest gradient when the look began; it stays the same one. */
  weight: { row: number; column: number; before: number; after: number; gradient: number }
}
