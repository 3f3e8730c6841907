import type { RunEvent } from '../protocol/events.ts'
import { type RunConfig, targetModules } from '../protocol/run-config.ts'

/** Fields of the training section that a reader asks for first; the whole config follows as JSON. */
const SHOWN = [
  'learning_rate',
  'lr_scheduler_type',
  'warmup_steps',
  'per_device_train_batch_size',
  'gradient_accumulation_steps',
  'max_length',
  'packing',
  'weight_decay',
  'max_grad_norm',
  'seed',
] as const

/** A model card for the Hugging Face Hub: front matter, what it is, how to load it, how it was made, what it reached. */
export function adapterCard(adapter: {
  config: RunConfig
  baseModel: string
  step: number
  events: readonly RunEvent[]
}): string {
  const { config, baseModel, step } = adapter
  const data = config.data.name.replace(/^.*[\\/]/, '') || 'a data set of its own'
  // Paths and addresses of the machine it was made on are nobody's business.
  const shareable: RunConfig = {
    ...config,
    model: { ...config.model, id: baseModel },
    data: { ...config.data, name: data },
  }
  const seen = adapter.events.filter((event) => !('step' in event) || (event.step ?? 0) <= step)
  return [
    '---',
    'library_name: peft',
    `base_model: ${JSON.stringify(baseModel)}`,
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
    '',
    '## Use',
    '',
    '```python',
    'from peft import PeftModel',
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    `base = AutoModelForCausalLM.from_pretrained(${JSON.stringify(baseModel)})`,
    `tokenizer = AutoTokenizer.from_pretrained(${JSON.stringify(baseModel)})`,
    'model = PeftModel.from_pretrained(base, "path/to/this/folder")',
    '```',
    '',
    'Prompts must go through the chat template of the base model; answers end with its end-of-turn token.',
    '',
    ...results(seen),
    ...samples(seen),
    '## Training',
    '',
    '| setting | value |',
    '|---|---|',
    ...SHOWN.map((name) => `| ${name} | ${config.training[name]} |`),
    '',
    'The whole run config:',
    '',
    '```json',
    JSON.stringify(shareable, null, 2),
    '```',
    '',
  ].join('\n')
}

function results(events: readonly RunEvent[]): string[] {
  const evaluations = events.filter((event) => event.type === 'eval')
  const steps = events.filter((event) => event.type === 'step' && !event.skipped)
  const first = evaluations[0]
  const last = evaluations.at(-1)
  const lastStep = steps.at(-1)
  const rows: string[] = []
  if (lastStep?.type === 'step') {
    rows.push(`| training loss at step ${lastStep.step} (nats a token) | ${lastStep.loss.toFixed(4)} |`)
    rows.push(`| tokens trained on | ${lastStep.tokens} |`)
  }
  if (first && last && first !== last) {
    rows.push(`| validation loss before | ${first.eval_loss.toFixed(4)} |`)
    rows.push(`| validation loss after | ${last.eval_loss.toFixed(4)} |`)
    const accuracy = last.metrics.mean_token_accuracy
    if (accuracy !== undefined)
      rows.push(`| validation token accuracy after | ${(accuracy * 100).toFixed(1)}% |`)
  }
  return rows.length === 0 ? [] : ['## Results', '', '| what | figure |', '|---|---|', ...rows, '']
}

/** The answers of the last evaluation, before and after. */
function samples(events: readonly RunEvent[]): string[] {
  const all = events.filter((event) => event.type === 'sample')
  const last = all.filter((event) => event.step === all.at(-1)?.step).slice(0, 3)
  if (last.length === 0) return []
  const cell = (text: string) =>
    text
      .replace(/\|/g, '\\|')
      .replace(/\s*\n\s*/g, ' ')
      .trim()
  return [
    '## Samples',
    '',
    '| prompt | base model | with this adapter |',
    '|---|---|---|',
    ...last.map(({ prompt, base, tuned }) => `| ${cell(prompt)} | ${cell(base)} | ${cell(tuned)} |`),
    '',
  ]
}
