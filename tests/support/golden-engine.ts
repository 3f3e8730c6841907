import { afterAll, beforeAll, expect, test } from 'vitest'
import { storedAlike } from '../../src/model/storage.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import type { Engine, PlanRequest, Recompute, StateTensor, StepScalars } from '../../src/protocol/engine.ts'
import { distinctBeginnings } from './choices.ts'
import { goldenGguf } from './gguf.ts'
import { type Golden, openGolden, relativeL2 } from './golden.ts'
import { expectClose } from './operation.ts'

/** An engine with the doors that only checks go through. */
export interface CheckedEngine extends Engine {
  logits(batch: ReturnType<typeof batchOf>, options?: { adapter?: 'on' | 'off' }): Promise<Float32Array>
  gradients(): Promise<Record<string, StateTensor>>
}

/** What the golden cases ask of an engine. */
export function goldenRequest(golden: Golden, recompute: Recompute): PlanRequest {
  return {
    model: golden.model.config,
    stored: storedAlike(golden.model.config, 'F32'),
    lora: golden.lora,
    maxTokens: 96,
    maxSupervised: 96,
    recompute,
    decode: { sequences: 4, positions: 64 },
  }
}

/**
 * Tests that hold an engine against Transformers + PEFT in f32 (tests/golden, made by peers/golden.py), with the tolerances
 * of docs/verified.md.
 * @param open an engine with the golden model and adapter in it
 */
export function goldenTests(fixture: string, open: (golden: Golden) => Promise<CheckedEngine>): void {
  let golden: Golden
  let engine: CheckedEngine
  beforeAll(async () => {
    golden = await openGolden(fixture)
    engine = await open(golden)
    await engine.loadState(golden.state)
  })
  afterAll(() => engine?.dispose())

  test('logits with and without the adapter', async () => {
    for (const { batch, tensors } of golden.cases.logits)
      for (const adapter of ['off', 'on'] as const) {
        const got = await engine.logits(batchOf(batch), { adapter })
        expectClose(`logits, adapter ${adapter}`, got, await golden.tensor(tensors[adapter]), 1e-5)
      }
  })

  test('scores', async () => {
    for (const { stream, ...by } of golden.cases.score)
      for (const adapter of ['off', 'on'] as const) {
        const got = await engine.score(batchOf(golden.cases.logits[stream]!.batch), { adapter })
        expectClose('log-probability', got.logProbability, by[adapter].logProbability, 1e-5)
        expect([...got.hit]).toEqual(by[adapter].hit)
      }
  })

  test('loss and every LoRA gradient', async () => {
    const { batch, loss, grad_norm } = golden.cases.gradients
    const got = await engine.step([batchOf(batch)], { ...scalars(golden), learningRate: 0, step: 1 })
    expectClose('loss', [got.loss], [loss], 1e-5)
    expectClose('norm', [got.grad_norm], [grad_norm], 1e-4)
    // The losses of its rows are those that the loss is the mean of.
    const scored = await engine.score(batchOf(batch))
    expect(got.logProbability).toHaveLength(1)
    expectClose('rows', got.logProbability[0]!, scored.logProbability, 1e-5)
    const want = await golden.tensors('grad.')
    const gradients = await engine.gradients()
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(want).sort())
    for (const [name, values] of Object.entries(want)) {
      const error = relativeL2(gradients[name]!.data, values)
      if (!(error <= 1e-4)) expect.fail(`gradient of ${name}: relative L2 error ${error}`)
    }
  })

  test('twenty AdamW steps', async () => {
    await engine.loadState(golden.state)
    // All queued at once: an engine does them in order.
    const results = golden.cases.training.steps.map((s) =>
      engine.step(s.batches.map(batchOf), {
        ...scalars(golden),
        learningRate: s.learning_rate,
        step: s.step,
      }),
    )
    for (const [i, s] of golden.cases.training.steps.entries()) {
      const got = await results[i]!
      expect(got.finite).toBe(true)
      expectClose(`loss of step ${s.step}`, [got.loss], [s.loss], 1e-4)
      expectClose(`norm of step ${s.step}`, [got.grad_norm], [s.grad_norm], 1e-3)
      const rows = s.batches.map(({ supervisedRows }) => supervisedRows.length)
      expect(got.logProbability.map(({ length }) => length)).toEqual(rows)
      const nats = got.logProbability.flatMap((values) => [...values]).reduce((sum, x) => sum - x, 0)
      expectClose(`rows of step ${s.step}`, [nats / rows.reduce((sum, n) => sum + n, 0)], [got.loss], 1e-5)
      expect(got.mean_token_accuracy).toBeCloseTo(s.mean_token_accuracy, 5)
    }
    const { lora } = await engine.saveState()
    for (const [name, values] of Object.entries(await golden.tensors('final.'))) {
      const error = relativeL2(lora[name]!.data, values)
      if (!(error <= 1e-3)) expect.fail(`final ${name}: relative L2 error ${error}`)
    }
  })
}

function scalars(golden: Golden): Omit<StepScalars, 'learningRate' | 'step'> {
  const s = golden.cases.training.scalars as Record<string, number>
  return {
    seed: 1,
    beta1: s.adam_beta1!,
    beta2: s.adam_beta2!,
    epsilon: s.adam_epsilon!,
    weightDecay: s.weight_decay!,
    maxGradNorm: s.max_grad_norm!,
  }
}

/** A GGUF must give the logits of the folder that it was made from, bit for bit. @param open an engine with a golden model in it */
export function ggufTest(open: (golden: Golden) => Promise<CheckedEngine>): void {
  test('a GGUF gives the logits of its folder, bit for bit', async () => {
    const folder = await openGolden('gemma3-tiny')
    const gguf = { ...folder, model: await goldenGguf('gemma3-tiny', folder.model.config.vocabSize) }
    expect(gguf.model.config).toEqual(folder.model.config)
    const logits: Float32Array[] = []
    for (const golden of [folder, gguf]) {
      const engine = await open(golden)
      logits.push(await engine.logits(batchOf(golden.cases.logits[0]!.batch), { adapter: 'off' }))
      engine.dispose()
    }
    expect(logits[0]!.some((value) => value !== 0)).toBe(true)
    expect([...logits[1]!]).toEqual([...logits[0]!])
  })
}

/** Each choice as Transformers scores it by itself. @param open as for `goldenTests` */
export function goldenChoices(fixture: string, open: (golden: Golden) => Promise<CheckedEngine>): void {
  test('choices in one pass', async () => {
    const golden = await openGolden(fixture)
    const engine = await open(golden)
    await engine.loadState(golden.state)
    const { prompt, choices, ...by } = golden.cases.choices
    expect(choices.length).toBeGreaterThan(10)
    const ids = choices.map((choice) => Uint32Array.from(choice))
    for (const adapter of ['off', 'on'] as const) {
      const got = await engine.scoreChoices(Uint32Array.from(prompt), ids, { adapter })
      expect(got.logProbability.map(({ length }) => length)).toEqual(choices.map(({ length }) => length))
      expect(got.tokens).toBe(prompt.length + distinctBeginnings(ids))
      expectClose(
        'choices',
        got.logProbability.flatMap((logs) => [...logs]),
        by[adapter].flat(),
        1e-5,
      )
    }
    engine.dispose()
  })
}
