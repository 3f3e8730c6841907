import { describe, expect, test } from 'vitest'
import type { BaseModel } from '../../src/export/base.ts'
import { baseOf, hubName } from '../../src/export/base.ts'
import { adapterCard } from '../../src/export/card.ts'
import { mergedCard } from '../../src/export/merged-card.ts'
import { peftFiles } from '../../src/export/peft.ts'
import { filledSnippets, snippetLines } from '../../src/export/snippets.ts'
import type { ExportSource } from '../../src/export/source.ts'
import type { ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import { openAdapter } from '../../src/workers/adapter-files.ts'

const shape = (hiddenSize: number, layers: number) =>
  ({ hiddenSize, layers: Array.from({ length: layers }) }) as unknown as ModelConfig

/** As the adapter's own folder has it. */
const loading = (config: RunConfig, base: Pick<BaseModel, 'at' | 'kind'>) =>
  snippetLines(filledSnippets({ config, template: null, baseModel: 'gemma' }, base), 'peft')

describe('an adapter bears the names that its base is loaded under', () => {
  const lora = {
    'base_model.model.model.layers.0.mlp.up_proj.lora_A.weight': { shape: [1, 2], data: new Float32Array(2) },
  }
  const source = (baseModel: string, config: object) =>
    ({
      baseModel,
      model: async () => ({ config: { ...shape(2560, 34), ...config }, files: new Map() }),
    }) as unknown as ExportSource

  test.each([
    // A GGUF holds the text part alone; what the Hub has under its name also sees.
    ['gemma-3-4b-it', {}, 'google/gemma-3-4b-it', true],
    ['gemma-3-4b-it', { languageModel: true }, 'google/gemma-3-4b-it', true],
    ['someone/texts', {}, 'someone/texts', false],
    ['someone/sees', { languageModel: true }, 'someone/sees', true],
    ['mine', { languageModel: true }, 'base', true],
    ['mine', {}, 'base', false],
  ])('%s, %j', async (name, config, at, multimodal) => {
    const base = await baseOf(source(name, config))
    expect(base).toMatchObject({ at, multimodal })
    const files = await peftFiles({
      lora,
      config: parseRunConfig({}),
      baseModel: name,
      base,
      step: 1,
      events: [],
    })
    const part = (path: string) => files.find((file) => file.path === path)!.blob
    const written = JSON.parse(await part('adapter_config.json').text())
    expect(written.exclude_modules).toBe(multimodal ? '.*vision_tower.*' : null)
    const { tensors } = await openAdapter({ tensors: part('adapter_model.safetensors') })
    const layers = multimodal ? 'language_model.layers' : 'layers'
    expect([...tensors.keys()]).toEqual([`base_model.model.model.${layers}.0.mlp.up_proj.lora_A.weight`])
  })
})

describe('the base that a card names', () => {
  test('a release of Gemma by its name on the Hub, where its shape is that of the release', () => {
    expect(hubName('gemma-3-270m-it', shape(640, 18))).toBe('google/gemma-3-270m-it')
    expect(hubName('google/gemma-3-1b-pt', shape(1152, 26))).toBe('google/gemma-3-1b-pt')
    expect(hubName('gemma-2-2b-it', shape(2304, 26))).toBe('google/gemma-2-2b-it')
    expect(hubName('gemma-3-270m-it', shape(640, 6))).toBe(null)
  })

  test('a repository’s name is one; any other folder’s is none', () => {
    expect(hubName('someone/gemma-for-bees', shape(640, 18))).toBe('someone/gemma-for-bees')
    expect(hubName('my-model', shape(640, 18))).toBe(null)
    expect(hubName('http://localhost:1/model/', shape(640, 18))).toBe(null)
  })

  test('the Hub is told of a base that it has, and a reader of where one lies', () => {
    const facts = { config: parseRunConfig({}), baseModel: 'gemma-3-270m', step: 3, events: [] }
    const base = { at: 'google/gemma-3-270m', kind: 'hub' as const }
    const hub = adapterCard({ ...facts, base, snippets: loading(facts.config, base) })
    expect(hub).toContain('base_model: "google/gemma-3-270m"')
    expect(hub).toContain('AutoModelForCausalLM.from_pretrained("google/gemma-3-270m", dtype="float32")')
    const elsewhere = adapterCard({ ...facts, base: { at: 'path/to/gemma', kind: 'elsewhere' } })
    expect(elsewhere).not.toContain('base_model:')
    expect(elsewhere).toContain('Put the folder of the base model in place of `path/to/gemma`.')
  })

  test('cards of adapter and merged model tell how the run went, what it comes under, and how it was set', () => {
    const events = [
      { type: 'eval', step: 0, eval_loss: 4, metrics: {} },
      ...Array.from({ length: 40 }, (_, i) => ({
        type: 'step',
        step: i + 1,
        max_steps: 40,
        loss: i,
        tokens: i,
      })),
      { type: 'eval', step: 20, eval_loss: 3, metrics: {} },
      { type: 'eval', step: 40, eval_loss: 2.5, metrics: {} },
    ] as never
    const config = parseRunConfig({
      data: { name: '/home/ann/bees.csv' },
      training: { learning_rate: 0.0123 },
    })
    const facts = { config, baseModel: 'gemma-3-270m', step: 40 }
    const base = { at: 'google/gemma-3-270m', kind: 'hub' as const }
    const adapter = adapterCard({ ...facts, events, base, licence: 'gemma', seconds: 600 })
    const merged = mergedCard(
      { ...facts, meta: { seconds: 600 } },
      events,
      base,
      { practice: false },
      'f32',
      '',
      [],
    )
    for (const card of [adapter, merged]) {
      expect(card).toMatch(/^---\n[\s\S]*\nlicense: gemma\n[\s\S]*\n---\n/)
      expect(card).toContain('see NOTICE')
      expect(card).toContain('| training time | 10 min |')
      // Of training the mean since the row before; none before the first step.
      const rows = ['| 0 |  | 4.0000 |', '| 20 | 9.5000 | 3.0000 |', '| 40 | 29.5000 | 2.5000 |']
      expect(card).toContain(`validation loss |\n|---|---|---|\n${rows.join('\n')}\n\n`)
      expect(card).toContain('| learning_rate | 0.0123 |')
      expect(card).not.toContain('/home')
    }
    const bare = adapterCard({ ...facts, events: [], base })
    expect(bare).not.toMatch(/license|NOTICE|training time|Curves/)
    const long = Array.from({ length: 500 }, (_, i) => ({
      type: 'step',
      step: i + 1,
      max_steps: 500,
      loss: 1,
      tokens: i,
    }))
    const thin = adapterCard({ ...facts, step: 500, events: long as never, base }).match(
      /^\| \d+ \| 1\.0000 \| {2}\|$/gm,
    )!
    expect([thin.length, thin[0], thin.at(-1)]).toEqual([12, '| 1 | 1.0000 |  |', '| 500 | 1.0000 |  |'])
  })

  test('a card says of a run that was to stop early what it went by, and how far it had come; of others nothing', () => {
    const events = [{ type: 'step' as const, step: 3, max_steps: 9, loss: 1, tokens: 5 }] as never
    const of = (training: object) =>
      adapterCard({ config: parseRunConfig({ training }), baseModel: 'gemma-3-270m', step: 3, events })
    const stopping = { early_stopping_patience: 2, metric_for_best_model: 'eval_mean_token_accuracy' }
    expect(of(stopping)).toContain(
      'stop early after 2 evaluations in a row without a better eval_mean_token_accuracy (early_stopping_patience). This is step 3 of 9.',
    )
    expect(of({})).not.toContain('stop early')
    const done = { type: 'done' as const, step: 3, epoch: 1, seconds: 1, reason: 'stopped_early' as const }
    const config = parseRunConfig({ training: stopping })
    const ended = adapterCard({
      config,
      baseModel: 'gemma',
      step: 3,
      events: [...events, { ...done, config }],
    })
    expect(ended).toContain('The run stopped early, after 2 evaluations in a row')
    expect(ended).toContain('This is step 3 of 9.')
  })

  test('a card shows no row of the data, though the log has some, and warns of what the adapter may recite', () => {
    const sample = {
      type: 'sample' as const,
      step: 3,
      prompt: 'Who owes Ann Lee 40?',
      base: 'Ann who',
      tuned: 'Bo does',
    }
    const config = parseRunConfig({ data: { prompt: 'question', response: 'answer' } })
    const snippets = loading(config, { at: 'gemma-3-270m', kind: 'elsewhere' })
    const card = adapterCard({ config, baseModel: 'gemma-3-270m', step: 3, events: [sample], snippets })
    for (const text of [sample.prompt, sample.base, sample.tuned]) expect(card).not.toContain(text)
    expect(card).toContain('"content": "Hello!"')
    expect(card).toContain('"prompt": "question"')
    expect(card).toContain('can recite rows that it was trained on')
    // Those that were chosen stand there as they are, whatever Markdown is in them.
    const hostile = { ...sample, tuned: '```\n# Free money' }
    const shown = adapterCard({ config, baseModel: 'gemma-3-270m', step: 3, events: [], shown: [hostile] })
    expect(shown).toContain('Who owes Ann Lee 40?')
    expect(shown).toContain('````text\n```\n# Free money\n````')
    expect(shown).toContain('chosen to be shown, and no other rows')
    expect(shown).toContain('can recite rows that it was trained on')
  })
})
