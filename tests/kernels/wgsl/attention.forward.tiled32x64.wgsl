// attention, width 64
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> segmentStart: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> stage: array<vec4<f32>, 392>;
var<workgroup> weights: array<vec4<f32>, 512>;
var<workgroup> rescale: array<vec4<f32>, 8>;


fn query_row(first: u32, last: u32, head: u32, i: u32) -> u32 {
  return min(first + i / 4u, last) * 4u + head + i % 4u;
}
fn first_key(token: u32) -> u32 {
  var begin = segmentStart[token];
  begin = max(begin, max(token, 10u) - 10u);
  return begin;
}
fn kernel(group: vec3<u32>, local: u32) {
  
  // The width, as a value that compilers cannot see through: unrolled, these loops take software adapters minutes to
  // compile, and hardware gains nothing.
  let width = min(16u, arrayLength(&q));
  let tm = local / 16u;
  let tn = local % 16u;
  let um = local / 16u;
  let ud = local % 16u;
  let first = group.y * 8u;
  let last = min(first + 8u, step.tokens) - 1u;
  let head = group.x * 4u;
  
  let own_token = min(vec4<u32>(first) + (vec4<u32>(4u * tm) + vec4<u32>(0u, 1u, 2u, 3u)) / 4u, vec4<u32>(last));
  let upper = own_token;
  let lower = vec4<u32>(first_key(own_token.x), first_key(own_token.y), first_key(own_token.z), first_key(own_token.w));
  var top = vec4<f32>(-1e30);
  var total = vec4<f32>(0.0);
  var acc0_0 = vec4<f32>(0.0);
    var acc1_0 = vec4<f32>(0.0);
    var acc2_0 = vec4<f32>(0.0);
    var acc3_0 = vec4<f32>(0.0);
  for (var at = first_key(first); at <= last; at += 64u) {
    var s0 = vec4<f32>(0.0);
      var s1 = vec4<f32>(0.0);
      var s2 = vec4<f32>(0.0);
      var s3 = vec4<f32>(0.0);
    
  for (var d = 0u; d < width; d += 4u) {
    for (var i = local; i < 128u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[c * 33u + row] = q[query_row(first, last, head, row) * 16u + d + c];
    }
    for (var i = local; i < 256u; i += 128u) {
      let row = i / 4u;
      let c = i % 4u;
      stage[132u + c * 65u + row] = k[(min(at + row, last) * 1u + group.x) * 16u + d + c];
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
    s0 = select(vec4<f32>(-1e30), s0 * 0.125, (vec4<u32>(at + tn + 0u) >= lower) & (vec4<u32>(at + tn + 0u) <= upper));
      s1 = select(vec4<f32>(-1e30), s1 * 0.125, (vec4<u32>(at + tn + 16u) >= lower) & (vec4<u32>(at + tn + 16u) <= upper));
      s2 = select(vec4<f32>(-1e30), s2 * 0.125, (vec4<u32>(at + tn + 32u) >= lower) & (vec4<u32>(at + tn + 32u) <= upper));
      s3 = select(vec4<f32>(-1e30), s3 * 0.125, (vec4<u32>(at + tn + 48u) >= lower) & (vec4<u32>(at + tn + 48u) <= upper));
    stage[tn * 8u + tm] = max(max(max(s0, s1), s2), s3);
    workgroupBarrier();
    let before = top;
    for (var i = 0u; i < 16u; i++) { top = max(top, stage[i * 8u + tm]); }
    let shrink = exp(max(before - top, vec4<f32>(-100.0)));
    s0 = select(vec4<f32>(0.0), exp(s0 - top), s0 > vec4<f32>(-1e29));
      s1 = select(vec4<f32>(0.0), exp(s1 - top), s1 > vec4<f32>(-1e29));
      s2 = select(vec4<f32>(0.0), exp(s2 - top), s2 > vec4<f32>(-1e29));
      s3 = select(vec4<f32>(0.0), exp(s3 - top), s3 > vec4<f32>(-1e29));
    total = total * shrink + s0 + s1 + s2 + s3;
    weights[(tn + 0u) * 8u + tm] = s0;
      weights[(tn + 16u) * 8u + tm] = s1;
      weights[(tn + 32u) * 8u + tm] = s2;
      weights[(tn + 48u) * 8u + tm] = s3;
    if (tn == 0u) { rescale[tm] = shrink; }
    workgroupBarrier();
    let shrink0 = rescale[um * 1u + 0u];
    acc0_0 *= shrink0.x;
    acc1_0 *= shrink0.y;
    acc2_0 *= shrink0.z;
    acc3_0 *= shrink0.w;
    
  for (var n = 0u; n < min(64u, last + 1u - at); n++) {
    let base = (min(at + n, last) * 1u + group.x) * 16u + ud;
    let v0 = v[base + 0u];
    let w0 = weights[n * 8u + um * 1u + 0u];
    acc0_0 += w0.x * v0;
    acc1_0 += w0.y * v0;
    acc2_0 += w0.z * v0;
    acc3_0 += w0.w * v0;
  }
  }
  stage[tn * 8u + tm] = total;
  workgroupBarrier();
  var sum0 = vec4<f32>(0.0);
  for (var i = 0u; i < 16u; i++) {
    sum0 += stage[i * 8u + um * 1u + 0u];
  }
  if (first + (um * 4u + 0u) / 4u <= last) {
      let share = 1.0 / sum0.x;
      let to = query_row(first, last, head, um * 4u + 0u) * 16u;
      out[to + ud + 0u] = acc0_0 * share;
    }
    if (first + (um * 4u + 1u) / 4u <= last) {
      let share = 1.0 / sum0.y;
      let to = query_row(first, last, head, um * 4u + 1u) * 16u;
      out[to + ud + 0u] = acc1_0 * share;
    }
    if (first + (um * 4u + 2u) / 4u <= last) {
      let share = 1.0 / sum0.z;
      let to = query_row(first, last, head, um * 4u + 2u) * 16u;
      out[to + ud + 0u] = acc2_0 * share;
    }
    if (first + (um * 4u + 3u) / 4u <= last) {
      let share = 1.0 / sum0.w;
      let to = query_row(first, last, head, um * 4u + 3u) * 16u;
      out[to + ud + 0u] = acc3_0 * share;
    }
  if (tn == 0u) {
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < 16u; i++) { sum += stage[i * 8u + tm]; }
    if (first + (4u * tm + 0u) / 4u <= last) { lse[query_row(first, last, head, 4u * tm + 0u)] = top.x + log(sum.x); }
    if (first + (4u * tm + 1u) / 4u <= last) { lse[query_row(first, last, head, 4u * tm + 1u)] = top.y + log(sum.y); }
    if (first + (4u * tm + 2u) / 4u <= last) { lse[query_row(first, last, head, 4u * tm + 2u)] = top.z + log(sum.z); }
    if (first + (4u * tm + 3u) / 4u <= last) { lse[query_row(first, last, head, 4u * tm + 3u)] = top.w + log(sum.w); }
  }
}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
