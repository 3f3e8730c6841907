/**
 * Models of Gemma's family that the engines do not compute, by `model_type` of config.json or `general.architecture` of a GGUF:
 * what they are, and what they have that a Gemma 2 or 3 has not. Sources: their modeling files in Transformers.
 */
const NEIGHBOURS: Record<string, [name: string, reason: string]> = {
  gemma: ['Gemma 1', 'its layers have no norms after attention and feed-forward'],
  gemma3n: [
    'Gemma 3n',
    'each layer has an embedding of its own, several residual streams (AltUp) and low-rank blocks beside them (LAuReL)',
  ],
  gemma4: [
    'Gemma 4',
    'each layer has an embedding of its own, values are normed, and later layers use the keys and values of earlier ones',
  ],
  vaultgemma: ['VaultGemma', 'its layers have no norms after attention and feed-forward'],
  paligemma: [
    'PaliGemma',
    'it is made to read images, and the tokens of what is asked see those that come after them',
  ],
  embedding: [
    'EmbeddingGemma',
    'it makes vectors of texts and writes none: every token sees those that come after it',
  ],
  t5gemma: ['T5Gemma', 'it has an encoder beside the decoder, which attends to both'],
  recurrent_gemma: ['RecurrentGemma', 'most of its layers are recurrent, not attention'],
  shieldgemma2: ['ShieldGemma 2', 'it sorts images and writes no text'],
}

/** Other names of the same. */
const ALIASES: Record<string, string> = {
  gemma3n_text: 'gemma3n',
  gemma4_text: 'gemma4',
  gemma4_unified: 'gemma4',
  'gemma-embedding': 'embedding',
  t5gemma2: 't5gemma',
  'recurrent-gemma': 'recurrent_gemma',
}

/** In words what a model is and why it is refused; null for one that is no neighbour. */
export function neighbour(type: unknown): string | null {
  if (typeof type !== 'string') return null
  const known = Object.hasOwn(ALIASES, type) ? ALIASES[type]! : type
  if (!Object.hasOwn(NEIGHBOURS, known)) return null
  const [name, reason] = NEIGHBOURS[known]!
  return `${name}, which is not supported: ${reason}`
}
