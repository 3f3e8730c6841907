import { loraGguf } from '../gguf.ts'
import type { Exporter } from '../source.ts'
import { LLAMA } from '../tolerance.ts'

export default {
  name: 'Adapter (GGUF)',
  about:
    'The weights that were learnt, for llama.cpp (--lora) and Ollama (ADAPTER) with a GGUF of the same base model.',
  for: ['llama.cpp', 'ollama', 'web'],
  check: { checker: ['llama-cpp'], nats: 0.05, reason: LLAMA, onStoredBase: true },
  files: loraGguf,
} satisfies Exporter
