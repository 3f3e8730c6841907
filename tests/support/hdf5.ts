import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import h5wasm from 'h5wasm/node'
import type { ByteSource } from '../../src/files/bytes.ts'

export interface Hdf5Contents {
  /** Texts of every group, by its path; '' is the root. */
  attributes: Record<string, Record<string, unknown>>
  /** Every data set, by its path. */
  datasets: Record<string, { dtype: unknown; shape: number[]; data: Float32Array }>
}

/** A file as the HDF5 library reads it. */
export async function readHdf5(source: ByteSource): Promise<Hdf5Contents> {
  await h5wasm.ready
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-hdf5-'))
  const path = join(folder, 'given.h5')
  writeFileSync(path, await source.read(0, source.size))
  const file = new h5wasm.File(path, 'r')
  const found: Hdf5Contents = { attributes: {}, datasets: {} }
  const walk = (group: InstanceType<typeof h5wasm.Group>, path: string) => {
    const texts = Object.entries(group.attrs).map(([name, { value }]) => [name, value])
    if (texts.length > 0) found.attributes[path] = Object.fromEntries(texts)
    for (const name of group.keys()) {
      const own = path === '' ? name : `${path}/${name}`
      const entry = group.get(name)
      if (entry instanceof h5wasm.Group) walk(entry, own)
      else if (entry instanceof h5wasm.Dataset)
        found.datasets[own] = {
          dtype: entry.dtype,
          shape: entry.shape!,
          data: Float32Array.from(entry.value as ArrayLike<number>),
        }
      else throw new Error(`${own} is no group and no data set`)
    }
  }
  try {
    walk(file, '')
  } finally {
    file.close()
    rmSync(folder, { recursive: true })
  }
  return found
}
