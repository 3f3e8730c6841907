// linear 67x72x140 bf16
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 64u + local;
  if (i >= 288u) { return; }
  let q = i / 72u;
  let column = i % 72u;
  var sum = 0.0;
  for (var s = 0u; s < 1u; s++) { sum += partial[(s * 4u + q) * 72u + column]; }
  grad[i] = sum;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// linear 67x72x140 bf16, gradients added
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 64u + local;
  if (i >= 288u) { return; }
  let q = i / 72u;
  let column = i % 72u;
  var sum = 0.0;
  for (var s = 0u; s < 1u; s++) { sum += partial[(s * 4u + q) * 72u + column]; }
  grad[i] += sum;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
