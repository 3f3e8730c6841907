import { expect, test } from 'vitest'
import { openGpu } from '../../src/gpu/device.ts'

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
