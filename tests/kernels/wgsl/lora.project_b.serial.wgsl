// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> factor: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 35u) { return vec4<f32>(); } return wide[row * 35u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 1u) { return vec4<f32>(); } return factor[row * 1u + q]; }


fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = vec4<f32>();
  var s0_1 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s1_1 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s2_1 = vec4<f32>();
  var s3_0 = vec4<f32>();
  var s3_1 = vec4<f32>();
  for (var k = 0u; k < 35u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    
    let f0_0 = factor_quad(k * 4u + 0u, q0 / 4u + 0u);
    s0_0 += x0[0] * f0_0;
    s1_0 += x1[0] * f0_0;
    s2_0 += x2[0] * f0_0;
    s3_0 += x3[0] * f0_0;
    let f0_1 = factor_quad(k * 4u + 0u, q0 / 4u + 1u);
    s0_1 += x0[0] * f0_1;
    s1_1 += x1[0] * f0_1;
    s2_1 += x2[0] * f0_1;
    s3_1 += x3[0] * f0_1;
    let f1_0 = factor_quad(k * 4u + 1u, q0 / 4u + 0u);
    s0_0 += x0[1] * f1_0;
    s1_0 += x1[1] * f1_0;
    s2_0 += x2[1] * f1_0;
    s3_0 += x3[1] * f1_0;
    let f1_1 = factor_quad(k * 4u + 1u, q0 / 4u + 1u);
    s0_1 += x0[1] * f1_1;
    s1_1 += x1[1] * f1_1;
    s2_1 += x2[1] * f1_1;
    s3_1 += x3[1] * f1_1;
    let f2_0 = factor_quad(k * 4u + 2u, q0 / 4u + 0u);
    s0_0 += x0[2] * f2_0;
    s1_0 += x1[2] * f2_0;
    s2_0 += x2[2] * f2_0;
    s3_0 += x3[2] * f2_0;
    let f2_1 = factor_quad(k * 4u + 2u, q0 / 4u + 1u);
    s0_1 += x0[2] * f2_1;
    s1_1 += x1[2] * f2_1;
    s2_1 += x2[2] * f2_1;
    s3_1 += x3[2] * f2_1;
    let f3_0 = factor_quad(k * 4u + 3u, q0 / 4u + 0u);
    s0_0 += x0[3] * f3_0;
    s1_0 += x1[3] * f3_0;
    s2_0 += x2[3] * f3_0;
    s3_0 += x3[3] * f3_0;
    let f3_1 = factor_quad(k * 4u + 3u, q0 / 4u + 1u);
    s0_1 += x0[3] * f3_1;
    s1_1 += x1[3] * f3_1;
    s2_1 += x2[3] * f3_1;
    s3_1 += x3[3] * f3_1;
  }
  if (t0 + 0u <= last && q0 + 0u < 4u) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 1u < 4u) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_0[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 2u < 4u) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_0[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 3u < 4u) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_0[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 4u < 4u) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_1[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 5u < 4u) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_1[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 6u < 4u) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_1[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 7u < 4u) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_1[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 0u < 4u) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 1u < 4u) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_0[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 2u < 4u) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_0[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 3u < 4u) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_0[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 4u < 4u) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_1[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 5u < 4u) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_1[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 6u < 4u) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_1[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 7u < 4u) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_1[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 0u < 4u) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 1u < 4u) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_0[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 2u < 4u) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_0[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 3u < 4u) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_0[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 4u < 4u) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_1[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 5u < 4u) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_1[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 6u < 4u) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_1[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 7u < 4u) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_1[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 0u < 4u) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 1u < 4u) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_0[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 2u < 4u) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_0[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 3u < 4u) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_0[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 4u < 4u) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_1[0]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 5u < 4u) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_1[1]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 6u < 4u) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_1[2]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 7u < 4u) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_1[3]; u[t * 4u + q] = sum * 1.5 * step.adapter; }
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
fn wide_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 25u) { return vec4<f32>(); } return wide[row * 25u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { return factor[row * 2u + q]; }


fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = vec4<f32>();
  var s0_1 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s1_1 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s2_1 = vec4<f32>();
  var s3_0 = vec4<f32>();
  var s3_1 = vec4<f32>();
  for (var k = 0u; k < 25u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    
    let f0_0 = factor_quad(k * 4u + 0u, q0 / 4u + 0u);
    s0_0 += x0[0] * f0_0;
    s1_0 += x1[0] * f0_0;
    s2_0 += x2[0] * f0_0;
    s3_0 += x3[0] * f0_0;
    let f0_1 = factor_quad(k * 4u + 0u, q0 / 4u + 1u);
    s0_1 += x0[0] * f0_1;
    s1_1 += x1[0] * f0_1;
    s2_1 += x2[0] * f0_1;
    s3_1 += x3[0] * f0_1;
    let f1_0 = factor_quad(k * 4u + 1u, q0 / 4u + 0u);
    s0_0 += x0[1] * f1_0;
    s1_0 += x1[1] * f1_0;
    s2_0 += x2[1] * f1_0;
    s3_0 += x3[1] * f1_0;
    let f1_1 = factor_quad(k * 4u + 1u, q0 / 4u + 1u);
    s0_1 += x0[1] * f1_1;
    s1_1 += x1[1] * f1_1;
    s2_1 += x2[1] * f1_1;
    s3_1 += x3[1] * f1_1;
    let f2_0 = factor_quad(k * 4u + 2u, q0 / 4u + 0u);
    s0_0 += x0[2] * f2_0;
    s1_0 += x1[2] * f2_0;
    s2_0 += x2[2] * f2_0;
    s3_0 += x3[2] * f2_0;
    let f2_1 = factor_quad(k * 4u + 2u, q0 / 4u + 1u);
    s0_1 += x0[2] * f2_1;
    s1_1 += x1[2] * f2_1;
    s2_1 += x2[2] * f2_1;
    s3_1 += x3[2] * f2_1;
    let f3_0 = factor_quad(k * 4u + 3u, q0 / 4u + 0u);
    s0_0 += x0[3] * f3_0;
    s1_0 += x1[3] * f3_0;
    s2_0 += x2[3] * f3_0;
    s3_0 += x3[3] * f3_0;
    let f3_1 = factor_quad(k * 4u + 3u, q0 / 4u + 1u);
    s0_1 += x0[3] * f3_1;
    s1_1 += x1[3] * f3_1;
    s2_1 += x2[3] * f3_1;
    s3_1 += x3[3] * f3_1;
  }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_0[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_0[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_0[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_1[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_1[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_1[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_1[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_0[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_0[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_0[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_1[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_1[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_1[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_1[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_0[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_0[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_0[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_1[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_1[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_1[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_1[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_0[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_0[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_0[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_1[0]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_1[1]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_1[2]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_1[3]; u[t * 8u + q] = sum * 1.5 * step.adapter; }
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
  if (q * 4u + 0u < 66u) { r[0] = wide[row * 66u + q * 4u + 0u]; }
  if (q * 4u + 1u < 66u) { r[1] = wide[row * 66u + q * 4u + 1u]; }
  if (q * 4u + 2u < 66u) { r[2] = wide[row * 66u + q * 4u + 2u]; }
  if (q * 4u + 3u < 66u) { r[3] = wide[row * 66u + q * 4u + 3u]; }
  return r;
}
fn factor_quad(row: u32, q: u32) -> vec4<f32> {
  var r = vec4<f32>();
  if (q * 4u + 0u < 3u) { r[0] = factor[row * 3u + q * 4u + 0u]; }
  if (q * 4u + 1u < 3u) { r[1] = factor[row * 3u + q * 4u + 1u]; }
  if (q * 4u + 2u < 3u) { r[2] = factor[row * 3u + q * 4u + 2u]; }
  if (q * 4u + 3u < 3u) { r[3] = factor[row * 3u + q * 4u + 3u]; }
  return r;
}


fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = vec4<f32>();
  var s0_1 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s1_1 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s2_1 = vec4<f32>();
  var s3_0 = vec4<f32>();
  var s3_1 = vec4<f32>();
  for (var k = 0u; k < 17u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    
    let f0_0 = factor_quad(min(k * 4u + 0u, 65u), q0 / 4u + 0u);
    s0_0 += x0[0] * f0_0;
    s1_0 += x1[0] * f0_0;
    s2_0 += x2[0] * f0_0;
    s3_0 += x3[0] * f0_0;
    let f0_1 = factor_quad(min(k * 4u + 0u, 65u), q0 / 4u + 1u);
    s0_1 += x0[0] * f0_1;
    s1_1 += x1[0] * f0_1;
    s2_1 += x2[0] * f0_1;
    s3_1 += x3[0] * f0_1;
    let f1_0 = factor_quad(min(k * 4u + 1u, 65u), q0 / 4u + 0u);
    s0_0 += x0[1] * f1_0;
    s1_0 += x1[1] * f1_0;
    s2_0 += x2[1] * f1_0;
    s3_0 += x3[1] * f1_0;
    let f1_1 = factor_quad(min(k * 4u + 1u, 65u), q0 / 4u + 1u);
    s0_1 += x0[1] * f1_1;
    s1_1 += x1[1] * f1_1;
    s2_1 += x2[1] * f1_1;
    s3_1 += x3[1] * f1_1;
    let f2_0 = factor_quad(min(k * 4u + 2u, 65u), q0 / 4u + 0u);
    s0_0 += x0[2] * f2_0;
    s1_0 += x1[2] * f2_0;
    s2_0 += x2[2] * f2_0;
    s3_0 += x3[2] * f2_0;
    let f2_1 = factor_quad(min(k * 4u + 2u, 65u), q0 / 4u + 1u);
    s0_1 += x0[2] * f2_1;
    s1_1 += x1[2] * f2_1;
    s2_1 += x2[2] * f2_1;
    s3_1 += x3[2] * f2_1;
    let f3_0 = factor_quad(min(k * 4u + 3u, 65u), q0 / 4u + 0u);
    s0_0 += x0[3] * f3_0;
    s1_0 += x1[3] * f3_0;
    s2_0 += x2[3] * f3_0;
    s3_0 += x3[3] * f3_0;
    let f3_1 = factor_quad(min(k * 4u + 3u, 65u), q0 / 4u + 1u);
    s0_1 += x0[3] * f3_1;
    s1_1 += x1[3] * f3_1;
    s2_1 += x2[3] * f3_1;
    s3_1 += x3[3] * f3_1;
  }
  if (t0 + 0u <= last && q0 + 0u < 3u) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 1u < 3u) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_0[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 2u < 3u) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_0[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 3u < 3u) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_0[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 4u < 3u) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_1[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 5u < 3u) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_1[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 6u < 3u) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_1[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 0u <= last && q0 + 7u < 3u) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_1[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 0u < 3u) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 1u < 3u) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_0[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 2u < 3u) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_0[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 3u < 3u) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_0[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 4u < 3u) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_1[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 5u < 3u) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_1[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 6u < 3u) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_1[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 1u <= last && q0 + 7u < 3u) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_1[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 0u < 3u) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 1u < 3u) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_0[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 2u < 3u) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_0[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 3u < 3u) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_0[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 4u < 3u) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_1[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 5u < 3u) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_1[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 6u < 3u) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_1[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 2u <= last && q0 + 7u < 3u) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_1[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 0u < 3u) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 1u < 3u) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_0[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 2u < 3u) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_0[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 3u < 3u) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_0[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 4u < 3u) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_1[0]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 5u < 3u) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_1[1]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 6u < 3u) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_1[2]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
  if (t0 + 3u <= last && q0 + 7u < 3u) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_1[3]; u[t * 3u + q] = sum * 1.5 * step.adapter; }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// Gemma 3 270M, train
@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> factor: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { return wide[row * 160u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { return factor[row * 2u + q]; }


fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = (group.y * 8u + local) * 4u;
  if (t0 > last) { return; }
  
  var s0_0 = vec4<f32>();
  var s0_1 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s1_1 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s2_1 = vec4<f32>();
  var s3_0 = vec4<f32>();
  var s3_1 = vec4<f32>();
  for (var k = 0u; k < 160u; k += 1u) {
    var x0 = wide_quad(min(t0 + 0u, last), k);
    var x1 = wide_quad(min(t0 + 1u, last), k);
    var x2 = wide_quad(min(t0 + 2u, last), k);
    var x3 = wide_quad(min(t0 + 3u, last), k);
    
    let f0_0 = factor_quad(k * 4u + 0u, q0 / 4u + 0u);
    s0_0 += x0[0] * f0_0;
    s1_0 += x1[0] * f0_0;
    s2_0 += x2[0] * f0_0;
    s3_0 += x3[0] * f0_0;
    let f0_1 = factor_quad(k * 4u + 0u, q0 / 4u + 1u);
    s0_1 += x0[0] * f0_1;
    s1_1 += x1[0] * f0_1;
    s2_1 += x2[0] * f0_1;
    s3_1 += x3[0] * f0_1;
    let f1_0 = factor_quad(k * 4u + 1u, q0 / 4u + 0u);
    s0_0 += x0[1] * f1_0;
    s1_0 += x1[1] * f1_0;
    s2_0 += x2[1] * f1_0;
    s3_0 += x3[1] * f1_0;
    let f1_1 = factor_quad(k * 4u + 1u, q0 / 4u + 1u);
    s0_1 += x0[1] * f1_1;
    s1_1 += x1[1] * f1_1;
    s2_1 += x2[1] * f1_1;
    s3_1 += x3[1] * f1_1;
    let f2_0 = factor_quad(k * 4u + 2u, q0 / 4u + 0u);
    s0_0 += x0[2] * f2_0;
    s1_0 += x1[2] * f2_0;
    s2_0 += x2[2] * f2_0;
    s3_0 += x3[2] * f2_0;
    let f2_1 = factor_quad(k * 4u + 2u, q0 / 4u + 1u);
    s0_1 += x0[2] * f2_1;
    s1_1 += x1[2] * f2_1;
    s2_1 += x2[2] * f2_1;
    s3_1 += x3[2] * f2_1;
    let f3_0 = factor_quad(k * 4u + 3u, q0 / 4u + 0u);
    s0_0 += x0[3] * f3_0;
    s1_0 += x1[3] * f3_0;
    s2_0 += x2[3] * f3_0;
    s3_0 += x3[3] * f3_0;
    let f3_1 = factor_quad(k * 4u + 3u, q0 / 4u + 1u);
    s0_1 += x0[3] * f3_1;
    s1_1 += x1[3] * f3_1;
    s2_1 += x2[3] * f3_1;
    s3_1 += x3[3] * f3_1;
  }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 0u; let sum = s0_0[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 1u; let sum = s0_0[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 2u; let sum = s0_0[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 3u; let sum = s0_0[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 4u; let sum = s0_1[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 5u; let sum = s0_1[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 6u; let sum = s0_1[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 0u <= last) { let t = t0 + 0u; let q = q0 + 7u; let sum = s0_1[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 0u; let sum = s1_0[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 1u; let sum = s1_0[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 2u; let sum = s1_0[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 3u; let sum = s1_0[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 4u; let sum = s1_1[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 5u; let sum = s1_1[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 6u; let sum = s1_1[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 1u <= last) { let t = t0 + 1u; let q = q0 + 7u; let sum = s1_1[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 0u; let sum = s2_0[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 1u; let sum = s2_0[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 2u; let sum = s2_0[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 3u; let sum = s2_0[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 4u; let sum = s2_1[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 5u; let sum = s2_1[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 6u; let sum = s2_1[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 2u <= last) { let t = t0 + 2u; let q = q0 + 7u; let sum = s2_1[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 0u; let sum = s3_0[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 1u; let sum = s3_0[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 2u; let sum = s3_0[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 3u; let sum = s3_0[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 4u; let sum = s3_1[0]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 5u; let sum = s3_1[1]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 6u; let sum = s3_1[2]; u[t * 8u + q] = sum * 1 * step.adapter; }
  if (t0 + 3u <= last) { let t = t0 + 3u; let q = q0 + 7u; let sum = s3_1[3]; u[t * 8u + q] = sum * 1 * step.adapter; }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
