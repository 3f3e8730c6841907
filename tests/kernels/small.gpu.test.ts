import { test } from 'vitest'
import type { OperationCase } from '../../src/engine/check/operation.ts'
import {
  cacheWriteCase,
  embeddingCase,
  gatherCase,
  gegluCase,
  resultsCase,
} from '../../src/engine/check/pieces.ts'
import { sum } from '../../src/kernels/sum.ts'
import { checkOperation } from '../support/operation.ts'

function sumCase(width: number): OperationCase {
  return {
    name: `sum, width ${width}`,
    live: { tokens: 5 },
    inputs: { a: { shape: ['tokens', width], grad: true }, b: { shape: ['tokens', width], grad: true } },
    build: (tape, { a, b }) => ({ y: sum(tape, a!, b!, { rows: 'tokens', width }) }),
    reference: ({ a, b }) => ({ y: a!.map((value, i) => value + b![i]!) }),
    probes: 100,
  }
}

const cases = [
  sumCase(33),
  sumCase(72),
  gegluCase(70),
  gegluCase(72),
  gatherCase(),
  ...(['f32', 'bf16', 'f16'] as const).flatMap((format) =>
    [1, 3].map((shards) => embeddingCase(format, shards)),
  ),
  resultsCase(),
  cacheWriteCase(),
]
for (const c of cases) test(c.name, () => checkOperation(c))
