import { loraScaling, type RunConfig } from '../protocol/run-config.ts'
import type { ExportedFile, ExportTarget, Snippet } from '../protocol/studio.ts'
import { shareableConfig } from '../runs/shareable-config.ts'
import { type BaseModel, baseOf, placeBesides } from './base.ts'
import { baseGgufType } from './base-gguf.ts'
import { checkedLine } from './checked.ts'
import { type Facts, filled } from './filled.ts'
import { kerasConfig } from './keras-hub.ts'
import { textFile } from './model-files.ts'
import keras from './snippets/keras.py?raw'
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
  template: string | ((facts: Facts) => string)
  /** Formats it is for, whether they hold an adapter alone, and what their file is called. */
  of: [formats: string[], adapter: boolean, file?: string][]
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
      [['pt'], true, 'adapter.pt'],
      [['pt-merged'], false, 'model.pt'],
    ],
  },
  {
    target: 'keras',
    language: 'python',
    template: ({ adapter, kerashub }) => (kerashub && !adapter ? keras : torch),
    of: [
      [['h5'], true, 'adapter.h5'],
      [['h5-merged'], false, 'model.h5'],
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
  if (!model) return filledSnippets(source, base)
  return filledSnippets(source, base, await model.stops(), {
    positions: model.config.maxPositions,
    kerashub: kerasConfig(model.config) !== null,
    basegguf: (await baseGgufType(source, model)) !== null,
  })
}

/** Of the model that is exported. */
interface ModelFacts {
  positions?: number
  /** Whether KerasHub has a backbone that computes it. */
  kerashub?: boolean
  /** Whether its base lies beside the adapter as a GGUF. */
  basegguf?: boolean
}

/** The same of what is known already. */
export function filledSnippets(
  { config, template, baseModel }: Pick<ExportSource, 'config' | 'template' | 'baseModel'>,
  base: Pick<BaseModel, 'at' | 'kind'>,
  stops: readonly number[] = [],
  { positions = MOST_CONTEXT, kerashub = false, basegguf = false }: ModelFacts = {},
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
    kerashub,
    basegguf,
  }
  return KINDS.flatMap(({ target, language, template, of }) =>
    of.map(([formats, adapter, file = '']): Snippet => {
      // A merged folder's own generation_config.json says where answers end.
      const untold = adapter || target === 'torch' || target === 'keras'
      const hdf = target === 'keras'
      const own = { ...facts, adapter, file, hdf, ...(untold && stops.length > 0 ? { stops } : {}) }
      const text = typeof template === 'string' ? template : template(own)
      return { target, formats, language, text: filled(text, language, own) }
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
  keras: 'HDF5',
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
  const { config: shape } = await source.model()
  const checked = format === 'h5-merged' && kerasConfig(shape) !== null ? 'h5-keras' : format
  const data = shareableConfig(config, baseModel).data.name || 'a data set of its own'
  const lines = [
    `# ${baseModel}, fine-tuned on ${data}`,
    '',
    `${about} It was trained for ${step} optimizer steps with Lapidary.`,
    '',
    '## Use',
    '',
    ...snippetLines(await snippets(source), format),
    checkedLine(checked, await baseOf(source), baseModel),
    '',
  ]
  return textFile('README.md', lines.join('\n'))
}
