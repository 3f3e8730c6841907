import { test } from 'vitest'
import {
  cacheWriteCase,
  embeddingCase,
  gatherCase,
  gegluCase,
  resultsCase,
  sumCase,
} from '../../src/engine/check/pieces.ts'
import { checkOperation } from '../support/operation.ts'

const cases = [
  sumCase(33),
  sumCase(72),
  gegluCase(70),
  gegluCase(72),
  gatherCase(),
  ...(['f32', 'bf16', 'f16', 'int8', 'int4'] as const).flatMap((format) =>
    [1, 3].map((shards) => embeddingCase(format, shards)),
  ),
  resultsCase(),
  cacheWriteCase(),
]
for (const c of cases) test(c.name, () => checkOperation(c))
