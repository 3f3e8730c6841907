import { describe, expect, test } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { parseMeta } from '../../src/trainer/checkpoint.ts'
import { evaluate } from '../../src/trainer/evaluate.ts'
import { bigramData } from './bigram-data.ts'
import { BigramEngine } from './bigram-engine.ts'
import { CONFIG, evals, failureOf, sit, steps } from './support.ts'

describe('training', () => {
  test('learns, and follows the schedule', async () => {
    const run = sit({ ...CONFIG, num_train_epochs: 20 })
    const done = await run.done
    // 13 rows by twos are 7 micro-batches, by twos again 4 steps an epoch.
    expect(done).toMatchObject({ type: 'done', step: 80, epoch: 20, reason: 'finished' })
    expect(steps(run.log).map((event) => event.step)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1))
    expect(steps(run.log)[0]!.learning_rate).toBe(0)
    expect(steps(run.log)[2]!.learning_rate).toBe(0.05)
    const losses = evals(run.log)
    expect(losses[0]).toMatchObject({ step: 0, epoch: 0 })
    expect(losses.at(-1)!.eval_loss < 0.5 * losses[0]!.eval_loss).toBe(true)
    expect(losses.at(-1)!.metrics.perplexity).toBeCloseTo(Math.exp(losses.at(-1)!.eval_loss), 12)
  })

  test('keeps two steps in flight and no more', async () => {
    const run = sit(CONFIG)
    await run.done
    expect(run.engine.mostInFlight).toBe(2)
  })

  test('keeps as many in flight as the engine says are worth it', async () => {
    const engine = Object.assign(new BigramEngine(), { stepsInFlight: 5 })
    const sitting = sit(
      { training: { ...CONFIG, max_steps: 30, save_steps: 100, eval_steps: 100 } },
      { engine },
    )
    await sitting.done
    expect(engine.mostInFlight).toBe(5)
  })

  test('says which kernels an engine left out, and what it found of memory', async () => {
    const engine = new BigramEngine()
    const about = engine.describe()
    const leftOut = { 'head.loss tiled': 'it did nothing' }
    engine.describe = () => ({ ...about, leftOut, crowded: { room: 2 ** 30, plan: 2 ** 29 } })
    const { events, done } = sit({ training: { ...CONFIG, max_steps: 1 } }, { engine })
    await done
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
    expect(notices).toEqual([
      expect.stringContaining('(head.loss tiled: it did nothing)'),
      expect.stringContaining('Beyond 1074 MB the graphics memory is full or slow. The run takes 537 MB'),
    ])
  })

  test('begins nothing ahead of a step that takes long, nor of the first', async () => {
    const run = sit(CONFIG, {
      now: (() => {
        let clock = 0
        return () => (clock += 1500)
      })(),
    })
    await run.done
    expect(run.engine.mostInFlight).toBe(1)
    const first: number[] = []
    const quick = sit(CONFIG, {
      emit: (event) => event.type === 'step' && first.push(quick.engine.submitted),
    })
    await quick.done
    expect(first[0]).toBe(1)
  })

  test('visits every micro-batch of each epoch once, in order', async () => {
    const run = sit(CONFIG)
    await run.done
    const expected = [0, 1, 2].flatMap((epoch) => Array.from({ length: 7 }, (_, index) => [epoch, index]))
    expect(run.data.asked).toEqual(expected)
  })

  test('counts epochs as Transformers does, with a last smaller step', async () => {
    const run = sit(CONFIG)
    await run.done
    expect(
      steps(run.log)
        .slice(0, 4)
        .map((event) => event.epoch),
    ).toEqual([2 / 7, 4 / 7, 6 / 7, 1])
  })

  test('a run with accumulation equals one with batches as large', async () => {
    // Dropout is keyed by micro-batch, so it is off here; what is left differs only in the order of f32 sums.
    const engine = () => new BigramEngine({ dropout: 0 })
    const one = sit({ ...CONFIG, max_steps: 3 }, { engine: engine() })
    const whole = bigramData({ perBatch: 4 })
    const two = sit(
      { ...CONFIG, max_steps: 3, gradient_accumulation_steps: 1 },
      { engine: engine(), data: whole },
    )
    await Promise.all([one.done, two.done])
    for (const [i, event] of steps(one.log).entries()) {
      const error = Math.abs(event.loss - steps(two.log)[i]!.loss)
      expect(error <= 1e-6, `step ${i + 1}: ${error}`).toBe(true)
    }
  })

  test('counts tokens and tells speed', async () => {
    const run = sit({ ...CONFIG, max_steps: 4 })
    await run.done
    const data = bigramData()
    const all = Array.from({ length: 7 }, (_, i) => data.batch(0, i).tokens.length).reduce((a, b) => a + b)
    expect(steps(run.log).at(-1)!.tokens).toBe(all)
    expect(steps(run.log).every((event) => event.tokens_per_second > 0)).toBe(true)
  })
})

