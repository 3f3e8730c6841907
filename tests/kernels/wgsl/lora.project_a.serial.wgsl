// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> factor: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> site: array<u32>;
@group(0) @binding(3) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { return wide[row * 18u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { return factor[row * 18u + q]; }

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
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = 0.0;
  var s0_1 = 0.0;
  var s0_2 = 0.0;
  var s0_3 = 0.0;
  var s0_4 = 0.0;
  var s0_5 = 0.0;
  var s0_6 = 0.0;
  var s0_7 = 0.0;
  var s1_0 = 0.0;
  var s1_1 = 0.0;
  var s1_2 = 0.0;
  var s1_3 = 0.0;
  var s1_4 = 0.0;
  var s1_5 = 0.0;
  var s1_6 = 0.0;
  var s1_7 = 0.0;
  var s2_0 = 0.0;
  var s2_1 = 0.0;
  var s2_2 = 0.0;
  var s2_3 = 0.0;
  var s2_4 = 0.0;
  var s2_5 = 0.0;
  var s2_6 = 0.0;
  var s2_7 = 0.0;
  var s3_0 = 0.0;
  var s3_1 = 0.0;
  var s3_2 = 0.0;
  var s3_3 = 0.0;
  var s3_4 = 0.0;
  var s3_5 = 0.0;
  var s3_6 = 0.0;
  var s3_7 = 0.0;
  for (var k = 0u; k < 18u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    x0 *= kept(t0 + 0u, k);
    x1 *= kept(t0 + 1u, k);
    x2 *= kept(t0 + 2u, k);
    x3 *= kept(t0 + 3u, k);
    let f0 = factor_quad(min(q0 + 0u, 3u), k);
    s0_0 += dot(x0, f0);
    s1_0 += dot(x1, f0);
    s2_0 += dot(x2, f0);
    s3_0 += dot(x3, f0);
    let f1 = factor_quad(min(q0 + 1u, 3u), k);
    s0_1 += dot(x0, f1);
    s1_1 += dot(x1, f1);
    s2_1 += dot(x2, f1);
    s3_1 += dot(x3, f1);
    let f2 = factor_quad(min(q0 + 2u, 3u), k);
    s0_2 += dot(x0, f2);
    s1_2 += dot(x1, f2);
    s2_2 += dot(x2, f2);
    s3_2 += dot(x3, f2);
    let f3 = factor_quad(min(q0 + 3u, 3u), k);
    s0_3 += dot(x0, f3);
    s1_3 += dot(x1, f3);
    s2_3 += dot(x2, f3);
    s3_3 += dot(x3, f3);
    let f4 = factor_quad(min(q0 + 4u, 3u), k);
    s0_4 += dot(x0, f4);
    s1_4 += dot(x1, f4);
    s2_4 += dot(x2, f4);
    s3_4 += dot(x3, f4);
    let f5 = factor_quad(min(q0 + 5u, 3u), k);
    s0_5 += dot(x0, f5);
    s1_5 += dot(x1, f5);
    s2_5 += dot(x2, f5);
    s3_5 += dot(x3, f5);
    let f6 = factor_quad(min(q0 + 6u, 3u), k);
    s0_6 += dot(x0, f6);
    s1_6 += dot(x1, f6);
    s2_6 += dot(x2, f6);
    s3_6 += dot(x3, f6);
    let f7 = factor_quad(min(q0 + 7u, 3u), k);
    s0_7 += dot(x0, f7);
    s1_7 += dot(x1, f7);
    s2_7 += dot(x2, f7);
    s3_7 += dot(x3, f7);
  }
  if (t0 + 0u <= last && q0 + 0u < 4u) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 1u < 4u) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_1; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 2u < 4u) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_2; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 3u < 4u) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_3; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 4u < 4u) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_4; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 5u < 4u) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_5; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 6u < 4u) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_6; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 7u < 4u) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_7; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 0u < 4u) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 1u < 4u) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_1; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 2u < 4u) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_2; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 3u < 4u) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_3; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 4u < 4u) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_4; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 5u < 4u) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_5; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 6u < 4u) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_6; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 7u < 4u) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_7; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 0u < 4u) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 1u < 4u) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_1; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 2u < 4u) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_2; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 3u < 4u) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_3; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 4u < 4u) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_4; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 5u < 4u) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_5; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 6u < 4u) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_6; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 7u < 4u) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_7; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 0u < 4u) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 1u < 4u) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_1; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 2u < 4u) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_2; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 3u < 4u) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_3; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 4u < 4u) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_4; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 5u < 4u) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_5; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 6u < 4u) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_6; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 7u < 4u) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_7; u[t * 4u + q] = sum * 1.5 * step.adapter; }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 33x64x100 f16
