/**
 * Writes every WGSL text that the engine can run, with every variant it may choose between, for other compilers to try:
 *
 *   npx tsx tools/dump-wgsl.ts OUT
 *
 * Planned without a device, for the shapes of the golden models and of Gemma 3 270M, each weight format, each
 * recomputation, with and without dropout and soft-caps; and for those of the larger Gemmas, in bf16 and in int4. Prints how many texts
 * were written.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { planEngine } from '../src/engine/plan.ts'
import { type Kernel, shaderText } from '../src/gpu/kernel.ts'
import { readModelConfig } from '../src/model/config.ts'
import { GEMMAS } from '../src/model/gemmas.ts'
import { quantisedTypes } from '../src/model/quantised-weights.ts'
import { storedAlike } from '../src/model/storage.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import type { ModelConfig, PlainType, Quantization } from '../src/protocol/model.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'

const golden = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../tests/golden/${name}/config.json`, import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >

/** Two layers, one of each kind: further layers repeat the same kernels. */
const TWO_LAYERS = { num_hidden_layers: 2, layer_types: ['sliding_attention', 'full_attention'] }

/** Shapes of Gemma 3 270M. */
const GEMMA_270M = {
  ...golden('gemma3-tiny'),
  vocab_size: 262_144,
  hidden_size: 640,
  intermediate_size: 2048,
  head_dim: 256,
  query_pre_attn_scalar: 256,
  sliding_window: 512,
  ...TWO_LAYERS,
}

interface Case {
  model: ModelConfig
  type: PlainType
  quantization?: Quantization
  tokens: number
  recompute: PlanRequest['recompute']
  dropout: number
}

function* cases(): Generator<Case> {
  const models = [golden('gemma3-tiny'), golden('gemma3-tiny-wide'), golden('gemma2-tiny'), GEMMA_270M].map(
    (json) => readModelConfig(json),
  )
  for (const model of models) {
    for (const type of ['BF16', 'F16', 'F32'] as const)
      yield { model, type, tokens: 512, recompute: 'nothing', dropout: 0 }
    for (const quantization of ['int8', 'int4'] as const)
      yield { model, type: 'BF16', quantization, tokens: 512, recompute: 'nothing', dropout: 0 }
    yield { model, type: 'BF16', tokens: 512, recompute: 'layer', dropout: 0.1 }
    yield { model, type: 'BF16', tokens: 2048, recompute: 'cheap', dropout: 0 }
    const capped = { ...model, attentionSoftCap: 50, finalSoftCap: 30 }
    yield { model: capped, type: 'BF16', tokens: 512, recompute: 'nothing', dropout: 0 }
  }
  for (const { config } of GEMMAS) {
    const model = readModelConfig({ ...config, ...TWO_LAYERS })
    for (const quantization of [null, 'int4'] as const)
      yield { model, type: 'BF16', quantization, tokens: 512, recompute: 'nothing', dropout: 0 }
  }
}

/** Kernels of a case by text. */
function shadersOf(one: Case): Map<string, Kernel> {
  const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: one.dropout } })
  const request: PlanRequest = {
    model: one.model,
    stored: quantisedTypes(one.model, storedAlike(one.model, one.type), one.quantization ?? null),
    lora,
    maxTokens: one.tokens,
    maxSupervised: one.tokens,
    recompute: one.recompute,
    decode: { sequences: 4, positions: 512 },
  }
  const plan = planEngine(request)
  const found = new Map<string, Kernel>()
  for (const planned of Object.values(plan.tapes)) {
    if (!planned) continue
    for (const kernel of planned.tape.kernels()) found.set(shaderText(kernel), kernel)
  }
  return found
}

const out = process.argv[2]
if (!out) {
  console.error('usage: npx tsx tools/dump-wgsl.ts OUT')
  process.exit(2)
}
mkdirSync(out, { recursive: true })
const texts = new Map<string, Kernel>()
for (const one of cases()) for (const [text, kernel] of shadersOf(one)) texts.set(text, kernel)
for (const [text, kernel] of texts) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12)
  writeFileSync(join(out, `${kernel.name.replaceAll(/[^\w.-]/g, '_')}.${hash}.wgsl`), text)
}
console.log(`${texts.size} shaders`)
