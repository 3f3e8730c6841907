import { afterEach, beforeEach, expect, test } from 'vitest'
import { HeldChunks } from '../../src/storage/held-chunks.ts'

/** Buffers that were given back; older versions of Node have none of it. */
let given: ArrayBuffer[]
const own = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'transfer')
beforeEach(() => {
  given = []
  Object.defineProperty(ArrayBuffer.prototype, 'transfer', {
    configurable: true,
    value(this: ArrayBuffer, length: number) {
      if (length === 0) given.push(this)
    },
  })
})
afterEach(() => {
  if (own) Object.defineProperty(ArrayBuffer.prototype, 'transfer', own)
  else Reflect.deleteProperty(ArrayBuffer.prototype, 'transfer')
})

const settled = () => new Promise((resolve) => setTimeout(resolve))

test('what is not kept any more is given back, each once; what is kept is fetched once', async () => {
  const made: Uint8Array<ArrayBuffer>[] = []
  const chunks = new HeldChunks(async (index) => {
    made.push(new Uint8Array([index]))
    return made.at(-1)!
  }, 2)
  for (const index of [0, 1, 0, 2, 0, 3]) expect(await chunks.read(index, ([first]) => first)).toBe(index)
  await settled()
  expect(made.map(([index]) => index)).toEqual([0, 1, 2, 3])
  expect(given.map((buffer) => new Uint8Array(buffer)[0])).toEqual([1, 2])
})

test('one that is read is given back only with its last reader', async () => {
  let come: (bytes: Uint8Array<ArrayBuffer>) => void = () => {}
  const chunks = new HeldChunks(
    (index) =>
      index === 0
        ? new Promise((resolve) => {
            come = resolve
          })
        : Promise.resolve(new Uint8Array([index])),
    1,
  )
  const readings = [chunks.read(0, ([first]) => first), chunks.read(0, ([first]) => first)]
  await chunks.read(1, () => {})
  await settled()
  expect(given).toEqual([])
  come(new Uint8Array([7]))
  expect(await Promise.all(readings)).toEqual([7, 7])
  await settled()
  expect(given.map((buffer) => new Uint8Array(buffer)[0])).toEqual([7])
})

test('one that could not be fetched is told, and asked for again', async () => {
  let asked = 0
  const chunks = new HeldChunks(async () => {
    if (asked++ === 0) throw new Error('gone')
    return new Uint8Array([5])
  }, 3)
  chunks.ask(0)
  await expect(chunks.read(0, () => {})).rejects.toThrow('gone')
  expect(await chunks.read(0, ([first]) => first)).toBe(5)
  expect(asked).toBe(2)
})
