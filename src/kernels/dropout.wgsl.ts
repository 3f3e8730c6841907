import { THREEFRY_WGSL } from './threefry.wgsl.ts'

/**
 * WGSL `fn dropout_scale(site: u32, index: u32) -> f32`: 1 / keep for elements that are kept, 0 for the others, where
 * keep = step.dropout_keep. Element `index` of `site` is kept iff random_unit(step.seed, step.counter, site, index) < keep,
 * so that forward and backward passes, and the host, agree without storing a mask.
 */
export function dropoutWgsl(): string {
  return `${THREEFRY_WGSL}
fn dropout_scale(site: u32, index: u32) -> f32 {
  let keep = step.dropout_keep;
  return select(0.0, 1.0 / keep, random_unit(step.seed, step.counter, site, index) < keep);
}`
}
