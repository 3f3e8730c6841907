import type { ChatCheck } from '../protocol/chat-page.ts'
import type { Engine, StateTensor } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import { type CarriedProof, PROOF_VERSION, type Proof, type ProofPrompt } from '../protocol/proof.ts'
import type { Call } from '../protocol/studio.ts'

/** Asked of every model; no row of anybody's data. */
export const PROOF_PROMPTS = [
  'Hello! Who are you?',
  'What is the capital of France?',
  'Write one sentence about the sea.',
  'How do I boil an egg?',
  'Say good night in your own words.',
]
/** Of an answer at most. */
export const PROOF_TOKENS = 24

/** What a proof is of. */
export type ProofFacts = Pick<Proof, 'base' | 'step' | 'adapter' | 'scaling'> &
  Pick<Proof['computed'], 'quantization'>

/**
 * Asks the tuned model, and scores its greedy answers with and without the adapter.
 * @param engine with the adapter in it, and room for the prompts and their answers
 */
export async function makeProof(
  engine: Pick<Engine, 'kind' | 'generate' | 'scoreChoices' | 'describe'>,
  codec: { render(prompt: string): Uint32Array; stopTokens: number[] },
  { quantization, ...facts }: ProofFacts,
  { signal, onProgress }: Call = {},
): Promise<Proof> {
  const asked = PROOF_PROMPTS.map((prompt) => codec.render(prompt))
  const answers = asked.map((): number[] => [])
  const all = 3 * asked.length
  let done = 0
  const tell = () => onProgress?.({ share: ++done / all })
  const options = { maxNewTokens: PROOF_TOKENS, temperature: 0, topK: 0, topP: 1, seed: 0 }
  const greedy = { ...options, stopTokens: codec.stopTokens, adapter: 'on' as const }
  for await (const { prompt, token, finish } of engine.generate(asked, greedy, signal)) {
    answers[prompt]!.push(token)
    if (finish) tell()
  }
  const prompts: ProofPrompt[] = []
  for (const [i, ids] of asked.entries()) {
    const answer = Uint32Array.from(answers[i]!)
    const logs = async (adapter: 'on' | 'off') => {
      const { logProbability } = await engine.scoreChoices(ids, [answer], { adapter }, signal)
      tell()
      return Array.from(logProbability[0]!, (value) => Number(value.toFixed(6)))
    }
    const [tuned, base] = [await logs('on'), await logs('off')]
    prompts.push({ prompt: PROOF_PROMPTS[i]!, ids: [...ids], answer_ids: [...answer], tuned, base })
  }
  const { backend } = engine.describe()
  const computed = { engine: engine.kind, ...(backend && { backend }), quantization }
  return { version: PROOF_VERSION, ...facts, computed, prompts }
}

/** How far apart tuned and base are at the token where they are furthest, in nats. */
export function effectOf({ prompts }: Pick<Proof, 'prompts'>): number {
  return Math.max(0, ...prompts.flatMap(({ tuned, base }) => tuned.map((log, i) => Math.abs(log - base[i]!))))
}

/** Whether an adapter adds nothing to any matrix: every B is zero. */
export function addsNothing(lora: Record<string, StateTensor>): boolean {
  return Object.entries(lora).every(
    ([name, { data }]) => !name.includes('.lora_B.') || data.every((value) => value === 0),
  )
}

/** A proof that was kept, where it is of this adapter on this base, as strong; null: it is of another one, or none that is understood. */
export function proofOf(
  kept: unknown,
  { adapter, base, scaling }: { adapter: string; base: string; scaling: number },
): Proof | null {
  const proof = kept as Partial<Proof> | null | undefined
  if (typeof proof !== 'object' || proof === null || proof.version !== PROOF_VERSION) return null
  const same = proof.adapter === adapter && proof.base?.hash === base && proof.scaling === scaling
  return same && Array.isArray(proof.prompts) ? (proof as Proof) : null
}

/** How an engine's log-probabilities lie to a proof's, in nats a token: at the token that is furthest. */
export async function checkProof(
  engine: Pick<Engine, 'scoreChoices'>,
  { prompts, tolerance }: Pick<CarriedProof, 'prompts' | 'tolerance'>,
  { signal, onProgress }: Call = {},
): Promise<ChatCheck> {
  if (!prompts.some(({ answer_ids: answer }) => answer.length > 0))
    fail('bad_file', 'proof.json holds no answer: nothing can be told by it.', 'Export the run again.')
  let [tuned, base, done] = [0, 0, 0]
  // Math.max keeps a NaN, which is no verdict but "differs".
  const furthest = (found: Float64Array | Float32Array, expected: readonly number[]) =>
    Math.max(0, ...expected.map((log, i) => Math.abs(found[i]! - log)))
  for (const prompt of prompts) {
    const answer = Uint32Array.from(prompt.answer_ids)
    const { logProbability } = await engine.scoreChoices(
      Uint32Array.from(prompt.ids),
      [answer],
      { adapter: 'on' },
      signal,
    )
    tuned = Math.max(tuned, furthest(logProbability[0]!, prompt.tuned))
    base = Math.max(base, furthest(logProbability[0]!, prompt.base))
    onProgress?.({ share: ++done / prompts.length })
  }
  const same = tolerance.nats
  return { verdict: verdictOf({ tuned, base, same, effect: effectOf({ prompts }) }), tuned, base, same }
}

/** As `checkers/judge.py` has it: of how far it is from the tuned model and from the base, what counts as the same, and how far these two are apart. */
export function verdictOf({
  tuned,
  base,
  same,
  effect,
}: Omit<ChatCheck, 'verdict'> & { effect: number }): ChatCheck['verdict'] {
  if (tuned <= same && tuned < base) return 'works'
  return base <= Math.max(same, effect / 50) ? 'without effect' : 'differs'
}
