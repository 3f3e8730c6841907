// greedy choice
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> tops: array<f32>;
@group(0) @binding(2) var<storage, read> limits: array<u32>;
@group(0) @binding(3) var<storage, read_write> masses: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn key_of(z: f32) -> u32 {
  let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn weight_of(z: f32, top: f32) -> f32 {
  return exp((z - top) / select(1.0, step.temperature, step.temperature > 0.0));
}

var<workgroup> sum_scratch: array<f32, 64>;
fn reduce_sum(value: f32, local: u32) -> f32 {
  sum_scratch[local] = value;
  workgroupBarrier();
  for (var stride = 32u; stride > 0u; stride /= 2u) {
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
  let base = group.y * 1000u;
  let limit = limits[group.y * 2u];
  let top = bitcast<f32>(limits[group.y * 2u + 1u]);
  let end = min((group.x + 1u) * 256u, 1000u);
  var sum = 0.0;
  if (key_of(tops[group.y * 4u + group.x]) >= limit) {
    for (var w = group.x * 256u + local; w < end; w += 64u) {
      let z = logits[base + w];
      if (key_of(z) >= limit) { sum += weight_of(z, top); }
    }
  }
  let total = reduce_sum(sum, local);
  if (local == 0u) { masses[group.y * 4u + group.x] = total; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
