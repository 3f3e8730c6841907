import { THREEFRY_WGSL } from './threefry.wgsl.ts'

/**
 * WGSL `fn dropout_keeps(site: u32, index: u32) -> bool`: element `index` of `site` is kept iff
 * random_unit(step.seed, step.counter, site, index) < step.dropout_keep, so that forward and backward passes, and the
 * host, agree without storing a mask. What is kept is divided by step.dropout_keep.
 */
export function dropoutWgsl(): string {
  return `${THREEFRY_WGSL}
fn dropout_keeps(site: u32, index: u32) -> bool {
  return random_unit(step.seed, step.counter, site, index) < step.dropout_keep;
}`
}
