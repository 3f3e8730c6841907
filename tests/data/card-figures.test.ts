import { expect, test } from 'vitest'
import { results } from '../../src/export/card-figures.ts'
import type { RunEvent } from '../../src/protocol/events.ts'

const evaluated = (step: number, eval_loss: number) =>
  ({ type: 'eval', step, eval_loss, metrics: { mean_token_accuracy: 0.5 } }) as unknown as RunEvent
const stepped = (step: number) => ({ type: 'step', step, loss: 1, tokens: step * 10 }) as unknown as RunEvent

test('a card says at which step its validation loss was measured, where that is not the last', () => {
  const [before, later] = [evaluated(0, 6.5), evaluated(2, 2)]
  const whole = results([before, stepped(1), stepped(2), later]).join('\n')
  expect(whole).toContain('| validation loss before | 6.5000 |\n| validation loss after | 2.0000 |')
  expect(whole).toContain('| validation token accuracy after | 50.0% |')
  const stopped = results([before, stepped(1), stepped(2), later, stepped(3)]).join('\n')
  expect(stopped).toContain('| validation loss before | 6.5000 |\n| validation loss at step 2 | 2.0000 |')
  expect(stopped).toContain('| validation token accuracy at step 2 | 50.0% |')
  // Measured before the first step alone, it says nothing of what was learnt.
  expect(results([before, stepped(1)]).join('\n')).not.toContain('validation')
})
