import { type StorageType, storedBytes } from '../lib/storage.ts'
import type { ModelConfig, StoredTypes, WeightSource, WeightType } from '../protocol/model.ts'
import { elementsOf, type ModelTensor, tensorTable } from './tensors.ts'

export const STORAGE_OF: Record<WeightType, StorageType> = {
  BF16: 'bf16',
  F16: 'f16',
  F32: 'f32',
  Q8_0: 'int8',
  Q4_0: 'int4',
}

/** How the tensors of a source are stored, for a plan. */
export function storedTypes(source: WeightSource): StoredTypes {
  return new Map(Array.from(source.tensors, ([name, { dtype }]) => [name, dtype]))
}

/** As if every tensor of a model were stored alike. */
export function storedAlike(config: ModelConfig, type: WeightType): StoredTypes {
  return new Map(tensorTable(config).map(({ name }) => [name, type]))
}

/** How an engine holds a tensor: matrices as they are stored, vectors widened, for they are few. Plans and loading ask it. */
export function heldAs(tensor: ModelTensor, stored: StoredTypes | undefined): StorageType {
  return tensor.shape.length === 1 ? 'f32' : STORAGE_OF[stored?.get(tensor.name) ?? 'BF16']
}

/** Bytes of a tensor as an engine holds it. */
export function heldBytes(tensor: ModelTensor, stored: StoredTypes | undefined): number {
  return storedBytes(heldAs(tensor, stored), elementsOf(tensor))
}
