import { gradioSpace } from '../serving.ts'
import type { Exporter } from '../source.ts'
import { EXACT, ROUNDED } from '../tolerance.ts'

export default {
  name: 'Hugging Face Space',
  about:
    'A page to talk to the tuned model, with the adapter in it: a folder for a Space of the Hub, on Gradio.',
  for: ['hub'],
  check: { checker: ['serving', 'words'], nats: ROUNDED.F32, reason: EXACT, onStoredBase: true },
  files: gradioSpace,
} satisfies Exporter
