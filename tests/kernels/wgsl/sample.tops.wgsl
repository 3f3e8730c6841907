// greedy choice
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> tops: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> max_scratch: array<f32, 64>;
fn reduce_max(value: f32, local: u32) -> f32 {
  max_scratch[local] = value;
  workgroupBarrier();
  for (var stride = 32u; stride > 0u; stride /= 2u) {
    if (local < stride) {
      max_scratch[local] = max(max_scratch[local], max_scratch[local + stride]);
    }
    workgroupBarrier();
  }
  let result = max_scratch[0];
  workgroupBarrier();
  return result;
}
fn kernel(group: vec3<u32>, local: u32) {
  let base = group.y * 1000u;
  let end = min((group.x + 1u) * 256u, 1000u);
  var top = logits[base + group.x * 256u];
  for (var w = group.x * 256u + local; w < end; w += 64u) { top = max(top, logits[base + w]); }
  let largest = reduce_max(top, local);
  if (local == 0u) { tops[group.y * 4u + group.x] = largest; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
