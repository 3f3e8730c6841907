/**
 * How the elements of a tensor are stored; formats belong to tensors, not to a model. The grids of `int8` and `int4` are those of GGUF's
 * Q8_0 and Q4_0: 32 elements of a row share an f16 scale d, and are d q with q a signed byte, or d (q - 8) with q of 4 bits.
 */
export type StorageType = 'f32' | 'bf16' | 'f16' | 'int8' | 'int4'

export interface StorageBlock {
  /** Elements that are stored together; rows hold a whole number of blocks. */
  elements: number
  /** Bytes of a block, its scales included. */
  bytes: number
}

export const STORAGE: Record<StorageType, StorageBlock> = {
  f32: { elements: 1, bytes: 4 },
  bf16: { elements: 1, bytes: 2 },
  f16: { elements: 1, bytes: 2 },
  // Two groups of 32 each, so that a block is a whole number of words.
  int8: { elements: 64, bytes: 68 },
  int4: { elements: 64, bytes: 36 },
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

/** Values of a block as GGUF has them in its files, and bytes of one. */
export const GROUP = 32
export const BLOCK_BYTES = { Q8_0: 34, Q4_0: 18 } as const

export const isBlocked = (type: string): type is keyof typeof BLOCK_BYTES => Object.hasOwn(BLOCK_BYTES, type)

/** Bytes of so many values of a type of weights; of blocks, a whole number of them. */
export function typeBytes(type: 'F32' | 'F16' | 'BF16' | keyof typeof BLOCK_BYTES, values: number): number {
  if (isBlocked(type)) return (values / GROUP) * BLOCK_BYTES[type]
  return values * (type === 'F32' ? 4 : 2)
}
