// greedy choice
@group(0) @binding(0) var<storage, read> token: array<u32>;
@group(0) @binding(1) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(2) var<storage, read_write> positions: array<u32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> drawn: array<u32>;
@group(0) @binding(5) var<storage, read> stop: array<u32>;
@group(0) @binding(6) var<storage, read_write> done: array<u32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 64u + local;
  if (row >= step.sequences) { return; }
  let next = token[row];
  tokens[row] = next;
  positions[row] = min(positions[row] + 1u, 999999u);
  ids[row * 2u + drawn[row] % 2u] = next;
  drawn[row] += 1u;
  for (var i = 0u; i < 8u; i++) {
    if (stop[i] == next && next != 0xffffffffu) { done[row] = 1u; }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// Gemma 3 270M, decode
@group(0) @binding(0) var<storage, read> token: array<u32>;
@group(0) @binding(1) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(2) var<storage, read_write> positions: array<u32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * 64u + local;
  if (row >= step.tokens) { return; }
  let next = token[row];
  tokens[row] = next;
  positions[row] = min(positions[row] + 1u, 511u);
  
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
