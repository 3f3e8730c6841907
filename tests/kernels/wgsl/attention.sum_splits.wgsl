// attention, width 64, tiled64x32, lanes, tiled64x32, tiled32x64_4
@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> sum: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 1024u + group.x * 64u + local;
  if (i >= step.tokens * 16u) { return; }
  let base = i / 16u * 64u + i % 16u;
  sum[i] = parts[base + 0u] + parts[base + 16u] + parts[base + 32u] + parts[base + 48u];
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
