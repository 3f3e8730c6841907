// GeGLU, width 72
@group(0) @binding(0) var<storage, read> gate: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> up: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
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
  y[i] = 0.5 * g * (1.0 + inner_tanh(g)) * up[i];
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
