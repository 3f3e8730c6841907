import { afterEach, beforeEach, expect, test } from 'vitest'
import { readModelConfig } from '../../src/model/config.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { drawnModel } from '../../src/portable/drawn.ts'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const CONFIG = readModelConfig(
  {
    model_type: 'gemma3_text',
    vocab_size: 300,
    hidden_size: 64,
    intermediate_size: 72,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 64,
    query_pre_attn_scalar: 64,
    max_position_embeddings: 512,
    sliding_window: 200,
    sliding_window_pattern: 2,
    rms_norm_eps: 1e-6,
  },
  { dtype: 'float32' },
)
const { lora } = parseRunConfig({ lora: { r: 4, target_modules: 'all-linear' } })
const OPTIONS = { maxNewTokens: 6, temperature: 25, topK: 0, topP: 1, seed: 1, stopTokens: [] }
const LONG = Uint32Array.from({ length: 300 }, (_, t) => (t * 37 + 5) % 300)
const SHORT = Uint32Array.of(2, 7, 11)
const ONE = Uint32Array.of(9)

let engine: PortableEngine
afterEach(() => engine.dispose())

async function open(products?: string): Promise<void> {
  const model = drawnModel(CONFIG)
  engine = await createPortableEngine()
  await engine.load(
    model,
    {
      model: CONFIG,
      stored: storedTypes(model.weights),
      lora,
      maxTokens: 32,
      maxSupervised: 32,
      recompute: 'layer',
      decode: { sequences: 2, positions: 320 },
    },
    { seed: 3, ...(products && { choices: { 'portable.products': products } }) },
  )
  const state = await engine.saveState()
  for (const [name, { data }] of Object.entries(state.lora))
    if (name.includes('lora_B')) data.set(data.map((_, i) => Math.sin(i + name.length) * 0.2))
  await engine.loadState(state)
}

beforeEach(() => open())

/** By prompt. */
async function said(prompts: Uint32Array[], adapter: 'on' | 'off' = 'on'): Promise<number[][]> {
  const found = prompts.map((): number[] => [])
  for await (const { prompt, token } of engine.generate(prompts, { ...OPTIONS, adapter }))
    found[prompt]!.push(token)
  return found
}

test('says what TensorFlow.js says, with the adapter and without, of a prompt longer than a block and of one token', async () => {
  const all = async () => [await said([LONG, SHORT, ONE]), await said([LONG, SHORT, ONE], 'off')]
  const own = await all()
  expect(engine.describe().choices['portable.products']).toMatch(/fma|simd/)
  expect(own[0]).not.toEqual(own[1])
  engine.dispose()
  await open('tensorflow')
  expect(await all()).toEqual(own)
})

test('sequences side by side say what each says in its place, whatever the others are', async () => {
  const together = await said([LONG, SHORT, ONE])
  expect([together[0], together[2]]).toEqual([...(await said([LONG])), ...(await said([ONE]))])
  // Draws are made for a place: the second beside whichever first.
  expect(together[1]).toEqual((await said([ONE, SHORT]))[1])
})

test('two who decode at once, one without the adapter, do not disturb each other', async () => {
  const alone = [await said([LONG]), await said([SHORT], 'off')]
  expect(await Promise.all([said([LONG]), said([SHORT], 'off')])).toEqual(alone)
})

test('an adapter that is loaded anew is the one that answers', async () => {
  const before = await said([SHORT])
  const state = await engine.saveState()
  for (const { data } of Object.values(state.lora)) data.fill(0)
  await engine.loadState(state)
  expect(await said([SHORT])).toEqual(await said([SHORT], 'off'))
  expect(await said([SHORT])).not.toEqual(before)
})
