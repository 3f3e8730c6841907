/** How the elements of a tensor are stored; formats belong to tensors, not to a model. */
export type StorageType = 'f32' | 'bf16' | 'f16'

export interface StorageBlock {
  /** Elements that are stored together; rows hold a whole number of blocks. */
  elements: number
  /** Bytes of a block, without scales that lie in a tensor of their own. */
  bytes: number
}

export const STORAGE: Record<StorageType, StorageBlock> = {
  f32: { elements: 1, bytes: 4 },
  bf16: { elements: 1, bytes: 2 },
  f16: { elements: 1, bytes: 2 },
}

/**
 * Bytes that so many elements take.
 * @throws Error where they are no whole number of blocks
 */
export function storedBytes(type: StorageType, elements: number): number {
  const block = STORAGE[type]
  const blocks = elements / block.elements
  if (!Number.isInteger(blocks))
    throw new Error(`${elements} elements are no whole number of ${type} blocks of ${block.elements}`)
  return blocks * block.bytes
}
