// attention, width 64
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> segmentStart: array<u32>;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> stage: array<vec4<f32>, 392>;
var<workgroup> weights: array<vec4<f32>, 512>;


fn query_row(first: u32, last: u32, head: u32, i: u32) -> u32 {
  return min(first + i / 4u, last) * 4u + head + i % 4u;
}
fn first_key(token: u32) -> u32 {
  var begin = segmentStart[token];
  begin = max(begin, max(token, 10u) - 10u);
  return begin;
}

fn last_query(last: u32) -> u32 {
  var low = last;
  var high = step.tokens - 1u;
  high = min(high, last + 10u);
  while (low < high) {
    let middle = (low + high + 1u) / 2u;
    if (segmentStart[middle] <= last) { low = middle; } else { high = middle - 1u; }
  }
  return low;
}
fn kernel(group: vec3<u32>, local: u32) {
  
  // The width, as a value that compilers cannot see through: unrolled, these loops take software adapters minutes to
  // compile, and hardware gains nothing.
  let width = min(16u, arrayLength(&q));
  let tm = local / 16u;
  let tn = local % 16u;
  let um = local / 16u;
  let ud = local % 16u;
  let kv = group.x / 1u;
  let head = group.x * 4u;
  let first = group.y * 32u;
  let last = min(first + 32u, step.tokens) - 1u;
  let end = last_query(last);
  let keys = vec4<u32>(first + 4u * tm) + vec4<u32>(0u, 1u, 2u, 3u);
  var acc_k0_0 = vec4<f32>(0.0);
    var acc_k1_0 = vec4<f32>(0.0);
    var acc_k2_0 = vec4<f32>(0.0);
    var acc_k3_0 = vec4<f32>(0.0);
  var acc_v0_0 = vec4<f32>(0.0);
    var acc_v1_0 = vec4<f32>(0.0);
    var acc_v2_0 = vec4<f32>(0.0);
    var acc_v3_0 = vec4<f32>(0.0);
  for (var at = first; at <= end; at += 16u) {
    let count = min(64u, (end + 1u - at) * 4u);
    var s0 = vec4<f32>(0.0);
      var s1 = vec4<f32>(0.0);
      var s2 = vec4<f32>(0.0);
      var s3 = vec4<f32>(0.0);
    var p0 = vec4<f32>(0.0);
      var p1 = vec4<f32>(0.0);
      var p2 = vec4<f32>(0.0);
      var p3 = vec4<f32>(0.0);
    
  for (var d = 0u; d < width; d += 4u) {
    for (var i = local; i < 128u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[c * 33u + row] = k[(min(first + row, last) * 1u + kv) * 16u + d + c];
    }
    for (var i = local; i < 256u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[132u + c * 65u + row] = q[query_row(at, end, head, row) * 16u + d + c];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(width, 4u); c++) {
      let from_a = c * 33u + 4u * tm;
      let from_b = 132u + c * 65u + tn;
      let a0 = stage[from_a + 0u]; let a1 = stage[from_a + 1u]; let a2 = stage[from_a + 2u]; let a3 = stage[from_a + 3u];
      let b0 = stage[from_b + 0u];
      let b1 = stage[from_b + 16u];
      let b2 = stage[from_b + 32u];
      let b3 = stage[from_b + 48u];
      s0 += vec4<f32>(a0.x * b0.x + a0.y * b0.y + a0.z * b0.z + a0.w * b0.w, a1.x * b0.x + a1.y * b0.y + a1.z * b0.z + a1.w * b0.w, a2.x * b0.x + a2.y * b0.y + a2.z * b0.z + a2.w * b0.w, a3.x * b0.x + a3.y * b0.y + a3.z * b0.z + a3.w * b0.w);
      s1 += vec4<f32>(a0.x * b1.x + a0.y * b1.y + a0.z * b1.z + a0.w * b1.w, a1.x * b1.x + a1.y * b1.y + a1.z * b1.z + a1.w * b1.w, a2.x * b1.x + a2.y * b1.y + a2.z * b1.z + a2.w * b1.w, a3.x * b1.x + a3.y * b1.y + a3.z * b1.z + a3.w * b1.w);
      s2 += vec4<f32>(a0.x * b2.x + a0.y * b2.y + a0.z * b2.z + a0.w * b2.w, a1.x * b2.x + a1.y * b2.y + a1.z * b2.z + a1.w * b2.w, a2.x * b2.x + a2.y * b2.y + a2.z * b2.z + a2.w * b2.w, a3.x * b2.x + a3.y * b2.y + a3.z * b2.z + a3.w * b2.w);
      s3 += vec4<f32>(a0.x * b3.x + a0.y * b3.y + a0.z * b3.z + a0.w * b3.w, a1.x * b3.x + a1.y * b3.y + a1.z * b3.z + a1.w * b3.w, a2.x * b3.x + a2.y * b3.y + a2.z * b3.z + a2.w * b3.w, a3.x * b3.x + a3.y * b3.y + a3.z * b3.z + a3.w * b3.w);
    }
    workgroupBarrier();
  }
    
      let stats0 = stats[query_row(at, end, head, tn + 0u)];
      let token0 = min(at + (tn + 0u) / 4u, end);
      let seen0 = (keys >= vec4<u32>(first_key(token0))) & (keys <= vec4<u32>(token0)) & vec4<bool>(tn + 0u < count);
      s0 = s0 * 0.125;
      p0 = select(vec4<f32>(0.0), exp(min(s0 - stats0.x, vec4<f32>(0.0))), seen0);
      
      let stats1 = stats[query_row(at, end, head, tn + 16u)];
      let token1 = min(at + (tn + 16u) / 4u, end);
      let seen1 = (keys >= vec4<u32>(first_key(token1))) & (keys <= vec4<u32>(token1)) & vec4<bool>(tn + 16u < count);
      s1 = s1 * 0.125;
      p1 = select(vec4<f32>(0.0), exp(min(s1 - stats1.x, vec4<f32>(0.0))), seen1);
      
      let stats2 = stats[query_row(at, end, head, tn + 32u)];
      let token2 = min(at + (tn + 32u) / 4u, end);
      let seen2 = (keys >= vec4<u32>(first_key(token2))) & (keys <= vec4<u32>(token2)) & vec4<bool>(tn + 32u < count);
      s2 = s2 * 0.125;
      p2 = select(vec4<f32>(0.0), exp(min(s2 - stats2.x, vec4<f32>(0.0))), seen2);
      
      let stats3 = stats[query_row(at, end, head, tn + 48u)];
      let token3 = min(at + (tn + 48u) / 4u, end);
      let seen3 = (keys >= vec4<u32>(first_key(token3))) & (keys <= vec4<u32>(token3)) & vec4<bool>(tn + 48u < count);
      s3 = s3 * 0.125;
      p3 = select(vec4<f32>(0.0), exp(min(s3 - stats3.x, vec4<f32>(0.0))), seen3);
    weights[(tn + 0u) * 8u + tm] = p0;
      weights[(tn + 16u) * 8u + tm] = p1;
      weights[(tn + 32u) * 8u + tm] = p2;
      weights[(tn + 48u) * 8u + tm] = p3;
    var g0 = vec4<f32>(0.0);
      var g1 = vec4<f32>(0.0);
      var g2 = vec4<f32>(0.0);
      var g3 = vec4<f32>(0.0);
    
  for (var d = 0u; d < width; d += 4u) {
    for (var i = local; i < 128u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[c * 33u + row] = v[(min(first + row, last) * 1u + kv) * 16u + d + c];
    }
    for (var i = local; i < 256u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[132u + c * 65u + row] = dout[query_row(at, end, head, row) * 16u + d + c];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(width, 4u); c++) {
      let from_a = c * 33u + 4u * tm;
      let from_b = 132u + c * 65u + tn;
      let a0 = stage[from_a + 0u]; let a1 = stage[from_a + 1u]; let a2 = stage[from_a + 2u]; let a3 = stage[from_a + 3u];
      let b0 = stage[from_b + 0u];
      let b1 = stage[from_b + 16u];
      let b2 = stage[from_b + 32u];
      let b3 = stage[from_b + 48u];
      g0 += vec4<f32>(a0.x * b0.x + a0.y * b0.y + a0.z * b0.z + a0.w * b0.w, a1.x * b0.x + a1.y * b0.y + a1.z * b0.z + a1.w * b0.w, a2.x * b0.x + a2.y * b0.y + a2.z * b0.z + a2.w * b0.w, a3.x * b0.x + a3.y * b0.y + a3.z * b0.z + a3.w * b0.w);
      g1 += vec4<f32>(a0.x * b1.x + a0.y * b1.y + a0.z * b1.z + a0.w * b1.w, a1.x * b1.x + a1.y * b1.y + a1.z * b1.z + a1.w * b1.w, a2.x * b1.x + a2.y * b1.y + a2.z * b1.z + a2.w * b1.w, a3.x * b1.x + a3.y * b1.y + a3.z * b1.z + a3.w * b1.w);
      g2 += vec4<f32>(a0.x * b2.x + a0.y * b2.y + a0.z * b2.z + a0.w * b2.w, a1.x * b2.x + a1.y * b2.y + a1.z * b2.z + a1.w * b2.w, a2.x * b2.x + a2.y * b2.y + a2.z * b2.z + a2.w * b2.w, a3.x * b2.x + a3.y * b2.y + a3.z * b2.z + a3.w * b2.w);
      g3 += vec4<f32>(a0.x * b3.x + a0.y * b3.y + a0.z * b3.z + a0.w * b3.w, a1.x * b3.x + a1.y * b3.y + a1.z * b3.z + a1.w * b3.w, a2.x * b3.x + a2.y * b3.y + a2.z * b3.z + a2.w * b3.w, a3.x * b3.x + a3.y * b3.y + a3.z * b3.z + a3.w * b3.w);
    }
    workgroupBarrier();
  }
    
  for (var n = 0u; n < count; n++) {
    let base = query_row(at, end, head, n) * 16u + ud;
    let v0 = dout[base + 0u];
    let w0 = weights[n * 8u + um * 1u + 0u];
    acc_v0_0 += w0.x * v0;
    acc_v1_0 += w0.y * v0;
    acc_v2_0 += w0.z * v0;
    acc_v3_0 += w0.w * v0;
  }
    workgroupBarrier();
    p0 = p0 * (g0 - stats0.y) * 0.125;
      p1 = p1 * (g1 - stats1.y) * 0.125;
      p2 = p2 * (g2 - stats2.y) * 0.125;
      p3 = p3 * (g3 - stats3.y) * 0.125;
    weights[(tn + 0u) * 8u + tm] = p0;
      weights[(tn + 16u) * 8u + tm] = p1;
      weights[(tn + 32u) * 8u + tm] = p2;
      weights[(tn + 48u) * 8u + tm] = p3;
    workgroupBarrier();
    
  for (var n = 0u; n < count; n++) {
    let base = query_row(at, end, head, n) * 16u + ud;
    let v0 = q[base + 0u];
    let w0 = weights[n * 8u + um * 1u + 0u];
    acc_k0_0 += w0.x * v0;
    acc_k1_0 += w0.y * v0;
    acc_k2_0 += w0.z * v0;
    acc_k3_0 += w0.w * v0;
  }
  }
  if (first + um * 4u + 0u <= last) {
      let to = ((first + um * 4u + 0u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = acc_k0_0;
      dv[to + ud + 0u] = acc_v0_0;
    }
    if (first + um * 4u + 1u <= last) {
      let to = ((first + um * 4u + 1u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = acc_k1_0;
      dv[to + ud + 0u] = acc_v1_0;
    }
    if (first + um * 4u + 2u <= last) {
      let to = ((first + um * 4u + 2u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = acc_k2_0;
      dv[to + ud + 0u] = acc_v2_0;
    }
    if (first + um * 4u + 3u <= last) {
      let to = ((first + um * 4u + 3u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = acc_k3_0;
      dv[to + ud + 0u] = acc_v3_0;
    }
}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// attention, width 64, gradients added
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> segmentStart: array<u32>;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> stage: array<vec4<f32>, 392>;
var<workgroup> weights: array<vec4<f32>, 512>;


fn query_row(first: u32, last: u32, head: u32, i: u32) -> u32 {
  return min(first + i / 4u, last) * 4u + head + i % 4u;
}
fn first_key(token: u32) -> u32 {
  var begin = segmentStart[token];
  begin = max(begin, max(token, 10u) - 10u);
  return begin;
}

fn last_query(last: u32) -> u32 {
  var low = last;
  var high = step.tokens - 1u;
  high = min(high, last + 10u);
  while (low < high) {
    let middle = (low + high + 1u) / 2u;
    if (segmentStart[middle] <= last) { low = middle; } else { high = middle - 1u; }
  }
  return low;
}
fn kernel(group: vec3<u32>, local: u32) {
  
  // The width, as a value that compilers cannot see through: unrolled, these loops take software adapters minutes to
  // compile, and hardware gains nothing.
  let width = min(16u, arrayLength(&q));
  let tm = local / 16u;
  let tn = local % 16u;
  let um = local / 16u;
  let ud = local % 16u;
  let kv = group.x / 1u;
  let head = group.x * 4u;
  let first = group.y * 32u;
  let last = min(first + 32u, step.tokens) - 1u;
  let end = last_query(last);
  let keys = vec4<u32>(first + 4u * tm) + vec4<u32>(0u, 1u, 2u, 3u);
  var acc_k0_0 = vec4<f32>(0.0);
    var acc_k1_0 = vec4<f32>(0.0);
    var acc_k2_0 = vec4<f32>(0.0);
    var acc_k3_0 = vec4<f32>(0.0);
  var acc_v0_0 = vec4<f32>(0.0);
    var acc_v1_0 = vec4<f32>(0.0);
    var acc_v2_0 = vec4<f32>(0.0);
    var acc_v3_0 = vec4<f32>(0.0);
  for (var at = first; at <= end; at += 16u) {
    let count = min(64u, (end + 1u - at) * 4u);
    var s0 = vec4<f32>(0.0);
      var s1 = vec4<f32>(0.0);
      var s2 = vec4<f32>(0.0);
      var s3 = vec4<f32>(0.0);
    var p0 = vec4<f32>(0.0);
      var p1 = vec4<f32>(0.0);
      var p2 = vec4<f32>(0.0);
      var p3 = vec4<f32>(0.0);
    
  for (var d = 0u; d < width; d += 4u) {
    for (var i = local; i < 128u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[c * 33u + row] = k[(min(first + row, last) * 1u + kv) * 16u + d + c];
    }
    for (var i = local; i < 256u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[132u + c * 65u + row] = q[query_row(at, end, head, row) * 16u + d + c];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(width, 4u); c++) {
      let from_a = c * 33u + 4u * tm;
      let from_b = 132u + c * 65u + tn;
      let a0 = stage[from_a + 0u]; let a1 = stage[from_a + 1u]; let a2 = stage[from_a + 2u]; let a3 = stage[from_a + 3u];
      let b0 = stage[from_b + 0u];
      let b1 = stage[from_b + 16u];
      let b2 = stage[from_b + 32u];
      let b3 = stage[from_b + 48u];
      s0 += vec4<f32>(a0.x * b0.x + a0.y * b0.y + a0.z * b0.z + a0.w * b0.w, a1.x * b0.x + a1.y * b0.y + a1.z * b0.z + a1.w * b0.w, a2.x * b0.x + a2.y * b0.y + a2.z * b0.z + a2.w * b0.w, a3.x * b0.x + a3.y * b0.y + a3.z * b0.z + a3.w * b0.w);
      s1 += vec4<f32>(a0.x * b1.x + a0.y * b1.y + a0.z * b1.z + a0.w * b1.w, a1.x * b1.x + a1.y * b1.y + a1.z * b1.z + a1.w * b1.w, a2.x * b1.x + a2.y * b1.y + a2.z * b1.z + a2.w * b1.w, a3.x * b1.x + a3.y * b1.y + a3.z * b1.z + a3.w * b1.w);
      s2 += vec4<f32>(a0.x * b2.x + a0.y * b2.y + a0.z * b2.z + a0.w * b2.w, a1.x * b2.x + a1.y * b2.y + a1.z * b2.z + a1.w * b2.w, a2.x * b2.x + a2.y * b2.y + a2.z * b2.z + a2.w * b2.w, a3.x * b2.x + a3.y * b2.y + a3.z * b2.z + a3.w * b2.w);
      s3 += vec4<f32>(a0.x * b3.x + a0.y * b3.y + a0.z * b3.z + a0.w * b3.w, a1.x * b3.x + a1.y * b3.y + a1.z * b3.z + a1.w * b3.w, a2.x * b3.x + a2.y * b3.y + a2.z * b3.z + a2.w * b3.w, a3.x * b3.x + a3.y * b3.y + a3.z * b3.z + a3.w * b3.w);
    }
    workgroupBarrier();
  }
    
      let stats0 = stats[query_row(at, end, head, tn + 0u)];
      let token0 = min(at + (tn + 0u) / 4u, end);
      let seen0 = (keys >= vec4<u32>(first_key(token0))) & (keys <= vec4<u32>(token0)) & vec4<bool>(tn + 0u < count);
      s0 = s0 * 0.125;
      p0 = select(vec4<f32>(0.0), exp(min(s0 - stats0.x, vec4<f32>(0.0))), seen0);
      
      let stats1 = stats[query_row(at, end, head, tn + 16u)];
      let token1 = min(at + (tn + 16u) / 4u, end);
      let seen1 = (keys >= vec4<u32>(first_key(token1))) & (keys <= vec4<u32>(token1)) & vec4<bool>(tn + 16u < count);
      s1 = s1 * 0.125;
      p1 = select(vec4<f32>(0.0), exp(min(s1 - stats1.x, vec4<f32>(0.0))), seen1);
      
      let stats2 = stats[query_row(at, end, head, tn + 32u)];
      let token2 = min(at + (tn + 32u) / 4u, end);
      let seen2 = (keys >= vec4<u32>(first_key(token2))) & (keys <= vec4<u32>(token2)) & vec4<bool>(tn + 32u < count);
      s2 = s2 * 0.125;
      p2 = select(vec4<f32>(0.0), exp(min(s2 - stats2.x, vec4<f32>(0.0))), seen2);
      
      let stats3 = stats[query_row(at, end, head, tn + 48u)];
      let token3 = min(at + (tn + 48u) / 4u, end);
      let seen3 = (keys >= vec4<u32>(first_key(token3))) & (keys <= vec4<u32>(token3)) & vec4<bool>(tn + 48u < count);
      s3 = s3 * 0.125;
      p3 = select(vec4<f32>(0.0), exp(min(s3 - stats3.x, vec4<f32>(0.0))), seen3);
    weights[(tn + 0u) * 8u + tm] = p0;
      weights[(tn + 16u) * 8u + tm] = p1;
      weights[(tn + 32u) * 8u + tm] = p2;
      weights[(tn + 48u) * 8u + tm] = p3;
    var g0 = vec4<f32>(0.0);
      var g1 = vec4<f32>(0.0);
      var g2 = vec4<f32>(0.0);
      var g3 = vec4<f32>(0.0);
    
  for (var d = 0u; d < width; d += 4u) {
    for (var i = local; i < 128u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[c * 33u + row] = v[(min(first + row, last) * 1u + kv) * 16u + d + c];
    }
    for (var i = local; i < 256u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[132u + c * 65u + row] = dout[query_row(at, end, head, row) * 16u + d + c];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(width, 4u); c++) {
      let from_a = c * 33u + 4u * tm;
      let from_b = 132u + c * 65u + tn;
      let a0 = stage[from_a + 0u]; let a1 = stage[from_a + 1u]; let a2 = stage[from_a + 2u]; let a3 = stage[from_a + 3u];
      let b0 = stage[from_b + 0u];
      let b1 = stage[from_b + 16u];
      let b2 = stage[from_b + 32u];
      let b3 = stage[from_b + 48u];
      g0 += vec4<f32>(a0.x * b0.x + a0.y * b0.y + a0.z * b0.z + a0.w * b0.w, a1.x * b0.x + a1.y * b0.y + a1.z * b0.z + a1.w * b0.w, a2.x * b0.x + a2.y * b0.y + a2.z * b0.z + a2.w * b0.w, a3.x * b0.x + a3.y * b0.y + a3.z * b0.z + a3.w * b0.w);
      g1 += vec4<f32>(a0.x * b1.x + a0.y * b1.y + a0.z * b1.z + a0.w * b1.w, a1.x * b1.x + a1.y * b1.y + a1.z * b1.z + a1.w * b1.w, a2.x * b1.x + a2.y * b1.y + a2.z * b1.z + a2.w * b1.w, a3.x * b1.x + a3.y * b1.y + a3.z * b1.z + a3.w * b1.w);
      g2 += vec4<f32>(a0.x * b2.x + a0.y * b2.y + a0.z * b2.z + a0.w * b2.w, a1.x * b2.x + a1.y * b2.y + a1.z * b2.z + a1.w * b2.w, a2.x * b2.x + a2.y * b2.y + a2.z * b2.z + a2.w * b2.w, a3.x * b2.x + a3.y * b2.y + a3.z * b2.z + a3.w * b2.w);
      g3 += vec4<f32>(a0.x * b3.x + a0.y * b3.y + a0.z * b3.z + a0.w * b3.w, a1.x * b3.x + a1.y * b3.y + a1.z * b3.z + a1.w * b3.w, a2.x * b3.x + a2.y * b3.y + a2.z * b3.z + a2.w * b3.w, a3.x * b3.x + a3.y * b3.y + a3.z * b3.z + a3.w * b3.w);
    }
    workgroupBarrier();
  }
    
  for (var n = 0u; n < count; n++) {
    let base = query_row(at, end, head, n) * 16u + ud;
    let v0 = dout[base + 0u];
    let w0 = weights[n * 8u + um * 1u + 0u];
    acc_v0_0 += w0.x * v0;
    acc_v1_0 += w0.y * v0;
    acc_v2_0 += w0.z * v0;
    acc_v3_0 += w0.w * v0;
  }
    workgroupBarrier();
    p0 = p0 * (g0 - stats0.y) * 0.125;
      p1 = p1 * (g1 - stats1.y) * 0.125;
      p2 = p2 * (g2 - stats2.y) * 0.125;
      p3 = p3 * (g3 - stats3.y) * 0.125;
    weights[(tn + 0u) * 8u + tm] = p0;
      weights[(tn + 16u) * 8u + tm] = p1;
      weights[(tn + 32u) * 8u + tm] = p2;
      weights[(tn + 48u) * 8u + tm] = p3;
    workgroupBarrier();
    
  for (var n = 0u; n < count; n++) {
    let base = query_row(at, end, head, n) * 16u + ud;
    let v0 = q[base + 0u];
    let w0 = weights[n * 8u + um * 1u + 0u];
    acc_k0_0 += w0.x * v0;
    acc_k1_0 += w0.y * v0;
    acc_k2_0 += w0.z * v0;
    acc_k3_0 += w0.w * v0;
  }
  }
  if (first + um * 4u + 0u <= last) {
      let to = ((first + um * 4u + 0u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = dk[to + ud + 0u] + acc_k0_0;
      dv[to + ud + 0u] = dv[to + ud + 0u] + acc_v0_0;
    }
    if (first + um * 4u + 1u <= last) {
      let to = ((first + um * 4u + 1u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = dk[to + ud + 0u] + acc_k1_0;
      dv[to + ud + 0u] = dv[to + ud + 0u] + acc_v1_0;
    }
    if (first + um * 4u + 2u <= last) {
      let to = ((first + um * 4u + 2u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = dk[to + ud + 0u] + acc_k2_0;
      dv[to + ud + 0u] = dv[to + ud + 0u] + acc_v2_0;
    }
    if (first + um * 4u + 3u <= last) {
      let to = ((first + um * 4u + 3u) * 1u + group.x) * 16u;
      dk[to + ud + 0u] = dk[to + ud + 0u] + acc_k3_0;
      dv[to + ud + 0u] = dv[to + ud + 0u] + acc_v3_0;
    }
}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
