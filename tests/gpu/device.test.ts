import { expect, test } from 'vitest'
import { openGpu } from '../../src/gpu/device.ts'

/** An adapter of some architecture, and what is asked of it. */
function adapter(architecture: string) {
  const asked: GPUDeviceDescriptor[] = []
  const limits = new Proxy({}, { get: () => 1024 })
  const made = {
    features: new Set(),
    limits,
    info: { vendor: 'amd', architecture },
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
