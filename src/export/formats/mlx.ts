import { mlxAdapter } from '../mlx.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'Adapter (MLX)',
  about:
    'The weights that were learnt, for mlx-lm on a Mac: mlx_lm.generate --model BASE --adapter-path FOLDER.',
  for: ['mlx'],
  check: {
    checker: ['mlx'],
    nats: 0.02,
    reason: 'mlx-lm rounds the scale of embeddings to bfloat16',
    onStoredBase: true,
  },
  files: mlxAdapter,
} satisfies Exporter
