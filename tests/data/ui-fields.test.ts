import { describe, expect, it } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { PROFILES, recommend } from '../../src/runs/profiles.ts'
import { covering } from '../../src/ui/pages/Train/tips.ts'
import {
  bytesOf,
  checkNumber,
  checkWarmup,
  gigabytesOf,
  LORA_LIMITS,
  MEMORY_LIMITS,
  type NumberLimits,
  TRAINING_LIMITS,
} from '../../src/ui/state/fields.ts'

const accepts = (section: 'training' | 'lora', field: string, value: number) => {
  try {
    parseRunConfig({ [section]: { [field]: value } })
    return true
  } catch {
    return false
  }
}

/** Values at, just inside and just outside of each limit, and between. */
function probes({ min, max, whole, stops }: NumberLimits): number[] {
  const step = whole ? 1 : Math.max(Math.abs(max) * 1e-9, 1e-12)
  const around = [min, max].flatMap((limit) => [limit - step, limit, limit + step])
  return [
    ...around,
    ...(stops ?? []),
    (min + max) / 2 + 0.25,
    0,
    -1,
    0.5,
    1,
    7,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]
}

describe('limits shown to people are those of the schema', () => {
  for (const [section, limits] of [
    ['training', TRAINING_LIMITS],
    ['lora', LORA_LIMITS],
  ] as const)
    for (const [field, limit] of Object.entries(limits))
      it(`${section}.${field}`, () => {
        for (const value of probes(limit)) {
          // -1 means "by epochs" to the schema; the field of steps never holds it.
          if (field === 'max_steps' && value === -1) continue
          const problem = field === 'warmup_steps' ? checkWarmup(value) : checkNumber(value, limit)
          expect(problem === null, `${field} = ${value}`).toBe(accepts(section, field, value))
        }
      })

  it('engine.memory_budget, in gigabytes', () => {
    for (const gigabytes of [...probes({ ...MEMORY_LIMITS, stops: [] }), 2, 1e-3, 0.75]) {
      let accepted = true
      try {
        parseRunConfig({ engine: { memory_budget: bytesOf(gigabytes) } })
      } catch {
        accepted = false
      }
      expect(checkNumber(gigabytes, MEMORY_LIMITS) === null, `${gigabytes} GB`).toBe(accepted)
    }
    expect(gigabytesOf(bytesOf(0.931))).toBe(0.931)
  })

  it('sliders stay within the limits and ascend', () => {
    for (const limit of [...Object.values(TRAINING_LIMITS), ...Object.values(LORA_LIMITS)]) {
      for (const stop of limit.stops ?? []) expect(checkNumber(stop, limit)).toBeNull()
      expect([...(limit.stops ?? [])].sort((a, b) => a - b)).toEqual(limit.stops ?? [])
    }
  })
})

describe('profiles', () => {
  const models = [
    { practice: true, parameters: 1.1e6 },
    { practice: false, parameters: 268e6 },
    { practice: false, parameters: 1e9 },
  ]
  it('are valid runs, and get longer', () => {
    for (const model of models) {
      const lengths = PROFILES.map((profile) => {
        const { training, lora } = recommend(model, profile)
        expect(parseRunConfig({ training, lora }).training).toEqual(training)
        return training.max_steps > 0 ? training.max_steps / 1e6 : training.num_train_epochs
      })
      expect([...lengths].sort((a, b) => a - b)).toEqual(lengths)
    }
  })
  it('a practice model takes larger steps than a real one, and a smaller model larger than a larger', () => {
    // A step moves by about alpha times the rate, whatever the rank.
    const rates = models.map((model) => {
      const { training, lora } = recommend(model, 'balanced')
      return training.learning_rate * lora.lora_alpha
    })
    expect(rates[0]!).toBeGreaterThan(rates[1]!)
    expect(rates[1]!).toBeGreaterThan(rates[2]!)
  })
})

it('a limit that covers 99% of the examples is the end of the bin in which the last of them lies', () => {
  const histogram = { edges: [0, 64, 128, 256], counts: [90, 9, 1] }
  expect(covering(histogram, 200)).toBe(127)
  expect(covering({ edges: [0, 64, 128, 256], counts: [90, 8, 2] }, 200)).toBe(200)
  expect(covering({ edges: [0, 64], counts: [3] }, 12)).toBe(12)
})
