// gather and scatter of rows
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> inverse: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let column = group.x * 64u + local;
  if (column >= 33u) { return; }
  let i = row * 33u + column;
  let n = inverse[row];
  var value = 0.0;
  if (n != 4294967295u) { value = dy[n * 33u + column]; }
  dx[i] = value;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// gather and scatter of rows, gradients added
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> inverse: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let column = group.x * 64u + local;
  if (column >= 33u) { return; }
  let i = row * 33u + column;
  let n = inverse[row];
  var value = 0.0;
  if (n != 4294967295u) { value = dy[n * 33u + column]; }
  dx[i] = dx[i] + value;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
