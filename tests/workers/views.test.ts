import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { AnswerRequest, JudgedRow } from '../../src/protocol/studio.ts'
import type { Message } from '../../src/protocol/tokens.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { lossesIn } from '../../src/workers/evaluation-suspects.ts'
import { trainRooms } from '../../src/workers/train-room.ts'

vi.mock('../../src/workers/portable-host.ts', () => import('../../tools/pebble/portable-node.ts'))
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 })

const ROOT = join(import.meta.dirname, '..', '..')
const MOODS = ['happy', 'sad', 'angry', 'afraid']
const ROWS = 400
/** Every twentieth row says another mood than its sentence. */
const isPlanted = (row: number) => row % 20 === 7

/** The sample's first rows, some of them mislabelled; each its line as it stands in the file. */
function planted(): string {
  const [head, ...rows] = readFileSync(join(ROOT, 'public', 'datasets', 'mood.csv'), 'utf8')
    .trim()
    .split('\n')
  const wrong = rows.slice(0, ROWS).map((line, row) => {
    const at = line.lastIndexOf(',')
    const mood = line.slice(at + 1).trim()
    return isPlanted(row) ? `${line.slice(0, at)},${MOODS[(MOODS.indexOf(mood) + 1) % 4]}` : line
  })
  return [head, ...wrong].join('\n')
}

let server: RunningServer
let data: ReturnType<typeof dataRoom>
let train: ReturnType<typeof trainRooms>
let run: string
const events: RunEvent[] = []

/** A short run of Pebble as it is, on the processor. */
beforeAll(async () => {
  server = await serve({ root: join(ROOT, 'public') })
  ;[data, train] = [dataRoom(), trainRooms()]
  for (const room of [data, train]) room.open({ base: server.url })
  const dataset = await data.openFile(new File([planted()], 'moods.csv'))
  const config = parseRunConfig({
    learning_rate: 4e-3,
    lr_scheduler_type: 'cosine',
    num_train_epochs: 3,
    per_device_train_batch_size: 8,
    max_length: 64,
    save_steps: 40,
    lora: { r: 8, lora_alpha: 16, target_modules: 'all-linear' },
    engine: { kind: 'portable' },
    data: {
      prompt: 'sentence',
      response: 'mood',
      hash: dataset.hash,
      name: dataset.name,
      validation_share: 0.1,
      split: { test_share: 0.1 },
    },
  })
  const recipe = { dataset: dataset.id, model: 'pebble', config }
  await data.prepare(recipe)
  await new Promise<void>((resolve, reject) => {
    const heard = (event: RunEvent) => {
      if (event.type !== 'stage') events.push(event)
      if (event.type === 'done') resolve()
      if (event.type === 'error') reject(new Error(event.failure.message))
    }
    train.runs.start({ ...recipe, samplePrompts: [] }, heard).then((id) => {
      run = id
    }, reject)
  })
})
afterAll(() => server.close())

describe('rows that look mislabelled', () => {
  test('planted ones stand first, and no row for validation or test is named', async () => {
    const found = await train.evaluations.suspects(run)
    expect(found).toMatchObject({ by: 'answer', kind: 'labels', epochs: 3, firstLeftOut: true, known: 320 })
    const record = (await train.runs.list())[0]!
    const dataset = (await data.list())[0]!
    const { examples } = await data.examples({ dataset: dataset.id, config: record.config }, 'train', {
      offset: 0,
      count: ROWS,
    })
    const learnt = new Set(examples.map(({ row }) => row))
    expect(found.rows.every(({ row }) => learnt.has(row))).toBe(true)
    const wrong = [...learnt].filter(isPlanted).length
    expect(wrong).toBeGreaterThanOrEqual(6)
    const first = found.rows.slice(0, wrong).map(({ row }) => isPlanted(row))
    expect(first.filter(Boolean).length).toBeGreaterThanOrEqual(wrong - 1)
    // As the file counts its lines.
    for (const { row, number } of found.rows) expect(number).toBe(row + 1)
  })

  test('what the model answers to them differs from what the data says', async () => {
    const rows = (await train.evaluations.suspects(run)).rows.slice(0, 6).map(({ row }) => row)
    const held = await train.evaluations.heldAnswers({ run, checkpoint: 'last', rows })
    expect(held.map(({ row }) => row)).toEqual(rows)
    expect(held.filter(({ same }) => !same).length).toBeGreaterThanOrEqual(4)
    for (const { answer } of held) expect(MOODS).toContain(answer)
  })

  test('the log has each learnt row once a pass, and its losses are those of the steps', async () => {
    const told = lossesIn(events)
    expect(told.size).toBe(320)
    for (const passes of told.values()) expect(passes.map(({ pass }) => pass)).toEqual([1, 2, 3])
    let [nats, tokens] = [0, 0]
    for (const one of [...told.values()].flat()) {
      nats += one.nats
      tokens += one.tokens
    }
    // Two tokens of each answer or more: steps of a pass weigh the same but for what a row is longer.
    const steps = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []))
    const mean = steps.reduce((sum, loss) => sum + loss, 0) / steps.length
    expect(Math.abs(nats / tokens / mean - 1)).toBeLessThan(0.02)
    const size = events
      .filter(({ type }) => type === 'row_losses')
      .reduce((sum, event) => sum + JSON.stringify(event).length, 0)
    expect(size / (320 * 3)).toBeLessThan(16)
    // The page reads it when it is asked for alone.
    const history = await train.runs.history(run)
    expect(history.events.some(({ type }) => (type as string) === 'row_losses')).toBe(false)
    expect(history.count).toBe(events.length)
  })
})