describe('evaluation', () => {
  test('weighs batches by their tokens', async () => {
    const engine = new BigramEngine()
    const data = bigramData()
    const batches = [...data.validation()]
    const whole = await evaluate(engine, batches, 'on')
    const parts = await Promise.all(batches.map((batch) => evaluate(engine, [batch], 'on')))
    const counts = batches.map((batch) => batch.supervisedRows.length)
    expect(counts[0]).not.toBe(counts[1])
    const mean =
      parts.reduce((sum, part, i) => sum + part!.eval_loss * counts[i]!, 0) / counts.reduce((a, b) => a + b)
    expect(Math.abs(whole!.eval_loss - mean) <= 1e-12).toBe(true)
    expect(whole!.metrics.tokens).toBe(counts.reduce((a, b) => a + b))
  })

  test('runs at step 0, at each epoch end and at the end', async () => {
    const run = sit({ ...CONFIG, num_train_epochs: 2.5 })
    await run.done
    expect(evals(run.log).map((event) => event.step)).toEqual([0, 4, 8, 10])
  })

  test('runs every eval_steps, and at the end', async () => {
    const run = sit({ ...CONFIG, eval_steps: 5 })
    await run.done
    expect(evals(run.log).map((event) => event.step)).toEqual([0, 5, 10, 12])
  })

  test('is left out without a validation split; samples are not', async () => {
    const data = bigramData()
    data.validation = () => []
    const asked: string[] = []
    const samples = {
      prompts: [{ prompt: 'p', reference: 'r' }],
      answer: async (adapter: 'on' | 'off') => {
        asked.push(adapter)
        return [{ text: `answer ${adapter}`, cut: adapter === 'off' }]
      },
    }
    const run = sit({ ...CONFIG, max_steps: 5 }, { data, samples })
    await run.done
    expect(evals(run.log)).toEqual([])
    expect(run.log.filter((event) => event.type === 'sample')).toEqual(
      [0, 4, 5].map((step) => ({
        type: 'sample',
        step,
        prompt: 'p',
        reference: 'r',
        base: 'answer off',
        tuned: step === 0 ? 'answer off' : 'answer on',
        base_cut: true,
        ...(step === 0 ? { tuned_cut: true } : {}),
      })),
    )
    // The base model does not change: it answers once; before the first step the tuned one is the same.
    expect(asked).toEqual(['off', 'on', 'on'])
  })

  test('asks the tuned model before the first step where it begins with a trained adapter', async () => {
    const asked: string[] = []
    const samples = {
      prompts: [{ prompt: 'p' }],
      adapted: true,
      answer: async (adapter: 'on' | 'off') => {
        asked.push(adapter)
        return [{ text: '' }]
      },
    }
    await sit({ ...CONFIG, max_steps: 1 }, { samples }).done
    expect(asked).toEqual(['off', 'on', 'on'])
  })

  test('tells of examples that lost their end where it begins, once', async () => {
    const cut = { examples: 3, of: 40, max_length: 16 }
    const run = sit({ ...CONFIG, max_steps: 2, save_steps: 1 }, { cut })
    await run.done
    const { checkpoint } = run.checkpoints[0]!
    const rest = sit({ ...CONFIG, max_steps: 2 }, { cut, resume: checkpoint, log: run.log })
    await rest.done
    const told = [...run.log, ...rest.events].filter((event) => event.type === 'notice')
    expect(told).toEqual([
      {
        type: 'notice',
        step: 0,
        message: expect.stringMatching(/^3 of 40 examples are cut at 16 tokens/),
        cut,
      },
    ])
  })

  test('tells how far it has come, to the end', async () => {
    const run = sit({ ...CONFIG, max_steps: 1 })
    await run.done
    const shares = run.events.flatMap((event) =>
      event.type === 'stage' && event.stage === 'evaluate' ? [event.progress] : [],
    )
    expect(shares).toEqual([0, expect.any(Number), 1, 0, expect.any(Number), 1])
  })

  test('tells how far a step is that takes long, and of a short one nothing', async () => {
    let clock = 0
    const engine = new BigramEngine()
    const step = engine.step.bind(engine)
    engine.step = (batches, scalars, signal, onProgress) => {
      for (const share of [0.2, 0.4, 0.8]) {
        if (scalars.step === 2) clock += 1500
        onProgress?.(share)
      }
      return step(batches, scalars, signal)
    }
    const run = sit({ ...CONFIG, max_steps: 4 }, { engine, now: () => clock })
    await run.done
    const told = run.events.flatMap((event) =>
      event.type === 'stage' && event.within ? [[event.stage, event.progress, event.within]] : [],
    )
    expect(told).toEqual([
      ['train', 1.4 / 4, { step: 2, share: 0.4 }],
      ['train', 1.8 / 4, { step: 2, share: 0.8 }],
    ])
  })

  test('a loss that is no number ends the run with its reason and its last good state', async () => {
    const engine = new BigramEngine()
    const score = engine.score.bind(engine)
    engine.score = async (...given) => {
      const scored = await score(...given)
      if (engine.stepsRun >= 8) scored.logProbability[0] = Number.NaN
      return scored
    }
    const run = sit({ ...CONFIG, eval_steps: 4 }, { engine })
    const failure = await failureOf(run.done)
    expect(failure.code).toBe('not_finite')
    expect(failure.detail).toEqual({ step: 8 })
    expect(evals(run.log).map(({ step }) => step)).toEqual([0, 4])
    // Up to the last good one, each can be read again.
    expect(run.checkpoints.map((c) => c.checkpoint.meta.step)).toEqual([4, 5])
    for (const { checkpoint } of run.checkpoints)
      expect(parseMeta(JSON.parse(JSON.stringify(checkpoint.meta))).best?.step).toBe(4)
  })
})

