import { expect, test } from 'vitest'
import { bufferSource } from '../../src/files/bytes.ts'
import { safetensorsBytes } from '../../src/files/safetensors-writer.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { bf16ToF32, f32ToBf16 } from '../../src/lib/bf16.ts'
import { plainFiles } from '../../src/model/plain-files.ts'
import { quantise } from '../../src/model/quantise.ts'
import { widen } from '../../src/model/weights.ts'
import { seeded } from './helpers.ts'

const random = seeded(5)
const VALUES = Float32Array.from({ length: 6 * 128 }, () => random() - 0.5)
const BLOCKS = new Uint8Array((VALUES.length / 32) * 18)
quantise('Q4_0', VALUES, BLOCKS)
const NORM = Float32Array.of(0.5, -1, 2)

async function folder() {
  const bytes = await safetensorsBytes(
    [
      { name: 'w', dtype: 'Q4_0', shape: [6, 128], data: BLOCKS },
      { name: 'norm', dtype: 'F32', shape: [3], data: NORM },
    ],
    { format: 'pt' },
  )
  return new Map([
    ['config.json', bufferSource(new TextEncoder().encode('{}'))],
    ['model.safetensors', bufferSource(bytes)],
  ])
}

test('blocks become f32 of the same values, or bf16 to nearest even, which is said', async () => {
  const files = await folder()
  const exact = widen(BLOCKS, 'Q4_0')
  for (const as of ['F32', 'BF16'] as const) {
    const plain = await plainFiles(files, as)
    expect(plain.get('config.json')).toBe(files.get('config.json'))
    const weights = await openWeights(plain)
    expect(weights.metadata).toEqual({ format: 'pt' })
    expect(weights.tensors.get('w')).toEqual({ dtype: as, shape: [6, 128] })
    const { data } = await readTensor(weights, 'w')
    expect([...data]).toEqual([...(as === 'F32' ? exact : bf16ToF32(f32ToBf16(exact)))])
    expect([...(await readTensor(weights, 'norm')).data]).toEqual([...NORM])
    // Any range is the same bytes.
    const source = plain.get('model.safetensors')!
    const whole = await source.read(0, source.size)
    for (let at = 0; at < source.size; at += 97) {
      const end = Math.min(source.size, at + 97)
      expect(await source.read(at, end)).toEqual(whole.slice(at, end))
    }
    const note = plain.get('ROUNDED.txt')
    expect(note !== undefined).toBe(as === 'BF16')
    if (note)
      expect(new TextDecoder().decode(await note.read(0, note.size))).toMatch(
        /rounded to\s+nearest even[\s\S]*\nw\n$/,
      )
  }
})

test('what holds no blocks stays as it is, byte for byte', async () => {
  const bytes = await safetensorsBytes([{ name: 'norm', dtype: 'F32', shape: [3], data: NORM }])
  const files = new Map([['model.safetensors', bufferSource(bytes)]])
  expect([...(await plainFiles(files, 'BF16'))]).toEqual([...files])
})
