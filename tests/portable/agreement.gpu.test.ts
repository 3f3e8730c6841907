import { expect, test } from 'vitest'
import { openPortable, webgpuDisagreement } from '../../src/workers/portable-host.ts'

test('WebGPU of TensorFlow.js is right on this adapter, and can be chosen', async () => {
  expect(await webgpuDisagreement()).toBeNull()
  const engine = await openPortable(['webgpu', 'wasm', 'cpu'])
  expect(engine.describe()).toMatchObject({ kind: 'portable', backend: 'webgpu', software: false })
  // Back, for whatever comes after.
  expect((await openPortable()).describe()).toMatchObject({ backend: 'wasm', software: true })
})
