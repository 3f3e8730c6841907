import { expect, test } from 'vitest'
import { openBackend } from '../../src/portable/backend.ts'

test('threads that are not permitted are no error: one does the work', async () => {
  // Node gives WebAssembly no threads here, as a page that is not isolated.
  const opened = await openBackend({ threads: 4 })
  expect(opened).toMatchObject({ name: 'wasm', missed: [] })
  expect(opened.device).toMatch(/WebAssembly with SIMD, 1 thread$/)
})
