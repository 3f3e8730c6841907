import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseFlags } from '../../cli/args.ts'
import { failureLine, report } from '../../cli/report.ts'
import { askedBefore } from '../../cli/train-before.ts'
import { trainJob } from '../../cli/train-job.ts'
import { exitCode, LapidaryError, toFailure } from '../../src/protocol/errors.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PIRATE = join(ROOT, 'public', 'datasets', 'pirate.csv')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-cli-'))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('empty.csv', '')
  write('unknown.json', '{"learning_rat": 1e-3}')
  write('twice.json', '{"seed": 1, "training": {"seed": 2}}')
  write('range.json', '{"training": {"adam_beta1": 2}}')
  write('later.json', '{"version": 99}')
  write('broken.json', '{"seed": ')
  mkdirSync(join(folder, 'there'))
  mkdirSync(join(folder, 'kept', 'checkpoint'), { recursive: true })
  for (const name of ['run.json', 'metrics.jsonl', 'checkpoint/checkpoint.json']) write(`kept/${name}`, '{}')
  mkdirSync(join(folder, 'cut'))
  for (const name of ['run.json', 'metrics.jsonl']) write(`cut/${name}`, '{}')
  mkdirSync(join(folder, 'model'))
  write('model/config.json', '{}')
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

/** The command as a person runs it. */
function lapidary(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'cli', 'bootstrap.mjs'), 'train', ...args], {
      cwd: ROOT,
    })
    const out = { stdout: '', stderr: '' }
    child.stdout.on('data', (data) => (out.stdout += data))
    child.stderr.on('data', (data) => (out.stderr += data))
    child.on('close', (status) => resolve({ status, ...out }))
  })
}

/** What must hold of any refusal: exit code 2, one line that begins with the code, and nothing left behind. */
function expectRefusal({ status, stdout, stderr }: Ended, code: string, words: string): void {
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toMatch(new RegExp(`^${code}: `))
  expect(stderr).toContain(words)
  expect([status, stdout]).toEqual([2, ''])
  expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual([])
}

describe('recommended settings', () => {
  const job = async (...args: string[]) =>
    (await trainJob(['--data', PIRATE, '--out', join(folder, 'out'), ...args]))!
  test('a profile sets them, flags win, and without one a low learning rate is pointed out', async () => {
    const quick = await job('--profile', 'quick', '--max-steps', '7')
    expect(quick.config.training).toMatchObject({ learning_rate: 6e-3, max_steps: 7 })
    expect(quick.config.lora.target_modules).toBe('all-linear')
    expect(quick.tip).toBeNull()
    expect(quick.followLength).toBe(true)
    expect((await job('--profile', 'quick', '--max-length', '64')).followLength).toBe(false)
    expect(quick.followWarmup).toBe(true)
    expect((await job('--profile', 'quick', '--warmup-steps', '4')).followWarmup).toBe(false)
    const plain = await job()
    expect(plain.followWarmup).toBe(false)
    expect(plain.followLength).toBe(false)
    expect(plain.tip).toContain('--profile')
    expect((await job('--learning-rate', '1e-3')).tip).toBeNull()
  })
  test("a real model's profile is as long as the data needs, where no length is given", async () => {
    const real = async (...args: string[]) => {
      const model = join(folder, 'real')
      mkdirSync(model, { recursive: true })
      const pebble = join(ROOT, 'public', 'models', 'pebble')
      for (const name of ['config.json', 'tokenizer.json', 'model.safetensors'])
        copyFileSync(join(pebble, name), join(model, name))
      return (await job('--model', model, ...args)).fit
    }
    expect(await real('--profile', 'thorough')).toBe('thorough')
    expect(await real('--profile', 'thorough', '--learning-rate', '1e-3')).toBe('thorough')
    expect(await real('--profile', 'thorough', '--max-steps', '7')).toBeNull()
    expect(await real('--profile', 'thorough', '--epochs', '1')).toBeNull()
    expect(await real()).toBeNull()
    expect((await job('--profile', 'thorough')).fit).toBeNull()
  })
  test("a time begins with a quick look, and knows which fields are a flag's own", async () => {
    const timed = await job('--minutes', '20', '--learning-rate', '1e-4', '--lora-r', '4')
    expect(timed.within).toMatchObject({ minutes: 20, model: { practice: true } })
    expect([...timed.within!.own].sort()).toEqual(['learning_rate', 'r'])
    expect([timed.fit, timed.followLength, timed.tip]).toEqual([null, true, null])
    expect(timed.config.training).toMatchObject({ learning_rate: 1e-4, max_steps: 150 })
    expect((await job()).within).toBeNull()
  })
  test('a time beside what else says the length, and one that is none, are refused', async () => {
    for (const beside of ['--profile quick', '--max-steps 7', '--epochs 2'])
      await expect(job('--minutes', '20', ...beside.split(' '))).rejects.toThrow(/does not go with/)
    await expect(job('--minutes', '20', '--config', join(folder, 'range.json'))).rejects.toThrow(/config/)
    for (const none of ['0', '-3', '1e9'])
      await expect(job('--minutes', none)).rejects.toThrow(/must be from/)
    await expect(job('--minutes', 'ten')).rejects.toThrow(/takes a number/)
  })
  test('an unknown profile, and one beside a file, are refused', async () => {
    await expect(job('--profile', 'swift')).rejects.toThrow(/no profile "swift"/)
    await expect(job('--profile', 'quick', '--config', join(folder, 'range.json'))).rejects.toThrow(
      /does not go with/,
    )
  })
})

