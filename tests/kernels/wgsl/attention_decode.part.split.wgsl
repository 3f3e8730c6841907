// cached attention, width 64
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> cacheK: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> cacheV: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read> sequenceOf: array<u32>;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> tops: array<vec2<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> queries: array<vec4<f32>, 64>;
// One vec4 a key: its logits, later its weights, for the heads side by side.
var<workgroup> logits: array<vec4<f32>, 512>;
var<workgroup> scratch: array<vec4<f32>, 128>;

fn kernel(group: vec3<u32>, local: u32) {
  let head = group.x * 4u;
  let kv = head / 4u;
  let sequence = min(sequenceOf[group.y], 2u);
  
  let position = min(positions[group.y], 99u);
  let start = max(position, 59u) - 59u;
  let each = max((position - start + 2u) / 2u, 32u);
  let begin = start + group.z * each;
  // Parts past the last key write nothing; the second kernel does not read them.
  if (begin > position) { return; }
  let count = min(each, position + 1u - begin);
  let cached = ((sequence * 100u + begin) * 1u + kv) * 16u;
  for (var i = local; i < 64u; i += 128u) {
    queries[i] = q[(group.y * 4u + head) * 16u + i] * 0.125;
  }
  workgroupBarrier();

  let lane = local % 8u;
  var high = vec4<f32>(-1e30);
  for (var at = 0u; at < count; at += 16u) {
    let key = at + local / 8u;
    var dots = vec4<f32>(0.0);
    if (key < count) {
      let row = cached + key * 16u;
      for (var i = lane; i < 16u; i += 8u) {
        let k = cacheK[row + i];
        dots += vec4<f32>(dot(k, queries[0u + i]), dot(k, queries[16u + i]), dot(k, queries[32u + i]), dot(k, queries[48u + i]));
      }
    }
    scratch[local] = dots;
    workgroupBarrier();
    if (lane == 0u && key < count) {
      for (var i = 1u; i < 8u; i++) { dots += scratch[local + i]; }
      dots = dots;
      logits[key] = dots;
      high = max(high, dots);
    }
    workgroupBarrier();
  }
  scratch[local] = high;
  workgroupBarrier();
  var top = scratch[0];
  for (var i = 1u; i < 16u; i++) { top = max(top, scratch[i * 8u]); }
  workgroupBarrier();
  var part = vec4<f32>(0.0);
  for (var i = local; i < count; i += 128u) {
    let weight = exp(logits[i] - top);
    logits[i] = weight;
    part += weight;
  }
  scratch[local] = part;
  workgroupBarrier();

  // One head and column of the values for each invocation in turn.
  let to = (group.y * 4u + head) * 2u + group.z;
  for (var item = local; item < 64u; item += 128u) {
    let h = item / 16u;
    let column = item % 16u;
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < count; i++) {
      sum += logits[i][h] * cacheV[cached + i * 16u + column];
    }
    sums[(to + h * 2u) * 16u + column] = sum;
  }
  if (local < 4u) {
    var total = 0.0;
    for (var i = 0u; i < 128u; i++) { total += scratch[i][local]; }
    tops[to + local * 2u] = vec2<f32>(top[local], total);
  }
}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// cached attention, width 256
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> cacheK: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> cacheV: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read> sequenceOf: array<u32>;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> tops: array<vec2<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> queries: array<vec4<f32>, 256>;
// One vec4 a key: its logits, later its weights, for the heads side by side.
var<workgroup> logits: array<vec4<f32>, 512>;
var<workgroup> scratch: array<vec4<f32>, 128>;

fn soft_cap(x: vec4<f32>) -> vec4<f32> {
  let e = exp(-2.0 * min(abs(x) * 0.3333333333333333, vec4<f32>(30.0)));
  return 3 * sign(x) * (1.0 - e) / (1.0 + e);
}
fn soft_cap_slope(y: vec4<f32>) -> vec4<f32> { return 1.0 - (y * 0.3333333333333333) * (y * 0.3333333333333333); }
fn kernel(group: vec3<u32>, local: u32) {
  let head = group.x * 4u;
  let kv = head / 4u;
  let sequence = min(sequenceOf[group.y], 2u);
  
  let position = min(positions[group.y], 99u);
  let start = max(position, 59u) - 59u;
  let each = max((position - start + 2u) / 2u, 32u);
  let begin = start + group.z * each;
  // Parts past the last key write nothing; the second kernel does not read them.
  if (begin > position) { return; }
  let count = min(each, position + 1u - begin);
  let cached = ((sequence * 100u + begin) * 1u + kv) * 64u;
  for (var i = local; i < 256u; i += 128u) {
    queries[i] = q[(group.y * 4u + head) * 64u + i] * 0.0625;
  }
  workgroupBarrier();

  let lane = local % 8u;
  var high = vec4<f32>(-1e30);
  for (var at = 0u; at < count; at += 16u) {
    let key = at + local / 8u;
    var dots = vec4<f32>(0.0);
    if (key < count) {
      let row = cached + key * 64u;
      for (var i = lane; i < 64u; i += 8u) {
        let k = cacheK[row + i];
        dots += vec4<f32>(dot(k, queries[0u + i]), dot(k, queries[64u + i]), dot(k, queries[128u + i]), dot(k, queries[192u + i]));
      }
    }
    scratch[local] = dots;
    workgroupBarrier();
    if (lane == 0u && key < count) {
      for (var i = 1u; i < 8u; i++) { dots += scratch[local + i]; }
      dots = soft_cap(dots);
      logits[key] = dots;
      high = max(high, dots);
    }
    workgroupBarrier();
  }
  scratch[local] = high;
  workgroupBarrier();
  var top = scratch[0];
  for (var i = 1u; i < 16u; i++) { top = max(top, scratch[i * 8u]); }
  workgroupBarrier();
  var part = vec4<f32>(0.0);
  for (var i = local; i < count; i += 128u) {
    let weight = exp(logits[i] - top);
    logits[i] = weight;
    part += weight;
  }
  scratch[local] = part;
  workgroupBarrier();

  // One head and column of the values for each invocation in turn.
  let to = (group.y * 4u + head) * 2u + group.z;
  for (var item = local; item < 256u; item += 128u) {
    let h = item / 64u;
    let column = item % 64u;
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < count; i++) {
      sum += logits[i][h] * cacheV[cached + i * 64u + column];
    }
    sums[(to + h * 2u) * 64u + column] = sum;
  }
  if (local < 4u) {
    var total = 0.0;
    for (var i = 0u; i < 128u; i++) { total += scratch[i][local]; }
    tops[to + local * 2u] = vec2<f32>(top[local], total);
  }
}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
