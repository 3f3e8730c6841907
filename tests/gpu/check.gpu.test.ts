import { expect, test } from 'vitest'
import { checkedOperations } from '../../src/engine/check/cases.ts'
import { checkGpu } from '../../src/engine/check/check-gpu.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import { sharedContext } from '../support/gpu.ts'

/** The same device behind a driver that compiles some kernels wrongly; as hardware it is given kernels for hardware too. */
async function miscompiled(change: (kernel: string, code: string) => string, hardware = false): Promise<Gpu> {
  const { gpu } = await sharedContext()
  const device = new Proxy(gpu.device, {
    get(target, name) {
      if (name === 'createShaderModule')
        return ({ label, code }: GPUShaderModuleDescriptor) =>
          target.createShaderModule({ label: label!, code: change(label!, code) })
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const own: Partial<Gpu> = { device, ...(hardware && { software: false }) }
  return new Proxy(gpu, { get: (target, name) => Reflect.get(name in own ? own : target, name) })
}

const only = (...names: string[]) => checkedOperations().filter(({ name }) => names.includes(name))

test('every operation is right on this adapter', async () => {
  const { gpu } = await sharedContext()
  const before = gpu.liveBytes
  const told: string[] = []
  const check = await checkGpu(gpu, { onProgress: (_, name) => told.push(name) })
  expect(check.operations.filter(({ failure }) => failure !== null)).toEqual([])
  expect(check).toMatchObject({ passed: true, wrong: [], device: gpu.description })
  expect(Math.max(...check.operations.map(({ worst }) => worst))).toBeLessThan(1)
  expect(told).toEqual([...checkedOperations().map(({ name }) => name), ''])
  expect(gpu.liveBytes).toBe(before)
})

test('an operation that a driver compiles wrongly is named, others are not', async () => {
  const gpu = await miscompiled((kernel, code) =>
    kernel.startsWith('geglu') ? code.replace('0.044715', '0.0457') : code,
  )
  const check = await checkGpu(gpu, { operations: only('GeGLU', 'RMSNorm') })
  expect(check.passed).toBe(false)
  expect(check.operations.map(({ name, failure }) => [name, failure === null])).toEqual([
    ['RMSNorm', true],
    ['GeGLU', false],
  ])
  expect(check.operations[1]!.failure).toMatch(/relative error/)
})

test('where one kernel of several is wrong, it is left out and the rest is used', async () => {
  const wrongly = (kernel: string, code: string) =>
    kernel === 'rms_norm.forward.lanes' ? code.replace('* scale[', '* 1.5 * scale[') : code
  const gpu = await miscompiled(wrongly, true)
  const check = await checkGpu(gpu, { operations: only('RMSNorm') })
  expect(check).toMatchObject({ passed: true, wrong: ['rms_norm.forward lanes'] })
})

test('a kernel that does not compile is wrong, and says which', async () => {
  const gpu = await miscompiled((kernel, code) => (kernel.startsWith('geglu') ? `${code} !` : code))
  const { operations } = await checkGpu(gpu, { operations: only('GeGLU') })
  expect(operations[0]!.failure).toMatch(/kernel geglu\S* does not compile/)
})

test('stops when asked', async () => {
  const { gpu } = await sharedContext()
  const before = gpu.liveBytes
  await expect(checkGpu(gpu, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  expect(gpu.liveBytes).toBe(before)
})
