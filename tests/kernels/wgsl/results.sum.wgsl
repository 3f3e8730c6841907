// sums of a step
@group(0) @binding(0) var<storage, read> log_probability: array<f32>;
@group(0) @binding(1) var<storage, read> hit: array<f32>;
@group(0) @binding(2) var<storage, read_write> results: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> sum_scratch: array<f32, 256>;
fn reduce_sum(value: f32, local: u32) -> f32 {
  sum_scratch[local] = value;
  workgroupBarrier();
  for (var stride = 128u; stride > 0u; stride /= 2u) {
    if (local < stride) {
      sum_scratch[local] = sum_scratch[local] + sum_scratch[local + stride];
    }
    workgroupBarrier();
  }
  let result = sum_scratch[0];
  workgroupBarrier();
  return result;
}
fn kernel(group: vec3<u32>, local: u32) {
  var loss = 0.0;
  var hits = 0.0;
  for (var n = local; n < step.supervised; n += 256u) {
    loss -= log_probability[n];
    hits += hit[n];
  }
  let losses = reduce_sum(loss, local);
  let all_hits = reduce_sum(hits, local);
  if (local == 0u) {
    results[0] += losses;
    results[1] += all_hits;
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
