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
var<workgroup> sums: array<f32, 2048>;
fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let t0 = group.y * 8u;
  let n0 = group.x * 8u + local / 32u * 4u;
  let lane = local % 32u;
  var s0_0 = 0.0;
var s0_1 = 0.0;
var s0_2 = 0.0;
var s0_3 = 0.0;
var s1_0 = 0.0;
var s1_1 = 0.0;
var s1_2 = 0.0;
var s1_3 = 0.0;
var s2_0 = 0.0;
var s2_1 = 0.0;
var s2_2 = 0.0;
var s2_3 = 0.0;
var s3_0 = 0.0;
var s3_1 = 0.0;
var s3_2 = 0.0;
var s3_3 = 0.0;
var s4_0 = 0.0;
var s4_1 = 0.0;
var s4_2 = 0.0;
var s4_3 = 0.0;
var s5_0 = 0.0;
var s5_1 = 0.0;
var s5_2 = 0.0;
var s5_3 = 0.0;
var s6_0 = 0.0;
var s6_1 = 0.0;
var s6_2 = 0.0;
var s6_3 = 0.0;
var s7_0 = 0.0;
var s7_1 = 0.0;
var s7_2 = 0.0;
var s7_3 = 0.0;
  for (var q = lane; q < 83u; q += 32u) {
    let w0 = load_w(n0 + 0u, q);
let w1 = load_w(n0 + 1u, q);
let w2 = load_w(n0 + 2u, q);
let w3 = load_w(n0 + 3u, q);
    let a0 = load_a(min(t0 + 0u, last), q);
    s0_0 += dot(a0, w0);
s0_1 += dot(a0, w1);
s0_2 += dot(a0, w2);
s0_3 += dot(a0, w3);
let a1 = load_a(min(t0 + 1u, last), q);
    s1_0 += dot(a1, w0);
s1_1 += dot(a1, w1);
s1_2 += dot(a1, w2);
s1_3 += dot(a1, w3);
let a2 = load_a(min(t0 + 2u, last), q);
    s2_0 += dot(a2, w0);
s2_1 += dot(a2, w1);
s2_2 += dot(a2, w2);
s2_3 += dot(a2, w3);
let a3 = load_a(min(t0 + 3u, last), q);
    s3_0 += dot(a3, w0);
s3_1 += dot(a3, w1);
s3_2 += dot(a3, w2);
s3_3 += dot(a3, w3);
let a4 = load_a(min(t0 + 4u, last), q);
    s4_0 += dot(a4, w0);
s4_1 += dot(a4, w1);
s4_2 += dot(a4, w2);
s4_3 += dot(a4, w3);
let a5 = load_a(min(t0 + 5u, last), q);
    s5_0 += dot(a5, w0);
s5_1 += dot(a5, w1);
s5_2 += dot(a5, w2);
s5_3 += dot(a5, w3);
let a6 = load_a(min(t0 + 6u, last), q);
    s6_0 += dot(a6, w0);
s6_1 += dot(a6, w1);
s6_2 += dot(a6, w2);
s6_3 += dot(a6, w3);
let a7 = load_a(min(t0 + 7u, last), q);
    s7_0 += dot(a7, w0);
s7_1 += dot(a7, w1);
s7_2 += dot(a7, w2);
s7_3 += dot(a7, w3);
  }
  sums[0u + local] = s0_0;
sums[64u + local] = s0_1;
sums[128u + local] = s0_2;
sums[192u + local] = s0_3;
sums[256u + local] = s1_0;
sums[320u + local] = s1_1;
sums[384u + local] = s1_2;
sums[448u + local] = s1_3;
sums[512u + local] = s2_0;
sums[576u + local] = s2_1;
sums[640u + local] = s2_2;
sums[704u + local] = s2_3;
sums[768u + local] = s3_0;
sums[832u + local] = s3_1;
sums[896u + local] = s3_2;
sums[960u + local] = s3_3;
sums[1024u + local] = s4_0;
sums[1088u + local] = s4_1;
sums[1152u + local] = s4_2;
sums[1216u + local] = s4_3;
sums[1280u + local] = s5_0;
sums[1344u + local] = s5_1;
sums[1408u + local] = s5_2;
sums[1472u + local] = s5_3;
sums[1536u + local] = s6_0;
sums[1600u + local] = s6_1;
sums[1664u + local] = s6_2;
sums[1728u + local] = s6_3;
sums[1792u + local] = s7_0;
sums[1856u + local] = s7_1;
sums[1920u + local] = s7_2;
sums[1984u + local] = s7_3;
  workgroupBarrier();
  for (var half = 16u; half > 0u; half /= 2u) {
    if (lane < half) {
      for (var cell = 0u; cell < 32u; cell++) {
        sums[cell * 64u + local] += sums[cell * 64u + local + half];
      }
    }
    workgroupBarrier();
  }
  for (var o = local; o < 64u; o += 64u) {
    let t = t0 + o / 8u;
    let part = o % 8u;
    let column = group.x * 8u + part;
    if (t > last || column >= 70u) { continue; }
    let cell = o / 8u * 4u + part % 4u;
    var sum = sums[cell * 64u + part / 4u * 32u];
    for (var r = 0u; r < 3u; r++) { sum += u[t * 3u + r] * v[(0u + column) * 3u + r]; }
    c[t * 70u + 0u + column] = sum;
  }
}
@compute @workgroup_size(64)
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
var<workgroup> sums: array<f32, 2048>;
fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let t0 = group.y * 8u;
  let n0 = group.x * 8u + local / 32u * 4u;
  let lane = local % 32u;
  var s0_0 = 0.0;
