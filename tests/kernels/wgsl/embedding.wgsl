// embedding bf16, 3 shards
@group(0) @binding(0) var<storage, read> token: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn table_2(i: u32) -> vec2<f32> {
  return unpack_weight(table[i]);
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let column = group.x * 64u + local;
  if (column >= 17u) { return; }
  let i = row * 17u + column;
  let word = token[row] - 0u;
  if (word >= 8u) { return; }
  y[i] = table_2(word * 17u + column) * 2.5;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// embedding f16, 1 shard
@group(0) @binding(0) var<storage, read> token: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return unpack2x16float(word); }
fn table_2(i: u32) -> vec2<f32> {
  return unpack_weight(table[i]);
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let column = group.x * 64u + local;
  if (column >= 17u) { return; }
  let i = row * 17u + column;
  let word = token[row] - 0u;
  if (word >= 23u) { return; }
  y[i] = table_2(word * 17u + column) * 2.5;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// embedding f32, 1 shard
@group(0) @binding(0) var<storage, read> token: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn table_1(i: u32) -> f32 {
  return table[i];
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let column = group.x * 64u + local;
  if (column >= 34u) { return; }
  let i = row * 34u + column;
  let word = token[row] - 0u;
  if (word >= 23u) { return; }
  y[i] = table_1(word * 34u + column) * 2.5;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
