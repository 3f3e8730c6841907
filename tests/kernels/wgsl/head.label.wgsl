// head loss, 1031 x 96 bf16
@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> label_logit: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> dh: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn weight_4(i: u32) -> vec4<f32> {
  let words = weight[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let word = labels[row] - 0u;
  if (word >= 516u) { return; }
  let scale = step.loss_scale;
  for (var c = local; c < 24u; c += 64u) {
    dh[row * 24u + c] -= scale * weight_4(word * 24u + c);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// head loss, 1031 x 96 f16
@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> label_logit: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> dh: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return unpack2x16float(word); }
fn weight_4(i: u32) -> vec4<f32> {
  let words = weight[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let word = labels[row] - 0u;
  if (word >= 516u) { return; }
  let capped = label_logit[row] / 30.0;
  let scale = step.loss_scale * (1.0 - capped * capped);
  for (var c = local; c < 24u; c += 64u) {
    dh[row * 24u + c] -= scale * weight_4(word * 24u + c);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
