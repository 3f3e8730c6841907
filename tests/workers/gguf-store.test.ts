import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { type ByteSource, bufferSource } from '../../src/files/bytes.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { Library } from '../../src/workers/library.ts'
import { failure } from '../data/helpers.ts'
import { pebbleGguf, writeGguf } from '../support/gguf.ts'

test('damage in the middle of the weights is found while they are stored, and nothing is kept', async () => {
  const database = await openDatabase()
  const library = new Library(async () => database, 'http://nowhere.test/')
  const { gguf } = await pebbleGguf()
  const tensors = gguf.tensors.map((tensor, i) =>
    // A block of Q8_0 whose scale is infinite, behind blocks that are right.
    i === gguf.tensors.length - 2
      ? { ...tensor, type: 'Q8_0', data: brokenBlocks(tensor.shape.reduce((a, b) => a * b, 1)) }
      : tensor,
  )
  const files = new Map<string, ByteSource>([['pebble.gguf', bufferSource(writeGguf({ ...gguf, tensors }))]])
  const { message } = await failure(() => library.add(files, 'broken'), 'bad_file')
  expect(message).toContain('not finite')
  expect(await database.getAllKeys('models')).toEqual([])
  expect(await database.getAllKeys('chunks')).toEqual([])
  expect(await database.getAllKeys('writes')).toEqual([])
})

function brokenBlocks(values: number): Uint8Array {
  const blocks = new Uint8Array((values / 32) * 34)
  blocks.set([0x00, 0x7c], blocks.length - 34)
  blocks.fill(1, blocks.length - 32)
  return blocks
}
