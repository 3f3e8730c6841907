import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DoneEvent, RunEvent } from '../../src/protocol/events.ts'
import type { Proof } from '../../src/protocol/proof.ts'
import type { RunConfig } from '../../src/protocol/run-config.ts'
import { hubServer } from '../support/hub-server.ts'

/**
 * npm run train for real: built studio, Chromium, workers, engine. Starting one is slow, so there are few: a run of a
 * model folder, and one of the bundled model, the same bytes, that is interrupted and must give the same curve.
 */

const ROOT = join(import.meta.dirname, '..', '..')
const PEBBLE = join(ROOT, 'public', 'models', 'pebble')
let folder: string
let data: string
let model: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-train-'))
  data = join(folder, 'pets.csv')
  const rows = Array.from({ length: 20 }, (_, i) => `What is pet ${i} called?,It is called Pip ${i % 4}.`)
  model = join(folder, 'model')
  cpSync(PEBBLE, model, { recursive: true })
  writeFileSync(data, `question,answer\n${rows.join('\n')}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

const SETTINGS =
  '--max-steps 6 --learning-rate 1e-2 --batch-size 2 --max-length 64 --eval-steps 3 --save-steps 2 --target-modules all-linear'.split(
    ' ',
  )

interface Ended {
  status: number | null
  events: RunEvent[]
  stderr: string
}

/** Browsers among the descendants of a process. */
function browsersOf(parent: number): number[] {
  const children = readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const ppid = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1])
      return ppid === parent ? [Number(name)] : []
    } catch {
      // It has ended meanwhile.
      return []
    }
  })
  return children.flatMap((pid) => {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return command.includes('lapidary-profile-') ? [pid] : browsersOf(pid)
  })
}

function train(
  args: string[],
  onEvent?: (event: RunEvent, child: ChildProcess) => void,
  env: Record<string, string> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'cli', 'bootstrap.mjs'),
        'train',
        '--json',
        ...(args.includes('--engine') ? [] : ['--engine', 'webgpu']),
        ...args,
      ],
      { cwd: ROOT, env: { ...process.env, ...env } },
    )
    const events: RunEvent[] = []
    let [stderr, rest] = ['', '']
    child.stderr.on('data', (piece) => (stderr += piece))
    child.stdout.on('data', (piece) => {
      const lines = (rest + piece).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const event = JSON.parse(line) as RunEvent
        events.push(event)
        onEvent?.(event, child)
      }
    })
    child.on('error', reject)
    child.on('close', (status) =>
      resolve({
        status,
        events,
        stderr: stderr.replace(/^Building the studio \.\.\.\n(first load: .*\n)?/, ''),
      }),
    )
  })
}

const logOf = (out: string) =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent)

const figures = (events: RunEvent[]) =>
  events.flatMap((event): unknown[] => {
    if (event.type === 'step')
      return [[event.step, event.loss, event.grad_norm, event.tokens, event.learning_rate]]
    return event.type === 'eval' ? [[event.step, event.eval_loss]] : []
  })

describe('npm run train', () => {
  const whole = () => join(folder, 'whole')

  test('trains, tells events, and leaves what DESIGN says', async () => {
    const out = whole()
    let begun: RunConfig | null = null
    const asked = ['--model', model, '--data', data, '--out', out, ...SETTINGS, '--sample', 'Hello?']
    const { status, events, stderr } = await train(asked, (event) => {
      if (event.type === 'step') begun ??= JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'))
    })
    expect([status, stderr]).toEqual([0, ''])
    expect(readdirSync(out).sort()).toEqual(['adapter', 'checkpoint', 'metrics.jsonl', 'run.json'])
    expect(readdirSync(join(out, 'adapter')).sort()).toEqual([
      'NOTICE',
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
      'base',
      'chat_template.jinja',
      'check.py',
      'proof.json',
    ])
    const proof = JSON.parse(readFileSync(join(out, 'adapter', 'proof.json'), 'utf8')) as Proof
    expect(proof).toMatchObject({ step: 6, computed: { quantization: null } })
    expect(proof.prompts).toHaveLength(5)
    expect(readdirSync(join(out, 'adapter', 'base'))).toContain('model.safetensors')
    expect(readdirSync(join(out, 'checkpoint')).sort()).toEqual([
      'chat_template.jinja',
      'checkpoint.json',
      'proof.json',
      'step-6.safetensors',
    ])
    const log = logOf(out)
    expect(log).toEqual(events.filter(({ type }) => type !== 'stage'))
    expect(figures(log).length).toBe(9)
    const done = log.at(-1) as DoneEvent
    expect(done).toMatchObject({ type: 'done', step: 6, reason: 'finished' })
    const config = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'))
    expect(config).toEqual(done.config)
    // From the first on, not only once it is done: what begins again computes with the same kernels.
    expect(begun).toEqual(done.config)
    expect(Object.keys(begun!.engine.choices).length).toBeGreaterThan(0)
    expect(config).toMatchObject({
      model: { id: model },
      data: { name: data, prompt: 'question', response: 'answer' },
      training: { max_steps: 6 },
    })
    const losses = log.filter((event) => event.type === 'eval').map((event) => event.eval_loss)
    expect(losses.at(-1)! < losses[0]!).toBe(true)
  }, 900_000)

  test('interrupted by Ctrl+C and resumed gives the same curve and the same adapter', async () => {
    const out = join(folder, 'interrupted')
    let told = false
    // The numeric choices of the whole run are part of its config: measured again they might be others.
    const same = ['--config', join(whole(), 'run.json'), '--model', 'pebble']
    const first = await train(['--out', out, '--data', data, ...same], (event, child) => {
      if (event.type !== 'step' || event.step !== 3 || told) return
      told = true
      child.kill('SIGINT')
    })
    expect(first.status).toBe(1)
    expect(first.stderr).toMatch(/cancelled: Stopped at step \d/)
    const at = JSON.parse(readFileSync(join(out, 'checkpoint', 'checkpoint.json'), 'utf8')).step as number
    expect(at >= 3 && at < 6).toBe(true)
    const second = await train(['--resume', '--out', out])
    expect([second.status, second.stderr]).toEqual([0, ''])
    expect(figures(logOf(out))).toEqual(figures(logOf(whole())))
    const adapter = (from: string) => readFileSync(join(from, 'adapter', 'adapter_model.safetensors'))
    expect(adapter(out).equals(adapter(whole()))).toBe(true)
  }, 900_000)

  test('killed before its first checkpoint it begins again in its folder, the same bit for bit', async () => {
    const out = join(folder, 'killed')
    const same = ['--config', join(whole(), 'run.json'), '--model', 'pebble', '--out', out, '--data', data]
    let told = false
    const first = await train(same, (event, child) => {
      if (event.type !== 'step' || told) return
      told = true
      child.kill('SIGKILL')
    })
    expect([first.status, existsSync(join(out, 'checkpoint', 'checkpoint.json'))]).toEqual([null, false])
    const repeated = await train(same)
    expect([repeated.status, repeated.stderr.split(':')[0]]).toEqual([2, 'output_exists'])
    expect(repeated.stderr).toContain('--resume')
    const other = await train(['--resume', '--out', out, '--learning-rate', '0.5'])
    expect([other.status, other.stderr.split(':')[0]]).toEqual([2, 'bad_state'])
    const columns = await train(['--resume', '--out', out, '--prompt', 'answer', '--response', 'question'])
    expect([columns.status, columns.stderr.split('\n').at(-2)?.split(':')[0]]).toEqual([2, 'bad_state'])
    const second = await train(['--resume', '--out', out])
    expect([second.status, second.stderr]).toEqual([
      0,
      'No checkpoint had been written: the run begins again from the start.\n',
    ])
    expect(figures(logOf(out))).toEqual(figures(logOf(whole())))
    const adapter = (from: string) => readFileSync(join(from, 'adapter', 'adapter_model.safetensors'))
    expect(adapter(out).equals(adapter(whole()))).toBe(true)
  }, 900_000)

  test('ends with the truth when its browser dies, and leaves no profile behind; the run goes on', async () => {
    const out = join(folder, 'orphaned')
    const same = ['--config', join(whole(), 'run.json'), '--model', 'pebble', '--out', out, '--data', data]
    const profiles = join(folder, 'tmp')
    mkdirSync(profiles)
    let told = false
    const first = await train(
      same,
      (event, child) => {
        if (event.type !== 'step' || event.step !== 3 || told) return
        told = true
        for (const pid of browsersOf(child.pid!)) process.kill(pid, 'SIGKILL')
      },
      { TMPDIR: profiles },
    )
    expect([first.status, first.stderr.trim().split('\n')]).toEqual([
      1,
      [expect.stringMatching(/^internal: Chromium .*; the last checkpoint is of step 2\..*--resume/)],
    ])
    expect(readdirSync(profiles).filter((name) => name.startsWith('lapidary-profile-'))).toEqual([])
    const second = await train(['--resume', '--out', out])
    expect([second.status, second.stderr]).toEqual([0, ''])
    expect(figures(logOf(out))).toEqual(figures(logOf(whole())))
  }, 900_000)

  test('refuses a damaged checkpoint by name, and goes on from the one before it', async () => {
    const out = join(folder, 'damaged')
    const same = ['--config', join(whole(), 'run.json'), '--model', 'pebble', '--out', out, '--data', data]
    let told = false
    await train(same, (event, child) => {
      if (event.type !== 'step' || event.step !== 3 || told) return
      told = true
      child.kill('SIGINT')
    })
    const step = (name: string) =>
      JSON.parse(readFileSync(join(out, 'checkpoint', name), 'utf8')).step as number
    const [last, before] = [step('checkpoint.json'), step('previous.json')]
    expect([last < 6, before < last]).toEqual([true, true])
    const tensors = join(out, 'checkpoint', `step-${last}.safetensors`)
    const bytes = readFileSync(tensors)
    const flipped = Buffer.from(bytes)
    flipped[flipped.length - 3]! ^= 1
    const size = 8 + Number(bytes.readBigUInt64LE(0))
    const header = bytes.subarray(8, size).toString()
    const turned = Buffer.concat([
      bytes.subarray(0, 8),
      Buffer.from(header.replace(/"shape":\[(\d+),(\d+)\]/, '"shape":[$2,$1]')),
      bytes.subarray(size),
    ])
    for (const [damaged, words] of [
      [turned, 'it was saved with'],
      [flipped, 'has other bytes than were saved'],
    ] as const) {
      writeFileSync(tensors, damaged)
      const { status, stderr } = await train(['--resume', '--out', out])
      expect([status, stderr]).toEqual([2, expect.stringContaining(words)])
      expect(stderr).toMatch(/^bad_state: The checkpoint of step \d is damaged: its tensor "/)
      expect(stderr).toContain(
        `--resume --from previous: it goes on from the one before it, of step ${before}.`,
      )
    }
    const second = await train(['--resume', '--from', 'previous', '--out', out])
    expect([second.status, second.stderr]).toEqual([0, ''])
    expect(figures(logOf(out))).toEqual(figures(logOf(whole())))
    expect(readdirSync(join(out, 'checkpoint')).sort()).toEqual([
      'chat_template.jinja',
      'checkpoint.json',
      'proof.json',
      'step-6.safetensors',
    ])
  }, 900_000)

  test('begins with the adapter of a run before, and goes on without it', async () => {
    const out = join(folder, 'onwards')
    const adapter = join(folder, 'adapter')
    cpSync(join(whole(), 'adapter'), adapter, { recursive: true })
    const same = ['--config', join(whole(), 'run.json'), '--model', 'pebble', '--start-from', adapter]
    // Weights and data that are not the config's are told before the run begins, and those that are, not.
    const asked = JSON.parse(readFileSync(join(whole(), 'run.json'), 'utf8'))
    asked.model.hash = '0'.repeat(64)
    asked.data = { ...asked.data, name: 'elsewhere/other.csv', hash: null }
    writeFileSync(join(folder, 'other.json'), JSON.stringify(asked))
    const other = ['--config', join(folder, 'other.json'), '--model', 'pebble', '--start-from', adapter]
    const told = ({ events }: Ended) =>
      events.filter(
        (event) =>
          event.type === 'notice' &&
          /^The weights are not those|^This data is not other\.csv/.test(event.message),
      )
    const changed = await train(['--out', `${out}-2`, '--data', data, ...other, '--max-steps', '1'])
    expect([changed.status, told(changed).length]).toEqual([0, 2])
    const first = await train(['--out', out, '--data', data, ...same, '--max-steps', '1'])
    expect(told(first)).toEqual([])
    expect([first.status, first.stderr]).toEqual([0, ''])
    const losses = (from: string) =>
      logOf(from).flatMap((event) => (event.type === 'eval' ? [event.eval_loss] : []))
    expect(losses(out)[0]).toBe(losses(whole()).at(-1))
    const config = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'))
    expect(config.start).toEqual({
      from: 'adapter',
      name: adapter,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    rmSync(adapter, { recursive: true })
    const second = await train(['--resume', '--out', out])
    expect([second.status, second.stderr]).toEqual([0, ''])
  }, 900_000)

  test('does not resume with other settings', async () => {
    const before = readdirSync(whole(), { recursive: true })
    const { status, stderr } = await train(['--resume', '--out', whole(), '--learning-rate', '0.5'])
    expect([status, stderr.split(':')[0]]).toEqual([2, 'bad_state'])
    expect(readdirSync(whole(), { recursive: true })).toEqual(before)
  }, 300_000)

  const refused = async (args: string[], code: string, words: string) => {
    const out = join(folder, 'refused')
    const { status, stderr } = await train(['--out', out, ...SETTINGS, ...args])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr.startsWith(`${code}: `), stderr).toBe(true)
    expect(stderr).toContain(words)
    expect([status, existsSync(out)]).toEqual([2, false])
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([])
  }

  test('knows its model by its files: one that is only named alike is refused, and one that has moved is asked for', async () => {
    const changed = join(folder, 'changed')
    cpSync(PEBBLE, changed, { recursive: true })
    const weights = readFileSync(join(changed, 'model.safetensors'))
    weights[weights.length - 2]! ^= 1
    writeFileSync(join(changed, 'model.safetensors'), weights)
    const before = JSON.parse(readFileSync(join(whole(), 'run.json'), 'utf8')) as RunConfig
    expect(before.model.hash).toMatch(/^[0-9a-f]{64}$/)
    const named = (id: string) => JSON.stringify({ ...before, model: { ...before.model, id } })
    const config = join(folder, 'named.json')
    writeFileSync(config, named(changed))
    const asked = ['--data', data, '--config', config]
    await refused(asked, 'bad_model', 'are not those that the config was made with, by their hash')
    writeFileSync(config, named(join(folder, 'gone')))
    await refused(asked, 'missing_file', 'wherever they lie and whatever they are called by now')
    const copy = join(folder, 'copy')
    cpSync(whole(), copy, { recursive: true })
    writeFileSync(join(copy, 'run.json'), named(changed))
    const { status, stderr } = await train(['--resume', '--out', copy])
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^bad_model: The weights of .*changed are not those that this run/),
    ])
  }, 300_000)

  test('a profile allows as many tokens as the longest example has; a limit that is given stays, and is told to cut', async () => {
    const long = join(folder, 'long.csv')
    const rows = Array.from(
      { length: 12 },
      (_, i) => `Tell tale ${i}.,${'The cat sat on the mat. '.repeat(40)}Fin.`,
    )
    writeFileSync(long, `question,answer\n${rows.join('\n')}\n`)
    const own = [
      '--data',
      long,
      '--profile',
      'quick',
      '--max-steps',
      '2',
      '--sample',
      'Tell tale 3.',
      '--engine',
      'portable',
    ]
    const cutOf = (events: RunEvent[]) => events.filter((event) => event.type === 'notice' && event.cut)
    const [followed, given] = [join(folder, 'followed'), join(folder, 'given')]
    const first = await train([...own, '--out', followed])
    expect(first.status).toBe(0)
    const { training } = JSON.parse(readFileSync(join(followed, 'run.json'), 'utf8')) as RunConfig
    expect(training.max_length).toBeGreaterThan(128)
    const said = first.events.flatMap((event) => (event.type === 'stage' ? [event.note] : []))
    expect(said).toContainEqual(expect.stringMatching(/^max_length is \d+, not the profile's 128/))
    expect(cutOf(first.events)).toEqual([])
    const second = await train([...own, '--max-length', '128', '--out', given])
    expect(second.status).toBe(0)
    expect(cutOf(second.events)).toEqual([
      expect.objectContaining({ cut: { examples: 12, of: 12, max_length: 128 } }),
    ])
    expect(readFileSync(join(given, 'adapter', 'README.md'), 'utf8')).toContain('| 12 of 12 |')
  }, 900_000)

  test('leaves the best adapter beside the newest where rows it never saw were known better before, and says which is which', async () => {
    const out = join(folder, 'risen')
    const settings =
      '--max-steps 6 --learning-rate 0.05 --lr-scheduler-type constant --max-grad-norm 0 --batch-size 2 --max-length 64 --eval-steps 2 --save-steps 2 --target-modules all-linear --engine portable'
    const { status, events } = await train(['--data', data, '--out', out, ...settings.split(' ')])
    expect(status).toBe(0)
    expect(events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))).toContainEqual(
      expect.stringMatching(
        /^Rows that it never saw were known best at step 4 .*: adapter-best\/ is of step 4, adapter\/ of step 6\./,
      ),
    )
    const adapter = (name: string) => readFileSync(join(out, name, 'adapter_model.safetensors'))
    expect(adapter('adapter-best').equals(adapter('adapter'))).toBe(false)
    expect(readFileSync(join(out, 'adapter-best', 'README.md'), 'utf8')).toContain(
      'trained for 4 optimizer steps',
    )
  }, 300_000)

  test('takes a model by its name on a hub, and the next time without the hub: the same run', async () => {
    const files = readdirSync(PEBBLE).map(
      (name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))] as const,
    )
    const hub = await hubServer({ 'school/pebble': { files: new Map(files) } })
    const env = {
      HF_ENDPOINT: hub.endpoint,
      HF_HOME: join(folder, 'hf'),
      LAPIDARY_CACHE: join(folder, 'cache'),
    }
    const own =
      '--model school/pebble --max-steps 1 --learning-rate 1e-2 --batch-size 2 --max-length 64 --engine portable'.split(
        ' ',
      )
    const [there, away] = [join(folder, 'there'), join(folder, 'away')]
    const first = await train([...own, '--data', data, '--out', there], undefined, env)
    expect([first.status, first.stderr]).toEqual([0, ''])
    await hub.close()
    const second = await train([...own, '--data', data, '--out', away], undefined, env)
    expect([second.status, second.stderr]).toEqual([
      0,
      expect.stringMatching(/is taken as it was fetched on/),
    ])
    expect(figures(logOf(there)).length).toBeGreaterThan(0)
    expect(figures(logOf(away))).toEqual(figures(logOf(there)))
    const model = (out: string) => JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')).model
    expect(model(there).id).toMatch(/^http:.*\/school\/pebble\/tree\/c0ffee0+$/)
    expect(model(away)).toEqual(model(there))
  }, 300_000)

  test('refuses a missing column, and a limit that leaves nothing to learn', async () => {
    await refused(['--data', data, '--prompt', 'frage'], 'missing_column', 'frage')
    await refused(['--data', data, '--max-length', '3'], 'nothing_to_learn', '3')
  }, 300_000)

  test('says what data are where there is nothing to learn from', async () => {
    const pairs = join(folder, 'pairs.jsonl')
    const row = (i: number) => ({
      chosen: `Human: ${i}?\n\nAssistant: Yes.`,
      rejected: `Human: ${i}?\n\nAssistant: No.`,
    })
    writeFileSync(pairs, Array.from({ length: 12 }, (_, i) => `${JSON.stringify(row(i))}\n`).join(''))
    const { status, stderr, events } = await train([
      '--out',
      join(folder, 'refused'),
      ...SETTINGS,
      '--data',
      pairs,
    ])
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^missing_column: /)])
    expect(events).toContainEqual(expect.objectContaining({ type: 'finding', kind: 'preference_pairs' }))
  }, 300_000)

  test('refuses a model whose weights are cut off', async () => {
    truncateSync(join(model, 'model.safetensors'), 100_000)
    await refused(['--model', model, '--data', data], 'bad_file', 'model.safetensors')
  }, 300_000)
})
