import { trainingScripts } from '../scripts.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'Training script and notebook',
  about:
    'The same run again in Python, with TRL and PEFT: train.py and a notebook, with the run’s settings and losses. The data are not part of it.',
  for: ['transformers'],
  check: {
    checker: ['repeated', 'words'],
    nats: 0.05,
    reason: 'trained once more, with sums in an order of its own at every step',
    onStoredBase: true,
  },
  files: trainingScripts,
} satisfies Exporter
