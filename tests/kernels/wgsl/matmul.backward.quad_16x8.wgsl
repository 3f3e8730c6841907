// linear 67x72x140 bf16
enable subgroups;
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> w: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> site: array<u32>;
@group(0) @binding(5) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<private> subgroup_lane: u32;
fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let k = array<u32, 3>(key.x, key.y, key.x ^ key.y ^ 0x1BD11BDAu);
  var x = counter + key;
  x.x += x.y; x.y = ((x.y << 13u) | (x.y >> 19u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 15u) | (x.y >> 17u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 26u) | (x.y >> 6u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 6u) | (x.y >> 26u)) ^ x.x; x.x += k[1]; x.y += k[2] + 1u;
  x.x += x.y; x.y = ((x.y << 17u) | (x.y >> 15u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 29u) | (x.y >> 3u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 16u) | (x.y >> 16u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 24u) | (x.y >> 8u)) ^ x.x; x.x += k[2]; x.y += k[0] + 2u;
  x.x += x.y; x.y = ((x.y << 13u) | (x.y >> 19u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 15u) | (x.y >> 17u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 26u) | (x.y >> 6u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 6u) | (x.y >> 26u)) ^ x.x; x.x += k[0]; x.y += k[1] + 3u;
  x.x += x.y; x.y = ((x.y << 17u) | (x.y >> 15u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 29u) | (x.y >> 3u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 16u) | (x.y >> 16u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 24u) | (x.y >> 8u)) ^ x.x; x.x += k[1]; x.y += k[2] + 4u;
  x.x += x.y; x.y = ((x.y << 13u) | (x.y >> 19u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 15u) | (x.y >> 17u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 26u) | (x.y >> 6u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 6u) | (x.y >> 26u)) ^ x.x; x.x += k[2]; x.y += k[0] + 5u;
  return x;
}
fn unit_float(word: u32) -> f32 { return f32(word >> 8u) * 0x1p-24; }
fn random_unit(seed: u32, counter: u32, site: u32, index: u32) -> f32 {
  return unit_float(threefry(vec2<u32>(seed, counter), vec2<u32>(site, index)).x);
}
fn dropout_keeps(index: u32) -> bool {
  return random_unit(step.seed, step.counter, site[0], index) < step.dropout_keep;
}
fn kept_word(m: u32, n: u32, word: u32) -> u32 {
  var bits = 0u;
  for (var b = 0u; b < 32u; b++) {
    let cell = word * 32u + b;
    let row = m + cell / 8u * 1u;
    let column = n + cell % 8u / 4u * 64u + cell % 4u;
    bits |= select(0u, 1u << b, dropout_keeps(row * 72u + column));
  }
  return bits;
}
fn kept_scale(word: u32, first: u32) -> vec4<f32> {
  let bits = (vec4<u32>(word) >> (vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u))) & vec4<u32>(1u);
  return vec4<f32>(bits) / step.dropout_keep;
}

