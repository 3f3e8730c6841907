import { describe, expect, test } from 'vitest'
import { canonical, identity } from '../../src/protocol/identity.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import {
  type Checkpoint,
  fromTensors,
  parseMeta,
  requireBelongs,
  toTensors,
} from '../../src/trainer/checkpoint.ts'
import { BigramEngine } from './bigram-engine.ts'
import { CONFIG, curve, failureOf, HASHES, sit } from './support.ts'

/** As it comes back from disk: JSON and bytes, nothing shared. */
function reread({ meta, state }: Checkpoint): Checkpoint {
  return {
    meta: parseMeta(JSON.parse(JSON.stringify(meta))),
    state: fromTensors(structuredClone(toTensors(state))),
  }
}

describe('resume', () => {
  const samples = (engine: BigramEngine) => ({
    prompts: [{ prompt: 'p' }],
    answer: async (adapter: 'on' | 'off') => {
      const ids: number[] = []
      const options = { maxNewTokens: 6, temperature: 1, topK: 0, topP: 1, seed: 1, stopTokens: [], adapter }
      for await (const { token } of engine.generate([Uint32Array.of(1)], options)) ids.push(token)
      return [{ text: ids.join(' ') }]
    },
  })

  test('after a stop at any step gives the same bits', async () => {
    const config = { ...CONFIG, eval_steps: 3 }
    const engine = new BigramEngine()
    const whole = sit(config, { engine, samples: samples(engine) })
    await whole.done
    const expected = curve(whole.log)
    const adapter = whole.checkpoints.at(-1)!.checkpoint.state
    for (let at = 0; at < 12; at++) {
      const a = new BigramEngine()
      const first = sit(config, { engine: a, samples: samples(a), stopRequested: () => a.submitted >= at })
      expect(await first.done).toMatchObject({ reason: 'stopped', step: at })
      // A fresh engine with another initialisation: everything must come from the checkpoint.
      const b = new BigramEngine({ seed: 999 })
      const resume = reread(first.checkpoints.at(-1)!.checkpoint)
      const second = sit(config, { engine: b, resume, log: first.log, samples: samples(b) })
      await second.done
      expect(curve(second.log), `stopped at ${at}`).toEqual(expected)
      expect(second.checkpoints.at(-1)!.checkpoint.state).toEqual(adapter)
    }
  })

  test('says which of its recorded choices no longer exist, and goes on', async () => {
    const first = sit(CONFIG, { stopRequested: () => first.engine.submitted >= 2 })
    await first.done
    const { checkpoint } = first.checkpoints.at(-1)!
    const notices = async (choices: Record<string, string>) => {
      const resume = reread({ ...checkpoint, meta: { ...checkpoint.meta, choices } })
      const { log, done } = sit(CONFIG, { resume, log: first.log })
      expect(await done).toMatchObject({ reason: 'finished' })
      return log.flatMap((event) => (event.type === 'notice' ? [[event.step, event.message]] : []))
    }
    expect(await notices(checkpoint.meta.choices)).toEqual([])
    expect(await notices({})).toEqual([])
    expect(await notices({ matmul: 'removed' })).toEqual([
      [
        2,
        expect.stringMatching(
          /^Kernels .* are not here any more \(matmul: removed\)\. It goes on with others/,
        ),
      ],
    ])
    const many = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((key) => [key, 'x']))
    expect(await notices({ ...many, matmul: 'naive' })).toEqual([
      [2, expect.stringContaining('(a: x; b: x; c: x; and 2 more)')],
    ])
  })

  test('after a crash at any step gives the same bits', async () => {
    const config = { ...CONFIG, save_steps: 2 }
    const whole = sit(config)
    await whole.done
    for (let at = 1; at <= 12; at++) {
      const engine = new BigramEngine()
      engine.lostAt = at
      const first = sit(config, { engine })
      await expect(first.done).rejects.toThrow('lost')
      const saved = first.checkpoints.at(-1)
      const resume = saved ? reread(saved.checkpoint) : null
      const second = sit(config, { resume, log: first.log, engine: new BigramEngine() })
      await second.done
      expect(curve(second.log), `crashed at ${at}`).toEqual(curve(whole.log))
    }
  })

  test('of a finished run only says done', async () => {
    const whole = sit(CONFIG)
    await whole.done
    const resume = reread(whole.checkpoints.at(-1)!.checkpoint)
    const again = sit(CONFIG, { resume, log: whole.log })
    expect(await again.done).toMatchObject({ reason: 'finished', step: 12 })
    expect(again.engine.stepsRun).toBe(0)
    expect(curve(again.log)).toEqual(curve(whole.log))
  })

  test('adds up the time of all sittings', async () => {
    const first = sit(CONFIG, { stopRequested: () => first.events.some((event) => event.type === 'step') })
    const before = await first.done
    const resume = reread(first.checkpoints.at(-1)!.checkpoint)
    const after = await sit(CONFIG, { resume, log: first.log }).done
    expect(after.seconds > before.seconds).toBe(true)
  })
})

