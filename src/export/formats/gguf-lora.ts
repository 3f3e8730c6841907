import { loraGguf } from '../gguf.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'Adapter (GGUF)',
  about:
    'The weights that were learnt, for llama.cpp (--lora) and Ollama (ADAPTER) with a GGUF of the same base model.',
  for: ['llama.cpp', 'ollama', 'web'],
  files: loraGguf,
} satisfies Exporter
