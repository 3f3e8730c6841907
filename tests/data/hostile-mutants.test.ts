import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { readAddress } from '../../src/dataset/sources/address.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { openSafetensors } from '../../src/files/safetensors.ts'
import { safetensorsBytes, type TensorToWrite } from '../../src/files/safetensors-writer.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { configObject } from '../../src/runs/config-text.ts'
import { chatTokenizer } from '../../src/tokens/chat.ts'
import { files, goldenFile } from './golden-files.ts'
import { seeded, utf8 } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, TINY_VOCAB_SIZE, tinyTokenizerJson } from './tiny-tokenizer.ts'

/**
 * Whatever stands in a file that others made: it is read, or refused by an error of ours, in few words and none of an engine's.
 * MUTANTS=500 tries more of each kind.
 */
const MUTANTS = Number(process.env.MUTANTS ?? 25)
const SEED = Number(process.env.SEED ?? 7)
const OF_ENGINES =
  /\[object |\bNaN\b|Cannot (read|use)|is not (a function|iterable|defined)|call stack|Invalid (array|typed|string)/

const JUNK: unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  2 ** 53,
  '',
  'x',
  [],
  {},
  [[]],
  { a: {} },
  '\0',
  -0.5,
  '__proto__',
  Array(1000).fill(0),
]

type Tree = Record<string, unknown>

/** One or two of its values are others, or gone. */
function mutated(tree: object, random: () => number): unknown {
  const copy = structuredClone(tree) as Tree
  const places: [Tree, string][] = []
  const walk = (at: unknown, depth: number) => {
    if (typeof at !== 'object' || at === null || depth > 6) return
    for (const key of Object.keys(at).slice(0, 40)) {
      places.push([at as Tree, key])
      walk((at as Tree)[key], depth + 1)
    }
  }
  walk(copy, 0)
  for (let i = 0; i <= Math.floor(random() * 2); i++) {
    const [at, key] = places[Math.floor(random() * places.length)]!
    const how = random()
    if (how < 0.2) delete at[key]
    // As JSON.parse makes it: what copies key by key would lay it over every object there is.
    else if (how < 0.3)
      Object.defineProperty(at, '__proto__', { value: { polluted: true }, enumerable: true, writable: true })
    else at[key] = structuredClone(JUNK[Math.floor(random() * JUNK.length)])
  }
  return copy
}

/** Some bytes are others, missing, there twice, or the largest number. */
function damaged(bytes: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice()
  const at = Math.floor(random() * copy.length)
  const how = random()
  if (how < 0.2) return copy.slice(0, at)
  if (how < 0.4) return Uint8Array.from([...copy.slice(0, at + 500), ...copy.slice(at)])
  if (how < 0.6) copy.fill(random() < 0.5 ? 0 : 255, at, at + Math.floor(random() * 64))
  else
    for (let i = 0; i <= random() * 6; i++)
      copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256)
  return copy
}

const PARTS = [
  'http',
  'https',
  ':',
  '//',
  '@',
  '?',
  '#',
  '%',
  '%zz',
  '..',
  '/',
  '\\',
  'user:pw',
  'localhost',
  '[::1]',
  '127.0.0.1',
]
const MORE = [
  'drive.google.com',
  'docs.google.com',
  'huggingface.co',
  'github.com',
  'datasets',
  'blob',
  'd',
  'open?id=',
  'x'.repeat(5000),
]
const ODD = ['\u202e', 'xn--', 'data:text/csv,a', 'javascript:alert(1)', 'file:///etc/passwd', ' ', '\n']

function address(random: () => number): string {
  const all = [...PARTS, ...MORE, ...ODD]
  return Array.from(
    { length: 1 + Math.floor(random() * 8) },
    () => all[Math.floor(random() * all.length)],
  ).join('')
}

const CONFIG = {
  architectures: ['Gemma3ForCausalLM'],
  model_type: 'gemma3_text',
  vocab_size: TINY_VOCAB_SIZE,
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  head_dim: 64,
  layer_types: ['sliding_attention', 'full_attention'],
  rope_parameters: { full_attention: { rope_theta: 1e6, rope_type: 'default' } },
  eos_token_id: [1, 106],
}
const TENSORS = [
  { name: 'a', dtype: 'BF16', shape: [3], data: Float32Array.of(1, 2, 3) },
] satisfies TensorToWrite[]
/** Files of every format, the small ones. */
const NAMES = Object.keys(files).filter((name) => goldenFile(name).length < 300_000)
const bytesOf = (value: unknown) => utf8(JSON.stringify(value))

const KINDS: [string, (random: () => number) => unknown][] = [
  [
    'tokenizers',
    (random) => {
      const [json, config] = [tinyTokenizerJson(), TINY_TOKENIZER_CONFIG]
      const chat =
        random() < 0.8
          ? chatTokenizer(mutated(json, random), config)
          : chatTokenizer(json, mutated(config, random))
      chat.tokenizer.encode('hello world', { addSpecial: true })
      return chat.template.render([{ role: 'user', content: 'hello' }], true)
    },
  ],
  ['configs of models', (random) => readModelConfig(mutated(CONFIG, random))],
  [
    'weights',
    async (random) => {
      const bytes = await safetensorsBytes(TENSORS, { format: 'pt' })
      return openSafetensors(bufferSource(damaged(bytes, random)), 'model.safetensors')
    },
  ],
  [
    'run configs',
    (random) => parseRunConfig(configObject(bytesOf(mutated(parseRunConfig({}), random)), 'run.json')),
  ],
  [
    'run configs as bytes',
    (random) => parseRunConfig(configObject(damaged(bytesOf(parseRunConfig({})), random), 'run.json')),
  ],
  ['addresses', (random) => readAddress(address(random))],
  [
    'files of rows',
    (random) => {
      const name = NAMES[Math.floor(random() * NAMES.length)]!
      return openDataset([{ name, source: bufferSource(damaged(goldenFile(name), random)) }])
    },
  ],
]

describe.each(KINDS)('mutants of %s', (_, work) => {
  test('are read, or refused in our words', async () => {
    const random = seeded(SEED)
    let refused = 0
    for (let i = 0; i < MUTANTS; i++) {
      try {
        await work(random)
      } catch (error) {
        if (!(error instanceof LapidaryError))
          throw new Error(`mutant ${i} of seed ${SEED}`, { cause: error })
        refused++
        expect.soft(error.message, `mutant ${i}`).not.toMatch(OF_ENGINES)
        expect.soft(error.message.length, `mutant ${i}`).toBeLessThan(600)
        expect.soft(error.hint, `mutant ${i}`).not.toBe('')
        expect.soft(error.code, `mutant ${i}`).not.toBe('internal')
      }
    }
    // They are no such mutants that nothing comes of them.
    expect(refused).toBeGreaterThan(0)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})
