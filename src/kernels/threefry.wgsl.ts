/**
 * Threefry-2x32-20 in WGSL (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 *
 * Everywhere in this project: key = (seed, counter of the step), counter = (site, index), and the first output word maps
 * to a float in [0, 1) as (word >> 8) * 2^-24. `src/lib/threefry.ts` is the same on the host.
 */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]

const rounds = Array.from({ length: 20 }, (_, i) => {
  const r = ROTATIONS[i % 8]!
  const mix = `x.x += x.y; x.y = ((x.y << ${r}u) | (x.y >> ${32 - r}u)) ^ x.x;`
  if (i % 4 !== 3) return mix
  const k = (i + 1) / 4
  return `${mix} x.x += k[${k % 3}]; x.y += k[${(k + 1) % 3}] + ${k}u;`
})

export const THREEFRY_WGSL = `
fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let k = array<u32, 3>(key.x, key.y, key.x ^ key.y ^ 0x1BD11BDAu);
  var x = counter + key;
  ${rounds.join('\n  ')}
  return x;
}
fn unit_float(word: u32) -> f32 { return f32(word >> 8u) * 0x1p-24; }
fn random_unit(seed: u32, counter: u32, site: u32, index: u32) -> f32 {
  return unit_float(threefry(vec2<u32>(seed, counter), vec2<u32>(site, index)).x);
}`
