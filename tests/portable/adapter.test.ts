import { afterEach, expect, test } from 'vitest'
import { noise } from '../../bench/random.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { initialState } from '../../src/model/lora.ts'
import { Adapter } from '../../src/portable/adapter.ts'
import { choicesMade } from '../../src/portable/choices-made.ts'
import { OwnProducts } from '../../src/portable/own-products.ts'
import { planPortable } from '../../src/portable/plan.ts'
import { createPortableEngine } from '../../src/portable/portable-engine.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { isolated } from '../support/threads.ts'

const CONFIG = readModelConfig(
  {
    model_type: 'gemma3_text',
    vocab_size: 100,
    hidden_size: 64,
    intermediate_size: 84,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 64,
    query_pre_attn_scalar: 64,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-6,
  },
  { dtype: 'float32' },
)
// An odd number of parameters, over more than one part.
const { lora } = parseRunConfig({ lora: { r: 13, target_modules: 'all-linear' } })
const SCALARS = { seed: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 0.5 }

let restore = () => {}
afterEach(() => restore())

/** State after three steps with the same gradients. */
function updated(adapter: Adapter) {
  adapter.write(initialState(CONFIG, lora, 3))
  for (let step = 1; step <= 3; step++) {
    for (const { layer, projection } of [0, 1].flatMap((layer) =>
      (['q_proj', 'down_proj'] as const).map((projection) => ({ layer, projection })),
    )) {
      const { a, b } = adapter.gradientsOf(layer, projection)
      a.set(noise(a.length, step + layer))
      b.set(noise(b.length, step + 7).map((x) => x * 1e-4))
    }
    adapter.update({ ...SCALARS, step, learningRate: 10 ** -step }, adapter.squaredNorm())
  }
  return adapter.read()
}

test('a step of AdamW has the same bits on the host and on any number of threads', async () => {
  await createPortableEngine()
  const want = updated(new Adapter(CONFIG, lora))
  expect(Object.values(want.adamV).some(({ data }) => data.some((v) => v > 0))).toBe(true)
  restore = isolated()
  const choices = choicesMade(CONFIG, {})
  expect(choices.layers).toBe('own')
  const plan = planPortable({
    model: CONFIG,
    lora,
    maxTokens: 16,
    maxSupervised: 16,
    recompute: 'layer',
    decode: null,
  })
  for (const threads of [1, 3]) {
    const own = await OwnProducts.open(plan, choices, threads)
    expect(own.products.others).toBe(threads - 1)
    const adapter = new Adapter(CONFIG, lora, own)
    expect(adapter.hostBytes).toBe(0)
    expect(updated(adapter)).toEqual(want)
    own.dispose()
  }
})
