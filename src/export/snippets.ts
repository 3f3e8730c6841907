import { loraScaling, type RunConfig } from '../protocol/run-config.ts'
import type { ExportedFile, ExportTarget, Snippet } from '../protocol/studio.ts'
import { shareableConfig } from '../runs/shareable-config.ts'
import { type BaseModel, baseOf, placeBesides } from './base.ts'
import { CHECKED } from './card-rows.ts'
import { type Facts, filled } from './filled.ts'
import { textFile } from './model-files.ts'
import litert from './snippets/litert.sh?raw'
import llamaCpp from './snippets/llama-cpp.sh?raw'
import mlx from './snippets/mlx.py?raw'
import ollama from './snippets/ollama.sh?raw'
import torch from './snippets/torch.py?raw'
import transformers from './snippets/transformers.py?raw'
import vllm from './snippets/vllm.sh?raw'
import wllama from './snippets/wllama.html?raw'
import type { ExportSource } from './source.ts'

/** What they ask: no row of the data set. */
const PROMPT = 'Hello!'
/** Tokens of a text at the most; more takes memory that nobody asked for. */
const MOST_CONTEXT = 8192
/** Of adapters, as vLLM takes them (`--max-lora-rank`). */
const VLLM_RANKS = [8, 16, 32, 64, 128, 256]

const MERGED = ['merged', 'merged-f16', 'merged-f32']
const GGUF = ['gguf', 'gguf-f16', 'gguf-f32', 'gguf-q8_0', 'gguf-q4_0']

/** Whether a run was taught conversations in the chat template. */
export const taughtChat = ({ data }: RunConfig): boolean => data.text === null && data.format === 'template'

interface Kind {
  target: ExportTarget
  language: Snippet['language']
  template: string
  /** Formats it is for, and whether they hold an adapter alone. */
  of: [formats: string[], adapter: boolean][]
}

const KINDS: Kind[] = [
  {
    target: 'transformers',
    language: 'python',
    template: transformers,
    of: [
      [['peft'], true],
      [MERGED, false],
    ],
  },
  {
    target: 'server',
    language: 'shell',
    template: vllm,
    of: [
      [['peft'], true],
      [MERGED, false],
    ],
  },
  {
    target: 'llama.cpp',
    language: 'shell',
    template: llamaCpp,
    of: [
      [GGUF, false],
      [['gguf-lora'], true],
    ],
  },
  {
    target: 'ollama',
    language: 'shell',
    template: ollama,
    of: [
      [GGUF, false],
      [['gguf-lora'], true],
    ],
  },
  {
    target: 'torch',
    language: 'python',
    template: torch,
    of: [
      [['pt'], true],
      [['pt-merged'], false],
    ],
  },
  { target: 'phone', language: 'shell', template: litert, of: [[MERGED, false]] },
  { target: 'mlx', language: 'python', template: mlx, of: [[['mlx'], true]] },
  {
    target: 'web',
    language: 'html',
    template: wllama,
    of: [
      [GGUF, false],
      [['gguf-lora'], true],
    ],
  },
]

/** The lines that run an export, for each place that it can be taken to. They are files of `snippets/`, which the peers' checks run. */
export async function snippets(source: ExportSource): Promise<Snippet[]> {
  const base = await baseOf(source)
  const model = await source.model().catch(() => null)
  const stops = model ? await model.stops() : []
  return filledSnippets(source, base, stops, model?.config.maxPositions)
}

/** The same of what is known already. */
export function filledSnippets(
  { config, template, baseModel }: Pick<ExportSource, 'config' | 'template' | 'baseModel'>,
  base: Pick<BaseModel, 'at' | 'kind'>,
  stops: readonly number[] = [],
  positions = MOST_CONTEXT,
): Snippet[] {
  const facts: Facts = {
    base: base.at,
    base_besides: placeBesides(base, baseModel),
    folder: base.kind !== 'hub',
    beside: base.kind === 'beside',
    prompt: PROMPT,
    chat: taughtChat(config),
    template: template !== null,
    scaling: loraScaling(config.lora),
    rank: VLLM_RANKS.find((rank) => rank >= config.lora.r)!,
    context: Math.min(positions, MOST_CONTEXT),
  }
  return KINDS.flatMap(({ target, language, template, of }) =>
    of.map(([formats, adapter]): Snippet => {
      // A merged folder's own generation_config.json says where answers end.
      const untold = adapter || target === 'torch'
      const own = { ...facts, adapter, ...(untold && stops.length > 0 ? { stops } : {}) }
      return { target, formats, language, text: filled(template, language, own) }
    }),
  )
}

const PLACES: Partial<Record<ExportTarget, string>> = {
  transformers: 'Transformers',
  server: 'vLLM',
  'llama.cpp': 'llama.cpp',
  ollama: 'Ollama',
  mlx: 'mlx-lm',
  torch: 'PyTorch',
  phone: 'Phones, with LiteRT-LM',
  web: 'A page, with wllama',
}

/** Snippets of a format as lines of a README, a heading each. */
export function snippetLines(all: readonly Snippet[], format: string): string[] {
  return all
    .filter(({ formats }) => formats.includes(format))
    .flatMap(({ target, language, text }) => [
      `### ${PLACES[target]}`,
      '',
      `\`\`\`${language === 'shell' ? 'sh' : language}`,
      text.trimEnd(),
      '```',
      '',
    ])
}

/** A README of a format that has no card of its own: what it is, and the lines that run it. */
export async function snippetReadme(
  source: ExportSource,
  format: string,
  about: string,
): Promise<ExportedFile> {
  const { config, baseModel, step } = source
  const data = shareableConfig(config, baseModel).data.name || 'a data set of its own'
  const lines = [
    `# ${baseModel}, fine-tuned on ${data}`,
    '',
    `${about} It was trained for ${step} optimizer steps with Lapidary.`,
    '',
    '## Use',
    '',
    ...snippetLines(await snippets(source), format),
    CHECKED,
    '',
  ]
  return textFile('README.md', lines.join('\n'))
}
