import { expect, test, vi } from 'vitest'
import { openBackend } from '../../src/portable/backend.ts'

// TensorFlow.js warns of what the test is about.
vi.spyOn(console, 'warn').mockImplementation(() => {})

const NOWHERE = {
  'tfjs-backend-wasm.wasm': '/nowhere/plain.wasm',
  'tfjs-backend-wasm-simd.wasm': '/nowhere/simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm': '/nowhere/threaded.wasm',
}

test('WebAssembly that cannot start: said, with what to do, and nothing else taken where it alone was asked for', async () => {
  const error = await openBackend({ backends: ['wasm'], wasmPaths: NOWHERE }).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'missing_device' })
  expect((error as Error).message).toMatch(/^TensorFlow\.js cannot start \(WebAssembly: .{5,200}\)\.$/)
  expect((error as { hint: string }).hint).toContain('block WebAssembly')
})

test('by itself plain JavaScript comes next, and why is kept', async () => {
  const opened = await openBackend({ wasmPaths: NOWHERE })
  expect(opened).toMatchObject({ name: 'cpu', missed: [expect.stringMatching(/^WebAssembly: ./)] })
  expect(opened.device).toMatch(/plain JavaScript$/)
})
