// rms norm, width 70 with residual
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.tokens) { return; }
  let base = row * 70u;
  var square = f32();
  var along = f32();
  for (var i = 0u; i < 70u; i++) {
    let v = x[base + i];
    square += v * v;
    along += v * dy[base + i] * scale[i];
  }
  let r = inverseSqrt(square / 70.0 + 0.000001);
  let shift = along / 70.0 * r * r;
  for (var i = 0u; i < 70u; i++) {
    let d = r * (dy[base + i] * scale[i] - x[base + i] * shift);
    dx[base + i] = d;
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// rms norm, width 70 with residual, gradients added
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.tokens) { return; }
  let base = row * 70u;
  var square = f32();
  var along = f32();
  for (var i = 0u; i < 70u; i++) {
    let v = x[base + i];
    square += v * v;
    along += v * dy[base + i] * scale[i];
  }
  let r = inverseSqrt(square / 70.0 + 0.000001);
  let shift = along / 70.0 * r * r;
  for (var i = 0u; i < 70u; i++) {
    let d = r * (dy[base + i] * scale[i] - x[base + i] * shift);
    dx[base + i] = dx[base + i] + d;
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
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.tokens) { return; }
  let base = row * 160u;
  var square = vec4<f32>();
  var along = vec4<f32>();
  for (var i = 0u; i < 160u; i++) {
    let v = x[base + i];
    square += v * v;
    along += v * dy[base + i] * scale[i];
  }
  let r = inverseSqrt(dot(square, vec4<f32>(1.0)) / 640.0 + 0.000001);
  let shift = dot(along, vec4<f32>(1.0)) / 640.0 * r * r;
  for (var i = 0u; i < 160u; i++) {
    let d = r * (dy[base + i] * scale[i] - x[base + i] * shift);
    dx[base + i] = d;
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
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 8u + local;
  if (row >= step.supervised) { return; }
  let base = row * 160u;
  var square = vec4<f32>();
  var along = vec4<f32>();
  for (var i = 0u; i < 160u; i++) {
    let v = x[base + i];
    square += v * v;
    along += v * dy[base + i] * scale[i];
  }
  let r = inverseSqrt(dot(square, vec4<f32>(1.0)) / 640.0 + 0.000001);
  let shift = dot(along, vec4<f32>(1.0)) / 640.0 * r * r;
  for (var i = 0u; i < 160u; i++) {
    let d = r * (dy[base + i] * scale[i] - x[base + i] * shift);
    dx[base + i] = d;
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
