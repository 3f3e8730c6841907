// greedy choice
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> tops: array<f32>;
@group(0) @binding(2) var<storage, read_write> limits: array<u32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn key_of(z: f32) -> u32 {
  let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn weight_of(z: f32, top: f32) -> f32 {
  return exp((z - top) / select(1.0, step.temperature, step.temperature > 0.0));
}

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
/** What eight rising thresholds leave. */
struct Eight { a: vec4<f32>, b: vec4<f32> }
var<workgroup> each: array<Eight, 64>;
var<workgroup> pieces: array<Eight, 8>;
/** A sum over the workgroup in a fixed order. */
fn reduce_eight(value: Eight, local: u32) -> Eight {
  each[local] = value;
  workgroupBarrier();
  if (local < 8u) {
    var sum = each[local * 8u];
    for (var i = 1u; i < 8u; i++) {
      sum.a += each[local * 8u + i].a;
      sum.b += each[local * 8u + i].b;
    }
    pieces[local] = sum;
  }
  workgroupBarrier();
  var total = pieces[0];
  for (var i = 1u; i < 8u; i++) {
    total.a += pieces[i].a;
    total.b += pieces[i].b;
  }
  return total;
}
var<workgroup> keys: array<u32, 4>;
fn count_blocks(keys_a: vec4<u32>, keys_b: vec4<u32>, local: u32) -> Eight {
  var sums = Eight();
  for (var b = local; b < 4u; b += 64u) {
    sums.a += select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(keys[b]) >= keys_a);
    sums.b += select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(keys[b]) >= keys_b);
  }
  return reduce_eight(sums, local);
}

fn count(keys_a: vec4<u32>, keys_b: vec4<u32>, top: f32, base: u32, local: u32) -> Eight {
  var sums = Eight();
  for (var b = 0u; b < 4u; b++) {
    if (keys[b] < keys_a.x) { continue; }
    let end = min((b + 1u) * 256u, 1000u);
    for (var w = b * 256u + local; w < end; w += 64u) {
      let z = logits[base + w];
      let key = vec4<u32>(key_of(z));
      let value = vec4<f32>(1.0);
      sums.a += select(vec4<f32>(), value, key >= keys_a);
      sums.b += select(vec4<f32>(), value, key >= keys_b);
    }
  }
  return reduce_eight(sums, local);
}

fn mass(keys_a: vec4<u32>, keys_b: vec4<u32>, top: f32, base: u32, local: u32) -> Eight {
  var sums = Eight();
  for (var b = 0u; b < 4u; b++) {
    if (keys[b] < keys_a.x) { continue; }
    let end = min((b + 1u) * 256u, 1000u);
    for (var w = b * 256u + local; w < end; w += 64u) {
      let z = logits[base + w];
      let key = vec4<u32>(key_of(z));
      let value = vec4<f32>(weight_of(z, top));
      sums.a += select(vec4<f32>(), value, key >= keys_a);
      sums.b += select(vec4<f32>(), value, key >= keys_b);
    }
  }
  return reduce_eight(sums, local);
}
fn kernel(group: vec3<u32>, local: u32) {
  let base = group.y * 1000u;
  var largest = tops[group.y * 4u];
  for (var b = local; b < 4u; b += 64u) {
    let top = tops[group.y * 4u + b];
    keys[b] = key_of(top);
    largest = max(largest, top);
  }
  let top = reduce_max(largest, local);
  let above = key_of(top) + 1u;
  var limit = 0u;
  if (step.temperature > 0.0) {
    let k = min(step.top_k, 1000u);
    if (k > 0u) {
      // The k-th largest block maximum is no larger than the k-th largest logit: a close place to begin.
      
    {
      var low = limit;
      var high = above;
      for (var i = 0u; i < 11u; i++) {
        // Rounded up; high is known not to reach the goal, even where a step passes it.
        let step_ = (high - low - 1u) / 9u + 1u;
        let keys_a = low + step_ * vec4<u32>(1u, 2u, 3u, 4u);
        let keys_b = low + step_ * vec4<u32>(5u, 6u, 7u, 8u);
        let sums = count_blocks(keys_a, keys_b, local);
        let goals = vec4<f32>(f32(k));
        let reached = select(vec4<u32>(), vec4<u32>(1u), (sums.a >= goals) & (keys_a < vec4<u32>(high)))
          + select(vec4<u32>(), vec4<u32>(1u), (sums.b >= goals) & (keys_b < vec4<u32>(high)));
        let steps = reached.x + reached.y + reached.z + reached.w;
        high = min(high, low + step_ * (steps + 1u));
        low += step_ * steps;
      }
      limit = max(limit, low);
    }
      
    {
      var low = limit;
      var high = above;
      for (var i = 0u; i < 11u; i++) {
        // Rounded up; high is known not to reach the goal, even where a step passes it.
        let step_ = (high - low - 1u) / 9u + 1u;
        let keys_a = low + step_ * vec4<u32>(1u, 2u, 3u, 4u);
        let keys_b = low + step_ * vec4<u32>(5u, 6u, 7u, 8u);
        let sums = count(keys_a, keys_b, top, base, local);
        let goals = vec4<f32>(f32(k));
        let reached = select(vec4<u32>(), vec4<u32>(1u), (sums.a >= goals) & (keys_a < vec4<u32>(high)))
          + select(vec4<u32>(), vec4<u32>(1u), (sums.b >= goals) & (keys_b < vec4<u32>(high)));
        let steps = reached.x + reached.y + reached.z + reached.w;
        high = min(high, low + step_ * (steps + 1u));
        low += step_ * steps;
      }
      limit = max(limit, low);
    }
    }
    if (step.top_p < 1.0) {
      let all = vec4<u32>(limit);
      let goal = max(0.0, step.top_p) * mass(all, all, top, base, local).a.x;
      let negligible = key_of(top - 110.0 * step.temperature);
      
    {
      var low = max(limit, negligible);
      var high = above;
      for (var i = 0u; i < 11u; i++) {
        // Rounded up; high is known not to reach the goal, even where a step passes it.
        let step_ = (high - low - 1u) / 9u + 1u;
        let keys_a = low + step_ * vec4<u32>(1u, 2u, 3u, 4u);
        let keys_b = low + step_ * vec4<u32>(5u, 6u, 7u, 8u);
        let sums = mass(keys_a, keys_b, top, base, local);
        let goals = vec4<f32>(goal);
        let reached = select(vec4<u32>(), vec4<u32>(1u), (sums.a >= goals) & (keys_a < vec4<u32>(high)))
          + select(vec4<u32>(), vec4<u32>(1u), (sums.b >= goals) & (keys_b < vec4<u32>(high)));
        let steps = reached.x + reached.y + reached.z + reached.w;
        high = min(high, low + step_ * (steps + 1u));
        low += step_ * steps;
      }
      limit = max(limit, low);
    }
    }
  } else {
    limit = key_of(top);
  }
  if (local == 0u) {
    limits[group.y * 2u] = limit;
    limits[group.y * 2u + 1u] = bitcast<u32>(top);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
