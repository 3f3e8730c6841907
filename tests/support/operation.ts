import { expect } from 'vitest'
import {
  compareOperation,
  isOutside,
  type OperationCase,
  said,
  worstOf,
} from '../../src/engine/check/operation.ts'
import type { GpuContext } from '../../src/gpu/program.ts'
import { sharedContext } from './gpu.ts'

/** Fails where an operation on the device departs from its f64 reference, see `compareOperation`. */
export async function checkOperation(c: OperationCase, context?: GpuContext): Promise<void> {
  for (const found of await compareOperation(context ?? (await sharedContext()), c))
    if (isOutside(found)) expect.fail(said(found))
}

/** Fails with the worst index; NaN fails too. */
export function expectClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: number,
): void {
  const found = worstOf(what, got, want, tolerance)
  if (isOutside(found)) expect.fail(said(found))
}
