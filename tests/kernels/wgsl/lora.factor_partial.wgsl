// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 35u) { return vec4<f32>(); } return wide[row * 35u + q]; }
fn u_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 1u) { return vec4<f32>(); } return u[row * 1u + q]; }

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.tokens;
  let part = (rows + 0u) / 1u;
  let begin = group.y * part;
  let end = min(begin + part, rows);
  let column = group.x * 64u + local;
  if (column >= 35u) { return; }
  let q0 = group.z * 8u;
  var s0 = vec4<f32>();
var s1 = vec4<f32>();
var s2 = vec4<f32>();
var s3 = vec4<f32>();
var s4 = vec4<f32>();
var s5 = vec4<f32>();
var s6 = vec4<f32>();
var s7 = vec4<f32>();
  for (var t = begin; t < end; t++) {
    let x = wide_quad(t, column);
    let u0 = u_quad(t, q0 / 4u + 0u);
    let u1 = u_quad(t, q0 / 4u + 1u);
    s0 += x * u0[0];
    s1 += x * u0[1];
    s2 += x * u0[2];
    s3 += x * u0[3];
    s4 += x * u1[0];
    s5 += x * u1[1];
    s6 += x * u1[2];
    s7 += x * u1[3];
  }
  if (q0 + 0u < 4u) { partial[(group.y * 4u + q0 + 0u) * 35u + column] = s0; }
  if (q0 + 1u < 4u) { partial[(group.y * 4u + q0 + 1u) * 35u + column] = s1; }
  if (q0 + 2u < 4u) { partial[(group.y * 4u + q0 + 2u) * 35u + column] = s2; }
  if (q0 + 3u < 4u) { partial[(group.y * 4u + q0 + 3u) * 35u + column] = s3; }
  if (q0 + 4u < 4u) { partial[(group.y * 4u + q0 + 4u) * 35u + column] = s4; }
  if (q0 + 5u < 4u) { partial[(group.y * 4u + q0 + 5u) * 35u + column] = s5; }
  if (q0 + 6u < 4u) { partial[(group.y * 4u + q0 + 6u) * 35u + column] = s6; }
  if (q0 + 7u < 4u) { partial[(group.y * 4u + q0 + 7u) * 35u + column] = s7; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> site: array<u32>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { return wide[row * 18u + q]; }
fn u_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 1u) { return vec4<f32>(); } return u[row * 1u + q]; }

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
fn kept(row: u32, q: u32) -> vec4<f32> {
  if (step.dropout_keep >= 1.0) { return vec4<f32>(1.0); }
  var factors = vec4<f32>();
  for (var e = 0u; e < 4u; e++) {
    if (dropout_keeps(row * 72u + q * 4u + e)) { factors[e] = 1.0 / step.dropout_keep; }
  }
  return factors;
}
fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.tokens;
  let part = (rows + 0u) / 1u;
  let begin = group.y * part;
  let end = min(begin + part, rows);
  let column = group.x * 64u + local;
  if (column >= 18u) { return; }
  let q0 = group.z * 8u;
  var s0 = vec4<f32>();
var s1 = vec4<f32>();
var s2 = vec4<f32>();
var s3 = vec4<f32>();
var s4 = vec4<f32>();
var s5 = vec4<f32>();
var s6 = vec4<f32>();
var s7 = vec4<f32>();
  for (var t = begin; t < end; t++) {
    let x = wide_quad(t, column) * kept(t, column);
    let u0 = u_quad(t, q0 / 4u + 0u);
    let u1 = u_quad(t, q0 / 4u + 1u);
    s0 += x * u0[0];
    s1 += x * u0[1];
    s2 += x * u0[2];
    s3 += x * u0[3];
    s4 += x * u1[0];
    s5 += x * u1[1];
    s6 += x * u1[2];
    s7 += x * u1[3];
  }
  if (q0 + 0u < 4u) { partial[(group.y * 4u + q0 + 0u) * 18u + column] = s0; }
  if (q0 + 1u < 4u) { partial[(group.y * 4u + q0 + 1u) * 18u + column] = s1; }
  if (q0 + 2u < 4u) { partial[(group.y * 4u + q0 + 2u) * 18u + column] = s2; }
  if (q0 + 3u < 4u) { partial[(group.y * 4u + q0 + 3u) * 18u + column] = s3; }
  if (q0 + 4u < 4u) { partial[(group.y * 4u + q0 + 4u) * 18u + column] = s4; }
  if (q0 + 5u < 4u) { partial[(group.y * 4u + q0 + 5u) * 18u + column] = s5; }
  if (q0 + 6u < 4u) { partial[(group.y * 4u + q0 + 6u) * 18u + column] = s6; }
  if (q0 + 7u < 4u) { partial[(group.y * 4u + q0 + 7u) * 18u + column] = s7; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 33x64x100 f16
@group(0) @binding(0) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 25u) { return vec4<f32>(); } return wide[row * 25u + q]; }
fn u_quad(row: u32, q: u32) -> vec4<f32> { return u[row * 2u + q]; }

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.tokens;
  let part = (rows + 0u) / 1u;
  let begin = group.y * part;
  let end = min(begin + part, rows);
  let column = group.x * 64u + local;
  if (column >= 25u) { return; }
  let q0 = group.z * 8u;
  var s0 = vec4<f32>();
