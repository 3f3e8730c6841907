// linear 11x332x70 bf16
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
  
  return a[row * 83u + q];
}
fn load_w(row: u32, q: u32) -> vec4<f32> {
  if (row >= 70u) { return vec4<f32>(); }
  return w_4(row * 83u + q);
}

fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let m0 = group.y * 8u;
  let n0 = group.x * 64u;
  // Remainders bound what indexes the tiles, so that compilers need not.
  let tx = local % 16u;
  let ty = 0u;
  let m = m0 + ty;
  let n = n0 + tx;
  
  
  var c0_0 = vec4<f32>();
var c1_0 = vec4<f32>();
var c2_0 = vec4<f32>();
var c3_0 = vec4<f32>();
var c4_0 = vec4<f32>();
var c5_0 = vec4<f32>();
var c6_0 = vec4<f32>();
var c7_0 = vec4<f32>();
  
  for (var q = 0u; q < 3u; q++) {
    let v0 = vec4<f32>(v[(0u + min(n + 0u, 69u)) * 3u + q], v[(0u + min(n + 16u, 69u)) * 3u + q], v[(0u + min(n + 32u, 69u)) * 3u + q], v[(0u + min(n + 48u, 69u)) * 3u + q]);
    let u0 = u[min(m + 0u, last) * 3u + q];
c0_0 += u0 * v0;
let u1 = u[min(m + 1u, last) * 3u + q];
c1_0 += u1 * v0;
let u2 = u[min(m + 2u, last) * 3u + q];
c2_0 += u2 * v0;
let u3 = u[min(m + 3u, last) * 3u + q];
c3_0 += u3 * v0;
let u4 = u[min(m + 4u, last) * 3u + q];
c4_0 += u4 * v0;
let u5 = u[min(m + 5u, last) * 3u + q];
c5_0 += u5 * v0;
let u6 = u[min(m + 6u, last) * 3u + q];
c6_0 += u6 * v0;
let u7 = u[min(m + 7u, last) * 3u + q];
c7_0 += u7 * v0;
  }
  
  
  for (var q = 0u; q < 83u; q++) {
    let w0 = load_w(n + 0u, q);
let w1 = load_w(n + 16u, q);
let w2 = load_w(n + 32u, q);
let w3 = load_w(n + 48u, q);
let b0_0 = vec4<f32>(w0.x, w1.x, w2.x, w3.x);
let b1_0 = vec4<f32>(w0.y, w1.y, w2.y, w3.y);
let b2_0 = vec4<f32>(w0.z, w1.z, w2.z, w3.z);
let b3_0 = vec4<f32>(w0.w, w1.w, w2.w, w3.w);
    let a0 = load_a(min(m + 0u, last), q);
c0_0 += a0.x * b0_0;
c0_0 += a0.y * b1_0;
c0_0 += a0.z * b2_0;
c0_0 += a0.w * b3_0;
let a1 = load_a(min(m + 1u, last), q);
c1_0 += a1.x * b0_0;
c1_0 += a1.y * b1_0;
c1_0 += a1.z * b2_0;
c1_0 += a1.w * b3_0;
let a2 = load_a(min(m + 2u, last), q);
c2_0 += a2.x * b0_0;
c2_0 += a2.y * b1_0;
c2_0 += a2.z * b2_0;
c2_0 += a2.w * b3_0;
let a3 = load_a(min(m + 3u, last), q);
c3_0 += a3.x * b0_0;
c3_0 += a3.y * b1_0;
c3_0 += a3.z * b2_0;
c3_0 += a3.w * b3_0;
let a4 = load_a(min(m + 4u, last), q);
c4_0 += a4.x * b0_0;
c4_0 += a4.y * b1_0;
c4_0 += a4.z * b2_0;
c4_0 += a4.w * b3_0;
let a5 = load_a(min(m + 5u, last), q);
c5_0 += a5.x * b0_0;
c5_0 += a5.y * b1_0;
c5_0 += a5.z * b2_0;
c5_0 += a5.w * b3_0;
let a6 = load_a(min(m + 6u, last), q);
c6_0 += a6.x * b0_0;
c6_0 += a6.y * b1_0;
c6_0 += a6.z * b2_0;
c6_0 += a6.w * b3_0;
let a7 = load_a(min(m + 7u, last), q);
c7_0 += a7.x * b0_0;
c7_0 += a7.y * b1_0;
c7_0 += a7.z * b2_0;
c7_0 += a7.w * b3_0;
  }
  if (m + 0u <= last) {
    let at = (m + 0u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c0_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c0_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c0_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c0_0[3]; }
  }
if (m + 1u <= last) {
    let at = (m + 1u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c1_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c1_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c1_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c1_0[3]; }
  }
if (m + 2u <= last) {
    let at = (m + 2u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c2_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c2_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c2_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c2_0[3]; }
  }
if (m + 3u <= last) {
    let at = (m + 3u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c3_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c3_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c3_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c3_0[3]; }
  }
if (m + 4u <= last) {
    let at = (m + 4u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c4_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c4_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c4_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c4_0[3]; }
  }
if (m + 5u <= last) {
    let at = (m + 5u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c5_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c5_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c5_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c5_0[3]; }
  }
if (m + 6u <= last) {
    let at = (m + 6u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c6_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c6_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c6_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c6_0[3]; }
  }
