// GeGLU, width 72
@group(0) @binding(0) var<storage, read> gate: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> up: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> d_gate: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> d_up: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn inner_tanh(g: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(0.7978845608028654 * (g + 0.044715 * g * g * g), vec4<f32>(-15.0), vec4<f32>(15.0)));
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let column = group.x * 64u + local;
  if (column >= 18u) { return; }
  let i = row * 18u + column;
  let g = gate[i];
  let t = inner_tanh(g);
  let slope = 0.7978845608028654 * (1.0 + 0.134145 * g * g);
  let derivative = 0.5 * (1.0 + t) + 0.5 * g * (1.0 - t * t) * slope;
  d_gate[i] = dy[i] * up[i] * derivative;
  d_up[i] = dy[i] * 0.5 * g * (1.0 + t);
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// GeGLU, width 72, gradients added
@group(0) @binding(0) var<storage, read> gate: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> up: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> d_gate: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> d_up: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn inner_tanh(g: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(0.7978845608028654 * (g + 0.044715 * g * g * g), vec4<f32>(-15.0), vec4<f32>(15.0)));
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let column = group.x * 64u + local;
  if (column >= 18u) { return; }
  let i = row * 18u + column;
  let g = gate[i];
  let t = inner_tanh(g);
  let slope = 0.7978845608028654 * (1.0 + 0.134145 * g * g);
  let derivative = 0.5 * (1.0 + t) + 0.5 * g * (1.0 - t * t) * slope;
  d_gate[i] = d_gate[i] + dy[i] * up[i] * derivative;
  d_up[i] = d_up[i] + dy[i] * 0.5 * g * (1.0 + t);
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
