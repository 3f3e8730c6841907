/**
 * Fields of kauldron's Seq2SeqTask for JSON cases on standard input: `npx tsx tools/seq2seq.ts FOLDER < cases.json`, where
 * FOLDER has tokenizer.json and tokenizer_config.json. Peers compare its output with the `gemma` package.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toFailure } from '../src/protocol/errors.ts'
import { seq2seqFields } from '../src/tokens/kauldron.ts'
import { TextTokenizer } from '../src/tokens/tokenizer.ts'

interface Case {
  prompt: string
  response: string
  max_length: number
  truncate: boolean
}

const [folder = '.'] = process.argv.slice(2)
const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
const tokenizer = new TextTokenizer(json('tokenizer.json'), json('tokenizer_config.json'))
const cases: Case[] = JSON.parse(readFileSync(0, 'utf8'))
const results = cases.map(({ prompt, response, max_length: maxLength, truncate }, row) => {
  try {
    const fields = seq2seqFields({ prompt, response, row }, tokenizer, { maxLength, truncate })
    return {
      input: Array.from(fields.input),
      target: Array.from(fields.target),
      mask: Array.from(fields.targetMask),
    }
  } catch (error) {
    return { error: toFailure(error) }
  }
})
process.stdout.write(JSON.stringify(results))
