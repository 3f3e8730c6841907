// rms norm, width 70 with residual
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> residual: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.tokens) { return; }
  let base = row * 70u;
  var square = f32();
  for (var i = 0u; i < 70u; i++) { let v = x[base + i]; square += v * v; }
  let r = inverseSqrt(square / 70.0 + 0.000001);
  for (var i = 0u; i < 70u; i++) {
    y[base + i] = residual[base + i] + x[base + i] * r * scale[i];
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// rms norm, width 640
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> scale: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.tokens) { return; }
  let base = row * 160u;
  var square = vec4<f32>();
  for (var i = 0u; i < 160u; i++) { let v = x[base + i]; square += v * v; }
  let r = inverseSqrt(dot(square, vec4<f32>(1.0)) / 640.0 + 0.000001);
  for (var i = 0u; i < 160u; i++) {
    y[base + i] = x[base + i] * r * scale[i];
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// Gemma 3 270M, train
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> scale: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.tokens) { return; }
  let base = row * 160u;
  var square = vec4<f32>();
  for (var i = 0u; i < 160u; i++) { let v = x[base + i]; square += v * v; }
  let r = inverseSqrt(dot(square, vec4<f32>(1.0)) / 640.0 + 0.000001);
  for (var i = 0u; i < 160u; i++) {
    y[base + i] = residual[base + i] + x[base + i] * r * scale[i];
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// Gemma 3 270M, train
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> scale: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.supervised) { return; }
  let base = row * 160u;
  var square = vec4<f32>();
  for (var i = 0u; i < 160u; i++) { let v = x[base + i]; square += v * v; }
  let r = inverseSqrt(dot(square, vec4<f32>(1.0)) / 640.0 + 0.000001);
  for (var i = 0u; i < 160u; i++) {
    y[base + i] = x[base + i] * r * scale[i];
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
