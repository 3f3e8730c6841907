// AdamW
@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
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

fn not_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u; }
fn kernel(group: vec3<u32>, local: u32) {
  var square = 0.0;
  var bad = 0.0;
  for (var i = group.y * 256u + local; i < 1028u; i += 32768u) {
    let g = gradient[i];
    if (not_finite(g)) { bad += 1.0; } else { square += g * g; }
  }
  let total = reduce_sum(square, local);
  let bads = reduce_sum(bad, local);
  if (local == 0u) {
    partial[group.y * 2u] = total;
    partial[group.y * 2u + 1u] = bads;
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