describe('checkpoints', () => {
  test('are written at save_steps, at improvements and at the end', async () => {
    const run = sit({ ...CONFIG, eval_steps: 4 })
    await run.done
    const events = run.log.filter((event) => event.type === 'checkpoint')
    expect(events.map((event) => [event.step, event.best ?? false])).toEqual([
      [4, true],
      [5, false],
      [8, true],
      [10, false],
      [12, true],
    ])
    expect(run.checkpoints.at(-1)!.checkpoint.meta.best!.step).toBe(12)
  })

  test('a stop ends after the steps in flight, with a checkpoint, once', async () => {
    let stop = false
    const run = sit(
      { ...CONFIG, save_steps: 1000, eval_steps: 1000 },
      {
        stopRequested: () => stop,
        emit: (event) => {
          if (event.type === 'step' && event.step === 3) stop = true
        },
      },
    )
    const done = await run.done
    expect(done.reason).toBe('stopped')
    expect(done.step <= 5).toBe(true)
    expect(run.checkpoints.map((c) => c.checkpoint.meta.step)).toEqual([done.step])
    expect(run.engine.stepsRun).toBe(done.step)
  })

  test('a stop before the first step keeps the state and evaluates no further', async () => {
    const run = sit(CONFIG, { stopRequested: () => true })
    expect(await run.done).toMatchObject({ reason: 'stopped', step: 0 })
    expect(evals(run.log).length).toBe(1)
    expect(run.checkpoints.length).toBe(1)
  })

  test('a stop right after a checkpoint does not write it again', async () => {
    const run: ReturnType<typeof sit> = sit(CONFIG, {
      stopRequested: () => run?.checkpoints.length > 0,
    })
    expect(await run.done).toMatchObject({ reason: 'stopped', step: 4 })
    expect(run.checkpoints.map((c) => c.checkpoint.meta.step)).toEqual([4])
  })

  test('an abort ends at once, without one', async () => {
    const control = new AbortController()
    const run = sit(CONFIG, {
      signal: control.signal,
      emit: (event) => {
        if (event.type === 'step' && event.step === 2) control.abort()
      },
    })
    await expect(run.done).rejects.toThrow(/abort/i)
    expect(run.checkpoints).toEqual([])
  })
})

