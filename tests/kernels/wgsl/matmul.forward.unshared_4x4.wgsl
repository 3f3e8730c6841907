// Gemma 3 270M, decode
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
  
  return a[row * 160u + q];
}
fn load_w(row: u32, q: u32) -> vec4<f32> {
  
  return w_4(row * 160u + q);
}

fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let m0 = group.y * 4u;
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
  
  for (var q = 0u; q < 8u; q++) {
    let v0 = vec4<f32>(v[(0u + n + 0u) * 8u + q], v[(0u + n + 16u) * 8u + q], v[(0u + n + 32u) * 8u + q], v[(0u + n + 48u) * 8u + q]);
    let u0 = u[min(m + 0u, last) * 8u + q];
c0_0 += u0 * v0;
let u1 = u[min(m + 1u, last) * 8u + q];
c1_0 += u1 * v0;
let u2 = u[min(m + 2u, last) * 8u + q];
c2_0 += u2 * v0;
let u3 = u[min(m + 3u, last) * 8u + q];
c3_0 += u3 * v0;
  }
  
  
  for (var q = 0u; q < 160u; q++) {
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
  }
  if (m + 0u <= last) {
    let at = (m + 0u) * 1024u + 0u;
    c[at + n + 0u] = c0_0[0];
c[at + n + 16u] = c0_0[1];
c[at + n + 32u] = c0_0[2];
c[at + n + 48u] = c0_0[3];
  }
if (m + 1u <= last) {
    let at = (m + 1u) * 1024u + 0u;
    c[at + n + 0u] = c1_0[0];
c[at + n + 16u] = c1_0[1];
c[at + n + 32u] = c1_0[2];
c[at + n + 48u] = c1_0[3];
  }
if (m + 2u <= last) {
    let at = (m + 2u) * 1024u + 0u;
    c[at + n + 0u] = c2_0[0];
c[at + n + 16u] = c2_0[1];
c[at + n + 32u] = c2_0[2];
c[at + n + 48u] = c2_0[3];
  }
if (m + 3u <= last) {
    let at = (m + 3u) * 1024u + 0u;
    c[at + n + 0u] = c3_0[0];
c[at + n + 16u] = c3_0[1];
c[at + n + 32u] = c3_0[2];
c[at + n + 48u] = c3_0[3];
  }
}
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
