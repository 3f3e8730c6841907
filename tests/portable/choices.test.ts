import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { createPortableEngine } from '../../src/portable/portable-engine.ts'
import { distinctBeginnings, drawnTokens, expectChoices, labels77 } from '../support/choices.ts'
import { openGolden } from '../support/golden.ts'
import { goldenRequest } from '../support/golden-engine.ts'

describe.each(['gemma3-tiny', 'gemma3-tiny-wide', 'gemma2-tiny'])('%s', (fixture) => {
  const open = async (maxTokens: number, maxSupervised = maxTokens) => {
    const golden = await openGolden(fixture)
    const engine = await createPortableEngine()
    const request = { ...goldenRequest(golden, 'layer'), maxTokens, maxSupervised }
    await engine.load(golden.model, request, { seed: 1 })
    await engine.loadState(golden.state)
    return { engine, vocab: golden.model.config.vocabSize }
  }

  test('77 labels in one pass are what each is by itself, with and without the adapter', async () => {
    const { engine, vocab } = await open(200)
    const [prompt, choices] = [drawnTokens(21, 1, vocab), labels77(vocab)]
    expect(prompt.length + distinctBeginnings(choices)).toBeLessThan(200)
    for (const adapter of ['on', 'off'] as const) await expectChoices(engine, prompt, choices, adapter)
    engine.dispose()
  })

  test('in as many passes as there is room for, to the same figures', async () => {
    const { engine, vocab } = await open(28, 5)
    await expectChoices(engine, drawnTokens(21, 2, vocab), labels77(vocab), 'on')
    // Not one token more would fit.
    await expectChoices(engine, drawnTokens(22, 3, vocab), labels77(vocab), 'on')
    await expect(engine.scoreChoices(drawnTokens(23, 3, vocab), labels77(vocab))).rejects.toMatchObject({
      code: 'bad_data',
      detail: { choice: 5, needed: 29, maxTokens: 28 },
    })
    engine.dispose()
  })

  test('scoring that is stopped midway leaves nothing behind', async () => {
    const { engine, vocab } = await open(60, 5)
    const [prompt, choices] = [drawnTokens(21, 2, vocab), labels77(vocab)]
    const score = (signal?: AbortSignal) => engine.scoreChoices(prompt, choices, {}, signal)
    const whole = await score()
    const held = tf.memory().numTensors
    // In the layers of the first pass, in its head, and in what comes after.
    for (const last of [1, 4, 9]) {
      const { signal } = new AbortController()
      let looks = 0
      signal.throwIfAborted = () => {
        if (++looks === last) throw new DOMException('enough', 'AbortError')
      }
      await expect(score(signal)).rejects.toThrow('enough')
      expect(tf.memory().numTensors).toBe(held)
      expect(await score()).toEqual(whole)
    }
    engine.dispose()
  })
})

test('500 labels, of one token and of many, that begin one another', async () => {
  const golden = await openGolden('gemma3-tiny')
  const engine = await createPortableEngine()
  const vocab = golden.model.config.vocabSize
  const labels = Array.from({ length: 500 }, (_, i) =>
    drawnTokens(1 + (i % 9), i < 9 ? 5 : i - (i % 9), vocab),
  )
  const request = { ...goldenRequest(golden, 'layer'), maxTokens: 400, maxSupervised: 64 }
  await engine.load(golden.model, request, { seed: 1 })
  await engine.loadState(golden.state)
  await expectChoices(engine, drawnTokens(40, 7, vocab), labels, 'on')
  engine.dispose()
})
