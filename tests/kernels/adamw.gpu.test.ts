import { describe, expect, test } from 'vitest'
import { type AdamwCase, adamwCase } from '../../src/engine/check/adamw.ts'
import { RESULT } from '../../src/kernels/results.ts'
import { checkOperation } from '../support/operation.ts'

const check = (c: AdamwCase) => checkOperation(adamwCase(c))

describe('adamw', () => {
  test('clipping active', () => check({ maxGradNorm: 0.5 }))
  test('clipping off', () => check({ maxGradNorm: 0 }))
  test('a limit above the norm changes nothing', () => check({ maxGradNorm: 1e6 }))
  for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    test(`a gradient of ${poison} leaves everything as it was`, () => check({ maxGradNorm: 0.5, poison }))
  test('a wrong beta is noticed', () =>
    expect(check({ maxGradNorm: 0.5, beta2: 0.99 })).rejects.toThrow(/relative error/))
  test('places of results', () => expect(new Set(Object.values(RESULT)).size).toBe(4))
})