if (m + 7u <= last) {
    let at = (m + 7u) * 70u + 0u;
    if (n + 0u < 70u) { c[at + n + 0u] = c7_0[0]; }
if (n + 16u < 70u) { c[at + n + 16u] = c7_0[1]; }
if (n + 32u < 70u) { c[at + n + 32u] = c7_0[2]; }
if (n + 48u < 70u) { c[at + n + 48u] = c7_0[3]; }
  }
}
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 1x38x18 f16
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<u32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return unpack2x16float(word); }
fn w_2(i: u32) -> vec2<f32> {
  return unpack_weight(w[i]);
}
fn load_a(row: u32, q: u32) -> vec4<f32> {
  var r = vec4<f32>();
  if (q * 4u + 0u < 38u) { r[0] = a[row * 38u + 0u + q * 4u]; }
  if (q * 4u + 1u < 38u) { r[1] = a[row * 38u + 1u + q * 4u]; }
  if (q * 4u + 2u < 38u) { r[2] = a[row * 38u + 2u + q * 4u]; }
  if (q * 4u + 3u < 38u) { r[3] = a[row * 38u + 3u + q * 4u]; }
  return r;
}
fn load_w(row: u32, q: u32) -> vec4<f32> {
  if (row >= 18u || q * 4u >= 38u) { return vec4<f32>(); }
  var r = vec4<f32>();
  if (q * 4u + 0u < 38u) { let part = w_2(row * 19u + q * 2u + 0u); r.x = part.x; r.y = part.y; }
  if (q * 4u + 2u < 38u) { let part = w_2(row * 19u + q * 2u + 1u); r.z = part.x; r.w = part.y; }
  return r;
}

fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let m0 = group.y * 8u;
  let n0 = group.x * 64u;
  // Remainders bound what indexes the tiles, so that compilers need not.
  let tx = local % 16u;
  let ty = 0u;
  let m = m0 + ty;
  let n = n0 + tx;
  
  
  var c0_0 = vec4<f32>();
var c1_0 = vec4<f32>();
var c2_0 = vec4<f32>();
var c3_0 = vec4<f32>();
var c4_0 = vec4<f32>();
var c5_0 = vec4<f32>();
var c6_0 = vec4<f32>();
var c7_0 = vec4<f32>();
  
  
  
  for (var q = 0u; q < 10u; q++) {
    let w0 = load_w(n + 0u, q);
let w1 = load_w(n + 16u, q);
let w2 = load_w(n + 32u, q);
let w3 = load_w(n + 48u, q);
let b0_0 = vec4<f32>(w0.x, w1.x, w2.x, w3.x);
let b1_0 = vec4<f32>(w0.y, w1.y, w2.y, w3.y);
let b2_0 = vec4<f32>(w0.z, w1.z, w2.z, w3.z);
let b3_0 = vec4<f32>(w0.w, w1.w, w2.w, w3.w);
    let a0 = load_a(min(m + 0u, last), q);
c0_0 += a0.x * b0_0;
c0_0 += a0.y * b1_0;
c0_0 += a0.z * b2_0;
c0_0 += a0.w * b3_0;
let a1 = load_a(min(m + 1u, last), q);
c1_0 += a1.x * b0_0;
c1_0 += a1.y * b1_0;
c1_0 += a1.z * b2_0;
c1_0 += a1.w * b3_0;
let a2 = load_a(min(m + 2u, last), q);
c2_0 += a2.x * b0_0;
c2_0 += a2.y * b1_0;
c2_0 += a2.z * b2_0;
c2_0 += a2.w * b3_0;
let a3 = load_a(min(m + 3u, last), q);
c3_0 += a3.x * b0_0;
c3_0 += a3.y * b1_0;
c3_0 += a3.z * b2_0;
c3_0 += a3.w * b3_0;
let a4 = load_a(min(m + 4u, last), q);
c4_0 += a4.x * b0_0;
c4_0 += a4.y * b1_0;
c4_0 += a4.z * b2_0;
c4_0 += a4.w * b3_0;
let a5 = load_a(min(m + 5u, last), q);
c5_0 += a5.x * b0_0;
c5_0 += a5.y * b1_0;
c5_0 += a5.z * b2_0;
c5_0 += a5.w * b3_0;
let a6 = load_a(min(m + 6u, last), q);
c6_0 += a6.x * b0_0;
c6_0 += a6.y * b1_0;
c6_0 += a6.z * b2_0;
c6_0 += a6.w * b3_0;
let a7 = load_a(min(m + 7u, last), q);
c7_0 += a7.x * b0_0;
c7_0 += a7.y * b1_0;
c7_0 += a7.z * b2_0;
c7_0 += a7.w * b3_0;
  }
  if (m + 0u <= last) {
    let at = (m + 0u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c0_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c0_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c0_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c0_0[3]; }
  }
if (m + 1u <= last) {
    let at = (m + 1u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c1_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c1_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c1_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c1_0[3]; }
  }
if (m + 2u <= last) {
    let at = (m + 2u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c2_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c2_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c2_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c2_0[3]; }
  }
if (m + 3u <= last) {
    let at = (m + 3u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c3_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c3_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c3_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c3_0[3]; }
  }
if (m + 4u <= last) {
    let at = (m + 4u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c4_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c4_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c4_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c4_0[3]; }
  }
if (m + 5u <= last) {
    let at = (m + 5u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c5_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c5_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c5_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c5_0[3]; }
  }
if (m + 6u <= last) {
    let at = (m + 6u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c6_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c6_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c6_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c6_0[3]; }
  }
if (m + 7u <= last) {
    let at = (m + 7u) * 18u + 0u;
    if (n + 0u < 18u) { c[at + n + 0u] = c7_0[0]; }
if (n + 16u < 18u) { c[at + n + 16u] = c7_0[1]; }
if (n + 32u < 18u) { c[at + n + 32u] = c7_0[2]; }
if (n + 48u < 18u) { c[at + n + 48u] = c7_0[3]; }
  }
}
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
