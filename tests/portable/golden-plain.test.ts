import { describe, expect } from 'vitest'
import { createPortableEngine } from '../../src/portable/portable-engine.ts'
import { goldenRequest, goldenTests } from '../support/golden-engine.ts'

// The last resort where there is no WebAssembly; and its head is TensorFlow.js', as on many threads and on WebGPU.
describe('gemma3-tiny in plain JavaScript', () =>
  goldenTests('gemma3-tiny', async (golden) => {
    const engine = await createPortableEngine({ backends: ['cpu'] })
    expect(engine.describe().device).toContain('plain JavaScript')
    await engine.load(golden.model, goldenRequest(golden, 'nothing'), { seed: 1 })
    return engine
  }))
