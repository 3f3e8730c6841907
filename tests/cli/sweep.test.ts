import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sweep } from '../../cli/sweep.ts'
import { type TrainJob, trainJob } from '../../cli/train-job.ts'
import { type Failure, LapidaryError } from '../../src/protocol/errors.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { planTrials } from '../../src/runs/sweep.ts'

const PIRATE = join(import.meta.dirname, '..', '..', 'public', 'datasets', 'pirate.csv')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-sweep-'))
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

const job = async (out: string, ...flags: string[]): Promise<TrainJob> =>
  (await trainJob(['--data', PIRATE, '--out', join(folder, out), '--max-steps', '4', ...flags]))!

const refusal = (...flags: string[]) =>
  job('out', ...flags).then(
    () => '',
    (error: unknown) => `${error}`,
  )

describe('flags of a queue', () => {
  test('are a grid, seeds, a curve, and by what it is ranked', async () => {
    const both = ['--sweep', 'learning_rate=1e-3,2e-3', '--sweep', 'lora_r=4,8', '--seeds', '1,2']
    expect((await job('out', ...both)).sweep).toEqual({
      kind: 'sweep',
      metric: null,
      fields: [
        { field: 'training.learning_rate', values: [0.001, 0.002] },
        { field: 'lora.r', values: [4, 8] },
      ],
      seeds: [1, 2],
    })
    expect((await job('out', '--learning-curve', '--rank-by', 'accuracy')).sweep).toMatchObject({
      kind: 'learning_curve',
      metric: 'accuracy',
    })
    expect((await job('out')).sweep).toBeNull()
  })

  test('that nothing comes of are refused by name, before anything is opened', async () => {
    expect(await refusal('--sweep', 'learning_rate=1e-3')).toContain('learning_rate has one value only')
    expect(await refusal('--sweep', 'num_train_epochs=1,2')).toContain(
      'num_train_epochs changes nothing here',
    )
    expect(await refusal('--seeds', '3')).toContain('One seed only')
    expect(await refusal('--rank-by', 'accuracy')).toContain('--rank-by goes with')
    expect(await refusal('--seeds', '1,2', '--rank-by', 'speed')).toContain('cannot be ranked by "speed"')
    expect(await refusal('--learning-curve', '--sweep', 'lora_r=4,8')).toContain('does not go with --sweep')
  })
})

/** What plans and runs, without a browser: losses by learning rate and seed. */
function doing(lossOf: (job: TrainJob) => number | Error) {
  const ran: string[] = []
  const planned = { count: 0 }
  return {
    ran,
    planned,
    async plan(of: TrainJob, wish: NonNullable<TrainJob['sweep']> & { name: string }) {
      planned.count++
      const config = parseRunConfig({ ...of.config, data: { ...of.config.data, hash: 'h' } })
      const trials = planTrials(config, wish).map(({ config: _, ...trial }) => ({ ...trial, seconds: null }))
      const base = { dataset: 'd', model: 'pebble', config, samplePrompts: [] }
      const { name, kind, metric } = { ...wish, metric: wish.metric ?? ('eval_loss' as const) }
      const rows = { train: 80, validation: 20 }
      const queue = { id: 'q', name, created: 1, kind, metric, base, trials, labels: ['a', 'b'], rows }
      return { queue, seconds: null, bytes: 0, refused: [] }
    },
    async run(of: TrainJob, on: { onJudged: (judged: { accuracy: number; rows: number }) => void }) {
      ran.push(`${of.out.split('/').at(-1)}${of.resume ? ' resumed' : ''}`)
      const loss = lossOf(of)
      mkdirSync(of.out, { recursive: true })
      writeFileSync(join(of.out, 'run.json'), JSON.stringify(of.config))
      if (loss instanceof Error) throw loss
      const events = [
        { type: 'eval', step: 0, epoch: 0, eval_loss: 9, metrics: { mean_token_accuracy: 0 } },
        { type: 'eval', step: 4, epoch: 1, eval_loss: loss, metrics: { mean_token_accuracy: 0.5 } },
        { type: 'done', step: 4, epoch: 1, seconds: 2, reason: 'finished', config: of.config },
      ]
      writeFileSync(
        join(of.out, 'metrics.jsonl'),
        events.map((event) => `${JSON.stringify(event)}\n`).join(''),
      )
      if (of.judge) on.onJudged({ accuracy: 1 / loss, rows: 20 })
    },
  }
}

const lossOf = ({ config }: TrainJob) => config.training.learning_rate * 1000 + config.training.seed
const FLAGS = ['--sweep', 'learning_rate=2e-3,1e-3', '--seeds', '1,2']