describe('token by token', () => {
  test('a row adds up to what its evaluation says, before and after', async () => {
    const rows = { split: 'validation' } as const
    const judged = async (checkpoint: 'last' | null) => {
      const found: { row: number; logProbability: number }[] = []
      await train.evaluations.evaluate({ run, checkpoint, rows, limit: 3 }, (more) => found.push(...more))
      return found
    }
    const [tuned, base] = [await judged('last'), await judged(null)]
    for (const [i, { row, logProbability }] of tuned.entries()) {
      const view = await train.evaluations.tokens({ run, checkpoint: 'last', of: { rows, row } })
      const sum = (side: 'base' | 'tuned') =>
        view.tokens.reduce((all, token) => all + token[side].logProbability, 0)
      expect(sum('tuned')).toBeCloseTo(logProbability, 3)
      expect(sum('base')).toBeCloseTo(base[i]!.logProbability, 3)
      expect(view.tokens.map(({ text }) => text).join('')).toContain(view.answer)
      for (const { base, tuned } of view.tokens)
        for (const { logProbability, likeliest } of [base, tuned])
          if (logProbability > Math.log(0.5)) expect(likeliest).toBe(true)
    }
  })

  test('any answer to any question is the same as that of a row', async () => {
    const rows = { split: 'validation' } as const
    const [one] = (
      await data.examples(
        { dataset: (await data.list())[0]!.id, config: (await train.runs.list())[0]!.config },
        'validation',
        { offset: 0, count: 1 },
      )
    ).examples
    const view = await train.evaluations.tokens({ run, checkpoint: 'last', of: { rows, row: one!.row } })
    const typed = { question: view.question, answer: view.answer }
    const again = await train.evaluations.tokens({ run, checkpoint: 'last', of: typed })
    expect(again).toEqual(view)
    const other = await train.evaluations.tokens({
      run,
      checkpoint: 'last',
      of: { ...typed, answer: 'a boat' },
    })
    expect(other.tokens[0]!.tuned.logProbability).toBeLessThan(view.tokens[0]!.tuned.logProbability)
    await expect(
      train.evaluations.tokens({ run, checkpoint: 'last', of: { rows, row: 99_999 } }),
    ).rejects.toMatchObject({ code: 'missing_file' })
  })
})

test('an adapter is held against its base matrix by matrix, at any kept checkpoint', async () => {
  const last = await train.evaluations.layers(run, 'last')
  expect(last.modules).toHaveLength(7)
  expect(last.cells).toHaveLength(7 * last.layers)
  for (const { change, weight } of last.cells) {
    expect(change).toBeGreaterThan(0)
    expect(change).toBeLessThan(weight)
  }
  const [earlier] = await train.runs.checkpoints(run)
  expect(earlier!.step).toBeLessThan(last.step)
  const before = await train.evaluations.layers(run, earlier!.step)
  expect(before.step).toBe(earlier!.step)
  expect(before.cells.map(({ weight }) => weight)).toEqual(last.cells.map(({ weight }) => weight))
  expect(before.cells.map(({ change }) => change)).not.toEqual(last.cells.map(({ change }) => change))
})

describe('a question that was typed', () => {
  test('has its labels as likely as an evaluation finds them', async () => {
    const of = { run, checkpoint: 'last' as const, rows: { split: 'validation' as const }, limit: 3 }
    const judged: JudgedRow[] = []
    const { task } = await train.evaluations.evaluate(of, (rows) => judged.push(...rows))
    await train.evaluations.evaluate({ ...of, checkpoint: null }, (rows) => judged.push(...rows))
    const chances = (scores: readonly number[]) => {
      const whole = scores.reduce((sum, one) => sum + Math.exp(one), 0)
      return scores.map((one) => Math.exp(one) / whole)
    }
    for (const [i, { question }] of judged.slice(0, 3).entries()) {
      const { labels } = await train.evaluations.labels({
        ...{ run, checkpoint: 'last', question, labels: task.labels },
      })
      const [tuned, base] = [chances(judged[i]!.scores!), chances(judged[i + 3]!.scores!)]
      for (const [j, one] of labels.entries()) {
        expect(one.label).toBe(task.labels[j])
        expect(one.tuned).toBeCloseTo(tuned[j]!, 5)
        expect(one.base).toBeCloseTo(base[j]!, 5)
      }
    }
  })

  test('is answered by as much of the adapter as is wanted: none of it is the base model', async () => {
    const ask = async (more: Partial<AnswerRequest>) => {
      const options = { maxNewTokens: 8, temperature: 0, topK: 0, topP: 1, seed: 1 }
      const engine = { engine: 'portable' as const }
      const prompts = ['Jack sang a song in the town.', 'A wolf is at the door.']
      const asked = { model: 'pebble', run, checkpoint: 'last' as const, prompts, options, ...engine }
      return (await train.answers.answer({ ...asked, ...more }, () => {})).map(({ text }) => text)
    }
    const [base, tuned] = [await ask({ run: null }), await ask({})]
    expect(base).not.toEqual(tuned)
    expect(await ask({ strength: 0 })).toEqual(base)
    expect(await ask({ strength: 1 })).toEqual(tuned)
    expect(await ask({ before: [], strength: 1 })).toEqual(tuned)
    // What was said before is part of what is asked.
    const turns: Message[] = [
      { role: 'user', content: 'Tell me about the sea.' },
      { role: 'assistant', content: 'The sea is blue and it is full of fish.' },
    ]
    expect(await ask({ run: null, before: turns })).not.toEqual(base)
  })
})
