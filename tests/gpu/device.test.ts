import { expect, test } from 'vitest'
import { openGpu, wrapDevice } from '../../src/gpu/device.ts'

/** An adapter of some architecture, and what is asked of it. */
function adapter(architecture: string, more: Partial<GPUAdapterInfo> = {}) {
  const asked: GPUDeviceDescriptor[] = []
  const limits = new Proxy({}, { get: () => 1024 })
  const made = {
    features: new Set(),
    limits,
    info: { vendor: 'amd', architecture, ...more },
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor)
      return { lost: new Promise(() => {}), features: new Set(), limits }
    },
  }
  return { gpu: { requestAdapter: async () => made } as unknown as GPU, asked }
}

test('every limit is asked for, but no wider groups than have registers on cards before RDNA', async () => {
  const wide = ['maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX']
  const limitsOn = async (architecture: string) => {
    const { gpu, asked } = adapter(architecture)
    await openGpu({ gpu })
    return Object.keys(asked[0]!.requiredLimits!)
  }
  const all = await limitsOn('rdna-3')
  expect(all).toEqual(expect.arrayContaining(['maxBufferSize', ...wide]))
  for (const architecture of ['gcn-4', 'gcn-5'])
    expect(await limitsOn(architecture)).toEqual(all.filter((name) => !wide.includes(name)))
})

test.each([
  [{ vendor: 'google', architecture: 'swiftshader' }, true],
  [{ vendor: 'mesa', architecture: 'software' }, true],
  [{ vendor: 'microsoft', architecture: 'warp' }, true],
  [{ vendor: 'microsoft', description: 'Microsoft Basic Render Driver' }, true],
  [{ vendor: 'any', isFallbackAdapter: true }, true],
  [{ vendor: 'nvidia', architecture: 'ampere' }, false],
  [{ vendor: 'intel', architecture: 'gen-12lp' }, false],
  [{ vendor: '', architecture: '' }, false],
])('%o is software: %s', async (info: Partial<GPUAdapterInfo>, software: boolean) => {
  const { gpu } = adapter(info.architecture ?? '', info)
  expect((await openGpu({ gpu })).software).toBe(software)
})

test('what a device refuses outside any error scope is a failure of the device, the first of them', () => {
  class GPUOutOfMemoryError extends Error {}
  for (const [error, code] of [
    [new Error('a dispatch too large'), 'internal'],
    [new GPUOutOfMemoryError('no room'), 'out_of_memory'],
  ] as const) {
    const device = Object.assign(new EventTarget(), { lost: new Promise(() => {}), features: new Set() })
    const gpu = wrapDevice(device as unknown as GPUDevice, {} as GPUAdapterInfo)
    expect(gpu.failure).toBe(null)
    device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }))
    device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new Error('another') }))
    expect(gpu.failure).toMatchObject({ code, message: expect.stringContaining(error.message) })
  }
})

test('a browser that refuses to be asked after a crash is told as one without a graphics device, and what to do', async () => {
  const gone = new DOMException('A valid external Instance reference no longer exists.', 'OperationError')
  const refuses = { requestAdapter: () => Promise.reject(gone) } as unknown as GPU
  const adapter = {
    features: new Set(),
    limits: {},
    info: { architecture: '' },
    requestDevice: () => Promise.reject(gone),
  }
  const late = { requestAdapter: async () => adapter } as unknown as GPU
  for (const gpu of [refuses, late])
    await expect(openGpu({ gpu })).rejects.toMatchObject({
      code: 'missing_device',
      message: expect.stringContaining('external Instance'),
      hint: expect.stringContaining('Start the browser anew'),
    })
})
