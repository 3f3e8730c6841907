import { describe, expect, test } from 'vitest'
import { type RunFileSource, runFileEntries } from '../../src/export/run-file.ts'
import { readRunFile } from '../../src/export/run-file-reader.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { blobFile, blobOf } from '../../src/protocol/exported.ts'
import { identity } from '../../src/protocol/identity.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { RUN_FILE_LIST, type RunFileEvaluation, type RunFileManifest } from '../../src/protocol/run-file.ts'
import type { ExportedFile } from '../../src/protocol/studio.ts'
import { zipOf } from '../support/zip.ts'

const HASH = 'ab'.repeat(32)
const NAME = 'mood.lapidary-run.zip'
const SECRET = 'Where is my grandmother?'

const step = (n: number): RunEvent => ({
  ...{ type: 'step', step: n, max_steps: 4, epoch: n / 4, loss: 3 - n / 10, mean_token_accuracy: 0.5 },
  ...{ learning_rate: 0.01, grad_norm: 1, tokens: 10 * n, tokens_per_second: 100 },
})
const sample = (n: number): RunEvent => ({ type: 'sample', step: n, prompt: SECRET, base: 'a', tuned: 'b' })
const saved = (n: number, best = false): RunEvent => ({ type: 'checkpoint', step: n, epoch: n / 4, best })

const config = parseRunConfig({
  data: { name: '/home/ada/letters/private.csv', prompt: 'q', response: 'a' },
  start: { from: 'adapter', name: '/home/ada/adapters/first', hash: null },
})
const done: RunEvent = { type: 'done', step: 4, epoch: 1, seconds: 9, reason: 'finished', config }
const EVENTS = [step(1), step(2), sample(2), saved(2, true), step(3), step(4), sample(4), saved(4), done]

const figures = {
  evaluation: {
    ...{ id: 'e1', run: 'r1', created: 1, model: { id: 'pebble', name: 'Pebble', hash: HASH }, step: 4 },
    ...{ data: { name: 'held.csv', hash: HASH, split: null, rows: 2 }, rowsKey: 'k', labelTokens: [2, 2] },
    task: { kind: 'labels', labels: ['cancer', 'healthy'], from: 'learnt' },
    notes: [{ kind: 'unseen_labels', count: 1, names: ['cancer'] }],
    ...{ maxNewTokens: null, total: 2, judged: 2, seconds: 1 },
  },
  ...{ base: null, choice: 'sum', count: 2, bootstrap: { resamples: 1000, seed: 1, level: 0.95 } },
  sides: [{ name: 'judged', right: 1, figures: [{ name: 'accuracy', value: 0.5, low: 0, high: 1 }] }],
} as RunFileEvaluation

function source(changed: Partial<RunFileSource> = {}): RunFileSource {
  const tensors = (n: number) => new Blob([new Uint8Array(5000).fill(n)])
  return {
    build: 'test',
    config,
    record: {
      ...{
        id: 'r1',
        name: 'Mood',
        note: 'mine',
        created: 5,
        status: 'done',
        step: 4,
        max_steps: 4,
        seconds: 9,
      },
      ...{
        last_loss: 2.6,
        eval_loss: null,
        engine: null,
        model: { id: 'pebble', name: 'Pebble', hash: HASH },
      },
      data: { name: config.data.name, hash: HASH, tokens_hash: HASH },
    },
    samplePrompts: [{ prompt: SECRET, split: 'train' }],
    events: EVENTS,
    checkpoints: [
      { meta: { step: 2, event_count: 4 }, tensors: tensors(2), last: false, best: true, offered: 'rose' },
      { meta: { step: 4, event_count: 8 }, tensors: tensors(4), last: true, best: false },
    ],
    adapter: [
      blobFile('adapter_config.json', new Blob(['{}'])),
      blobFile('chat_template.jinja', new Blob(['{{x}}'])),
    ],
    evaluations: [{ figures, rows: [] }],
    data: { rows: 7, files: async () => [blobFile('data/rows.jsonl', new Blob([SECRET]))] },
    ...changed,
  }
}

const everything = { checkpoints: 'all', rows: { samples: true, evaluations: true, data: true } } as const
const textOf = async (files: readonly ExportedFile[]) =>
  (await Promise.all(files.map(async (file) => (await blobOf(file)).text()))).join('\n')

