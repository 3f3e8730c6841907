// head loss, 1031 x 96 bf16
@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> label_logit: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> sums: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> log_probability: array<f32>;
@group(0) @binding(5) var<storage, read_write> hit: array<f32>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> share: array<f32, 4>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let rows = step.supervised;
  let splits = max(1u, min(4u, 152u / max(1u, step.supervised)));
  var m = state[row].x;
  for (var s = 1u; s < splits; s++) { m = max(m, state[s * rows + row].x); }
  var l = 0.0;
  var best = 1e9;
  for (var s = 0u; s < splits; s++) {
    let part = state[s * rows + row];
    let scale = exp(part.x - m);
    l += scale * part.y;
    if (part.x == m) { best = min(best, part.z); }
    if (s % 64u == local) { share[s] = scale; }
  }
  workgroupBarrier();
  let label = labels[row];
  let known = label < 1031u;
  if (local == 0u) {
    if (known) {
      log_probability[row] = label_logit[row] - m - log(l);
      hit[row] = select(0.0, 1.0, best == f32(label));
    } else {
      log_probability[row] = 0.0;
      hit[row] = 0.0;
    }
  }
  
  let scale = select(0.0, step.loss_scale / l, known);
  for (var c = local; c < 24u; c += 64u) {
    var sum = vec4<f32>();
    for (var s = 0u; s < splits; s++) { sum += share[s] * sums[(s * rows + row) * 24u + c]; }
    dh[row * 24u + c] = scale * sum;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// head loss, 1031 x 96 bf16, gradients added
@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> label_logit: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> sums: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> log_probability: array<f32>;
@group(0) @binding(5) var<storage, read_write> hit: array<f32>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> share: array<f32, 4>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let rows = step.supervised;
  let splits = max(1u, min(4u, 152u / max(1u, step.supervised)));
  var m = state[row].x;
  for (var s = 1u; s < splits; s++) { m = max(m, state[s * rows + row].x); }
  var l = 0.0;
  var best = 1e9;
  for (var s = 0u; s < splits; s++) {
    let part = state[s * rows + row];
    let scale = exp(part.x - m);
    l += scale * part.y;
    if (part.x == m) { best = min(best, part.z); }
    if (s % 64u == local) { share[s] = scale; }
  }
  workgroupBarrier();
  let label = labels[row];
  let known = label < 1031u;
  if (local == 0u) {
    if (known) {
      log_probability[row] = label_logit[row] - m - log(l);
      hit[row] = select(0.0, 1.0, best == f32(label));
    } else {
      log_probability[row] = 0.0;
      hit[row] = 0.0;
    }
  }
  
  let scale = select(0.0, step.loss_scale / l, known);
  for (var c = local; c < 24u; c += 64u) {
    var sum = vec4<f32>();
    for (var s = 0u; s < splits; s++) { sum += share[s] * sums[(s * rows + row) * 24u + c]; }
    dh[row * 24u + c] = dh[row * 24u + c] + scale * sum;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
