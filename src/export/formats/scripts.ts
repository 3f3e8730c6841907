import { trainingScripts } from '../scripts.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'Training script and notebook',
  about:
    'The same run again in Python, with TRL and PEFT: train.py and a notebook, with the run’s settings and losses. The data are not part of it.',
  for: ['transformers'],
  files: trainingScripts,
} satisfies Exporter