describe('an adapter to begin with', () => {
  const adapter = () => join(folder, 'adapter')
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  beforeAll(() => {
    mkdirSync(adapter())
    write('adapter/adapter_model.safetensors', '')
    const config = { peft_type: 'LORA', r: 4, lora_alpha: 32, target_modules: ['o_proj'] }
    write('adapter/adapter_config.json', JSON.stringify(config))
    write('begins.json', JSON.stringify({ start: { from: 'run', run: 'abc', hash: 'f0' }, lora: { r: 4 } }))
  })
  const job = async (...args: string[]) =>
    (await trainJob(['--data', PIRATE, '--out', join(folder, 'out'), ...args]))!
  const refused = async (...args: string[]) => {
    try {
      await job(...args)
    } catch (error) {
      return toFailure(error)
    }
    throw new Error('not refused')
  }

  test('brings its LoRA settings along, and is named in the config', async () => {
    const { config, startFrom } = await job('--start-from', adapter(), '--lora-dropout', '0.1')
    expect(config.lora).toMatchObject({ r: 4, lora_alpha: 32, target_modules: ['o_proj'], lora_dropout: 0.1 })
    expect(config.start).toEqual({ from: 'adapter', name: adapter(), hash: null })
    expect(startFrom).toBe(adapter())
    expect((await job('--profile', 'quick', '--start-from', adapter())).config.lora.r).toBe(4)
    expect((await job()).config.start).toEqual({ from: 'nothing' })
  })
  test('given in the place of the run that a config begins with, it must be the same', async () => {
    const { config } = await job('--config', join(folder, 'begins.json'), '--start-from', adapter())
    expect(config.start).toEqual({ from: 'adapter', name: adapter(), hash: 'f0' })
    expect(config.lora).toMatchObject({ r: 4, lora_alpha: 8 })
  })
  test('that cannot be had is refused, not left out', async () => {
    const run = await refused('--config', join(folder, 'begins.json'))
    expect([run.code, run.hint]).toEqual(['missing_file', expect.stringContaining('--start-from')])
    expect((await refused('--start-from', join(folder, 'there'))).detail?.path).toContain(
      'adapter_config.json',
    )
    const resumed = await refused('--start-from', adapter(), '--resume', '--out', join(folder, 'kept'))
    expect(resumed.message).toContain('--resume')
  })
})

