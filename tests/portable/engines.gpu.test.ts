import { afterAll, describe, expect, test } from 'vitest'
import { fill } from '../../bench/random.ts'
import { WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { quantisedWeights } from '../../src/model/quantised-weights.ts'
import { Draw, drawnLayers, drawnModel } from '../../src/portable/drawn.ts'
import type { Batch } from '../../src/protocol/batch.ts'
import type { Engine, PlanRequest, Recompute, StepScalars } from '../../src/protocol/engine.ts'
import {
  type LayerConfig,
  type ModelConfig,
  PROJECTIONS,
  type Projection,
  type Quantization,
} from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { openPortable } from '../../src/workers/portable-host.ts'
import { drawnTokens, expectChoices, labels77 } from '../support/choices.ts'
import { relativeL2 } from '../support/golden.ts'
import { sharedContext } from '../support/gpu.ts'
import { expectClose } from '../support/operation.ts'

/**
 * The two engines against each other: models, adapters and batches drawn by seed over layers, heads, widths, windows,
 * soft-caps, targets, ranks, dropout and packing; and a run that moves from one to the other. More than by default, since each
 * shape is compiled for itself: VITE_DRAWN=20 npx vitest run --project gpu tests/portable/engines
 */
interface Drawn {
  name?: string
  config: ModelConfig
  targets: Projection[]
  r: number
  dropout: number
  segments: number[]
  /** What the engines recompute; by default whole layers. */
  recompute?: Recompute
  quantization?: Quantization
  /** Whether choices are scored too: kernels of their own take some seconds to compile. */
  choices?: boolean
}

const env = (import.meta as unknown as { env?: Record<string, string | undefined> }).env ?? {}
const DRAWN = Number(env.VITE_DRAWN ?? 1)

function drawn(seed: number): Drawn {
  const draw = new Draw(seed)
  const kvHeads = draw.whole(1, 2)
  const config = model({
    layers: draw.whole(1, 3),
    hidden: 32 * draw.whole(1, 3),
    heads: kvHeads * draw.one([1, 2, 4]),
    kvHeads,
    headDim: draw.one([64, 128, 192]),
    inner: 4 * draw.whole(5, 30),
    window: draw.whole(1, 14),
  })
  const chosen = PROJECTIONS.filter(() => draw.chance(0.5))
  const segments: number[] = []
  for (let left = 40; left > 0; ) {
    const length = Math.min(left, draw.whole(1, 20))
    segments.push(length)
    left -= length + draw.whole(0, 3)
  }
  // Something to learn in the first of them.
  if (segments[0]! < 4) segments[0] = 4
  return {
    config: {
      ...config,
      attentionSoftCap: draw.chance(0.4) ? draw.whole(2, 50) : null,
      finalSoftCap: draw.chance(0.4) ? draw.whole(5, 30) : null,
    },
    targets: chosen.length > 0 ? chosen : ['q_proj'],
    r: draw.whole(1, 12),
    dropout: draw.chance(0.5) ? 0.2 : 0,
    segments: segments.reduce((sum, length) => sum + length, 0) > 40 ? [segments[0]!, 20] : segments,
  }
}

/** Layers that differ in all that they may, every projection trained. */
function varied(seed: number): Drawn {
  const given = drawn(seed)
  const draw = new Draw(seed + 1000)
  const layers = drawnLayers(draw, draw.whole(3, 5), given.config.numHeads)
  const recompute = draw.one(['nothing', 'cheap', 'layer'] as const)
  return { ...given, config: { ...given.config, layers }, targets: [...PROJECTIONS], recompute }
}

/** Two layers more, that use the keys and values of the two before. */
function sharing(config: ModelConfig): ModelConfig {
  const [a, b] = config.layers as [LayerConfig, LayerConfig]
  const own = { ...b, headDim: 128, kvHeads: 2, intermediateSize: 40, rope: { ...b.rope, rotated: 0.25 } }
  const bare = { ...a, keysFrom: 0, norms: ['key', 'pre_feedforward'] as const, window: null }
  return { ...config, layers: [a, own, bare, { ...own, keysFrom: 1, window: 4, rope: a.rope }] }
}

const TWO_LAYERS = model({
  layers: 2,
  hidden: 32,
  heads: 4,
  kvHeads: 1,
  headDim: 64,
  inner: 72,
  window: 5,
})
const ALL = { targets: [...PROJECTIONS], r: 4, dropout: 0.1, segments: [9, 1, 17] }

const CASES: Drawn[] = [
  {
    config: TWO_LAYERS,
    targets: ['q_proj', 'v_proj'],
    r: 3,
    dropout: 0.2,
    segments: [7, 1, 12],
  },
  {
    config: {
      ...model({ layers: 3, hidden: 64, heads: 4, kvHeads: 2, headDim: 64, inner: 96, window: 9 }),
      attentionSoftCap: 20,
      finalSoftCap: 10,
    },
    targets: ['k_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    r: 8,
    dropout: 0,
    segments: [21, 11],
    choices: true,
  },
  {
    ...ALL,
    name: 'a head width of its own for one layer',
    config: { ...TWO_LAYERS, layers: TWO_LAYERS.layers.with(1, { ...TWO_LAYERS.layers[1]!, headDim: 128 }) },
  },
  ...(['layer', 'nothing'] as const).map((recompute) => ({
    ...ALL,
    name: `layers that differ and share keys, recomputing ${recompute}`,
    config: sharing(TWO_LAYERS),
    recompute,
    choices: recompute === 'layer',
  })),
  {
    ...ALL,
    name: 'a base held in 4 bits, its embedding in 8',
    config: model({ layers: 2, hidden: 64, heads: 4, kvHeads: 1, headDim: 64, inner: 128, window: 5 }),
    quantization: 'int4',
    choices: true,
  },
  ...Array.from({ length: DRAWN }, (_, i) => (i % 2 === 0 ? drawn(i + 1) : varied(i + 1))),
]

function model(s: {
  layers: number
  hidden: number
  heads: number
  kvHeads: number
  headDim: number
  inner: number
  window: number
}): ModelConfig {
  return readModelConfig(
    {
      model_type: 'gemma3_text',
      vocab_size: 150,
      hidden_size: s.hidden,
      intermediate_size: s.inner,
      num_hidden_layers: s.layers,
      num_attention_heads: s.heads,
      num_key_value_heads: s.kvHeads,
      head_dim: s.headDim,
      query_pre_attn_scalar: 48,
      sliding_window: s.window,
      sliding_window_pattern: 2,
      max_position_embeddings: 128,
      rms_norm_eps: 1e-6,
      rope_theta: 1_000_000,
      rope_local_base_freq: 10_000,
    },
    { dtype: 'float32' },
  )
}

function batchOf(segments: number[], seed: number): Batch {
  const starts = segments.flatMap((length, i) => {
    const start = segments.slice(0, i).reduce((a, b) => a + b, 0)
    return Array.from({ length }, () => start)
  })
  const tokens = Uint32Array.from(starts, (_, t) => (t * 37 + seed * 101 + 5) % 150)
  const labels = Int32Array.from(starts, (start, t) =>
    starts[t + 1] === start && (t - start) % 3 !== 0 ? tokens[t + 1]! : -100,
  )
  return {
    tokens,
    positions: Uint32Array.from(starts, (start, t) => t - start),
    segmentStart: Uint32Array.from(starts),
    labels,
    supervisedRows: Uint32Array.from([...labels.keys()].filter((t) => labels[t]! >= 0)),
  }
}

const scalars = (step: number): StepScalars => ({
  step,
  seed: 11,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 0.5,
})

type Tested = Engine & Pick<WebgpuEngine, 'logits' | 'gradients'>

async function engines(given: Drawn): Promise<[Tested, Tested]> {
  const { lora } = parseRunConfig({
    lora: { r: given.r, lora_alpha: 2 * given.r, lora_dropout: given.dropout, target_modules: given.targets },
  })
  const request: PlanRequest = {
    model: given.config,
    lora,
    maxTokens: 40,
    maxSupervised: 40,
    recompute: given.recompute ?? 'layer',
    decode: { sequences: 2, positions: 32 },
  }
  const { gpu } = await sharedContext()
  const pair: [Tested, Tested] = [
    new WebgpuEngine(gpu, { rates: { flops: 5e9, bandwidth: 5e9 }, tune: false }),
    await openPortable(),
  ]
  const source = drawnModel(given.config)
  if (given.quantization) source.weights = quantisedWeights(given.config, source.weights, given.quantization)
  for (const engine of pair) {
    await engine.load(source, request, { seed: 3 })
    const state = await engine.saveState()
    // With B zero half of the gradients would be.
    for (const [name, tensor] of Object.entries(state.lora))
      if (name.includes('lora_B')) tensor.data.set(fill(tensor.data.length, name.length * 31, 0.05))
    await engine.loadState(state)
  }
  return pair
}

CASES.forEach((given, i) => {
  describe(given.name ?? `model ${i}`, () => {
    let pair: [Tested, Tested] | null = null
    const open = async () => (pair ??= await engines(given))
    afterAll(() => {
      for (const engine of pair ?? []) engine.dispose()
    })

    test('logits, gradients and steps agree', async () => {
      const [a, b] = await open()
      const batch = batchOf(given.segments, 1)
      expect(relativeL2(await b.logits(batch), await a.logits(batch))).toBeLessThan(1e-5)
      for (let step = 1; step <= 3; step++) {
        const batches = [batchOf(given.segments, step), batchOf(given.segments.slice(0, 1), step + 9)]
        const [x, y] = [await a.step(batches, scalars(step)), await b.step(batches, scalars(step))]
        expect(Math.abs(x.loss - y.loss)).toBeLessThan(1e-5 * x.loss)
        expect(Math.abs(x.grad_norm - y.grad_norm)).toBeLessThan(1e-4 * x.grad_norm)
        expect(y.mean_token_accuracy).toBe(x.mean_token_accuracy)
        const [want, got] = [await a.gradients(), await b.gradients()]
        // With one key in sight the gradient of queries and keys is zero, but for what rounding leaves.
        const nothing = 1e-6 * Math.hypot(...Object.values(want).map(({ data }) => Math.hypot(...data)))
        for (const [name, { data }] of Object.entries(want)) {
          const difference = Math.hypot(...data.map((value, i) => value - got[name]!.data[i]!))
          if (difference > nothing) expect(relativeL2(got[name]!.data, data), name).toBeLessThan(1e-4)
        }
      }
    })

    if (i === 0)
      test('what is read and scored between steps changes no bit of them', async () => {
        for (const engine of await open()) {
          const begin = await engine.saveState()
          const batches = [batchOf(given.segments, 3)]
          const name = Object.keys(begin.lora).find((one) => one.includes('lora_B'))!
          const trained = async (seen: boolean) => {
            await engine.loadState(begin)
            const losses = []
            for (let step = 1; step <= 3; step++) {
              const before = seen ? engine.matrix(name) : null
              const stepped = engine.step(batches, scalars(step))
              const after = seen ? engine.matrix(name) : null
              const scored = seen ? engine.score(batches[0]!) : null
              losses.push((await stepped).loss)
              await scored
              if (!before || !after) continue
              const [from, to] = [await before, await after]
              expect(to.value).not.toEqual(from.value)
              expect(to).toMatchObject({
                shape: begin.lora[name]!.shape,
                value: (await engine.saveState()).lora[name]!.data,
                gradient: (await engine.gradients())[name]!.data,
              })
            }
            return { losses, state: await engine.saveState() }
          }
          expect(await trained(true)).toEqual(await trained(false))
        }
      })

    if (given.choices)
      test('choices: as each by itself, the same on both, in passes of 40 tokens', async () => {
        const [a, b] = await open()
        await b.loadState(await a.saveState())
        const prompt = drawnTokens(19, 4, given.config.vocabSize)
        const choices = labels77(given.config.vocabSize).slice(0, 20)
        for (const adapter of ['on', 'off'] as const) {
          const [x, y] = [
            await a.scoreChoices(prompt, choices, { adapter }),
            await expectChoices(b, prompt, choices, adapter),
          ]
          x.logProbability.forEach((logs, i) => {
            expectClose(`choice ${i}`, logs, y[i]!, 1e-5)
          })
        }
        await expectChoices(a, prompt, choices.slice(0, 4), 'on')
      })

    test('the same answers, greedy and drawn', async () => {
      const [a, b] = await open()
      // One adapter in both: what rounding has done to it is not asked here.
      await b.loadState(await a.saveState())
      const prompts = [Uint32Array.of(2, 9, 30), Uint32Array.of(7)]
      for (const temperature of [0, 0.8])
        for (const adapter of ['on', 'off'] as const) {
          const options = {
            maxNewTokens: 8,
            temperature,
            topK: 20,
            topP: 0.95,
            seed: 5,
            stopTokens: [149],
            adapter,
          }
          const said = await Promise.all(
            [a, b].map(async (engine) => {
              const tokens: string[] = []
              for await (const { prompt, token, finish } of engine.generate(prompts, options))
                tokens.push(`${prompt} ${token} ${finish ?? ''}`)
              return tokens.sort()
            }),
          )
          expect(said[1]).toEqual(said[0])
        }
    })
  })
})

test('a run moved to the other engine at step 10 of 20 goes on as it would have', async () => {
  const given = CASES[0]!
  const train = async (engine: Engine, from: number, to: number) => {
    const losses: number[] = []
    for (let step = from; step <= to; step++)
      losses.push((await engine.step([batchOf(given.segments, step % 3)], scalars(step))).loss)
    return losses
  }
  const [a, b] = await engines(given)
  const start = await a.saveState()
  const alone = await train(a, 1, 20)
  for (const [first, second] of [
    [a, b],
    [b, a],
  ] as const) {
    await first.loadState(start)
    const moved = await train(first, 1, 10)
    await second.loadState(await first.saveState())
    moved.push(...(await train(second, 11, 20)))
    moved.forEach((loss, i) => {
      expect(Math.abs(loss - alone[i]!), `step ${i + 1}`).toBeLessThan(1e-4 * alone[i]!)
    })
  }
  a.dispose()
  b.dispose()
})
