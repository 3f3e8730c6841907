import { type Hdf5Attributes, hdf5Layout } from '../files/hdf5-writer.ts'
import type { ExportedFile } from '../protocol/studio.ts'
import type { TorchTensor } from './torch-file.ts'

/** A data set of an HDF5 file, its name with `/` between groups. */
export interface Hdf5Tensor extends TorchTensor {
  dtype: 'F32'
}

/** Tensors as one HDF5 file, written as they are read. */
export function hdf5File(
  path: string,
  tensors: readonly Hdf5Tensor[],
  attributes: Hdf5Attributes = {},
): ExportedFile {
  const { header, offsets, size } = hdf5Layout(tensors, attributes)
  return {
    path,
    size,
    async *chunks() {
      yield header.slice()
      let at = header.length
      for (const [i, { pieces }] of tensors.entries()) {
        if (offsets[i]! > at) yield new Uint8Array(offsets[i]! - at)
        at = offsets[i]!
        for await (const piece of pieces()) {
          at += piece.byteLength
          yield piece
        }
      }
    },
  }
}
