import { describe, expect, test } from 'vitest'
import { type Hdf5Tensor, hdf5File } from '../../src/export/h5.ts'
import { hdf5Layout } from '../../src/files/hdf5-writer.ts'
import { lookup3 } from '../../src/lib/lookup3.ts'
import { written } from '../support/export-source.ts'
import { readHdf5 } from '../support/hdf5.ts'

const tensor = (name: string, shape: number[]) => {
  const values = Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => i / 4 - name.length,
  )
  const bytes = new Uint8Array(values.slice().buffer)
  const own: Hdf5Tensor = {
    name,
    dtype: 'F32',
    shape,
    // In pieces that end anywhere.
    async *pieces() {
      yield bytes.slice(0, 3)
      yield bytes.slice(3)
    },
  }
  return { own, values }
}

describe('an HDF5 file', () => {
  test('is read by the HDF5 library: groups, names, numbers, texts', async () => {
    const given = [
      tensor('plain', [5]),
      tensor('base.model.layers.0.weight', [3, 7]),
      tensor('layers/a/vars/0', [2, 3, 4]),
      tensor('layers/a/vars/1', [1]),
      tensor('layers/b/ключ/0', [3, 3]),
      tensor(`layers/${'n'.repeat(300)}`, [2]),
    ]
    const attributes = { '': { config: '{"r": 8, "of": "ä"}', none: '' }, 'layers/a': { name: 'a' } }
    const file = hdf5File(
      'x.h5',
      given.map(({ own }) => own),
      attributes,
    )
    const { datasets, attributes: texts } = await readHdf5((await written([file])).get('x.h5')!)
    expect(texts).toEqual(attributes)
    expect(Object.keys(datasets).sort()).toEqual(given.map(({ own }) => own.name).sort())
    for (const { own, values } of given) {
      const found = datasets[own.name]!
      expect([own.name, found.shape, found.dtype]).toEqual([own.name, own.shape, '<f'])
      expect(found.data).toEqual(values)
    }
  })

  test('holds hundreds of entries in a group, and none', async () => {
    const given = Array.from({ length: 700 }, (_, i) => tensor(`g/${i}`, [1]).own)
    const { datasets } = await readHdf5((await written([hdf5File('x.h5', given)])).get('x.h5')!)
    expect(Object.keys(datasets)).toHaveLength(700)
    expect(await readHdf5((await written([hdf5File('x.h5', [])])).get('x.h5')!)).toEqual({
      attributes: {},
      datasets: {},
    })
  })

  test('larger than 4 GB, it has the addresses for it', () => {
    const [a, b] = [
      { name: 'a', shape: [2 ** 31] },
      { name: 'b', shape: [1] },
    ]
    const { header, offsets, size } = hdf5Layout([a, b])
    expect([offsets, size]).toEqual([[header.length, header.length + 2 ** 33], header.length + 2 ** 33 + 4])
    const view = new DataView(header.buffer)
    expect(view.getBigUint64(28, true)).toBe(BigInt(size))
  })

  test('a name that is given twice, or is a group too, is refused', () => {
    expect(() => hdf5Layout([tensor('a', [1]).own, tensor('a', [1]).own])).toThrow('given twice')
    expect(() => hdf5Layout([tensor('a', [1]).own, tensor('a/b', [1]).own])).toThrow('is a data set')
    expect(() => hdf5Layout([tensor('a/b', [1]).own, tensor('a', [1]).own])).toThrow('given twice')
  })
})

test('lookup3 gives what its source does', () => {
  const of = (text: string) => lookup3(new TextEncoder().encode(text))
  expect(of('').toString(16)).toBe('deadbeef')
  expect(of('Four score and seven years ago').toString(16)).toBe('17770551')
})
