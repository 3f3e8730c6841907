import { describe, expect, test } from 'vitest'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import { parseRunConfig, type RunConfig, RunConfigSchema } from '../../src/protocol/run-config.ts'
import type { DatasetInfo, ModelInfo, RunInfo } from '../../src/protocol/studio.ts'
import { recommend } from '../../src/runs/profiles.ts'
import { problemsOf, readyConfig, unshown } from '../../src/ui/state/draft.ts'
import { findDataset, findModel, missingOf, readConfigFile } from '../../src/ui/state/open-config.ts'
import { readDraft } from '../../src/ui/state/stored-draft.ts'
import { leavesOf } from '../support/schema-leaves.ts'

const config = (input: object = {}) => parseRunConfig(input)
const training = (of: RunConfig, change: Partial<RunConfig['training']>): RunConfig => ({
  ...of,
  training: { ...of.training, ...change },
})

describe('the draft', () => {
  test('is ready as it is where nothing is wrong', () => {
    const whole = config({
      data: { prompt: 'q', response: 'a' },
      lora: { r: 4 },
      engine: { recompute: 'layer' },
    })
    expect(problemsOf(whole).size).toBe(0)
    expect(readyConfig(whole)).toEqual(whole)
  })

  test('with a wrong number is marked there, and not ready', () => {
    const wrong = training(config(), { learning_rate: Number.NaN, seed: -1, warmup_steps: 1.5 })
    expect([...problemsOf(wrong).keys()]).toEqual(['learning_rate', 'warmup_steps', 'seed'])
    expect(readyConfig(wrong)).toBeNull()
  })

  test('with a budget of memory that is none is marked there, and not ready', () => {
    const wrong = (memory_budget: number | null): RunConfig => ({
      ...config(),
      engine: { ...config().engine, memory_budget },
    })
    for (const bytes of [Number.NaN, 0, -1e9, 1e17]) {
      expect([...problemsOf(wrong(bytes)).keys()]).toEqual(['memory_budget'])
      expect(readyConfig(wrong(bytes))).toBeNull()
    }
    for (const bytes of [null, 1e6, 2.5e9]) expect(readyConfig(wrong(bytes))).toEqual(wrong(bytes))
  })

  test('of two lengths only the one in use must be right', () => {
    const bySteps = training(config({ max_steps: 5 }), { num_train_epochs: Number.NaN })
    expect(problemsOf(bySteps).size).toBe(0)
    expect(readyConfig(bySteps)!.training).toMatchObject({ max_steps: 5, num_train_epochs: 3 })
    expect([...problemsOf(training(config(), { num_train_epochs: Number.NaN })).keys()]).toEqual([
      'num_train_epochs',
    ])
  })

  test('leaves out what is half typed or of no use, unless it came from elsewhere as a whole', () => {
    const data = { messages: 'chat', labels: { a: 'b' }, split: { test_values: ['x'] } }
    const opened = config({ data })
    expect(readyConfig(opened)!.data).toMatchObject({ labels: null, split: { test_values: ['test'] } })
    expect(readyConfig(opened, true)).toEqual(opened)
  })

  test('names every field that no form shows', () => {
    expect(unshown(config())).toEqual([])
    const hidden = config({ engine: { default_limits: true }, data: { augment: { noise: { typos: 0.2 } } } })
    expect(unshown(hidden).map(([path]) => path)).toEqual(['engine.default_limits', 'data.augment.noise'])
  })
})

