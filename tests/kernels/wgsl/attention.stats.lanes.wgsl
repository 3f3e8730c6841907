// attention, width 64
@group(0) @binding(0) var<storage, read> out: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> parts: array<f32, 64>;
fn kernel(group: vec3<u32>, local: u32) {
  let lane = local % 16u;
  let item = group.y * 4u + local / 16u;
  let is_live = item < step.tokens * 4u;
  var sum = 0.0;
  if (is_live) {
    for (var i = lane; i < 16u; i += 16u) {
      sum += dot(out[item * 16u + i], dout[item * 16u + i]);
    }
  }
  parts[local] = sum;
  workgroupBarrier();
  sum = 0.0;
  if (lane == 0u) { for (var i = 0u; i < 16u; i++) { sum += parts[local + i]; } }
  if (is_live && lane == 0u) { stats[item] = vec2<f32>(lse[item], sum); }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
