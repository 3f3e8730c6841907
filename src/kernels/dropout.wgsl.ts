import type { Binding } from '../gpu/kernel.ts'
import { THREEFRY_WGSL } from './threefry.wgsl.ts'

/**
 * WGSL `fn dropout_keeps(index: u32) -> bool` for kernels with a binding `site` (u32 [1]): element `index` is kept iff
 * random_unit(step.seed, step.counter, site[0], index) < step.dropout_keep, so that forward and backward passes, and the
 * host, agree without storing a mask. What is kept is divided by step.dropout_keep. The site is not a constant, so that
 * all layers share their kernels.
 */
/** The binding, where there is dropout. */
export function siteBinding(dropout: boolean): Record<string, Binding> {
  return dropout ? { site: { type: 'u32', access: 'read', shape: [1] } } : {}
}

export function dropoutWgsl(): string {
  return `${THREEFRY_WGSL}
fn dropout_keeps(index: u32) -> bool {
  return random_unit(step.seed, step.counter, site[0], index) < step.dropout_keep;
}`
}