@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> factor: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { return wide[row * 16u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { return factor[row * 16u + q]; }


fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = 0.0;
  var s0_1 = 0.0;
  var s0_2 = 0.0;
  var s0_3 = 0.0;
  var s0_4 = 0.0;
  var s0_5 = 0.0;
  var s0_6 = 0.0;
  var s0_7 = 0.0;
  var s1_0 = 0.0;
  var s1_1 = 0.0;
  var s1_2 = 0.0;
  var s1_3 = 0.0;
  var s1_4 = 0.0;
  var s1_5 = 0.0;
  var s1_6 = 0.0;
  var s1_7 = 0.0;
  var s2_0 = 0.0;
  var s2_1 = 0.0;
  var s2_2 = 0.0;
  var s2_3 = 0.0;
  var s2_4 = 0.0;
  var s2_5 = 0.0;
  var s2_6 = 0.0;
  var s2_7 = 0.0;
  var s3_0 = 0.0;
  var s3_1 = 0.0;
  var s3_2 = 0.0;
  var s3_3 = 0.0;
  var s3_4 = 0.0;
  var s3_5 = 0.0;
  var s3_6 = 0.0;
  var s3_7 = 0.0;
  for (var k = 0u; k < 16u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    
    let f0 = factor_quad(min(q0 + 0u, 7u), k);
    s0_0 += dot(x0, f0);
    s1_0 += dot(x1, f0);
    s2_0 += dot(x2, f0);
    s3_0 += dot(x3, f0);
    let f1 = factor_quad(min(q0 + 1u, 7u), k);
    s0_1 += dot(x0, f1);
    s1_1 += dot(x1, f1);
    s2_1 += dot(x2, f1);
    s3_1 += dot(x3, f1);
    let f2 = factor_quad(min(q0 + 2u, 7u), k);
    s0_2 += dot(x0, f2);
    s1_2 += dot(x1, f2);
    s2_2 += dot(x2, f2);
    s3_2 += dot(x3, f2);
    let f3 = factor_quad(min(q0 + 3u, 7u), k);
    s0_3 += dot(x0, f3);
    s1_3 += dot(x1, f3);
    s2_3 += dot(x2, f3);
    s3_3 += dot(x3, f3);
    let f4 = factor_quad(min(q0 + 4u, 7u), k);
    s0_4 += dot(x0, f4);
    s1_4 += dot(x1, f4);
    s2_4 += dot(x2, f4);
    s3_4 += dot(x3, f4);
    let f5 = factor_quad(min(q0 + 5u, 7u), k);
    s0_5 += dot(x0, f5);
    s1_5 += dot(x1, f5);
    s2_5 += dot(x2, f5);
    s3_5 += dot(x3, f5);
    let f6 = factor_quad(min(q0 + 6u, 7u), k);
    s0_6 += dot(x0, f6);
    s1_6 += dot(x1, f6);
    s2_6 += dot(x2, f6);
    s3_6 += dot(x3, f6);
    let f7 = factor_quad(min(q0 + 7u, 7u), k);
    s0_7 += dot(x0, f7);
    s1_7 += dot(x1, f7);
    s2_7 += dot(x2, f7);
    s3_7 += dot(x3, f7);
  }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_1; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_2; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_3; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_4; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_5; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_6; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_7; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_1; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_2; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_3; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_4; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_5; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_6; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_7; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_1; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_2; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_3; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_4; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_5; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_6; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_7; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_1; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_2; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_3; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_4; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_5; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_6; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_7; u[t * 8u + q] = sum * 1.5 * step.adapter; }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 70x38x66 f32
@group(0) @binding(0) var<storage, read> wide: array<f32>;
@group(0) @binding(1) var<storage, read> factor: array<f32>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> {
  var r = vec4<f32>();
  if (q * 4u + 0u < 38u) { r[0] = wide[row * 38u + q * 4u + 0u]; }
  if (q * 4u + 1u < 38u) { r[1] = wide[row * 38u + q * 4u + 1u]; }
  if (q * 4u + 2u < 38u) { r[2] = wide[row * 38u + q * 4u + 2u]; }
  if (q * 4u + 3u < 38u) { r[3] = wide[row * 38u + q * 4u + 3u]; }
  return r;
}
fn factor_quad(row: u32, q: u32) -> vec4<f32> {
  var r = vec4<f32>();
  if (q * 4u + 0u < 38u) { r[0] = factor[row * 38u + q * 4u + 0u]; }
  if (q * 4u + 1u < 38u) { r[1] = factor[row * 38u + q * 4u + 1u]; }
  if (q * 4u + 2u < 38u) { r[2] = factor[row * 38u + q * 4u + 2u]; }
  if (q * 4u + 3u < 38u) { r[3] = factor[row * 38u + q * 4u + 3u]; }
  return r;
}


fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = 0.0;
  var s0_1 = 0.0;
  var s0_2 = 0.0;
  var s0_3 = 0.0;
  var s0_4 = 0.0;
  var s0_5 = 0.0;
  var s0_6 = 0.0;
  var s0_7 = 0.0;
  var s1_0 = 0.0;
  var s1_1 = 0.0;
  var s1_2 = 0.0;
  var s1_3 = 0.0;
  var s1_4 = 0.0;
  var s1_5 = 0.0;
  var s1_6 = 0.0;
  var s1_7 = 0.0;
  var s2_0 = 0.0;
  var s2_1 = 0.0;
  var s2_2 = 0.0;
  var s2_3 = 0.0;
  var s2_4 = 0.0;
  var s2_5 = 0.0;
  var s2_6 = 0.0;
  var s2_7 = 0.0;
  var s3_0 = 0.0;
  var s3_1 = 0.0;
  var s3_2 = 0.0;
  var s3_3 = 0.0;
  var s3_4 = 0.0;
  var s3_5 = 0.0;
  var s3_6 = 0.0;
  var s3_7 = 0.0;
  for (var k = 0u; k < 10u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    
    let f0 = factor_quad(min(q0 + 0u, 2u), k);
    s0_0 += dot(x0, f0);
    s1_0 += dot(x1, f0);
    s2_0 += dot(x2, f0);
    s3_0 += dot(x3, f0);
    let f1 = factor_quad(min(q0 + 1u, 2u), k);
    s0_1 += dot(x0, f1);
    s1_1 += dot(x1, f1);
    s2_1 += dot(x2, f1);
    s3_1 += dot(x3, f1);
    let f2 = factor_quad(min(q0 + 2u, 2u), k);
    s0_2 += dot(x0, f2);
    s1_2 += dot(x1, f2);
    s2_2 += dot(x2, f2);
    s3_2 += dot(x3, f2);
    let f3 = factor_quad(min(q0 + 3u, 2u), k);
    s0_3 += dot(x0, f3);
    s1_3 += dot(x1, f3);
    s2_3 += dot(x2, f3);
    s3_3 += dot(x3, f3);
    let f4 = factor_quad(min(q0 + 4u, 2u), k);
    s0_4 += dot(x0, f4);
    s1_4 += dot(x1, f4);
    s2_4 += dot(x2, f4);
    s3_4 += dot(x3, f4);
    let f5 = factor_quad(min(q0 + 5u, 2u), k);
    s0_5 += dot(x0, f5);
    s1_5 += dot(x1, f5);
    s2_5 += dot(x2, f5);
    s3_5 += dot(x3, f5);
    let f6 = factor_quad(min(q0 + 6u, 2u), k);
    s0_6 += dot(x0, f6);
    s1_6 += dot(x1, f6);
    s2_6 += dot(x2, f6);
    s3_6 += dot(x3, f6);
    let f7 = factor_quad(min(q0 + 7u, 2u), k);
    s0_7 += dot(x0, f7);
    s1_7 += dot(x1, f7);
    s2_7 += dot(x2, f7);
    s3_7 += dot(x3, f7);
  }
  if (t0 + 0u <= last && q0 + 0u < 3u) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 1u < 3u) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 2u < 3u) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 3u < 3u) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 4u < 3u) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 5u < 3u) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 6u < 3u) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 7u < 3u) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 0u < 3u) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 1u < 3u) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 2u < 3u) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 3u < 3u) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 4u < 3u) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 5u < 3u) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 6u < 3u) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 7u < 3u) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 0u < 3u) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 1u < 3u) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 2u < 3u) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 3u < 3u) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 4u < 3u) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 5u < 3u) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 6u < 3u) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 7u < 3u) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 0u < 3u) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 1u < 3u) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 2u < 3u) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 3u < 3u) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 4u < 3u) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 5u < 3u) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 6u < 3u) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 7u < 3u) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 11x332x70 bf16
