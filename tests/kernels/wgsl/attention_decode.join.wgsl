// cached attention, width 64
@group(0) @binding(0) var<storage, read> sums: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> tops: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  
  let position = min(positions[group.y], 99u);
  let start = max(position, 59u) - 59u;
  let each = max((position - start + 2u) / 2u, 32u);
  let used = (position - start) / each + 1u;
  let head = group.y * 4u + group.x;
  var top = -1e30;
  for (var i = 0u; i < used; i++) { top = max(top, tops[head * 2u + i].x); }
  for (var column = local; column < 16u; column += 64u) {
    var sum = vec4<f32>(0.0);
    var total = 0.0;
    for (var i = 0u; i < used; i++) {
      let part = head * 2u + i;
      let share = exp(max(tops[part].x - top, -100.0));
      total += share * tops[part].y;
      sum += share * sums[part * 16u + column];
    }
    out[head * 16u + column] = sum / total;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// Gemma 3 270M, decode
@group(0) @binding(0) var<storage, read> sums: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> tops: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  
  let position = min(positions[group.y], 511u);
  let start = 0u;
  let each = max((position - start + 8u) / 8u, 32u);
  let used = (position - start) / each + 1u;
  let head = group.y * 4u + group.x;
  var top = -1e30;
  for (var i = 0u; i < used; i++) { top = max(top, tops[head * 8u + i].x); }
  for (var column = local; column < 64u; column += 64u) {
    var sum = vec4<f32>(0.0);
    var total = 0.0;
    for (var i = 0u; i < used; i++) {
      let part = head * 8u + i;
      let share = exp(max(tops[part].x - top, -100.0));
      total += share * tops[part].y;
      sum += share * sums[part * 64u + column];
    }
    out[head * 64u + column] = sum / total;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
