// cache write
@group(0) @binding(0) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read> sequenceOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> cacheK: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> cacheV: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let position = positions[group.y];
  let sequence = sequenceOf[group.y];
  if (position >= 7u || sequence >= 3u) { return; }
  let source = group.y * 48u;
  let to = (sequence * 7u + position) * 48u;
  for (var i = local; i < 48u; i += 64u) {
    cacheK[to + i] = k[source + i];
    cacheV[to + i] = v[source + i];
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