describe('a stored draft', () => {
  test('of the page before opens, as far as it holds', () => {
    const { training, lora } = recommend({ practice: true, parameters: 1e6 }, 'thorough')
    const old = {
      dataset: 'abc',
      mapping: { ...NO_MAPPING, prompt: 'q', response: 'a' },
      recipe: {
        format: 'kauldron',
        steps: [{ type: 'whitespace' }],
        split: { method: 'column', column: null },
      },
      share: 0.2,
      model: 'my-gemma',
      profile: 'thorough',
      settings: { training, lora },
      shown: 'run',
    }
    const { config, ...rest } = readDraft(old)
    expect(rest).toEqual({
      dataset: 'abc',
      profile: 'thorough',
      own: null,
      minutes: null,
      shown: 'run',
      opening: null,
    })
    expect(config).toMatchObject({ model: { id: 'my-gemma' }, training, lora })
    expect(config.data).toMatchObject({ prompt: 'q', format: 'kauldron', validation_share: 0.2 })
    // A split that lacks its column is none.
    expect(config.data.split.method).toBe('random')
    expect(config.data.steps).toHaveLength(1)
    // What does not hold any more costs only itself.
    const broken = readDraft({
      ...old,
      settings: { training: { learning_rate: null } },
      recipe: { steps: [{}] },
    })
    expect(broken.config.training).toEqual(parseRunConfig({}).training)
    expect(broken.config.data).toMatchObject({ prompt: 'q', validation_share: 0.2, steps: [] })
  })

  test('comes back as it was, every leaf of it', () => {
    for (const { path, changes } of leavesOf(RunConfigSchema))
      for (const { to } of changes) {
        const whole = parseRunConfig(to)
        const kept = JSON.parse(JSON.stringify({ config: whole, dataset: '', profile: 'own', shown: null }))
        expect(readDraft(kept).config, path).toEqual(whole)
      }
  })

  test('that is none at all is a fresh one', () => {
    expect(readDraft({})).toEqual({
      config: parseRunConfig({}),
      dataset: '',
      profile: 'own',
      own: null,
      minutes: null,
      shown: null,
      opening: null,
    })
  })

  test('knows what was set by hand, and what the rest follows', () => {
    const own = { touched: ['learning_rate', 'r'], basis: 'balanced' }
    expect(readDraft({ own: { ...own, touched: ['learning_rate', 7, 'r'] } }).own).toEqual(own)
    expect(readDraft({ own: { ...own, basis: 'hasty' } }).own).toBeNull()
    expect(readDraft({ own: { basis: 'quick' } }).own).toBeNull()
  })

  test('knows a config that waits for its file, as far as it still holds', () => {
    const config = parseRunConfig({ seed: 9, data: { name: 'boxes.csv' } })
    const opening = { config, name: 'run.json', said: ['data', 'colour'], awaiting: true }
    const kept = JSON.parse(JSON.stringify({ opening }))
    expect(readDraft(kept).opening).toEqual({ ...opening, said: ['data'] })
    expect(readDraft({ opening: { ...opening, config: { seed: -1 } } }).opening).toBeNull()
    expect(readDraft({ opening: { name: 'run.json' } }).opening).toBeNull()
    // What has no name of its own is called as the page's language has it by then.
    for (const said of ['link.name', 'open.pasted'])
      expect(readDraft({ opening: { ...opening, name: { said } } }).opening?.name).toEqual({ said })
    expect(readDraft({ opening: { ...opening, name: { said: 'hero.title' } } }).opening).toBeNull()
  })
})