var s0_1 = 0.0;
var s0_2 = 0.0;
var s0_3 = 0.0;
var s1_0 = 0.0;
var s1_1 = 0.0;
var s1_2 = 0.0;
var s1_3 = 0.0;
var s2_0 = 0.0;
var s2_1 = 0.0;
var s2_2 = 0.0;
var s2_3 = 0.0;
var s3_0 = 0.0;
var s3_1 = 0.0;
var s3_2 = 0.0;
var s3_3 = 0.0;
var s4_0 = 0.0;
var s4_1 = 0.0;
var s4_2 = 0.0;
var s4_3 = 0.0;
var s5_0 = 0.0;
var s5_1 = 0.0;
var s5_2 = 0.0;
var s5_3 = 0.0;
var s6_0 = 0.0;
var s6_1 = 0.0;
var s6_2 = 0.0;
var s6_3 = 0.0;
var s7_0 = 0.0;
var s7_1 = 0.0;
var s7_2 = 0.0;
var s7_3 = 0.0;
  for (var q = lane; q < 10u; q += 32u) {
    let w0 = load_w(n0 + 0u, q);
let w1 = load_w(n0 + 1u, q);
let w2 = load_w(n0 + 2u, q);
let w3 = load_w(n0 + 3u, q);
    let a0 = load_a(min(t0 + 0u, last), q);
    s0_0 += dot(a0, w0);
s0_1 += dot(a0, w1);
s0_2 += dot(a0, w2);
s0_3 += dot(a0, w3);
let a1 = load_a(min(t0 + 1u, last), q);
    s1_0 += dot(a1, w0);
s1_1 += dot(a1, w1);
s1_2 += dot(a1, w2);
s1_3 += dot(a1, w3);
let a2 = load_a(min(t0 + 2u, last), q);
    s2_0 += dot(a2, w0);
s2_1 += dot(a2, w1);
s2_2 += dot(a2, w2);
s2_3 += dot(a2, w3);
let a3 = load_a(min(t0 + 3u, last), q);
    s3_0 += dot(a3, w0);
s3_1 += dot(a3, w1);
s3_2 += dot(a3, w2);
s3_3 += dot(a3, w3);
let a4 = load_a(min(t0 + 4u, last), q);
    s4_0 += dot(a4, w0);
s4_1 += dot(a4, w1);
s4_2 += dot(a4, w2);
s4_3 += dot(a4, w3);
let a5 = load_a(min(t0 + 5u, last), q);
    s5_0 += dot(a5, w0);
s5_1 += dot(a5, w1);
s5_2 += dot(a5, w2);
s5_3 += dot(a5, w3);
let a6 = load_a(min(t0 + 6u, last), q);
    s6_0 += dot(a6, w0);
s6_1 += dot(a6, w1);
s6_2 += dot(a6, w2);
s6_3 += dot(a6, w3);
let a7 = load_a(min(t0 + 7u, last), q);
    s7_0 += dot(a7, w0);
s7_1 += dot(a7, w1);
s7_2 += dot(a7, w2);
s7_3 += dot(a7, w3);
  }
  sums[0u + local] = s0_0;
sums[64u + local] = s0_1;
sums[128u + local] = s0_2;
sums[192u + local] = s0_3;
sums[256u + local] = s1_0;
sums[320u + local] = s1_1;
sums[384u + local] = s1_2;
sums[448u + local] = s1_3;
sums[512u + local] = s2_0;
sums[576u + local] = s2_1;
sums[640u + local] = s2_2;
sums[704u + local] = s2_3;
sums[768u + local] = s3_0;
sums[832u + local] = s3_1;
sums[896u + local] = s3_2;
sums[960u + local] = s3_3;
sums[1024u + local] = s4_0;
sums[1088u + local] = s4_1;
sums[1152u + local] = s4_2;
sums[1216u + local] = s4_3;
sums[1280u + local] = s5_0;
sums[1344u + local] = s5_1;
sums[1408u + local] = s5_2;
sums[1472u + local] = s5_3;
sums[1536u + local] = s6_0;
sums[1600u + local] = s6_1;
sums[1664u + local] = s6_2;
sums[1728u + local] = s6_3;
sums[1792u + local] = s7_0;
sums[1856u + local] = s7_1;
sums[1920u + local] = s7_2;
sums[1984u + local] = s7_3;
  workgroupBarrier();
  for (var half = 16u; half > 0u; half /= 2u) {
    if (lane < half) {
      for (var cell = 0u; cell < 32u; cell++) {
        sums[cell * 64u + local] += sums[cell * 64u + local + half];
      }
    }
    workgroupBarrier();
  }
  for (var o = local; o < 64u; o += 64u) {
    let t = t0 + o / 8u;
    let part = o % 8u;
    let column = group.x * 8u + part;
    if (t > last || column >= 18u) { continue; }
    let cell = o / 8u * 4u + part % 4u;
    var sum = sums[cell * 64u + part / 4u * 32u];
    
    c[t * 18u + 0u + column] = sum;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
