import { expect, test } from 'vitest'
import { toFailure } from '../../src/protocol/errors.ts'
import { identity } from '../../src/protocol/identity.ts'
import { parseRunConfig, type RunConfig, spelledOut } from '../../src/protocol/run-config.ts'
import { distinctions, sameRecipe } from '../../src/runs/compare.ts'

const told = (config: unknown): string => {
  try {
    parseRunConfig(config)
  } catch (error) {
    return toFailure(error).message
  }
  return ''
}

test('a field that stands flat and in its section is taken where both agree, else told with both values', () => {
  expect(told({ learning_rate: 1e-3, training: { learning_rate: 2e-4 } })).toBe(
    '"learning_rate" stands twice in the run config: 0.001 at the top, 0.0002 in "training".',
  )
  const { training } = parseRunConfig({
    learning_rate: 1e-3,
    training: { learning_rate: 1e-3, max_steps: 9 },
  })
  expect(training).toMatchObject({ learning_rate: 1e-3, max_steps: 9 })
  // What is no section cannot be merged with anything, and is not passed over.
  expect(told({ learning_rate: 1e-3, training: 5 })).toContain(
    '"training" of the run config: 5 is not an object',
  )
})

test.each([
  [{ start: { from: 'run' } }, 'Field "start.run" of the run config is missing.'],
  [{ start: {} }, 'Field "start.from" of the run config is missing.'],
  [{ start: 'run' }, 'Field "start" of the run config: "run" is not an object.'],
  [{ training: { learning_rate: 'a' } }, '"a" is not a number.'],
  [{ lora: { target_modules: ['q_proj', 'x'] } }, '"x" is not "q_proj", "k_proj", '],
  [{ lora: { target_modules: 'q_proj' } }, '"q_proj" is not "all-linear" or a list.'],
  [{ lora: { target_modules: [] } }, 'must name a module.'],
])('%j is told in words', (config, words) => {
  expect(told(config)).toContain(words)
})

test('modules written in another way are the same run', () => {
  const of = (target_modules: RunConfig['lora']['target_modules']) =>
    parseRunConfig({ lora: { target_modules }, data: { hash: 'd' }, model: { hash: 'm' } })
  const [unsaid, said, turned, all, listed] = [
    of(null),
    of(['q_proj', 'v_proj']),
    of(['v_proj', 'q_proj']),
    of('all-linear'),
    of(['down_proj', 'q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj']),
  ] as const
  for (const other of [said, turned]) expect(sameRecipe(unsaid, other)).toBe(true)
  expect(sameRecipe(all, listed)).toBe(true)
  expect(sameRecipe(unsaid, all)).toBe(false)
  expect(identity(spelledOut(turned))).toBe(identity(spelledOut(unsaid)))
  const runs = [unsaid, said].map((config, i) => ({ id: String(i), name: 'a run', config }))
  expect([...distinctions(runs).values()]).toEqual([[], []])
})