describe('trouble', () => {
  test('a non-finite step is skipped and said', async () => {
    const engine = new BigramEngine()
    engine.overflows.add(3)
    const run = sit(CONFIG, { engine })
    await run.done
    expect(
      steps(run.log)
        .filter((event) => event.skipped)
        .map((event) => event.step),
    ).toEqual([3])
    const notice = run.log.find((event) => event.type === 'notice')
    expect(notice).toMatchObject({ step: 3 })
    expect(steps(run.log).length).toBe(12)
  })

  test('five in a row stop the run; four do not', async () => {
    const four = new BigramEngine()
    for (const step of [6, 7, 8, 9]) four.overflows.add(step)
    expect((await sit(CONFIG, { engine: four }).done).reason).toBe('finished')

    const five = new BigramEngine()
    for (const step of [6, 7, 8, 9, 10]) five.overflows.add(step)
    const run = sit({ ...CONFIG, eval_steps: 1000 }, { engine: five })
    const failure = await failureOf(run.done)
    expect(failure.code).toBe('not_finite')
    expect(failure.detail).toEqual({ step: 10 })
    expect(run.checkpoints.map((c) => c.checkpoint.meta.step)).toEqual([5])
  })

  test('a run of bad steps goes on counting across a resume', async () => {
    const engine = () => {
      const engine = new BigramEngine()
      for (const step of [6, 7, 8, 9, 10]) engine.overflows.add(step)
      return engine
    }
    const first = sit({ ...CONFIG, save_steps: 8, eval_steps: 1000 }, { engine: engine() })
    await failureOf(first.done)
    const resume = first.checkpoints.at(-1)!.checkpoint
    expect(resume.meta).toMatchObject({ step: 8, skipped_in_row: 3 })
    const second = sit(
      { ...CONFIG, save_steps: 8, eval_steps: 1000 },
      { engine: engine(), resume, log: first.log },
    )
    expect((await failureOf(second.done)).detail).toEqual({ step: 10 })
  })

  test('a lost device is told as it is, and leaves the last checkpoint', async () => {
    const engine = new BigramEngine()
    engine.lostAt = 7
    engine.lost = new LapidaryError({ code: 'device_lost', message: 'The GPU went away.', hint: 'Resume.' })
    const run = sit({ ...CONFIG, eval_steps: 1000 }, { engine })
    expect((await failureOf(run.done)).code).toBe('device_lost')
    expect(run.checkpoints.map((c) => c.checkpoint.meta.step)).toEqual([5])
    expect(steps(run.log).length).toBe(6)
  })
})