@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> factor: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 83u) { return vec4<f32>(); } return wide[row * 83u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 83u) { return vec4<f32>(); } return factor[row * 83u + q]; }


fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = 0.0;
  var s0_1 = 0.0;
  var s0_2 = 0.0;
  var s0_3 = 0.0;
  var s0_4 = 0.0;
  var s0_5 = 0.0;
  var s0_6 = 0.0;
  var s0_7 = 0.0;
  var s1_0 = 0.0;
  var s1_1 = 0.0;
  var s1_2 = 0.0;
  var s1_3 = 0.0;
  var s1_4 = 0.0;
  var s1_5 = 0.0;
  var s1_6 = 0.0;
  var s1_7 = 0.0;
  var s2_0 = 0.0;
  var s2_1 = 0.0;
  var s2_2 = 0.0;
  var s2_3 = 0.0;
  var s2_4 = 0.0;
  var s2_5 = 0.0;
  var s2_6 = 0.0;
  var s2_7 = 0.0;
  var s3_0 = 0.0;
  var s3_1 = 0.0;
  var s3_2 = 0.0;
  var s3_3 = 0.0;
  var s3_4 = 0.0;
  var s3_5 = 0.0;
  var s3_6 = 0.0;
  var s3_7 = 0.0;
  for (var k = 0u; k < 83u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    
    let f0 = factor_quad(min(q0 + 0u, 2u), k);
    s0_0 += dot(x0, f0);
    s1_0 += dot(x1, f0);
    s2_0 += dot(x2, f0);
    s3_0 += dot(x3, f0);
    let f1 = factor_quad(min(q0 + 1u, 2u), k);
    s0_1 += dot(x0, f1);
    s1_1 += dot(x1, f1);
    s2_1 += dot(x2, f1);
    s3_1 += dot(x3, f1);
    let f2 = factor_quad(min(q0 + 2u, 2u), k);
    s0_2 += dot(x0, f2);
    s1_2 += dot(x1, f2);
    s2_2 += dot(x2, f2);
    s3_2 += dot(x3, f2);
    let f3 = factor_quad(min(q0 + 3u, 2u), k);
    s0_3 += dot(x0, f3);
    s1_3 += dot(x1, f3);
    s2_3 += dot(x2, f3);
    s3_3 += dot(x3, f3);
    let f4 = factor_quad(min(q0 + 4u, 2u), k);
    s0_4 += dot(x0, f4);
    s1_4 += dot(x1, f4);
    s2_4 += dot(x2, f4);
    s3_4 += dot(x3, f4);
    let f5 = factor_quad(min(q0 + 5u, 2u), k);
    s0_5 += dot(x0, f5);
    s1_5 += dot(x1, f5);
    s2_5 += dot(x2, f5);
    s3_5 += dot(x3, f5);
    let f6 = factor_quad(min(q0 + 6u, 2u), k);
    s0_6 += dot(x0, f6);
    s1_6 += dot(x1, f6);
    s2_6 += dot(x2, f6);
    s3_6 += dot(x3, f6);
    let f7 = factor_quad(min(q0 + 7u, 2u), k);
    s0_7 += dot(x0, f7);
    s1_7 += dot(x1, f7);
    s2_7 += dot(x2, f7);
    s3_7 += dot(x3, f7);
  }
  if (t0 + 0u <= last && q0 + 0u < 3u) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 1u < 3u) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 2u < 3u) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 3u < 3u) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 4u < 3u) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 5u < 3u) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 6u < 3u) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 7u < 3u) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 0u < 3u) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 1u < 3u) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 2u < 3u) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 3u < 3u) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 4u < 3u) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 5u < 3u) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 6u < 3u) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 7u < 3u) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 0u < 3u) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 1u < 3u) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 2u < 3u) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 3u < 3u) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 4u < 3u) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 5u < 3u) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 6u < 3u) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 7u < 3u) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 0u < 3u) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 1u < 3u) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_1; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 2u < 3u) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_2; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 3u < 3u) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_3; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 4u < 3u) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_4; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 5u < 3u) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_5; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 6u < 3u) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_6; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 7u < 3u) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_7; u[t * 3u + q] = sum * 1.5 * step.adapter; }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// Gemma 3 270M, train