describe('bad input to npm run train', () => {
  const out = () => join(folder, 'out')
  const given = (...args: string[]) => ['--data', PIRATE, '--out', out(), ...args]
  const at = (name: string) => join(folder, name)

  const CASES: [string, () => string[], string, string][] = [
    ['an unknown flag', () => given('--lerning-rate', '1e-3'), 'bad_config', '--lerning-rate'],
    ['no data', () => ['--out', out()], 'bad_config', '--data'],
    ['no output folder', () => ['--data', PIRATE], 'bad_config', '--out'],
    ['a file that is not there', () => ['--data', at('x.csv'), '--out', out()], 'missing_file', 'x.csv'],
    ['an empty file', () => ['--data', at('empty.csv'), '--out', out()], 'bad_data', 'empty.csv'],
    ['an output folder with a run', () => given('--out', at('kept')), 'output_exists', '--resume'],
    ['an output folder in a file', () => given('--out', at('empty.csv/run')), 'bad_config', 'is a file'],
    ['an output folder without one', () => given('--out', at('there')), 'output_exists', 'new folder'],
    ['a resume where no run is', () => given('--out', at('there'), '--resume'), 'missing_file', 'new folder'],
    [
      'beginning again otherwise',
      () => given('--out', at('cut'), '--resume', '--seed', '9'),
      'bad_state',
      'other settings',
    ],
    [
      'going on with the base held otherwise',
      () => given('--out', at('cut'), '--resume', '--quantization', 'int4'),
      'bad_state',
      'quantization null, not int4',
    ],
    ['a base in 3 bits', () => given('--quantization', 'int3'), 'bad_config', 'model.quantization'],
    ['an unknown field', () => given('--config', at('unknown.json')), 'bad_config', 'learning_rat'],
    ['a field out of range', () => given('--config', at('range.json')), 'bad_config', 'adam_beta1'],
    ['a flag out of range', () => given('--learning-rate', '-1'), 'bad_config', 'learning_rate'],
    ['a budget that is no number', () => given('--memory-budget', 'plenty'), 'bad_config', 'memory_budget'],
    ['a budget of nothing', () => given('--memory-budget', '0'), 'bad_config', 'memory_budget'],
    ['a config of a later version', () => given('--config', at('later.json')), 'bad_config', '99'],
    ['a config that is not JSON', () => given('--config', at('broken.json')), 'bad_config', 'broken.json'],
    ['no such model', () => given('--model', at('nope')), 'missing_file', 'nope'],
    ['no such GGUF', () => given('--model', at('nope.gguf')), 'missing_file', 'There is no file'],
    ['a model without a tokenizer', () => given('--model', at('model')), 'missing_file', 'tokenizer.json'],
    ['an export of a later version', () => given('--export', 'floppy'), 'bad_config', 'gguf-q8_0'],
    ['no modules', () => given('--target-modules', ''), 'bad_config', 'Flag --target-modules has no value'],
    ['no export', () => given('--export', ' ,'), 'bad_config', 'Flag --export has no value'],
    ['a setting that stands twice', () => given('--config', at('twice.json')), 'bad_config', 'stands twice'],
    ['a row that is no number', () => given('--sample-row', '3,x'), 'bad_config', '--sample-row'],
    ['a resume of nothing', () => given('--resume'), 'missing_file', 'run.json'],
  ]

  test.each(CASES)('%s is told in one line', async (_, argv, code, words) => {
    let thrown: unknown
    try {
      await trainJob(argv())
    } catch (error) {
      thrown = error
    }
    const line = failureLine(toFailure(thrown))
    expect(line.startsWith(`${code}: `), line).toBe(true)
    expect(line).toContain(words)
    expect(line).not.toContain('\n')
    expect(exitCode(toFailure(thrown))).toBe(2)
  })

  // The same through the real command, for some: it starts a process each.
  test.each(CASES.filter((_, i) => i % 4 === 0))(
    '%s ends the command with 2',
    async (_, argv, code, words) => expectRefusal(await lapidary(...argv()), code, words),
    60_000,
  )

  test('--help explains and does nothing', async () => {
    const { status, stdout, stderr } = await lapidary('--help')
    expect([status, stderr]).toEqual([0, ''])
    for (const flag of ['--learning-rate', '--max-steps', '--resume', '--lora-r', '--json'])
      expect(stdout).toContain(flag)
    expect(existsSync(out())).toBe(false)
  }, 60_000)
})

test('the same modules by a flag are the run that goes on', async () => {
  const again = async (modules: string) =>
    (await trainJob([
      '--data',
      PIRATE,
      '--out',
      join(folder, 'cut'),
      '--resume',
      '--target-modules',
      modules,
    ]))!
  expect((await again('v_proj,q_proj')).config.lora.target_modules).toBeNull()
  await expect(again('q_proj')).rejects.toThrow(LapidaryError)
})

test('the same command with --resume goes on with the settings that a profile or a time has set', async () => {
  const again = async (...flags: string[]) =>
    (await trainJob(['--data', PIRATE, '--out', join(folder, 'kept'), '--resume', ...flags]))!
  for (const said of ['--profile thorough', '--minutes 20']) {
    const { config, tip, fit, within, followLength } = await again(...said.split(' '))
    expect(config).toEqual((await again()).config)
    expect([fit, within, followLength]).toEqual([null, null, false])
    expect(tip).toContain(`${said.split(' ')[0]} was heeded when the run began`)
  }
  expect((await again()).tip).toBeNull()
  await expect(again('--profile', 'swift')).rejects.toThrow(/no profile "swift"/)
})

