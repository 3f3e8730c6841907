import { describe, test } from 'vitest'
import { cacheWrite } from '../../src/kernels/kv-cache.ts'
import { type Arrays, checkOperation } from '../support/operation.ts'

describe('KV cache', () => {
  const [sequences, maxPositions, width] = [3, 7, 192]
  // The last two lie outside the cache.
  const rows = [
    [0, 6],
    [2, 0],
    [1, 3],
    [2, 6],
    [0, 7],
    [3, 1],
  ]
  test('rows go to their own places, everything else stays', () =>
    checkOperation({
      name: 'cache write',
      live: { tokens: rows.length },
      inputs: {
        k: { shape: ['tokens', width] },
        v: { shape: ['tokens', width] },
        cacheK: { shape: [sequences * maxPositions, width] },
        cacheV: { shape: [sequences * maxPositions, width] },
        positions: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r[1]!) },
        sequenceOf: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r[0]!) },
      },
      build: (tape, { k, v, cacheK, cacheV, positions, sequenceOf }) => {
        cacheWrite(tape, k!, v!, cacheK!, cacheV!, {
          rows: 'tokens',
          width,
          positions: positions!,
          sequenceOf: sequenceOf!,
          maxPositions,
          sequences,
        })
        return { cacheK: cacheK!, cacheV: cacheV! }
      },
      reference: ({ k, v, cacheK, cacheV }: Arrays): Arrays => {
        const want = { cacheK: cacheK!.slice(), cacheV: cacheV!.slice() }
        rows.slice(0, 4).forEach(([sequence, position], t) => {
          const to = (sequence! * maxPositions + position!) * width
          want.cacheK.set(k!.subarray(t * width, (t + 1) * width), to)
          want.cacheV.set(v!.subarray(t * width, (t + 1) * width), to)
        })
        return want
      },
      tolerance: 0,
    }))
})
