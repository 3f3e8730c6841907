/**
 * A model's tokenizer, opened by the library alone, by the studio from its tokenizer.json, and from what the studio keeps of it:
 * `node --expose-gc --import tsx bench/tokenizer.ts FOLDER [TEXT]`. Processor time, medians of three, and what each holds; with a text,
 * whether all three cut it into the same tokens.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { TextTokenizer } from '../src/tokens/tokenizer.ts'
import { TokenizerTable } from '../src/tokens/tokenizer-table.ts'

const [folder, given] = process.argv.slice(2)
if (!folder) throw new Error('a folder with tokenizer.json and tokenizer_config.json is needed')
const read = (name: string) => readFileSync(join(folder, name))
const config = JSON.parse(read('tokenizer_config.json').toString()) as Record<string, unknown>
const { gc } = globalThis as { gc?: () => void }

const held = () => {
  gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function opened<T>(what: string, open: () => T): T {
  const seconds: number[] = []
  let [last, bytes]: [T | null, number] = [null, 0]
  for (let round = 0; round < 3; round++) {
    last = null
    const before = held()
    const began = process.cpuUsage()
    last = open()
    const { user, system } = process.cpuUsage(began)
    seconds.push((user + system) / 1e6)
    bytes = held() - before
  }
  const median = seconds.sort((a, b) => a - b)[1]!
  console.log(`${what}: ${median.toFixed(2)} s of a processor; holds ${Math.round(bytes / 1e6)} MB`)
  return last!
}

const json = () => JSON.parse(read('tokenizer.json').toString()) as Record<string, unknown>
const library = opened('the library alone, from tokenizer.json', () => new Tokenizer(json(), config))
const whole = opened('the studio, from tokenizer.json', () => new TextTokenizer(json(), config))
const bytes = whole.table.bytes()
if (!bytes) throw new Error('nothing is kept of this tokenizer: the library works with it as it is')
const kept = opened(
  `from the ${(bytes.length / 1e6).toFixed(1)} MB that are kept of it`,
  () => new TextTokenizer(TokenizerTable.from(bytes), config),
)
if (given) {
  const parts = readFileSync(given, 'utf8').match(/[\s\S]{1,700}/g) ?? []
  const alike = parts.filter((text) => {
    const { ids } = library.encode(text, { add_special_tokens: true })
    return [whole, kept].every((one) => String(one.encode(text, { addSpecial: true })) === String(ids))
  })
  console.log(`${alike.length} of ${parts.length} parts of the text: the same tokens`)
  if (alike.length < parts.length) process.exitCode = 1
}
