import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { TextTokenizer } from '../../src/tokens/tokenizer.ts'
import { ROOT } from '../build.ts'
import { allOf, type Figure, holds } from './figures.ts'

interface TokenizerJson {
  added_tokens: { id: number; content: string }[]
  model: { vocab: Record<string, number>; merges: [string, string][] }
}

/** What Transformers makes of texts in many scripts, and of conversations, with Gemma's own tokenizer. */
interface Texts {
  plain: { text: string; ids: number[] }[]
  conversations: { text: string; ids: number[] }[]
}

/**
 * A tokenizer that was rebuilt from a GGUF against the official one, part by part, and by the texts of tests/golden/chat.
 * @param folder of the model
 * @param official folder with the tokenizer.json that Google publishes
 */
export function tokenizerFigures(folder: string, official: string): Figure[] {
  const read = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T
  const [made, given] = [folder, official].map((at) => read<TokenizerJson>(join(at, 'tokenizer.json'))) as [
    TokenizerJson,
    TokenizerJson,
  ]
  const words = Object.keys(given.model.vocab)
  // The official one goes on with a word for images, beyond the words of the text model.
  const added = given.added_tokens.filter(({ id }) => id < words.length)
  const same = <T>(a: readonly T[], b: readonly T[]) => a.filter((x, i) => isDeepStrictEqual(x, b[i])).length
  const rest = ({ model, added_tokens, ...other }: TokenizerJson) => {
    const { vocab, merges, ...settings } = model
    return { ...other, settings }
  }
  const tokenizer = new TextTokenizer(made, read(join(folder, 'tokenizer_config.json')))
  const { plain, conversations } = read<Texts>(join(ROOT, 'tests', 'golden', 'chat', 'gemma3.json'))
  const texts = [...plain, ...conversations]
  const right = texts.filter(({ text, ids }) => isDeepStrictEqual([...tokenizer.encode(text)], ids))
  const what = 'tokenizer of the GGUF as the official one'
  const alike =
    Object.keys(made.model.vocab).length === words.length &&
    made.model.merges.length === given.model.merges.length &&
    made.added_tokens.length === added.length &&
    isDeepStrictEqual(rest(made), rest(given))
  return [
    allOf(
      `${what}: words`,
      words.filter((word) => made.model.vocab[word] === given.model.vocab[word]).length,
      words.length,
    ),
    allOf(
      `${what}: merges, in their order`,
      same(given.model.merges, made.model.merges),
      given.model.merges.length,
    ),
    allOf(`${what}: added words`, same(added, made.added_tokens), added.length),
    holds(`${what}: nothing more, and all other settings`, alike, alike ? 'yes' : 'no'),
    allOf(`${what}: texts and conversations, by their tokens`, right.length, texts.length),
  ]
}
