import { BlobWriter } from '../../src/storage/blobs.ts'
import { openDatabase } from '../../src/storage/database.ts'

/** Writes chunks for ever and never a manifest; made to be killed. */
self.addEventListener('message', async ({ data }: MessageEvent<{ name: string; chunk: number }>) => {
  const database = await openDatabase({ name: data.name })
  const writer = new BlobWriter(database, { chunk: data.chunk })
  const bytes = new Uint8Array(data.chunk).fill(9)
  for (let chunks = 1; chunks <= 50; chunks++) {
    await writer.write(bytes)
    const set = (await database.getAllKeys('writes'))[0]
    postMessage({ set, chunks })
  }
})
