import { describe, expect, test } from 'vitest'
import { sharedContext } from '../support/gpu.ts'
import { benchHead } from './head-bench.ts'

/**
 * Real sizes take minutes on a software adapter: VITE_HEAD_ROWS=256 npx vitest run --project gpu tests/kernels/head-large
 * (VITE_HEAD_VARIANT and VITE_HEAD_VOCAB for others).
 */
const env = (import.meta as unknown as { env?: Record<string, string | undefined> }).env ?? {}
const rows = Number(env.VITE_HEAD_ROWS ?? 8)
const vocab = Number(env.VITE_HEAD_VOCAB ?? (env.VITE_HEAD_ROWS ? 262_144 : 16_384))

describe('head at size', () => {
  for (const variant of (env.VITE_HEAD_VARIANT ?? 'plain').split(','))
    test(`${vocab} words x 640, ${rows} rows, ${variant}`, async () => {
      const result = await benchHead(await sharedContext(), {
        vocab,
        hidden: 640,
        rows,
        gradient: true,
        variant,
      })
      if (env.VITE_HEAD_ROWS) console.info(variant, JSON.stringify(result))
      expect(result.logProbabilityError).toBeLessThan(1e-4)
      expect(result.gradientError).toBeLessThan(1e-4)
      expect(result.plannedBytes).toBeLessThan(64 * 2 ** 20)
    }, 1_200_000)
})
