import type { EngineKind, PortableBackend } from './engine.ts'
import type { Quantization } from './model.ts'

export const PROOF_VERSION = 1

/** What base and tuned model said here of built-in prompts: whoever loads an export can tell whether it is there and does the same. */
export interface Proof {
  version: typeof PROOF_VERSION
  base: { name: string; hash: string }
  /** Of the checkpoint: its step, and SHA-256 over the adapter's names, shapes and values in f32. */
  step: number
  adapter: string
  /** What B A is multiplied by. */
  scaling: number
  computed: {
    engine: EngineKind
    backend?: PortableBackend
    /** What the base was held in; null: as it is stored. */
    quantization: Quantization
  }
  prompts: ProofPrompt[]
}

/** As an export carries it: with what counts as the same there, in nats a token, and why not less. */
export interface CarriedProof extends Proof {
  tolerance: { nats: number; reason: string }
}

export interface ProofPrompt {
  prompt: string
  /** As templated, with the opening of the answer. */
  ids: number[]
  /** The tuned model's greedy answer, the token that ends it included. */
  answer_ids: number[]
  /** Natural logs of the probabilities of the answer's tokens: of the tuned model, and of the base by itself. */
  tuned: number[]
  base: number[]
}

/** What the command line says of an adapter without effect. */
export const CHANGES_NOTHING = 'This adapter changes nothing: base and tuned model say the same.'

/** What a page says of a checkpoint's proof. */
export interface ProofInfo {
  /** Whether it was made already: exports carry it. */
  made: boolean
  /** How far apart the two are at most, in nats a token; null where it was not made. */
  effect: number | null
  /** The adapter changes nothing: every B is zero, or the two say the same. */
  dead: boolean
}
