import type { RunEvent, SampleEvent } from '../protocol/events.ts'
import { type RunConfig, targetModules } from '../protocol/run-config.ts'
import { shareableConfig } from '../runs/shareable-config.ts'
import type { BaseModel } from './base.ts'
import { curves, type Licence, results, settings } from './card-figures.ts'
import { cardRows } from './card-rows.ts'
import { checkedLine } from './checked.ts'

/** What a card tells of. */
export interface CardFacts {
  config: RunConfig
  /** What the base model is called. */
  baseModel: string
  /** Where `from_pretrained` finds it; by default under its name. */
  base?: Pick<BaseModel, 'at' | 'kind'> & Partial<Pick<BaseModel, 'multimodal'>>
  step: number
  events: readonly RunEvent[]
  /** Lines that say how it is loaded. */
  snippets?: readonly string[]
  /** What the base comes under; by default that is not known. */
  licence?: Licence | undefined
  /** That it was trained for; by default that is not known. */
  seconds?: number | undefined
  /** Rows that a person chose to show. */
  shown?: readonly SampleEvent[]
}

/** A model card for the Hugging Face Hub: front matter, what it is, how to load it, how it was made, what it reached. */
export function adapterCard(adapter: CardFacts): string {
  const { config, baseModel, step } = adapter
  const base = adapter.base ?? { at: baseModel, kind: 'elsewhere' }
  const shareable = shareableConfig(config, baseModel)
  const data = shareable.data.name || 'a data set of its own'
  const seen = adapter.events.filter((event) => !('step' in event) || (event.step ?? 0) <= step)
  return [
    '---',
    'library_name: peft',
    // The Hub knows no other names.
    ...(base.kind === 'hub' ? [`base_model: ${JSON.stringify(base.at)}`] : []),
    ...(adapter.licence ? [`license: ${adapter.licence}`] : []),
    'tags:',
    '- lora',
    '- gemma',
    '- lapidary',
    '---',
    '',
    `# ${baseModel}, fine-tuned on ${data}`,
    '',
    `A LoRA adapter (r = ${config.lora.r}, alpha = ${config.lora.lora_alpha}, on ${targetModules(config.lora).join(', ')}),`,
    `trained for ${step} optimizer steps in the browser with Lapidary.`,
    ...early(config.training, step, seen),
    ...held(config.model.quantization),
    ...(adapter.licence === 'gemma' ? ['', 'Its use is subject to the Gemma Terms of Use: see NOTICE.'] : []),
    '',
    '## Use',
    '',
    ...use(adapter, base),
    ...results(seen, adapter.seconds),
    ...curves(seen),
    ...cardRows(adapter.shown ?? [], 'An adapter'),
    ...settings(shareable),
  ].join('\n')
}

/** Of a run that was to stop early: what it went by, and how far it had come. */
function early(training: RunConfig['training'], step: number, events: readonly RunEvent[]): string[] {
  const { early_stopping_patience: patience, metric_for_best_model: metric } = training
  if (patience == null) return []
  const last = events.findLast((event) => event.type === 'step')
  const of = last?.type === 'step' ? ` This is step ${step} of ${last.max_steps}.` : ''
  const waited = patience === 1 ? 'an evaluation' : `${patience} evaluations in a row`
  const ended = events.findLast((event) => event.type === 'done')
  if (ended?.type === 'done' && ended.reason === 'stopped_early')
    return [
      '',
      `The run stopped early, after ${waited} without a better ${metric} (early_stopping_patience).${of}`,
    ]
  return [
    '',
    `The run was to stop early after ${waited} without a better ${metric} (early_stopping_patience).${of}`,
  ]
}

/** A base that was held in fewer bits while the adapter learnt on it. */
function held(quantization: RunConfig['model']['quantization']): string[] {
  if (quantization === null) return []
  const grid =
    quantization === 'int8' ? "8 bits (int8, GGUF's Q8_0)" : "4 bits (int4, GGUF's Q4_0; embedding in 8)"
  return [
    '',
    `While it was trained the base model was held in ${grid}; on the base as it is stored it acts nearly the same.`,
  ]
}

/** Programs that run as they stand, in the folder of the card. */
function use(
  { config, baseModel, snippets = [] }: CardFacts,
  base: Pick<BaseModel, 'at' | 'kind'>,
): string[] {
  const { data } = config
  const where = {
    hub: `The base model comes from the Hugging Face Hub (${base.at}).`,
    beside: 'The base model is part of this download, in the folder `base`.',
    elsewhere: `Put the folder of the base model in place of \`${base.at}\`.`,
  }[base.kind]
  return [
    where,
    '',
    ...snippets,
    data.format === 'kauldron'
      ? 'It was taught in the format of `gm.data.Seq2SeqTask`; prompts must be put in that, too.'
      : data.text === null
        ? 'Prompts must go through the chat template of the base model; answers end with its end-of-turn token.'
        : 'It was taught plain text, which it continues; no chat template is put around it.',
    checkedLine('peft', base, baseModel),
    '',
  ]
}
