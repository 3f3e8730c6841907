// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> w: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn w_4(i: u32) -> vec4<f32> {
  let words = w[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}
fn load_a(row: u32, q: u32) -> vec4<f32> {
  if (q >= 18u) { return vec4<f32>(); }
  return a[row * 18u + q];
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
  let n = n0 + tx;
  let swizzle_a = ((ty / 2u) & 3u);
  let swizzle_b = ((tx / 2u) & 3u);
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
    let v0 = vec4<f32>(v[(0u + min(n + 0u, 139u)) * 4u + q], v[(0u + min(n + 16u, 139u)) * 4u + q], v[(0u + min(n + 32u, 139u)) * 4u + q], v[(0u + min(n + 48u, 139u)) * 4u + q]);
let v1 = vec4<f32>(v[(0u + min(n + 64u, 139u)) * 4u + q], v[(0u + min(n + 80u, 139u)) * 4u + q], v[(0u + min(n + 96u, 139u)) * 4u + q], v[(0u + min(n + 112u, 139u)) * 4u + q]);
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
  
  
  for (var k = 0u; k < 20u; k += 4u) {
    workgroupBarrier();
    { let ia_0 = local + 0u; let r = ia_0 / 4u; let q = ia_0 % 4u; tile_a[(r + 0u) * 4u + (q ^ ((r / 2u) & 3u))] = load_a(min(m0 + r, last), k + q); }
{ let ia_1 = local + 256u; let r = ia_1 / 4u; let q = ia_1 % 4u; tile_a[(r + 0u) * 4u + (q ^ ((r / 2u) & 3u))] = load_a(min(m0 + r, last), k + q); }
    { let ib_0 = local + 0u; let r = ib_0 / 4u; let q = ib_0 % 4u; tile_b[(r + 0u) * 4u + (q ^ ((r / 2u) & 3u))] = load_w(n0 + r, k + q); }
{ let ib_1 = local + 256u; let r = ib_1 / 4u; let q = ib_1 % 4u; tile_b[(r + 0u) * 4u + (q ^ ((r / 2u) & 3u))] = load_w(n0 + r, k + q); }
    workgroupBarrier();
    for (var q = 0u; q < 4u; q++) {
      let w0 = tile_b[(tx + 0u) * 4u + (q ^ swizzle_b)];
let w1 = tile_b[(tx + 16u) * 4u + (q ^ swizzle_b)];
let w2 = tile_b[(tx + 32u) * 4u + (q ^ swizzle_b)];
let w3 = tile_b[(tx + 48u) * 4u + (q ^ swizzle_b)];
let b0_0 = vec4<f32>(w0.x, w1.x, w2.x, w3.x);
let b1_0 = vec4<f32>(w0.y, w1.y, w2.y, w3.y);
let b2_0 = vec4<f32>(w0.z, w1.z, w2.z, w3.z);
let b3_0 = vec4<f32>(w0.w, w1.w, w2.w, w3.w);
let w4 = tile_b[(tx + 64u) * 4u + (q ^ swizzle_b)];
let w5 = tile_b[(tx + 80u) * 4u + (q ^ swizzle_b)];
let w6 = tile_b[(tx + 96u) * 4u + (q ^ swizzle_b)];
let w7 = tile_b[(tx + 112u) * 4u + (q ^ swizzle_b)];
let b0_1 = vec4<f32>(w4.x, w5.x, w6.x, w7.x);
let b1_1 = vec4<f32>(w4.y, w5.y, w6.y, w7.y);
let b2_1 = vec4<f32>(w4.z, w5.z, w6.z, w7.z);
let b3_1 = vec4<f32>(w4.w, w5.w, w6.w, w7.w);
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
    let at = (m + 0u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c0_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c0_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c0_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c0_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c0_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c0_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c0_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c0_1[3]; }
  }
if (m + 16u <= last) {
    let at = (m + 16u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c1_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c1_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c1_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c1_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c1_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c1_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c1_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c1_1[3]; }
  }
if (m + 32u <= last) {
    let at = (m + 32u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c2_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c2_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c2_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c2_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c2_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c2_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c2_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c2_1[3]; }
  }
if (m + 48u <= last) {
    let at = (m + 48u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c3_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c3_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c3_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c3_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c3_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c3_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c3_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c3_1[3]; }
  }
if (m + 64u <= last) {
    let at = (m + 64u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c4_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c4_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c4_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c4_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c4_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c4_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c4_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c4_1[3]; }
  }
if (m + 80u <= last) {
    let at = (m + 80u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c5_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c5_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c5_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c5_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c5_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c5_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c5_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c5_1[3]; }
  }
if (m + 96u <= last) {
    let at = (m + 96u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c6_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c6_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c6_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c6_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c6_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c6_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c6_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c6_1[3]; }
  }
if (m + 112u <= last) {
    let at = (m + 112u) * 140u + 0u;
    if (n + 0u < 140u) { c[at + n + 0u] = c7_0[0]; }
if (n + 16u < 140u) { c[at + n + 16u] = c7_0[1]; }
if (n + 32u < 140u) { c[at + n + 32u] = c7_0[2]; }
if (n + 48u < 140u) { c[at + n + 48u] = c7_0[3]; }
if (n + 64u < 140u) { c[at + n + 64u] = c7_1[0]; }
if (n + 80u < 140u) { c[at + n + 80u] = c7_1[1]; }
if (n + 96u < 140u) { c[at + n + 96u] = c7_1[2]; }
if (n + 112u < 140u) { c[at + n + 112u] = c7_1[3]; }
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
