import { expect, test } from 'vitest'
import type { RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import type { DeviceInfo, RunForecast, StartRequest, Studio } from '../../src/protocol/studio.ts'
import { recommend } from '../../src/runs/profiles.ts'
import { settingsFor } from '../../src/workers/headless-minutes.ts'

const PEBBLE = { practice: true, parameters: 1.5e6 }
const TIMING = { begin: 1, token: 1e-3, heldToken: 1e-3, answer: 0.1, save: 0.1 }

/** A studio that knows a speed or none, and the runs that it was asked for. */
function studioOf(speeds: DeviceInfo['speeds']) {
  const started: StartRequest[] = []
  const studio = {
    models: { device: async () => ({ engine: 'portable', speeds }) },
    data: {
      samples: async () => [{ id: 'pirate' }],
      openSample: async () => ({ id: 'sample-pirate', hash: 'h', columns: [], guess: {} }),
      prepare: async () => ({}),
    },
    runs: {
      async start(request: StartRequest, hear: (event: RunEvent) => void) {
        started.push(request)
        queueMicrotask(() => hear({ type: 'done' } as RunEvent))
        return 'run'
      },
    },
  }
  return { studio: studio as unknown as Studio, started }
}

/** A second a step of eight rows, three to begin. */
async function foretell(set: Partial<RunConfig>): Promise<RunForecast> {
  const { training } = parseRunConfig(set)
  const { max_steps: steps, eval_steps } = training
  const evaluations = 1 + Math.ceil(steps / (eval_steps ?? steps))
  const duration = {
    seconds: 3 + steps + evaluations,
    checks: evaluations,
    step: 1,
    from: 'pebble',
    scaled: false,
  }
  return { steps, evaluations, duration } as RunForecast
}

async function asked(speeds: DeviceInfo['speeds'], minutes: number, own: string[] = []) {
  const { studio, started } = studioOf(speeds)
  const { training, lora } = recommend(PEBBLE, 'quick')
  const config = parseRunConfig({ training: { ...training, learning_rate: 1e-4 }, lora })
  const notes: string[] = []
  const set = await settingsFor(studio, { minutes, model: PEBBLE, own }, config, {
    rows: 432,
    foretell,
    emit: (event) => event.type === 'stage' && notes.push(event.note ?? ''),
  })
  return { set, started, notes }
}

const KNOWN = [
  { engine: 'portable', model: 'Pebble', tokensPerSecond: 1000, parameters: 1.5e6, timing: TIMING },
] as DeviceInfo['speeds']

test('what a flag has set stays, and the rest takes the time that was given', async () => {
  const { set, notes } = await asked(KNOWN, 11, ['learning_rate'])
  const { duration } = await foretell(set)
  expect(duration!.seconds / 660).toBeGreaterThan(0.95)
  expect(duration!.seconds / 660).toBeLessThan(1.04)
  expect(set.training.learning_rate).toBe(1e-4)
  expect(set.lora.r).toBe(recommend(PEBBLE, 'thorough').lora.r)
  expect(notes.at(-1)).toMatch(/^11 minutes: thorough, \d+ steps, /)
})

test('where no speed is known the practice model is trained for a moment first, and else it is not', async () => {
  expect((await asked(KNOWN, 1)).started).toEqual([])
  const { started } = await asked([], 1)
  expect(started).toMatchObject([{ model: 'pebble', dataset: 'sample-pirate' }])
  expect(started[0]!.config.training.max_steps).toBeLessThan(20)
})