describe('the file of a run', () => {
  test('comes back as it was, and is a ZIP whose list is first', async () => {
    const file = await zipOf(await runFileEntries(source(), everything))
    const read = await readRunFile(file, NAME)
    expect(read.events.slice(0, -1)).toEqual(EVENTS.slice(0, -1))
    expect(read.record).toMatchObject({ name: 'Mood', note: 'mine', template: true, status: 'done' })
    expect(read.record.sample_prompts).toEqual(source().samplePrompts)
    expect(read.record.checkpoints).toEqual([
      { step: 2, last: false, best: true, offered: 'rose' },
      { step: 4, last: true, best: false },
    ])
    expect(read.evaluations).toEqual([figures])
    expect(read.manifest).toMatchObject({ rows: 'chosen', left_out: {}, written_by: { build: 'test' } })
    expect(read.paths).toEqual([
      ...['run.json', 'record.json', 'metrics.jsonl', 'curves.csv', 'adapter/adapter_config.json'],
      ...['adapter/chat_template.jinja', 'checkpoints/step-2.json', 'checkpoints/step-2.safetensors'],
      ...[
        'checkpoints/step-4.json',
        'checkpoints/step-4.safetensors',
        'evaluations/e1.json',
        'data/rows.jsonl',
      ],
    ])
    expect(await read.bytes('checkpoints/step-2.safetensors')).toEqual(new Uint8Array(5000).fill(2))
    // What it is can be told from its first bytes, without a reader of ZIPs.
    expect(await file.slice(30, 30 + RUN_FILE_LIST.length).text()).toBe(RUN_FILE_LIST)
  })

  test('leaves out answers put right by hand, says how many, and is the same run to go on with', async () => {
    const given = source()
    const corrections = [{ row: 1, prompt: 'Who told the nurse?', system: null, response: 'nobody' }]
    const config = { ...given.config, data: { ...given.config.data, corrections } }
    const files = await runFileEntries({ ...given, config })
    expect(await textOf(files)).not.toContain('nurse')
    const read = await readRunFile(await zipOf(files), NAME)
    expect(read.manifest.left_out.corrections).toBe(1)
    expect(read.config.data.corrections).toEqual([])
    expect(identity(read.config)).toBe(identity(config))
  })

  test('holds no word of the rows unless they are chosen, and says what it left out', async () => {
    const files = await runFileEntries(source())
    const text = await textOf(files)
    for (const word of [SECRET, 'cancer', '/home/ada', 'letters']) expect(text).not.toContain(word)
    expect(text).toContain('private.csv')
    const read = await readRunFile(await zipOf(files), NAME)
    expect(read.manifest.rows).toBe('none')
    expect(read.manifest.left_out).toEqual({ samples: 2, questions: 1, data: 7, checkpoints: 1 })
    expect(read.manifest.holds).toEqual({ checkpoints: 1 })
    expect(read.evaluations[0]!.sides).toEqual(figures.sides)
    // The checkpoint counts the events that are there.
    const meta = JSON.parse(new TextDecoder().decode(await read.bytes('checkpoints/step-4.json')))
    expect(meta.event_count).toBe(6)
    expect(read.events[5]).toEqual(saved(4))
  })

  test.each([
    ['none', []],
    ['last', [4]],
    ['best', [2, 4]],
    ['all', [2, 4]],
  ] as const)('takes checkpoints along: %s', async (checkpoints, steps) => {
    const read = await readRunFile(await zipOf(await runFileEntries(source(), { checkpoints })), NAME)
    expect(read.record.checkpoints.map((one) => one.step)).toEqual(steps)
    expect(read.manifest.left_out.checkpoints ?? 0).toBe(2 - steps.length)
  })
})