describe('a checkpoint', () => {
  const written = async () => {
    const run = sit({ ...CONFIG, max_steps: 2 })
    await run.done
    return run.checkpoints.at(-1)!.checkpoint
  }

  test("bears PEFT's names under lora, adam.m and adam.v", async () => {
    const names = [...toTensors((await written()).state).keys()]
    const own = ['base_model.model.bigram.lora_A.weight', 'base_model.model.bigram.lora_B.weight']
    expect(names).toEqual(
      ['lora', 'adam.m', 'adam.v'].flatMap((group) => own.map((name) => `${group}.${name}`)),
    )
  })

  test('with a missing moment, a wrong shape or a foreign tensor is refused', async () => {
    const name = 'base_model.model.bigram.lora_B.weight'
    const broken = async (change: (tensors: ReturnType<typeof toTensors>) => void) => {
      const tensors = toTensors((await written()).state)
      change(tensors)
      const failure = await failureOf((async () => fromTensors(tensors))())
      return [failure.code, failure.message]
    }
    expect(await broken((t) => t.delete(`adam.v.${name}`))).toEqual([
      'bad_state',
      `The checkpoint's optimizer state of "${name}" is missing.`,
    ])
    expect((await broken((t) => (t.get(`adam.m.${name}`)!.shape = [3, 11])))[1]).toMatch(
      /shape \[3,11\], not \[11,3\]/,
    )
    expect((await broken((t) => t.set('momentum', { shape: [1], data: new Float32Array(1) })))[1]).toMatch(
      /"momentum"/,
    )
    expect((await broken((t) => t.clear()))[0]).toBe('bad_state')
  })

  test('of another base, other data or other settings is refused, naming which', async () => {
    const { meta } = await written()
    requireBelongs(meta, HASHES)
    for (const [key, words] of [
      ['base', 'base model'],
      ['data', 'training data'],
      ['config', 'settings'],
    ] as const) {
      const failure = await failureOf((async () => requireBelongs(meta, { ...HASHES, [key]: 'other' }))())
      expect([failure.code, failure.detail?.field]).toEqual(['bad_state', key])
      expect(failure.message).toContain(words)
    }
  })

  test('with an unreadable description is refused, naming the field', async () => {
    const { meta } = await written()
    for (const field of ['step', 'position', 'hashes', 'event_count', 'seconds', 'skipped_in_row'] as const) {
      const failure = await failureOf((async () => parseMeta({ ...meta, [field]: 'x' }))())
      expect([failure.code, failure.detail?.field]).toEqual(['bad_state', field])
    }
    expect((await failureOf((async () => parseMeta({ ...meta, version: 2 }))())).message).toMatch(/version 2/)
    expect((await failureOf((async () => parseMeta(null))())).code).toBe('bad_state')
  })
})

describe('identity of a config', () => {
  test('does not hang on names, places or the order of fields', () => {
    const a = parseRunConfig({ model: { id: 'x' }, data: { name: 'a.csv', prompt: 'q' }, seed: 3 })
    const b = parseRunConfig({
      seed: 3,
      data: { prompt: 'q', name: '/b/a.csv' },
      engine: { recompute: 'layer' },
    })
    expect(identity(a)).toBe(identity(b))
  })

  test('hangs on whatever shapes the curve', () => {
    const base = identity(parseRunConfig({}))
    for (const change of [{ seed: 1 }, { lora: { r: 4 } }, { data: { prompt: 'q' } }, { max_length: 64 }])
      expect(identity(parseRunConfig(change))).not.toBe(base)
  })

  test('is written canonically', () => {
    expect(canonical({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}')
  })
})
