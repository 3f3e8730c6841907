// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> w: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> site: array<u32>;
@group(0) @binding(5) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
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
    let row = m + cell / 8u * 16u;
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
  if (q >= 35u) { return vec4<f32>(); }
  return a[row * 35u + q];
}
fn load_w(row: u32, q: u32) -> vec4<f32> {
  if (row >= 140u || q * 4u >= 72u) { return vec4<f32>(); }
  return w_4(row * 18u + q);
}
var<workgroup> tile_a: array<vec4<f32>, 512>;
var<workgroup> tile_b: array<vec4<f32>, 512>;
fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let m0 = group.y * 128u;
  let n0 = group.x * 128u;
  // Remainders bound what indexes the tiles, so that compilers need not.
  let tx = local % 16u;
  let ty = local / 16u % 16u;
  let m = m0 + ty;
  let n = n0 + tx * 4u;
  let swizzle_a = ((ty / 2u) & 3u);
  
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
  
  for (var q = 0u; q < 4u; q++) {
    let v0 = vec4<f32>(v[q * 72u + min(n + 0u, 71u)], v[q * 72u + min(n + 1u, 71u)], v[q * 72u + min(n + 2u, 71u)], v[q * 72u + min(n + 3u, 71u)]);
let v1 = vec4<f32>(v[q * 72u + min(n + 64u, 71u)], v[q * 72u + min(n + 65u, 71u)], v[q * 72u + min(n + 66u, 71u)], v[q * 72u + min(n + 67u, 71u)]);
    let u0 = u[min(m + 0u, last) * 4u + q];
c0_0 += u0 * v0;
c0_1 += u0 * v1;
let u1 = u[min(m + 16u, last) * 4u + q];
c1_0 += u1 * v0;
c1_1 += u1 * v1;
let u2 = u[min(m + 32u, last) * 4u + q];
c2_0 += u2 * v0;
c2_1 += u2 * v1;
let u3 = u[min(m + 48u, last) * 4u + q];
c3_0 += u3 * v0;
c3_1 += u3 * v1;
let u4 = u[min(m + 64u, last) * 4u + q];
c4_0 += u4 * v0;
c4_1 += u4 * v1;
let u5 = u[min(m + 80u, last) * 4u + q];
c5_0 += u5 * v0;
c5_1 += u5 * v1;
let u6 = u[min(m + 96u, last) * 4u + q];
c6_0 += u6 * v0;
c6_1 += u6 * v1;
let u7 = u[min(m + 112u, last) * 4u + q];
c7_0 += u7 * v0;
c7_1 += u7 * v1;
  }
  
  if (step.dropout_keep < 1.0) {
    let kept0 = kept_word(m, n, 0u);
let kept1 = kept_word(m, n, 1u);
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
  }
  
  for (var k = 0u; k < 36u; k += 4u) {
    workgroupBarrier();
    { let ia_0 = local + 0u; let r = ia_0 / 4u; let q = ia_0 % 4u; tile_a[(r + 0u) * 4u + (q ^ ((r / 2u) & 3u))] = load_a(min(m0 + r, last), k + q); }
{ let ia_1 = local + 256u; let r = ia_1 / 4u; let q = ia_1 % 4u; tile_a[(r + 0u) * 4u + (q ^ ((r / 2u) & 3u))] = load_a(min(m0 + r, last), k + q); }
    { let ib_0 = local + 0u; tile_b[ib_0] = load_w(k * 4u + ib_0 / 32u, n0 / 4u + ib_0 % 32u); }
{ let ib_1 = local + 256u; tile_b[ib_1] = load_w(k * 4u + ib_1 / 32u, n0 / 4u + ib_1 % 32u); }
    workgroupBarrier();
    for (var q = 0u; q < 4u; q++) {
      let b0_0 = tile_b[(q * 4u + 0u) * 32u + tx + 0u];
let b1_0 = tile_b[(q * 4u + 1u) * 32u + tx + 0u];
let b2_0 = tile_b[(q * 4u + 2u) * 32u + tx + 0u];
let b3_0 = tile_b[(q * 4u + 3u) * 32u + tx + 0u];
let b0_1 = tile_b[(q * 4u + 0u) * 32u + tx + 16u];
let b1_1 = tile_b[(q * 4u + 1u) * 32u + tx + 16u];
let b2_1 = tile_b[(q * 4u + 2u) * 32u + tx + 16u];
let b3_1 = tile_b[(q * 4u + 3u) * 32u + tx + 16u];
      let a0 = tile_a[(ty + 0u) * 4u + (q ^ swizzle_a)];
c0_0 += a0.x * b0_0;
c0_0 += a0.y * b1_0;
c0_0 += a0.z * b2_0;
c0_0 += a0.w * b3_0;
c0_1 += a0.x * b0_1;
c0_1 += a0.y * b1_1;
c0_1 += a0.z * b2_1;
c0_1 += a0.w * b3_1;
let a1 = tile_a[(ty + 16u) * 4u + (q ^ swizzle_a)];
c1_0 += a1.x * b0_0;
c1_0 += a1.y * b1_0;
c1_0 += a1.z * b2_0;
c1_0 += a1.w * b3_0;
c1_1 += a1.x * b0_1;
c1_1 += a1.y * b1_1;
c1_1 += a1.z * b2_1;
c1_1 += a1.w * b3_1;
let a2 = tile_a[(ty + 32u) * 4u + (q ^ swizzle_a)];
c2_0 += a2.x * b0_0;
c2_0 += a2.y * b1_0;
c2_0 += a2.z * b2_0;
c2_0 += a2.w * b3_0;
c2_1 += a2.x * b0_1;
c2_1 += a2.y * b1_1;
c2_1 += a2.z * b2_1;
c2_1 += a2.w * b3_1;
let a3 = tile_a[(ty + 48u) * 4u + (q ^ swizzle_a)];
c3_0 += a3.x * b0_0;
c3_0 += a3.y * b1_0;
c3_0 += a3.z * b2_0;
c3_0 += a3.w * b3_0;
c3_1 += a3.x * b0_1;
c3_1 += a3.y * b1_1;
c3_1 += a3.z * b2_1;
c3_1 += a3.w * b3_1;
let a4 = tile_a[(ty + 64u) * 4u + (q ^ swizzle_a)];
c4_0 += a4.x * b0_0;
c4_0 += a4.y * b1_0;
c4_0 += a4.z * b2_0;
c4_0 += a4.w * b3_0;
c4_1 += a4.x * b0_1;
c4_1 += a4.y * b1_1;
c4_1 += a4.z * b2_1;
c4_1 += a4.w * b3_1;
let a5 = tile_a[(ty + 80u) * 4u + (q ^ swizzle_a)];
c5_0 += a5.x * b0_0;
c5_0 += a5.y * b1_0;
c5_0 += a5.z * b2_0;
c5_0 += a5.w * b3_0;
c5_1 += a5.x * b0_1;
c5_1 += a5.y * b1_1;
c5_1 += a5.z * b2_1;
c5_1 += a5.w * b3_1;
let a6 = tile_a[(ty + 96u) * 4u + (q ^ swizzle_a)];
c6_0 += a6.x * b0_0;
c6_0 += a6.y * b1_0;
c6_0 += a6.z * b2_0;
c6_0 += a6.w * b3_0;
c6_1 += a6.x * b0_1;
c6_1 += a6.y * b1_1;
c6_1 += a6.z * b2_1;
c6_1 += a6.w * b3_1;
let a7 = tile_a[(ty + 112u) * 4u + (q ^ swizzle_a)];
c7_0 += a7.x * b0_0;
c7_0 += a7.y * b1_0;
c7_0 += a7.z * b2_0;
c7_0 += a7.w * b3_0;
c7_1 += a7.x * b0_1;
c7_1 += a7.y * b1_1;
c7_1 += a7.z * b2_1;
c7_1 += a7.w * b3_1;
    }
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
if (m + 16u <= last) {
    let at = (m + 16u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c1_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c1_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c1_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c1_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c1_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c1_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c1_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c1_1[3]; }
  }
if (m + 32u <= last) {
    let at = (m + 32u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c2_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c2_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c2_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c2_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c2_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c2_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c2_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c2_1[3]; }
  }
if (m + 48u <= last) {
    let at = (m + 48u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c3_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c3_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c3_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c3_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c3_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c3_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c3_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c3_1[3]; }
  }
if (m + 64u <= last) {
    let at = (m + 64u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c4_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c4_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c4_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c4_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c4_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c4_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c4_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c4_1[3]; }
  }
if (m + 80u <= last) {
    let at = (m + 80u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c5_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c5_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c5_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c5_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c5_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c5_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c5_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c5_1[3]; }
  }
if (m + 96u <= last) {
    let at = (m + 96u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c6_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c6_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c6_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c6_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c6_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c6_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c6_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c6_1[3]; }
  }
if (m + 112u <= last) {
    let at = (m + 112u) * 72u + 0u;
    if (n + 0u < 72u) { c[at + n + 0u] = c7_0[0]; }
if (n + 1u < 72u) { c[at + n + 1u] = c7_0[1]; }
if (n + 2u < 72u) { c[at + n + 2u] = c7_0[2]; }
if (n + 3u < 72u) { c[at + n + 3u] = c7_0[3]; }
if (n + 64u < 72u) { c[at + n + 64u] = c7_1[0]; }
if (n + 65u < 72u) { c[at + n + 65u] = c7_1[1]; }
if (n + 66u < 72u) { c[at + n + 66u] = c7_1[2]; }
if (n + 67u < 72u) { c[at + n + 67u] = c7_1[3]; }
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