var s1 = vec4<f32>();
var s2 = vec4<f32>();
var s3 = vec4<f32>();
var s4 = vec4<f32>();
var s5 = vec4<f32>();
var s6 = vec4<f32>();
var s7 = vec4<f32>();
  for (var t = begin; t < end; t++) {
    let x = wide_quad(t, column);
    let u0 = u_quad(t, q0 / 4u + 0u);
    let u1 = u_quad(t, q0 / 4u + 1u);
    s0 += x * u0[0];
    s1 += x * u0[1];
    s2 += x * u0[2];
    s3 += x * u0[3];
    s4 += x * u1[0];
    s5 += x * u1[1];
    s6 += x * u1[2];
    s7 += x * u1[3];
  }
  partial[(group.y * 8u + q0 + 0u) * 25u + column] = s0;
  partial[(group.y * 8u + q0 + 1u) * 25u + column] = s1;
  partial[(group.y * 8u + q0 + 2u) * 25u + column] = s2;
  partial[(group.y * 8u + q0 + 3u) * 25u + column] = s3;
  partial[(group.y * 8u + q0 + 4u) * 25u + column] = s4;
  partial[(group.y * 8u + q0 + 5u) * 25u + column] = s5;
  partial[(group.y * 8u + q0 + 6u) * 25u + column] = s6;
  partial[(group.y * 8u + q0 + 7u) * 25u + column] = s7;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 70x38x66 f32
@group(0) @binding(0) var<storage, read> u: array<f32>;
@group(0) @binding(1) var<storage, read> wide: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> {
  var r = vec4<f32>();
  if (q * 4u + 0u < 66u) { r[0] = wide[row * 66u + q * 4u + 0u]; }
  if (q * 4u + 1u < 66u) { r[1] = wide[row * 66u + q * 4u + 1u]; }
  if (q * 4u + 2u < 66u) { r[2] = wide[row * 66u + q * 4u + 2u]; }
  if (q * 4u + 3u < 66u) { r[3] = wide[row * 66u + q * 4u + 3u]; }
  return r;
}
fn u_quad(row: u32, q: u32) -> vec4<f32> {
  var r = vec4<f32>();
  if (q * 4u + 0u < 3u) { r[0] = u[row * 3u + q * 4u + 0u]; }
  if (q * 4u + 1u < 3u) { r[1] = u[row * 3u + q * 4u + 1u]; }
  if (q * 4u + 2u < 3u) { r[2] = u[row * 3u + q * 4u + 2u]; }
  if (q * 4u + 3u < 3u) { r[3] = u[row * 3u + q * 4u + 3u]; }
  return r;
}

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.tokens;
  let part = (rows + 0u) / 1u;
  let begin = group.y * part;
  let end = min(begin + part, rows);
  let column = group.x * 64u + local;
  if (column >= 17u) { return; }
  let q0 = group.z * 8u;
  var s0 = vec4<f32>();
var s1 = vec4<f32>();
var s2 = vec4<f32>();
var s3 = vec4<f32>();
var s4 = vec4<f32>();
var s5 = vec4<f32>();
var s6 = vec4<f32>();
var s7 = vec4<f32>();
  for (var t = begin; t < end; t++) {
    let x = wide_quad(t, column);
    let u0 = u_quad(t, q0 / 4u + 0u);
    let u1 = u_quad(t, q0 / 4u + 1u);
    s0 += x * u0[0];
    s1 += x * u0[1];
    s2 += x * u0[2];
    s3 += x * u0[3];
    s4 += x * u1[0];
    s5 += x * u1[1];
    s6 += x * u1[2];
    s7 += x * u1[3];
  }
  if (q0 + 0u < 3u) { partial[(group.y * 3u + q0 + 0u) * 17u + column] = s0; }
  if (q0 + 1u < 3u) { partial[(group.y * 3u + q0 + 1u) * 17u + column] = s1; }
  if (q0 + 2u < 3u) { partial[(group.y * 3u + q0 + 2u) * 17u + column] = s2; }
  if (q0 + 3u < 3u) { partial[(group.y * 3u + q0 + 3u) * 17u + column] = s3; }
  if (q0 + 4u < 3u) { partial[(group.y * 3u + q0 + 4u) * 17u + column] = s4; }
  if (q0 + 5u < 3u) { partial[(group.y * 3u + q0 + 5u) * 17u + column] = s5; }
  if (q0 + 6u < 3u) { partial[(group.y * 3u + q0 + 6u) * 17u + column] = s6; }
  if (q0 + 7u < 3u) { partial[(group.y * 3u + q0 + 7u) * 17u + column] = s7; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
