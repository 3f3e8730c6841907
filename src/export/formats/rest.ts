import { restService } from '../serving.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'REST service',
  about:
    'A folder that answers as OpenAI’s API does, with the adapter in it: FastAPI on Transformers and PEFT, and a Dockerfile.',
  for: ['server'],
  files: restService,
} satisfies Exporter
