import { expect, test } from 'vitest'
import { readBlobsFor } from '../../src/protocol/worker-one-file.ts'
import { readBlobsSomehow } from '../../src/workers/blob-reading.ts'

/** A place whose Blobs cannot be read there, and a page that reads them, or says why not. */
function placeBeside(page: (blob: Blob) => Blob) {
  class Unreadable extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      return Promise.reject(new DOMException('The I/O read operation failed.', 'NotReadableError'))
    }
    override slice(start?: number, end?: number): Blob {
      return new Unreadable([super.slice(start, end)])
    }
  }
  let hear: (event: unknown) => void = () => {}
  readBlobsFor({ addEventListener: (_: string, listen: typeof hear) => (hear = listen) } as unknown as Worker)
  const asked: number[] = []
  const place = {
    Blob: Unreadable,
    postMessage(message: unknown, ports: Transferable[]) {
      const [[name, blob]] = Object.entries(message as Record<string, Blob>) as [[string, Blob]]
      asked.push(blob.size)
      hear({ data: { [name]: page(new Blob([blob])) }, ports })
    },
  }
  return { place, Unreadable, asked }
}

test('where a worker cannot read a Blob its page does', async () => {
  const { place, Unreadable, asked } = placeBeside((blob) => blob)
  const bytes = new Uint8Array(9_000_000).map((_, i) => i % 251)
  const blob = new Unreadable([bytes])
  await expect(blob.arrayBuffer()).rejects.toThrow(/I\/O/)
  await readBlobsSomehow(place)
  expect(Buffer.from(await blob.arrayBuffer()).equals(bytes)).toBe(true)
  expect(await new Unreadable(['häuser']).text()).toBe('häuser')
  asked.length = 0
  const streamed: number[] = []
  let sum = 0
  for await (const piece of blob.stream()) {
    streamed.push(piece.length)
    sum += piece.reduce((all, one) => all + one, 0)
  }
  // By pieces: a file is larger than what is held of it.
  expect(streamed).toEqual([4_194_304, 4_194_304, 611_392])
  expect(asked).toEqual(streamed)
  expect(sum).toBe(bytes.reduce((all, one) => all + one, 0))
  expect(await new Unreadable([]).stream().getReader().read()).toMatchObject({ done: true })
})

test('what the page cannot read either is told in its words', async () => {
  const gone = () => {
    const blob = new Blob(['x'])
    blob.arrayBuffer = () => Promise.reject(new Error('The file is gone.'))
    return blob
  }
  const { place, Unreadable } = placeBeside(gone)
  await readBlobsSomehow(place)
  await expect(new Unreadable(['x']).arrayBuffer()).rejects.toThrow('The file is gone.')
})

test('where a worker can read them nothing is changed, and other messages are let be', async () => {
  class Plain extends Blob {}
  const before = Plain.prototype.arrayBuffer
  await readBlobsSomehow({ Blob: Plain, postMessage: () => expect.unreachable() })
  expect(Plain.prototype.arrayBuffer).toBe(before)
  let hear: (event: unknown) => void = () => {}
  readBlobsFor({ addEventListener: (_: string, listen: typeof hear) => (hear = listen) } as unknown as Worker)
  for (const data of [null, 'ready', { id: 1 }, { lapidaryBlobToRead: 'x' }]) hear({ data, ports: [] })
})
