import { describe, test } from 'vitest'
import { rmsNormCase } from '../../src/engine/check/norms.ts'
import { checkOperation } from '../support/operation.ts'

describe('rms norm', () => {
  for (const variant of ['serial', 'lanes'])
    for (const [width, residual] of [
      [64, false],
      [70, true],
      [640, true],
    ] as const)
      test(`${variant}, width ${width}${residual ? ' with residual' : ''}`, () =>
        checkOperation(rmsNormCase(width, residual, variant)))
})