describe('opening a config', () => {
  const dataset = (hash: string, name: string) => ({ id: hash, hash, name }) as DatasetInfo
  const model = (id: string, hash: string, name: string) => ({ id, hash, name }) as ModelInfo
  const stored = [dataset('h1', 'pets.csv'), dataset('h2', 'other.csv')]
  const models = [model('pebble', '', 'Pebble'), model('gemma', 'm1', 'Gemma')]
  const of = (data: object, more: object = {}) => config({ data, ...more })

  test('finds by hash before name, and a file by the end of its path', () => {
    expect(findDataset(stored, of({ hash: 'h2', name: 'pets.csv' }))?.id).toBe('h2')
    expect(findDataset(stored, of({ hash: 'gone', name: '/home/me/pets.csv' }))?.id).toBe('h1')
    expect(findDataset(stored, of({ hash: 'gone', name: 'gone.csv' }))).toBeNull()
    expect(findDataset(stored, of({}))).toBeNull()
    expect(findModel(models, config({ model: { id: 'x', hash: 'm1' } }))?.id).toBe('gemma')
    expect(findModel(models, config())?.id).toBe('pebble')
    expect(findModel(models, config({ model: { id: '/models/Gemma/' } }))?.id).toBe('gemma')
    // Other weights under its name are another model.
    expect(findModel(models, config({ model: { id: '/models/Gemma/', hash: 'm9' } }))).toBeNull()
    expect(findModel(models, config({ model: { id: 'none' } }))).toBeNull()
  })

  const missing = (wanted: RunConfig, change: Partial<Parameters<typeof missingOf>[1]> = {}) =>
    missingOf(wanted, {
      dataset: stored[0]!,
      models,
      stored,
      runs: [],
      start: wanted.start,
      ...change,
    }).map(({ text, place }) => [place, text])

  test('says what is missing, and nothing where all is here', () => {
    const wanted = of({ hash: 'h1', name: 'pets.csv' }, { model: { id: 'gemma', hash: 'm1' } })
    expect(missing(wanted)).toEqual([])
    expect(missing(wanted, { dataset: null, models: [models[0]!] })).toEqual([
      ['data', expect.stringContaining('pets.csv is not in this browser')],
      ['model', expect.stringContaining('gemma is not in this browser')],
    ])
    expect(missing(wanted, { dataset: stored[1]!, models: [model('gemma', 'm2', 'Gemma')] })).toEqual([
      ['data', expect.stringContaining('not pets.csv as it was')],
      ['model', expect.stringContaining('called Gemma here has other weights')],
    ])
    // By its name, where the bytes are not known; one that names none is of the data in view.
    const byName = of({ name: '/there/pets.csv' })
    expect(missing(byName)).toEqual([])
    expect(missing(byName, { dataset: stored[1]! })).toEqual([
      ['data', expect.stringContaining('not pets.csv as it was')],
    ])
    expect(missing(of({ prompt: 'q' }), { dataset: stored[1]! })).toEqual([])
    const written = of({ augment: { synthetic: { dataset: 'd', hash: 'h' } } })
    expect(missing(written)).toEqual([['data', expect.stringContaining('a model wrote')]])
    const begun = config({ start: { from: 'run', run: 'abc' } })
    expect(missing(begun)).toEqual([[undefined, expect.stringContaining('(abc) is not in this browser')]])
    expect(missing(begun, { runs: [{ id: 'abc' } as RunInfo] })).toEqual([])
    const withAdapter = config({ start: { from: 'adapter', name: 'there' } })
    expect(missing(withAdapter)[0]![1]).toContain('choose its files')
    expect(missing(withAdapter, { adapter: true })).toEqual([])
  })

  test('reads a file of either form, and refuses what is none', () => {
    const read = (bytes: Uint8Array | string) =>
      readConfigFile(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, 'run.json').config
    const text = '{"seed": 7}'
    expect(read(text).training.seed).toBe(7)
    // As Windows' programs save it.
    const wide = (big: boolean) =>
      Uint8Array.from(
        [0xfeff, ...Array.from(text, (c) => c.charCodeAt(0))].flatMap((unit) =>
          big ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8],
        ),
      )
    for (const bytes of [`\ufeff${text}`, wide(false), wide(true)]) expect(read(bytes).training.seed).toBe(7)
    const wrong: [string | Uint8Array, RegExp][] = [
      ['{', /run\.json is not JSON: it ends in the middle/],
      ['', /not JSON: there is nothing in it/],
      [`${text}\nno`, /not JSON: .*\(`no`\) does not belong there/],
      [`${text.slice(0, -1)}, "seed": 8}`, /says "seed" twice/],
      ['[1]', /holds no object/],
      ['null', /holds no object/],
      [Uint8Array.of(0x7b, 0xff, 0x7d), /is not UTF-8 text/],
      ['{"sed": 7}', /"sed"/],
      ['{"__proto__": {"a": 1}}', /__proto__/],
      [`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /"a"/],
    ]
    for (const [bytes, message] of wrong) expect(() => read(bytes)).toThrow(message)
  })
})
