// AdamW
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> results: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> sum_scratch: array<f32, 128>;
fn reduce_sum(value: f32, local: u32) -> f32 {
  sum_scratch[local] = value;
  workgroupBarrier();
  for (var stride = 64u; stride > 0u; stride /= 2u) {
    if (local < stride) {
      sum_scratch[local] = sum_scratch[local] + sum_scratch[local + stride];
    }
    workgroupBarrier();
  }
  let result = sum_scratch[0];
  workgroupBarrier();
  return result;
}

fn not_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u; }
fn kernel(group: vec3<u32>, local: u32) {
  let square = reduce_sum(partial[local * 2u], local);
  let bad = reduce_sum(partial[local * 2u + 1u], local);
  if (local == 0u) {
    let total = results[2] + square;
    results[2] = total;
    var bads = results[3] + bad;
    if (not_finite(total)) { bads += 1.0; }
    if (not_finite(results[0])) { bads += 1.0; }
    results[3] = bads;
  }
}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
