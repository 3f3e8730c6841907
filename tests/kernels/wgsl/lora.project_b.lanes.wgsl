// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> factor: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn wide_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 35u) { return vec4<f32>(); } return wide[row * 35u + q]; }
fn factor_quad(row: u32, q: u32) -> vec4<f32> { if (q >= 1u) { return vec4<f32>(); } return factor[row * 1u + q]; }

var<workgroup> sums: array<f32, 2048>;
fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = group.y * 4u;
  
  
  var s0_0 = vec4<f32>();
  var s0_1 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s1_1 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s2_1 = vec4<f32>();
  var s3_0 = vec4<f32>();
  var s3_1 = vec4<f32>();
  for (var k = local; k < 35u; k += 64u) {
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
  sums[0u + local] = s0_0[0];
  sums[64u + local] = s0_0[1];
  sums[128u + local] = s0_0[2];
  sums[192u + local] = s0_0[3];
  sums[256u + local] = s0_1[0];
  sums[320u + local] = s0_1[1];
  sums[384u + local] = s0_1[2];
  sums[448u + local] = s0_1[3];
  sums[512u + local] = s1_0[0];
  sums[576u + local] = s1_0[1];
  sums[640u + local] = s1_0[2];
  sums[704u + local] = s1_0[3];
  sums[768u + local] = s1_1[0];
  sums[832u + local] = s1_1[1];
  sums[896u + local] = s1_1[2];
  sums[960u + local] = s1_1[3];
  sums[1024u + local] = s2_0[0];
  sums[1088u + local] = s2_0[1];
  sums[1152u + local] = s2_0[2];
  sums[1216u + local] = s2_0[3];
  sums[1280u + local] = s2_1[0];
  sums[1344u + local] = s2_1[1];
  sums[1408u + local] = s2_1[2];
  sums[1472u + local] = s2_1[3];
  sums[1536u + local] = s3_0[0];
  sums[1600u + local] = s3_0[1];
  sums[1664u + local] = s3_0[2];
  sums[1728u + local] = s3_0[3];
  sums[1792u + local] = s3_1[0];
  sums[1856u + local] = s3_1[1];
  sums[1920u + local] = s3_1[2];
  sums[1984u + local] = s3_1[3];
  workgroupBarrier();
  let t = t0 + local / 8u;
  let q = q0 + local % 8u;
  if (local < 32u && t <= last && q < 4u) {
    var sum = 0.0;
    // Each begins elsewhere in its row of sums, so that no two read one bank; the order is fixed all the same.
    for (var l = 0u; l < 64u; l++) { sum += sums[local * 64u + ((l + local) % 64u)]; }
    u[t * 4u + q] = sum * 1.5 * step.adapter;
  }
}
@compute @workgroup_size(64)
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

var<workgroup> sums: array<f32, 2048>;
fn kernel(group: vec3<u32>, local: u32) {
  let last = step.tokens - 1u;
  let q0 = group.x * 8u;
  let t0 = group.y * 4u;
  
  
  var s0_0 = vec4<f32>();
  var s0_1 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s1_1 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s2_1 = vec4<f32>();
  var s3_0 = vec4<f32>();
  var s3_1 = vec4<f32>();
  for (var k = local; k < 160u; k += 64u) {
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
  sums[0u + local] = s0_0[0];
  sums[64u + local] = s0_0[1];
  sums[128u + local] = s0_0[2];
  sums[192u + local] = s0_0[3];
  sums[256u + local] = s0_1[0];
  sums[320u + local] = s0_1[1];
  sums[384u + local] = s0_1[2];
  sums[448u + local] = s0_1[3];
  sums[512u + local] = s1_0[0];
  sums[576u + local] = s1_0[1];
  sums[640u + local] = s1_0[2];
  sums[704u + local] = s1_0[3];
  sums[768u + local] = s1_1[0];
  sums[832u + local] = s1_1[1];
  sums[896u + local] = s1_1[2];
  sums[960u + local] = s1_1[3];
  sums[1024u + local] = s2_0[0];
  sums[1088u + local] = s2_0[1];
  sums[1152u + local] = s2_0[2];
  sums[1216u + local] = s2_0[3];
  sums[1280u + local] = s2_1[0];
  sums[1344u + local] = s2_1[1];
  sums[1408u + local] = s2_1[2];
  sums[1472u + local] = s2_1[3];
  sums[1536u + local] = s3_0[0];
  sums[1600u + local] = s3_0[1];
  sums[1664u + local] = s3_0[2];
  sums[1728u + local] = s3_0[3];
  sums[1792u + local] = s3_1[0];
  sums[1856u + local] = s3_1[1];
  sums[1920u + local] = s3_1[2];
  sums[1984u + local] = s3_1[3];
  workgroupBarrier();
  let t = t0 + local / 8u;
  let q = q0 + local % 8u;
  if (local < 32u && t <= last && q < 8u) {
    var sum = 0.0;
    // Each begins elsewhere in its row of sums, so that no two read one bank; the order is fixed all the same.
    for (var l = 0u; l < 64u; l++) { sum += sums[local * 64u + ((l + local) % 64u)]; }
    u[t * 8u + q] = sum * 1 * step.adapter;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