describe('a file that is not what it was', () => {
  const entries = async () => runFileEntries(source(), everything)
  const refused = (file: Blob) =>
    readRunFile(file, NAME).then(
      () => expect.unreachable(),
      (error: unknown) => toFailure(error),
    )
  const listed = (change: (list: RunFileManifest) => object, files: readonly ExportedFile[]) =>
    Promise.all(
      files.map(async (file) => {
        if (file.path !== RUN_FILE_LIST) return file
        const list = JSON.parse(await (await blobOf(file)).text())
        return blobFile(file.path, new Blob([JSON.stringify(change(list))]))
      }),
    )
  const replaced = (path: string, blob: Blob, files: readonly ExportedFile[]) =>
    files.map((file) => (file.path === path ? blobFile(path, blob) : file))

  test('is refused where it was cut off, at any byte', async () => {
    const whole = await zipOf(await entries())
    for (const share of [0.1, 0.5, 0.9, 0.9999]) {
      const failure = await refused(whole.slice(0, Math.floor(whole.size * share)))
      expect(failure).toMatchObject({ code: 'bad_file' })
      expect(failure.message).toContain(NAME)
    }
  })

  test('is refused where a byte of any entry was altered', async () => {
    const whole = new Uint8Array(await (await zipOf(await entries())).arrayBuffer())
    for (const at of [700, 9000, whole.length - 3000]) {
      const altered = whole.slice()
      altered[at]! ^= 1
      expect(await refused(new Blob([altered]))).toMatchObject({ code: 'bad_file' })
    }
  })

  test.each([
    [
      'an entry of other bytes, rightly zipped',
      async () =>
        replaced('checkpoints/step-4.safetensors', new Blob([new Uint8Array(5000)]), await entries()),
      /checkpoints\/step-4\.safetensors" is not what was written, by its SHA-256/,
    ],
    [
      'an entry of another length',
      async () => replaced('metrics.jsonl', new Blob(['x']), await entries()),
      /"metrics\.jsonl" has 1 bytes, and \d+ when it was written/,
    ],
    [
      'a missing entry',
      async () => (await entries()).filter(({ path }) => path !== 'record.json'),
      /"record\.json", which its list names, is missing/,
    ],
    [
      'an entry more',
      async () => [...(await entries()), blobFile('extra.exe', new Blob(['x']))],
      /its list does not name "extra\.exe"/,
    ],
    [
      'an entry that leaves the folder',
      async () => [...(await entries()), blobFile('../../.bashrc', new Blob(['x']))],
      /"\.\.\/\.\.\/\.bashrc" would leave the folder/,
    ],
    [
      'a list that leaves the folder',
      async () =>
        listed(
          (list) => ({
            ...list,
            entries: [...list.entries, { path: '/etc/passwd', bytes: 0, sha256: HASH }],
          }),
          await entries(),
        ),
      /its list names "\/etc\/passwd", which would leave the folder/,
    ],
    [
      'a claim larger than the file',
      async () =>
        listed(
          (list) => ({ ...list, entries: list.entries.map((one) => ({ ...one, bytes: 2 ** 40 })) }),
          await entries(),
        ),
      /it claims to hold \d+ bytes and has \d+/,
    ],
    [
      'the same entry twice, in capitals',
      async () => [...(await entries()), blobFile('RUN.json', new Blob(['x']))],
      /"RUN\.json" is there twice/,
    ],
  ])('is refused by name: %s', async (_, files, message) => {
    const failure = await refused(await zipOf(await files()))
    expect(failure.code).toBe('bad_file')
    expect(failure.message).toMatch(message)
    expect(failure.message).toContain(NAME)
  })

  test('is refused where it is of a later version', async () => {
    const later = await listed((list) => ({ ...list, version: 2 }), await entries())
    expect(await refused(await zipOf(later))).toMatchObject({
      code: 'unsupported_format',
      message: `${NAME} is a run file of version 2; this Lapidary reads version 1.`,
    })
  })

  test('is refused where it is no run', async () => {
    for (const other of [
      new Blob(['hello']),
      new Blob([]),
      await zipOf([blobFile('rows.csv', new Blob(['a,b']))]),
      await zipOf([blobFile(RUN_FILE_LIST, new Blob(['{"format":"lapidary-pack","version":1}']))]),
    ])
      expect(await refused(other)).toMatchObject({
        code: 'unsupported_format',
        message: `${NAME} is not the file of a run.`,
      })
  })

  test('is refused where log and checkpoint are of two runs', async () => {
    const files = await runFileEntries(source({ events: EVENTS.slice(1) }), everything)
    expect((await refused(await zipOf(files))).message).toContain(
      'its log and its checkpoint of step 2 do not belong together',
    )
  })
})
