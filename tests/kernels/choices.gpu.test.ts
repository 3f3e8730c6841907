import { expect, test } from 'vitest'
import { choosing, type OperationCase } from '../../src/engine/check/operation.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { checkOperation } from '../support/operation.ts'

const times = (factor: number): Kernel => ({
  name: `test.times_${factor}`,
  bindings: {
    x: { type: 'f32', access: 'read', shape: ['tokens'] },
    y: { type: 'f32', access: 'write', shape: ['tokens'] },
  },
  workgroup: 8,
  wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 8u + local;
  if (i < step.tokens) { y[i] = x[i] * ${factor}.0; }
}`,
  grid: (live) => [1, Math.ceil(live.tokens / 8), 1],
})

/** y = x, by a kernel that is right, or by one that gives twice the result. */
const operation: OperationCase = {
  name: 'copy',
  live: { tokens: 11 },
  inputs: { x: { shape: ['tokens'] } },
  build: (tape, { x }) => {
    const y = tape.tensor('y', ['tokens'])
    const kernel = tape.choose({ key: 'copy 11', variants: { right: times(1), doubled: times(2) } })
    tape.run(kernel, { x: x!, y })
    return { y }
  },
  reference: ({ x }) => ({ y: x! }),
}

test('a kernel that is wrong is found when its case asks for it', async () => {
  await checkOperation(operation)
  await checkOperation(choosing(operation, { copy: 'right' }))
  await expect(checkOperation(choosing(operation, { copy: 'doubled' }))).rejects.toThrow(/relative error/)
})

test('a case whose key is misspelt does not pass with another kernel', async () => {
  const misspelt: Record<string, string>[] = [{ 'copy 12': 'doubled' }, { 'copy 11': 'double' }]
  for (const choices of misspelt)
    await expect(checkOperation({ ...operation, choices })).rejects.toThrow('no such variant was asked for')
})