describe('a queue in a folder', () => {
  test('leaves a folder a run, and the ranks', async () => {
    const of = await job('grid', ...FLAGS)
    const how = doing(lossOf)
    await sweep(of, of.sweep!, how)
    expect(how.ran).toEqual([
      '1_learning_rate=0.002_seed=1',
      '2_learning_rate=0.002_seed=2',
      '3_learning_rate=0.001_seed=1',
      '4_learning_rate=0.001_seed=2',
    ])
    const out = join(folder, 'grid')
    expect(readdirSync(out).sort()).toEqual([...how.ran, 'queue.json', 'ranking.csv', 'ranking.json'].sort())
    const { ranked } = JSON.parse(readFileSync(join(out, 'ranking.json'), 'utf8'))
    expect(ranked.map(({ rank, mean }: { rank: number; mean: number }) => [rank, mean])).toEqual([
      [1, 2.5],
      [2, 3.5],
    ])
    const [head, first] = readFileSync(join(out, 'ranking.csv'), 'utf8').split('\r\n')
    expect(head).toBe(
      'rank,learning_rate,seed,state,run,best_step,eval_loss,eval_mean_token_accuracy,accuracy,metric,score,mean,spread,runs',
    )
    expect(first).toMatch(/^1,0\.001,1,done,3_learning_rate=0\.001_seed=1,4,2,0\.5,,eval_loss,2,2\.5,0\.7071/)
  })

  test('goes on with what is left, a run that fails told and the others done', async () => {
    const of = await job('again', ...FLAGS)
    const broken = new LapidaryError({ code: 'not_finite', message: 'It diverged.', hint: 'Lower it.' })
    const first = doing((each) => (each.out.includes('/2_') && !each.resume ? broken : lossOf(each)))
    await expect(sweep(of, of.sweep!, first)).rejects.toThrow('Of 4 runs 1 failed')
    expect(first.ran).toHaveLength(4)
    expect(existsSync(join(folder, 'again', 'ranking.json'))).toBe(true)
    const second = doing(lossOf)
    const more = await job('again', '--resume', ...FLAGS)
    await sweep(more, more.sweep!, second)
    expect(second.ran).toEqual(['2_learning_rate=0.002_seed=2 resumed'])
    expect(second.planned.count).toBe(0)
    const { ranked } = JSON.parse(readFileSync(join(folder, 'again', 'ranking.json'), 'utf8'))
    expect(ranked.map(({ count }: { count: number }) => count)).toEqual([2, 2])
  })

  test('stops where somebody stops it', async () => {
    const of = await job('stopped', ...FLAGS)
    const stop = new LapidaryError({ code: 'cancelled', message: 'Stopped at step 2.', hint: '' })
    const first = doing((each) => (each.out.includes('/2_') && !each.resume ? stop : lossOf(each)))
    await expect(sweep(of, of.sweep!, first)).rejects.toMatchObject({
      code: 'cancelled',
      hint: expect.stringContaining('Of 4 runs 3 are left'),
    })
    expect(first.ran).toHaveLength(2)
  })

  test('is not gone on with under other settings, nor begun where something lies', async () => {
    const of = await job('fixed', ...FLAGS)
    await sweep(of, of.sweep!, doing(lossOf))
    const other = await job('fixed', '--resume', '--weight-decay', '0.1', ...FLAGS)
    await expect(sweep(other, other.sweep!, doing(lossOf))).rejects.toMatchObject({ code: 'bad_state' })
    const less = await job('fixed', '--resume', '--seeds', '1,2')
    await expect(sweep(less, less.sweep!, doing(lossOf))).rejects.toMatchObject({ code: 'bad_state' })
    await expect(job('fixed', ...FLAGS)).rejects.toMatchObject({ code: 'output_exists' })
  })

  test('of which each run would be refused is not begun', async () => {
    const of = await job('refused', ...FLAGS)
    const how = doing(lossOf)
    const failure = {
      code: 'bad_config',
      message: 'The task cannot be "plain".',
      hint: 'Leave it out.',
    } as const
    const plan = async (...args: Parameters<typeof how.plan>) => {
      const planned = await how.plan(...args)
      return { ...planned, refused: planned.queue.trials.map(({ key }): [string, Failure] => [key, failure]) }
    }
    await expect(sweep(of, of.sweep!, { ...how, plan })).rejects.toMatchObject(failure)
    expect(how.ran).toEqual([])
    expect(existsSync(join(folder, 'refused'))).toBe(false)
  })

  test('judges labels where that is asked', async () => {
    const of = await job('judged', '--rank-by', 'accuracy', ...FLAGS)
    await sweep(of, of.sweep!, doing(lossOf))
    const { ranked } = JSON.parse(readFileSync(join(folder, 'judged', 'ranking.json'), 'utf8'))
    expect(ranked[0].set).toEqual([{ field: 'training.learning_rate', value: 0.001 }])
    expect(ranked[0].members[0].trial.judged.rows).toBe(20)
  })
})