test('what was not foreseen is told as to somebody at a command line', () => {
  const said: string[] = []
  const write = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => Boolean(said.push(String(text))))
  try {
    expect(report(new RangeError('Odd.'))).toBe(1)
  } finally {
    write.mockRestore()
  }
  expect(said.join('')).toMatch(/^internal: Odd\. .*Run the same command again/)
  expect(said.join('')).not.toContain('Reload the page')
})

test('questions of rows are named by number, and a run that goes on asks what it asked, with what the data say', async () => {
  const job = await trainJob([
    '--data',
    PIRATE,
    '--out',
    join(folder, 'new'),
    '--sample',
    'Hello!',
    '--sample-row',
    '3,17',
  ])
  expect([job!.samples, job!.sampleRows]).toEqual([[{ prompt: 'Hello!' }], [3, 17]])
  const plain = { type: 'sample', base: 'a', tuned: 'b' }
  const events = [
    { ...plain, step: 0, prompt: 'Who?', reference: 'Tom', split: 'validation' },
    { ...plain, step: 0, prompt: 'Hello!' },
    { ...plain, step: 4, prompt: 'Who?', reference: 'Tom', split: 'validation' },
  ]
  const log = join(folder, 'asked.jsonl')
  writeFileSync(log, `${events.map((event) => `${JSON.stringify(event)}\n`).join('')}{"type":"sample","pro`)
  expect(askedBefore(log)).toEqual([
    { prompt: 'Who?', reference: 'Tom', split: 'validation' },
    { prompt: 'Hello!' },
  ])
})

describe('flags', () => {
  test('are read in every form', () => {
    const spec = {
      name: 'text',
      n: 'number',
      on: 'switch',
      x: 'value',
      many: 'list',
      long_name: 'value',
    } as const
    expect(
      parseFlags(
        [
          '--name',
          'a b',
          '--n=1e-5',
          '--on',
          '--x',
          'true',
          '--many',
          'a,b',
          '--many',
          'c',
          '--long-name',
          '-1',
        ],
        spec,
      ),
    ).toEqual({ name: 'a b', n: 1e-5, on: true, x: true, many: ['a', 'b', 'c'], long_name: -1 })
    expect(parseFlags(['--x', '--no-on', '--long-name=null'], spec)).toEqual({
      x: true,
      on: false,
      long_name: null,
    })
  })

  test.each([[['--n', 'ten']], [['--name']], [['name']], [['--other', '1']], [['--n', '']]])(
    '%j is refused',
    (argv) => {
      expect(() => parseFlags(argv, { name: 'text', n: 'number' })).toThrow(LapidaryError)
    },
  )

  test('are laid over the config, by their own names and by short ones', async () => {
    const config = join(folder, 'flat.json')
    writeFileSync(config, JSON.stringify({ learning_rate: 1e-3, seed: 7, lora: { r: 4 } }))
    const job = (await trainJob(
      `--data ${PIRATE} --out ${join(folder, 'new')} --config ${config} --seed 9 --epochs 2 --batch-size 3 --packing --completion-only-loss false --eval-steps null --lora-alpha 32 --target-modules q_proj,o_proj --default-limits --prompt question --validation-share 0.5 --reading-text file --reading-sheet 2024 --engine portable`.split(
        ' ',
      ),
    ))!
    expect(job.config.training).toMatchObject({
      learning_rate: 1e-3,
      seed: 9,
      num_train_epochs: 2,
      per_device_train_batch_size: 3,
      packing: true,
      completion_only_loss: false,
      eval_steps: null,
    })
    expect(job.config.lora).toMatchObject({ r: 4, lora_alpha: 32, target_modules: ['q_proj', 'o_proj'] })
    expect(job.config.engine.default_limits).toBe(true)
    expect(job.config.engine.kind).toBe('portable')
    expect(job.config.data.validation_share).toBe(0.5)
    expect(job.config.data.reading).toMatchObject({ text: 'file', sheet: '2024' })
    expect(job.mapping).toMatchObject({ prompt: 'question', response: null })
    expect(job.model).toEqual({ name: 'pebble', path: null })
  })
})
