import { describe, test } from 'vitest'
import { logits } from '../../src/kernels/logits.ts'
import type { WeightFormat } from '../../src/kernels/weight.ts'
import { checkOperation } from '../support/operation.ts'
import { headInputs, weightOf } from './head-support.ts'

interface Shape {
  vocab: number
  hidden: number
  rows: number
  format: WeightFormat
  shards: number
  softCap: number | null
}

describe('logits', () => {
  const cases: Shape[] = [
    { vocab: 97, hidden: 64, rows: 1, format: 'f32', shards: 1, softCap: null },
    { vocab: 512, hidden: 96, rows: 4, format: 'bf16', shards: 2, softCap: 30 },
    { vocab: 1000, hidden: 160, rows: 13, format: 'bf16', shards: 3, softCap: null },
    { vocab: 301, hidden: 68, rows: 37, format: 'f16', shards: 2, softCap: null },
  ]
  for (const s of cases)
    test(JSON.stringify(s), () => {
      const { inputs, values } = headInputs({ ...s, spread: 20 })
      const { labels: _, ...rest } = inputs
      return checkOperation({
        name: 'logits',
        live: { supervised: s.rows },
        inputs: rest,
        build: (tape, t) => ({
          logits: logits(tape, t.h!, weightOf(s, t), { rows: 'supervised', softCap: s.softCap }),
        }),
        reference: ({ h }) => {
          const out = new Float64Array(s.rows * s.vocab)
          for (let n = 0; n < s.rows; n++)
            for (let v = 0; v < s.vocab; v++) {
              let dot = 0
              for (let k = 0; k < s.hidden; k++)
                dot += h![n * s.hidden + k]! * values.weight[v * s.hidden + k]!
              out[n * s.vocab + v] = s.softCap ? s.softCap * Math.tanh(dot / s.softCap) : dot
            }
          return { logits: out }
        },
      })
    })
})
