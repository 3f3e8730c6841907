import type { StorageType } from '../lib/storage.ts'
import { unpackWgsl } from './weight.ts'

/** WGSL `fn weight4(i: u32) -> vec4<f32>`: four columns of the binding `weight`, array<vec4<f32>> or array<vec2<u32>>. */
export function weight4Wgsl(format: StorageType): string {
  if (format === 'f32') return 'fn weight4(i: u32) -> vec4<f32> { return weight[i]; }'
  return `${unpackWgsl(format)}
fn weight4(i: u32) -> vec4<f32> {
  let words = weight[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}`
}
