/** Characters that are in data by accident more often than not. Global patterns: for `replace`, and `test` from index 0. */

/** C0 and C1 controls but for tab, line feed, carriage return and next line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/g

/**
 * Zero-width and direction marks, soft hyphens and byte-order marks. Not the joiners U+200C and U+200D: Persian, Indic
 * scripts and emoji are written with them.
 */
export const INVISIBLE = /[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g

/** What decoders put where bytes were no text. */
export const REPLACEMENT = /\ufffd/g

/** What chat templates are made of; inside data it would end a turn or start another. */
export const TEMPLATE_TOKENS =
  /<\/?(?:start_of_turn|end_of_turn|bos|eos|pad|unk|start_of_image|end_of_image)>|<\|(?:im_start|im_end|endoftext|eot_id|begin_of_text|end_of_text|start_header_id|end_header_id|turn|user|assistant|system|end)\|?>|<turn\|>|\[\/?INST\]|<<\/?SYS>>/g
