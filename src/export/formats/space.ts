import { gradioSpace } from '../serving.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'Hugging Face Space',
  about:
    'A page to talk to the tuned model, with the adapter in it: a folder for a Space of the Hub, on Gradio.',
  for: ['hub'],
  files: gradioSpace,
} satisfies Exporter
