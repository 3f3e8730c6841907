import { describe, expect, test } from 'vitest'
import { isAsTheDataSays, judge, offered, tally } from '../../src/runs/judgement.ts'

const line = (from: number, to: number, length = 40) =>
  Array.from({ length }, (_, i) => from + ((to - from) * i) / (length - 1))
const at = (steps: number[], losses: number[]) => ({ evalSteps: steps, evalLoss: losses })

describe('a run is judged', () => {
  test('a loss over cut answers is not called better, whatever it does', () => {
    const fell = { trainLoss: line(5, 1), ...at([0, 20, 40], [5, 3, 2]) }
    expect(judge({ ...fell, cut: true }).kind).toBe('cut')
    expect(judge({ ...fell, cut: false }).kind).toBe('better')
  })

  test('not by rows held out that have one answer: nothing is shown of the others', () => {
    const one = (evalLoss: number[]) =>
      judge({ trainLoss: line(5, 1), ...at([0, 20, 40], evalLoss), oneLabel: true }).kind
    expect([one([5, 3, 2]), one([5, 4, 7]), one([5, 5, 5]), one([5, 8, 9])]).toEqual(
      Array(4).fill('one_label'),
    )
    const apart = { trainLoss: [5.3, ...line(60, 30)], ...at([0, 40], [5.2, 45]) }
    expect(judge({ ...apart, oneLabel: true }).kind).toBe('diverged')
  })

  test('as better where rows it never saw are known better', () => {
    const found = judge({ trainLoss: line(5, 1), ...at([0, 20, 40], [5, 3, 2]) })
    expect(found).toMatchObject({ kind: 'better', best: { step: 40, loss: 2 }, first: 5, last: 2 })
  })

  test('as learnt by heart where the training loss falls and the other one rises from its best', () => {
    // Facts: the held-out ones cannot be known from others, and the loss on them ends above its start.
    expect(judge({ trainLoss: line(5, 0.05), ...at([0, 10, 40], [5, 4, 7]) })).toMatchObject({
      kind: 'by_heart',
      best: { step: 10, loss: 4 },
    })
    // Below its start, but well above its best: the same.
    expect(judge({ trainLoss: line(5, 0.05), ...at([0, 10, 40], [5, 2, 3]) }).kind).toBe('by_heart')
  })

  test('as unmoved, or as worse', () => {
    expect(judge({ trainLoss: line(5, 5), ...at([0, 40], [5, 4.95]) }).kind).toBe('no_change')
    expect(judge({ trainLoss: line(5, 5.2), ...at([0, 40], [5, 9]) }).kind).toBe('worse')
  })

  test('as come apart where what it learns from is known less well than before, however its loss fell since', () => {
    const apart = [5.3, 5.4, 40, ...line(60, 30)]
    const found = judge({ trainLoss: apart, ...at([0, 20, 40], [5.2, 30, 45]) })
    expect(found).toMatchObject({ kind: 'diverged', first: 5.2, train: { first: 5.3 } })
    expect(judge({ trainLoss: apart, ...at([], []) }).kind).toBe('diverged')
    expect(judge({ trainLoss: line(5, 8), ...at([0, 40], [5, 9]) }).kind).toBe('diverged')
    expect(judge({ trainLoss: [...line(5, 1), Number.NaN], ...at([0, 40], [5, 2]) }).kind).toBe('lost')
    // What has learnt which words are frequent, and spoilt the rest, has learnt nothing by heart.
    expect(judge({ trainLoss: line(5.3, 4.7), ...at([0, 60], [4.5, 5.1]) }).kind).toBe('worse')
    // A bump that was got over is no such thing.
    expect(judge({ trainLoss: [5, 5, 20, 20, ...line(6, 1)], ...at([0, 40], [5, 2]) }).kind).toBe('better')
  })

  test('not by one measurement, of which the step is told', () => {
    expect(judge({ trainLoss: line(5, 4, 6), ...at([0], [5]) })).toMatchObject({
      kind: 'once',
      first: 5,
      steps: { first: 0, last: 0 },
    })
  })

  test('not at all where nothing was held out, or all of it is no number', () => {
    expect(judge({ trainLoss: line(5, 1), ...at([], []) }).kind).toBe('unknown')
    expect(judge({ trainLoss: [], ...at([0, 1], [Number.NaN, Number.NaN]) })).toMatchObject({
      kind: 'unknown',
      best: null,
      train: null,
    })
  })

  test('by its answers, of rows that were learnt and rows that were not', () => {
    expect(isAsTheDataSays(' The  Red\nbox', 'the red box')).toBe(true)
    expect(isAsTheDataSays('the red bo', 'the red box')).toBe(false)
    expect(
      tally([
        { reference: 'a', split: 'train', answer: 'A ' },
        { reference: 'b', split: 'train', answer: 'c' },
        { reference: 'd', split: 'validation', answer: 'e' },
        { reference: 'd', split: 'test', answer: 'd' },
        { answer: 'own question' },
      ]),
    ).toEqual({ learnt: { right: 1, of: 2 }, heldOut: { right: 1, of: 2 } })
  })
})

describe('of the best checkpoint and the newest', () => {
  const asked = (split: string, ...tuned: [step: number, text: string][]) => ({
    reference: 'a',
    split,
    tuned: tuned.map(([step, text]) => ({ step, text })),
  })
  const best = { step: 25, evalLoss: 2 }
  const worse = { step: 75, evalLoss: 3 }

  test('the best is offered where the loss rose and no more is answered', () => {
    expect(offered(best, worse, [])).toEqual({ which: 'best', why: 'rose' })
    const lost = [asked('validation', [25, 'a'], [75, 'b']), asked('train', [25, 'b'], [75, 'b'])]
    expect(offered(best, worse, lost)).toEqual({ which: 'best', why: 'rose' })
    const same = [asked('validation', [25, 'a'], [75, 'b']), asked('train', [25, 'b'], [75, 'a'])]
    expect(offered(best, worse, same)).toEqual({ which: 'best', why: 'rose' })
  })

  test('the newest is offered where it answers more: facts are learnt while that loss rises', () => {
    const learnt = [
      asked('train', [0, 'b'], [25, 'b'], [75, 'A ']),
      asked('validation', [25, 'b'], [75, 'c']),
    ]
    expect(offered(best, worse, learnt)).toEqual({ which: 'last', why: 'answers' })
    // What was answered after its step is not the checkpoint's.
    const later = [asked('train', [25, 'b'], [80, 'a'])]
    expect(offered(best, worse, later)).toEqual({ which: 'best', why: 'rose' })
  })

  test('the newest is offered where nothing worse was measured since', () => {
    expect(offered(best, { step: 30, evalLoss: 2 }, [])).toEqual({ which: 'last', why: 'near' })
    expect(offered(best, { step: 75, evalLoss: 2.03 }, [])).toEqual({ which: 'last', why: 'near' })
    expect(offered(best, { step: 75, evalLoss: null }, [])).toEqual({ which: 'last', why: 'near' })
  })

  test('the best by another figure is offered, where the settings name one', () => {
    const metric = 'eval_mean_token_accuracy'
    expect(offered(best, { step: 75, evalLoss: 0.1 }, [], metric)).toEqual({ which: 'best', why: 'metric' })
  })
})
