import { describe, test } from 'vitest'
import { headChoicesCase } from '../../src/engine/check/head.ts'
import { checkOperation } from '../support/operation.ts'

const head = { vocab: 1031, hidden: 96, rows: 35, shards: 2, format: 'bf16', softCap: null } as const

describe('several words of each row', () => {
  for (const format of ['f32', 'f16', 'bf16'] as const)
    test(format, () => checkOperation(headChoicesCase({ ...head, format })))
  for (const format of ['int8', 'int4'] as const)
    test(format, () => checkOperation(headChoicesCase({ ...head, hidden: 128, format, shards: 1 })))
  test('soft-cap, one shard, a few rows', () =>
    checkOperation(headChoicesCase({ ...head, rows: 2, shards: 1, softCap: 5 })))
  test('a vocabulary with no splits', () =>
    checkOperation(headChoicesCase({ ...head, vocab: 259, rows: 40 })))
  test('tiles of hardware', () => checkOperation(headChoicesCase({ ...head, choice: 'tiled32x128_256' })))
})
