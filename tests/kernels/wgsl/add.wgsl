// rms norm, width 70 with residual
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 16384u + group.x * 64u + local;
  if (i < arrayLength(&dx)) { dx[i] = dy[i]; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// rms norm, width 70 with residual, gradients added
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 16384u + group.x * 64u + local;
  if (i < arrayLength(&dx)) { dx[i] = dx[i] + dy[i]; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