@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> factor: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> site: array<u32>;
@group(0) @binding(3) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { return wide[row * 160u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { return factor[row * 160u + q]; }

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
    if (dropout_keeps(row * 640u + q * 4u + e)) { factors[e] = 1.0 / step.dropout_keep; }
  }
  return factors;
}

fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = 0.0;
  var s0_1 = 0.0;
  var s0_2 = 0.0;
  var s0_3 = 0.0;
  var s0_4 = 0.0;
  var s0_5 = 0.0;
  var s0_6 = 0.0;
  var s0_7 = 0.0;
  var s1_0 = 0.0;
  var s1_1 = 0.0;
  var s1_2 = 0.0;
  var s1_3 = 0.0;
  var s1_4 = 0.0;
  var s1_5 = 0.0;
  var s1_6 = 0.0;
  var s1_7 = 0.0;
  var s2_0 = 0.0;
  var s2_1 = 0.0;
  var s2_2 = 0.0;
  var s2_3 = 0.0;
  var s2_4 = 0.0;
  var s2_5 = 0.0;
  var s2_6 = 0.0;
  var s2_7 = 0.0;
  var s3_0 = 0.0;
  var s3_1 = 0.0;
  var s3_2 = 0.0;
  var s3_3 = 0.0;
  var s3_4 = 0.0;
  var s3_5 = 0.0;
  var s3_6 = 0.0;
  var s3_7 = 0.0;
  for (var k = 0u; k < 160u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    x0 *= kept(t0 + 0u, k);
    x1 *= kept(t0 + 1u, k);
    x2 *= kept(t0 + 2u, k);
    x3 *= kept(t0 + 3u, k);
    let f0 = factor_quad(min(q0 + 0u, 7u), k);
    s0_0 += dot(x0, f0);
    s1_0 += dot(x1, f0);
    s2_0 += dot(x2, f0);
    s3_0 += dot(x3, f0);
    let f1 = factor_quad(min(q0 + 1u, 7u), k);
    s0_1 += dot(x0, f1);
    s1_1 += dot(x1, f1);
    s2_1 += dot(x2, f1);
    s3_1 += dot(x3, f1);
    let f2 = factor_quad(min(q0 + 2u, 7u), k);
    s0_2 += dot(x0, f2);
    s1_2 += dot(x1, f2);
    s2_2 += dot(x2, f2);
    s3_2 += dot(x3, f2);
    let f3 = factor_quad(min(q0 + 3u, 7u), k);
    s0_3 += dot(x0, f3);
    s1_3 += dot(x1, f3);
    s2_3 += dot(x2, f3);
    s3_3 += dot(x3, f3);
    let f4 = factor_quad(min(q0 + 4u, 7u), k);
    s0_4 += dot(x0, f4);
    s1_4 += dot(x1, f4);
    s2_4 += dot(x2, f4);
    s3_4 += dot(x3, f4);
    let f5 = factor_quad(min(q0 + 5u, 7u), k);
    s0_5 += dot(x0, f5);
    s1_5 += dot(x1, f5);
    s2_5 += dot(x2, f5);
    s3_5 += dot(x3, f5);
    let f6 = factor_quad(min(q0 + 6u, 7u), k);
    s0_6 += dot(x0, f6);
    s1_6 += dot(x1, f6);
    s2_6 += dot(x2, f6);
    s3_6 += dot(x3, f6);
    let f7 = factor_quad(min(q0 + 7u, 7u), k);
    s0_7 += dot(x0, f7);
    s1_7 += dot(x1, f7);
    s2_7 += dot(x2, f7);
    s3_7 += dot(x3, f7);
  }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_1; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_2; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_3; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_4; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_5; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_6; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_7; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_1; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_2; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_3; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_4; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_5; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_6; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_7; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_1; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_2; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_3; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_4; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_5; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_6; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_7; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_1; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_2; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_3; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_4; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_5; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_6; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_7; u[t * 8u + q] = sum * 1 * step.adapter; }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