fn unpack_weight(word: u32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn w_4(i: u32) -> vec4<f32> {
  let words = w[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}
fn load_a(row: u32, q: u32) -> vec4<f32> {
  
  return a[row * 35u + q];
}
fn load_w(row: u32, q: u32) -> vec4<f32> {
  if (q * 4u >= 72u) { return vec4<f32>(); }
  return w_4(row * 18u + q);
}

fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let m0 = group.y * 16u;
  let n0 = group.x * 128u;
  // Remainders bound what indexes the tiles, so that compilers need not.
  let tx = local % 16u;
  let ty = 0u;
  let m = m0 + ty;
  let n = n0 + tx * 4u;
  
  
  var c0_0 = vec4<f32>();
var c0_1 = vec4<f32>();
var c1_0 = vec4<f32>();
var c1_1 = vec4<f32>();
var c2_0 = vec4<f32>();
var c2_1 = vec4<f32>();
var c3_0 = vec4<f32>();
var c3_1 = vec4<f32>();
var c4_0 = vec4<f32>();
var c4_1 = vec4<f32>();
var c5_0 = vec4<f32>();
var c5_1 = vec4<f32>();
var c6_0 = vec4<f32>();
var c6_1 = vec4<f32>();
var c7_0 = vec4<f32>();
var c7_1 = vec4<f32>();
var c8_0 = vec4<f32>();
var c8_1 = vec4<f32>();
var c9_0 = vec4<f32>();
var c9_1 = vec4<f32>();
var c10_0 = vec4<f32>();
var c10_1 = vec4<f32>();
var c11_0 = vec4<f32>();
var c11_1 = vec4<f32>();
var c12_0 = vec4<f32>();
var c12_1 = vec4<f32>();
var c13_0 = vec4<f32>();
var c13_1 = vec4<f32>();
var c14_0 = vec4<f32>();
var c14_1 = vec4<f32>();
var c15_0 = vec4<f32>();
var c15_1 = vec4<f32>();
  
  for (var q = 0u; q < 4u; q++) {
    let v0 = vec4<f32>(v[q * 72u + min(n + 0u, 71u)], v[q * 72u + min(n + 1u, 71u)], v[q * 72u + min(n + 2u, 71u)], v[q * 72u + min(n + 3u, 71u)]);
let v1 = vec4<f32>(v[q * 72u + min(n + 64u, 71u)], v[q * 72u + min(n + 65u, 71u)], v[q * 72u + min(n + 66u, 71u)], v[q * 72u + min(n + 67u, 71u)]);
    let u0 = u[min(m + 0u, last) * 4u + q];
c0_0 += u0 * v0;
c0_1 += u0 * v1;
let u1 = u[min(m + 1u, last) * 4u + q];
c1_0 += u1 * v0;
c1_1 += u1 * v1;
let u2 = u[min(m + 2u, last) * 4u + q];
c2_0 += u2 * v0;
c2_1 += u2 * v1;
let u3 = u[min(m + 3u, last) * 4u + q];
c3_0 += u3 * v0;
c3_1 += u3 * v1;
let u4 = u[min(m + 4u, last) * 4u + q];
c4_0 += u4 * v0;
c4_1 += u4 * v1;
let u5 = u[min(m + 5u, last) * 4u + q];
c5_0 += u5 * v0;
c5_1 += u5 * v1;
let u6 = u[min(m + 6u, last) * 4u + q];
c6_0 += u6 * v0;
c6_1 += u6 * v1;
let u7 = u[min(m + 7u, last) * 4u + q];
c7_0 += u7 * v0;
c7_1 += u7 * v1;
let u8 = u[min(m + 8u, last) * 4u + q];
c8_0 += u8 * v0;
c8_1 += u8 * v1;
let u9 = u[min(m + 9u, last) * 4u + q];
c9_0 += u9 * v0;
c9_1 += u9 * v1;
let u10 = u[min(m + 10u, last) * 4u + q];
c10_0 += u10 * v0;
c10_1 += u10 * v1;
let u11 = u[min(m + 11u, last) * 4u + q];
c11_0 += u11 * v0;
c11_1 += u11 * v1;
let u12 = u[min(m + 12u, last) * 4u + q];
c12_0 += u12 * v0;
c12_1 += u12 * v1;
let u13 = u[min(m + 13u, last) * 4u + q];
c13_0 += u13 * v0;
c13_1 += u13 * v1;
let u14 = u[min(m + 14u, last) * 4u + q];
c14_0 += u14 * v0;
c14_1 += u14 * v1;
let u15 = u[min(m + 15u, last) * 4u + q];
c15_0 += u15 * v0;
c15_1 += u15 * v1;
  }
  
  if (step.dropout_keep < 1.0) {
    let kept0 = kept_word(m, n, 0u);
let kept1 = kept_word(m, n, 1u);
let kept2 = kept_word(m, n, 2u);
let kept3 = kept_word(m, n, 3u);
    c0_0 *= kept_scale(kept0, 0u);
c0_1 *= kept_scale(kept0, 4u);
c1_0 *= kept_scale(kept0, 8u);
c1_1 *= kept_scale(kept0, 12u);
c2_0 *= kept_scale(kept0, 16u);
c2_1 *= kept_scale(kept0, 20u);
c3_0 *= kept_scale(kept0, 24u);
c3_1 *= kept_scale(kept0, 28u);
c4_0 *= kept_scale(kept1, 0u);
c4_1 *= kept_scale(kept1, 4u);
c5_0 *= kept_scale(kept1, 8u);
c5_1 *= kept_scale(kept1, 12u);
c6_0 *= kept_scale(kept1, 16u);
c6_1 *= kept_scale(kept1, 20u);
c7_0 *= kept_scale(kept1, 24u);
c7_1 *= kept_scale(kept1, 28u);
c8_0 *= kept_scale(kept2, 0u);
c8_1 *= kept_scale(kept2, 4u);
c9_0 *= kept_scale(kept2, 8u);
c9_1 *= kept_scale(kept2, 12u);
c10_0 *= kept_scale(kept2, 16u);
c10_1 *= kept_scale(kept2, 20u);
c11_0 *= kept_scale(kept2, 24u);
c11_1 *= kept_scale(kept2, 28u);
c12_0 *= kept_scale(kept3, 0u);
c12_1 *= kept_scale(kept3, 4u);
c13_0 *= kept_scale(kept3, 8u);
c13_1 *= kept_scale(kept3, 12u);
c14_0 *= kept_scale(kept3, 16u);
c14_1 *= kept_scale(kept3, 20u);
c15_0 *= kept_scale(kept3, 24u);
c15_1 *= kept_scale(kept3, 28u);
  }
  
  for (var q = 0u; q < 35u; q++) {
    let b0_0 = load_w(q * 4u + 0u, n / 4u + 0u);
let b1_0 = load_w(q * 4u + 1u, n / 4u + 0u);
let b2_0 = load_w(q * 4u + 2u, n / 4u + 0u);
let b3_0 = load_w(q * 4u + 3u, n / 4u + 0u);
let b0_1 = load_w(q * 4u + 0u, n / 4u + 16u);
let b1_1 = load_w(q * 4u + 1u, n / 4u + 16u);
let b2_1 = load_w(q * 4u + 2u, n / 4u + 16u);
let b3_1 = load_w(q * 4u + 3u, n / 4u + 16u);
    let held0 = load_a(min(m + (subgroup_lane & 3u) + 0u, last), q);
let held1 = load_a(min(m + (subgroup_lane & 3u) + 4u, last), q);
let held2 = load_a(min(m + (subgroup_lane & 3u) + 8u, last), q);
let held3 = load_a(min(m + (subgroup_lane & 3u) + 12u, last), q);
    let a0 = quadBroadcast(held0, 0u);
c0_0 += a0.x * b0_0;
c0_0 += a0.y * b1_0;
c0_0 += a0.z * b2_0;
c0_0 += a0.w * b3_0;
c0_1 += a0.x * b0_1;
c0_1 += a0.y * b1_1;
c0_1 += a0.z * b2_1;
c0_1 += a0.w * b3_1;
let a1 = quadBroadcast(held0, 1u);
c1_0 += a1.x * b0_0;
c1_0 += a1.y * b1_0;
c1_0 += a1.z * b2_0;
c1_0 += a1.w * b3_0;
c1_1 += a1.x * b0_1;
c1_1 += a1.y * b1_1;
c1_1 += a1.z * b2_1;
c1_1 += a1.w * b3_1;
let a2 = quadBroadcast(held0, 2u);
c2_0 += a2.x * b0_0;
c2_0 += a2.y * b1_0;
c2_0 += a2.z * b2_0;
c2_0 += a2.w * b3_0;
c2_1 += a2.x * b0_1;
c2_1 += a2.y * b1_1;
c2_1 += a2.z * b2_1;
c2_1 += a2.w * b3_1;
let a3 = quadBroadcast(held0, 3u);
c3_0 += a3.x * b0_0;
c3_0 += a3.y * b1_0;
c3_0 += a3.z * b2_0;
c3_0 += a3.w * b3_0;
c3_1 += a3.x * b0_1;
c3_1 += a3.y * b1_1;
c3_1 += a3.z * b2_1;
c3_1 += a3.w * b3_1;
let a4 = quadBroadcast(held1, 0u);
c4_0 += a4.x * b0_0;
c4_0 += a4.y * b1_0;
c4_0 += a4.z * b2_0;
c4_0 += a4.w * b3_0;
c4_1 += a4.x * b0_1;
c4_1 += a4.y * b1_1;
c4_1 += a4.z * b2_1;
c4_1 += a4.w * b3_1;
let a5 = quadBroadcast(held1, 1u);
c5_0 += a5.x * b0_0;
c5_0 += a5.y * b1_0;
c5_0 += a5.z * b2_0;
c5_0 += a5.w * b3_0;
c5_1 += a5.x * b0_1;
c5_1 += a5.y * b1_1;
c5_1 += a5.z * b2_1;
c5_1 += a5.w * b3_1;
let a6 = quadBroadcast(held1, 2u);
c6_0 += a6.x * b0_0;
c6_0 += a6.y * b1_0;
c6_0 += a6.z * b2_0;
c6_0 += a6.w * b3_0;
c6_1 += a6.x * b0_1;
c6_1 += a6.y * b1_1;
c6_1 += a6.z * b2_1;
c6_1 += a6.w * b3_1;
let a7 = quadBroadcast(held1, 3u);
c7_0 += a7.x * b0_0;
c7_0 += a7.y * b1_0;
c7_0 += a7.z * b2_0;
c7_0 += a7.w * b3_0;
c7_1 += a7.x * b0_1;
c7_1 += a7.y * b1_1;
c7_1 += a7.z * b2_1;
c7_1 += a7.w * b3_1;
let a8 = quadBroadcast(held2, 0u);
c8_0 += a8.x * b0_0;
c8_0 += a8.y * b1_0;
c8_0 += a8.z * b2_0;
c8_0 += a8.w * b3_0;
c8_1 += a8.x * b0_1;
c8_1 += a8.y * b1_1;
c8_1 += a8.z * b2_1;
c8_1 += a8.w * b3_1;
let a9 = quadBroadcast(held2, 1u);
c9_0 += a9.x * b0_0;
c9_0 += a9.y * b1_0;
c9_0 += a9.z * b2_0;
c9_0 += a9.w * b3_0;
c9_1 += a9.x * b0_1;
c9_1 += a9.y * b1_1;
c9_1 += a9.z * b2_1;
c9_1 += a9.w * b3_1;
let a10 = quadBroadcast(held2, 2u);
c10_0 += a10.x * b0_0;
c10_0 += a10.y * b1_0;
c10_0 += a10.z * b2_0;
c10_0 += a10.w * b3_0;
c10_1 += a10.x * b0_1;
c10_1 += a10.y * b1_1;
c10_1 += a10.z * b2_1;
c10_1 += a10.w * b3_1;
let a11 = quadBroadcast(held2, 3u);
c11_0 += a11.x * b0_0;
c11_0 += a11.y * b1_0;
c11_0 += a11.z * b2_0;
c11_0 += a11.w * b3_0;
c11_1 += a11.x * b0_1;
c11_1 += a11.y * b1_1;
c11_1 += a11.z * b2_1;
c11_1 += a11.w * b3_1;
let a12 = quadBroadcast(held3, 0u);
c12_0 += a12.x * b0_0;
c12_0 += a12.y * b1_0;
c12_0 += a12.z * b2_0;
c12_0 += a12.w * b3_0;
c12_1 += a12.x * b0_1;
c12_1 += a12.y * b1_1;
c12_1 += a12.z * b2_1;
c12_1 += a12.w * b3_1;
let a13 = quadBroadcast(held3, 1u);
c13_0 += a13.x * b0_0;
c13_0 += a13.y * b1_0;
c13_0 += a13.z * b2_0;
c13_0 += a13.w * b3_0;
c13_1 += a13.x * b0_1;
c13_1 += a13.y * b1_1;
c13_1 += a13.z * b2_1;
c13_1 += a13.w * b3_1;
let a14 = quadBroadcast(held3, 2u);
c14_0 += a14.x * b0_0;
c14_0 += a14.y * b1_0;
c14_0 += a14.z * b2_0;
c14_0 += a14.w * b3_0;
c14_1 += a14.x * b0_1;
c14_1 += a14.y * b1_1;
c14_1 += a14.z * b2_1;
c14_1 += a14.w * b3_1;
let a15 = quadBroadcast(held3, 3u);
c15_0 += a15.x * b0_0;
c15_0 += a15.y * b1_0;
c15_0 += a15.z * b2_0;
c15_0 += a15.w * b3_0;
c15_1 += a15.x * b0_1;
c15_1 += a15.y * b1_1;
c15_1 += a15.z * b2_1;
c15_1 += a15.w * b3_1;
  }
  if (m + 0u <= last) {
    let at = (m + 0u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c0_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c0_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c0_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c0_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c0_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c0_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c0_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c0_1[3]; }
  }
if (m + 1u <= last) {
    let at = (m + 1u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c1_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c1_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c1_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c1_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c1_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c1_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c1_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c1_1[3]; }
  }
if (m + 2u <= last) {
    let at = (m + 2u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c2_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c2_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c2_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c2_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c2_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c2_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c2_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c2_1[3]; }
  }
if (m + 3u <= last) {
    let at = (m + 3u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c3_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c3_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c3_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c3_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c3_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c3_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c3_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c3_1[3]; }
  }
if (m + 4u <= last) {
    let at = (m + 4u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c4_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c4_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c4_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c4_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c4_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c4_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c4_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c4_1[3]; }
  }
if (m + 5u <= last) {
    let at = (m + 5u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c5_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c5_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c5_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c5_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c5_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c5_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c5_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c5_1[3]; }
  }
if (m + 6u <= last) {
    let at = (m + 6u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c6_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c6_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c6_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c6_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c6_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c6_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c6_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c6_1[3]; }
  }
if (m + 7u <= last) {
    let at = (m + 7u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c7_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c7_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c7_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c7_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c7_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c7_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c7_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c7_1[3]; }
  }
if (m + 8u <= last) {
    let at = (m + 8u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c8_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c8_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c8_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c8_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c8_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c8_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c8_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c8_1[3]; }
  }
if (m + 9u <= last) {
    let at = (m + 9u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c9_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c9_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c9_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c9_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c9_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c9_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c9_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c9_1[3]; }
  }
if (m + 10u <= last) {
    let at = (m + 10u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c10_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c10_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c10_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c10_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c10_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c10_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c10_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c10_1[3]; }
  }
if (m + 11u <= last) {
    let at = (m + 11u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c11_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c11_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c11_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c11_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c11_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c11_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c11_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c11_1[3]; }
  }
if (m + 12u <= last) {
    let at = (m + 12u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c12_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c12_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c12_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c12_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c12_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c12_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c12_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c12_1[3]; }
  }
if (m + 13u <= last) {
    let at = (m + 13u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c13_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c13_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c13_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c13_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c13_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c13_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c13_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c13_1[3]; }
  }
if (m + 14u <= last) {
    let at = (m + 14u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c14_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c14_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c14_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c14_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c14_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c14_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c14_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c14_1[3]; }
  }
if (m + 15u <= last) {
    let at = (m + 15u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c15_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c15_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c15_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c15_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c15_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c15_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c15_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c15_1[3]; }
  }
}
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
, @builtin(subgroup_invocation_id) lane: u32) {
  subgroup_lane = lane;
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
