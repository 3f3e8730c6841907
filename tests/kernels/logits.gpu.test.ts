import { describe, test } from 'vitest'
import { type HeadShape, logitsCase } from '../../src/engine/check/head.ts'
import { checkOperation } from '../support/operation.ts'

describe('logits', () => {
  const cases: HeadShape[] = [
    { vocab: 97, hidden: 64, rows: 1, format: 'f32', shards: 1, softCap: null },
    { vocab: 512, hidden: 96, rows: 4, format: 'bf16', shards: 2, softCap: 30 },
    { vocab: 1000, hidden: 160, rows: 13, format: 'bf16', shards: 3, softCap: null },
    { vocab: 301, hidden: 128, rows: 5, format: 'int8', shards: 2, softCap: null },
    { vocab: 301, hidden: 64, rows: 2, format: 'int4', shards: 1, softCap: 30 },
    { vocab: 301, hidden: 68, rows: 37, format: 'f16', shards: 2, softCap: null },
  ]
  for (const s of cases) test(JSON.stringify(s), () => checkOperation(logitsCase(s)))
})
