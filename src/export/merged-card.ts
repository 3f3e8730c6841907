import type { RunEvent } from '../protocol/events.ts'
import { shareableConfig } from '../runs/shareable-config.ts'
import type { BaseModel } from './base.ts'
import { curves, results, settings } from './card-figures.ts'
import { cardRows } from './card-rows.ts'
import { checkedLine } from './checked.ts'
import { licenceOf } from './model-files.ts'
import type { BaseSource, ExportSource } from './source.ts'

/** A card of a merged model: front matter, what it is, and the lines that load it. */
export function mergedCard(
  {
    config,
    baseModel,
    step,
    meta,
    shown = [],
  }: Pick<ExportSource, 'config' | 'baseModel' | 'step' | 'meta' | 'shown'>,
  events: readonly RunEvent[],
  base: Pick<BaseModel, 'at' | 'kind'>,
  { practice }: Pick<BaseSource, 'practice'>,
  dtype: string,
  rounded: string,
  snippets: readonly string[],
): string {
  const shareable = shareableConfig(config, baseModel)
  const data = shareable.data.name || 'a data set of its own'
  const { seconds } = meta as { seconds?: number }
  return [
    '---',
    'library_name: transformers',
    'pipeline_tag: text-generation',
    `license: ${licenceOf({ practice })}`,
    // The Hub knows no other names.
    ...(base.kind === 'hub' ? [`base_model: ${JSON.stringify(base.at)}`] : []),
    'tags:',
    '- gemma',
    '- lapidary',
    '---',
    '',
    `# ${baseModel}, fine-tuned on ${data}`,
    '',
    `A whole model in ${dtype}: the LoRA adapter that was learnt in ${step} optimizer steps with Lapidary is part of the weights.`,
    ...(rounded === '' ? [] : [rounded]),
    ...(practice ? [] : ['Its use is subject to the Gemma Terms of Use: see NOTICE.']),
    '',
    '## Use',
    '',
    ...snippets,
    config.data.text === null && config.data.format === 'template'
      ? 'Prompts must go through its chat template; answers end at the end of a turn, which generation_config.json names.'
      : 'It was taught without the chat template: prompts must look as they did in training.',
    checkedLine('merged', base, baseModel),
    '',
    ...results(events, seconds),
    ...curves(events),
    ...cardRows(shown, 'A model'),
    ...settings(shareable),
  ].join('\n')
}
