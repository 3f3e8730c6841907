import { mlxAdapter } from '../mlx.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'Adapter (MLX)',
  about:
    'The weights that were learnt, for mlx-lm on a Mac: mlx_lm.generate --model BASE --adapter-path FOLDER.',
  for: ['mlx'],
  files: mlxAdapter,
} satisfies Exporter
