/**
 * A tokenizer in Gemma's format, small enough to read: byte fallback, `▁` for spaces, turns marked by added tokens,
 * letters as words and a few merges.
 */
const ADDED = ['<pad>', '<eos>', '<bos>', '<unk>', '<start_of_turn>', '<end_of_turn>', '\n', '\n\n']
const NOT_SPECIAL = new Set(['\n', '\n\n'])
const MERGES = [
  'h e',
  'l l',
  'he ll',
  'hell o',
  '▁ w',
  'o r',
  '▁w or',
  'l d',
  '▁wor ld',
  'u s',
  'e r',
  'us er',
]

export function tinyTokenizerJson(): Record<string, unknown> {
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
  const letters = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?:;-\'"()▁')
  const merged = MERGES.map((merge) => merge.replace(' ', ''))
  const vocab = Object.fromEntries(
    [...ADDED, ...bytes, ...letters, ...merged].map((token, id) => [token, id]),
  )
  return {
    version: '1.0',
    added_tokens: ADDED.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: !NOT_SPECIAL.has(content),
    })),
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: {
      type: 'Split',
      pattern: { String: ' ' },
      behavior: 'MergedWithPrevious',
      invert: false,
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<bos>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<bos>': { id: '<bos>', ids: [2], tokens: ['<bos>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: { type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab, merges: MERGES },
  }
}

export const TINY_TOKENIZER_CONFIG = {
  bos_token: '<bos>',
  eos_token: '<eos>',
  pad_token: '<pad>',
  unk_token: '<unk>',
  tokenizer_class: 'GemmaTokenizer',
}

export const TINY_VOCAB_SIZE = Object.keys(
  (tinyTokenizerJson().model as { vocab: Record<string, number> }).vocab,
).length
