import { restService } from '../serving.ts'
import type { Exporter } from '../source.ts'
import { EXACT, ROUNDED } from '../tolerance.ts'

export default {
  name: 'REST service',
  about:
    'A folder that answers as OpenAI’s API does, with the adapter in it: FastAPI on Transformers and PEFT, and a Dockerfile.',
  for: ['server'],
  check: { checker: ['serving', 'words'], nats: ROUNDED.F32, reason: EXACT, onStoredBase: true },
  files: restService,
} satisfies Exporter
