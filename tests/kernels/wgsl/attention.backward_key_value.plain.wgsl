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
  let head = group.x * 4u;
  let first = group.y * 32u;
  let last = min(first + 32u, step.tokens) - 1u;
  let end = last_query(last);
  let width = min(16u, arrayLength(&q));
  
  let key0 = first + 4u * local + 0u;
  let live0 = key0 <= last;
  let row0 = (min(key0, last) * 1u + group.x) * 16u;
      
  let key1 = first + 4u * local + 1u;
  let live1 = key1 <= last;
  let row1 = (min(key1, last) * 1u + group.x) * 16u;
      
  let key2 = first + 4u * local + 2u;
  let live2 = key2 <= last;
  let row2 = (min(key2, last) * 1u + group.x) * 16u;
      
  let key3 = first + 4u * local + 3u;
  let live3 = key3 <= last;
  let row3 = (min(key3, last) * 1u + group.x) * 16u;
  if (live0) { for (var d = 0u; d < width; d++) { dk[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { dk[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { dk[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { dk[row3 + d] = vec4<f32>(0.0); } }
  if (live0) { for (var d = 0u; d < width; d++) { dv[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { dv[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { dv[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { dv[row3 + d] = vec4<f32>(0.0); } }
  for (var at = first; at <= end; at += 2u) {
    let item0 = query_row(at, end, head, 0u);
      let item1 = query_row(at, end, head, 1u);
      let item2 = query_row(at, end, head, 2u);
      let item3 = query_row(at, end, head, 3u);
      let item4 = query_row(at, end, head, 4u);
      let item5 = query_row(at, end, head, 5u);
      let item6 = query_row(at, end, head, 6u);
      let item7 = query_row(at, end, head, 7u);
    let other0 = item0 * 16u;
      let other1 = item1 * 16u;
      let other2 = item2 * 16u;
      let other3 = item3 * 16u;
      let other4 = item4 * 16u;
      let other5 = item5 * 16u;
      let other6 = item6 * 16u;
      let other7 = item7 * 16u;
    
    var s0_0 = 0.0;
      var s0_1 = 0.0;
      var s0_2 = 0.0;
      var s0_3 = 0.0;
      var s0_4 = 0.0;
      var s0_5 = 0.0;
      var s0_6 = 0.0;
      var s0_7 = 0.0;
      var s1_0 = 0.0;
      var s1_1 = 0.0;
      var s1_2 = 0.0;
      var s1_3 = 0.0;
      var s1_4 = 0.0;
      var s1_5 = 0.0;
      var s1_6 = 0.0;
      var s1_7 = 0.0;
      var s2_0 = 0.0;
      var s2_1 = 0.0;
      var s2_2 = 0.0;
      var s2_3 = 0.0;
      var s2_4 = 0.0;
      var s2_5 = 0.0;
      var s2_6 = 0.0;
      var s2_7 = 0.0;
      var s3_0 = 0.0;
      var s3_1 = 0.0;
      var s3_2 = 0.0;
      var s3_3 = 0.0;
      var s3_4 = 0.0;
      var s3_5 = 0.0;
      var s3_6 = 0.0;
      var s3_7 = 0.0;
      var g0_0 = 0.0;
      var g0_1 = 0.0;
      var g0_2 = 0.0;
      var g0_3 = 0.0;
      var g0_4 = 0.0;
      var g0_5 = 0.0;
      var g0_6 = 0.0;
      var g0_7 = 0.0;
      var g1_0 = 0.0;
      var g1_1 = 0.0;
      var g1_2 = 0.0;
      var g1_3 = 0.0;
      var g1_4 = 0.0;
      var g1_5 = 0.0;
      var g1_6 = 0.0;
      var g1_7 = 0.0;
      var g2_0 = 0.0;
      var g2_1 = 0.0;
      var g2_2 = 0.0;
      var g2_3 = 0.0;
      var g2_4 = 0.0;
      var g2_5 = 0.0;
      var g2_6 = 0.0;
      var g2_7 = 0.0;
      var g3_0 = 0.0;
      var g3_1 = 0.0;
      var g3_2 = 0.0;
      var g3_3 = 0.0;
      var g3_4 = 0.0;
      var g3_5 = 0.0;
      var g3_6 = 0.0;
      var g3_7 = 0.0;
    for (var d = 0u; d < width; d++) {
      
      let own_s0 = k[row0 + d];
      let own_s1 = k[row1 + d];
      let own_s2 = k[row2 + d];
      let own_s3 = k[row3 + d];
      let other_s0 = q[other0 + d];
      let other_s1 = q[other1 + d];
      let other_s2 = q[other2 + d];
      let other_s3 = q[other3 + d];
      let other_s4 = q[other4 + d];
      let other_s5 = q[other5 + d];
      let other_s6 = q[other6 + d];
      let other_s7 = q[other7 + d];
      s0_0 = fma(own_s0.x, other_s0.x, fma(own_s0.y, other_s0.y, fma(own_s0.z, other_s0.z, fma(own_s0.w, other_s0.w, s0_0))));
      s0_1 = fma(own_s0.x, other_s1.x, fma(own_s0.y, other_s1.y, fma(own_s0.z, other_s1.z, fma(own_s0.w, other_s1.w, s0_1))));
      s0_2 = fma(own_s0.x, other_s2.x, fma(own_s0.y, other_s2.y, fma(own_s0.z, other_s2.z, fma(own_s0.w, other_s2.w, s0_2))));
      s0_3 = fma(own_s0.x, other_s3.x, fma(own_s0.y, other_s3.y, fma(own_s0.z, other_s3.z, fma(own_s0.w, other_s3.w, s0_3))));
      s0_4 = fma(own_s0.x, other_s4.x, fma(own_s0.y, other_s4.y, fma(own_s0.z, other_s4.z, fma(own_s0.w, other_s4.w, s0_4))));
      s0_5 = fma(own_s0.x, other_s5.x, fma(own_s0.y, other_s5.y, fma(own_s0.z, other_s5.z, fma(own_s0.w, other_s5.w, s0_5))));
      s0_6 = fma(own_s0.x, other_s6.x, fma(own_s0.y, other_s6.y, fma(own_s0.z, other_s6.z, fma(own_s0.w, other_s6.w, s0_6))));
      s0_7 = fma(own_s0.x, other_s7.x, fma(own_s0.y, other_s7.y, fma(own_s0.z, other_s7.z, fma(own_s0.w, other_s7.w, s0_7))));
      s1_0 = fma(own_s1.x, other_s0.x, fma(own_s1.y, other_s0.y, fma(own_s1.z, other_s0.z, fma(own_s1.w, other_s0.w, s1_0))));
      s1_1 = fma(own_s1.x, other_s1.x, fma(own_s1.y, other_s1.y, fma(own_s1.z, other_s1.z, fma(own_s1.w, other_s1.w, s1_1))));
      s1_2 = fma(own_s1.x, other_s2.x, fma(own_s1.y, other_s2.y, fma(own_s1.z, other_s2.z, fma(own_s1.w, other_s2.w, s1_2))));
      s1_3 = fma(own_s1.x, other_s3.x, fma(own_s1.y, other_s3.y, fma(own_s1.z, other_s3.z, fma(own_s1.w, other_s3.w, s1_3))));
      s1_4 = fma(own_s1.x, other_s4.x, fma(own_s1.y, other_s4.y, fma(own_s1.z, other_s4.z, fma(own_s1.w, other_s4.w, s1_4))));
      s1_5 = fma(own_s1.x, other_s5.x, fma(own_s1.y, other_s5.y, fma(own_s1.z, other_s5.z, fma(own_s1.w, other_s5.w, s1_5))));
      s1_6 = fma(own_s1.x, other_s6.x, fma(own_s1.y, other_s6.y, fma(own_s1.z, other_s6.z, fma(own_s1.w, other_s6.w, s1_6))));
      s1_7 = fma(own_s1.x, other_s7.x, fma(own_s1.y, other_s7.y, fma(own_s1.z, other_s7.z, fma(own_s1.w, other_s7.w, s1_7))));
      s2_0 = fma(own_s2.x, other_s0.x, fma(own_s2.y, other_s0.y, fma(own_s2.z, other_s0.z, fma(own_s2.w, other_s0.w, s2_0))));
      s2_1 = fma(own_s2.x, other_s1.x, fma(own_s2.y, other_s1.y, fma(own_s2.z, other_s1.z, fma(own_s2.w, other_s1.w, s2_1))));
      s2_2 = fma(own_s2.x, other_s2.x, fma(own_s2.y, other_s2.y, fma(own_s2.z, other_s2.z, fma(own_s2.w, other_s2.w, s2_2))));
      s2_3 = fma(own_s2.x, other_s3.x, fma(own_s2.y, other_s3.y, fma(own_s2.z, other_s3.z, fma(own_s2.w, other_s3.w, s2_3))));
      s2_4 = fma(own_s2.x, other_s4.x, fma(own_s2.y, other_s4.y, fma(own_s2.z, other_s4.z, fma(own_s2.w, other_s4.w, s2_4))));
      s2_5 = fma(own_s2.x, other_s5.x, fma(own_s2.y, other_s5.y, fma(own_s2.z, other_s5.z, fma(own_s2.w, other_s5.w, s2_5))));
      s2_6 = fma(own_s2.x, other_s6.x, fma(own_s2.y, other_s6.y, fma(own_s2.z, other_s6.z, fma(own_s2.w, other_s6.w, s2_6))));
      s2_7 = fma(own_s2.x, other_s7.x, fma(own_s2.y, other_s7.y, fma(own_s2.z, other_s7.z, fma(own_s2.w, other_s7.w, s2_7))));
      s3_0 = fma(own_s3.x, other_s0.x, fma(own_s3.y, other_s0.y, fma(own_s3.z, other_s0.z, fma(own_s3.w, other_s0.w, s3_0))));
      s3_1 = fma(own_s3.x, other_s1.x, fma(own_s3.y, other_s1.y, fma(own_s3.z, other_s1.z, fma(own_s3.w, other_s1.w, s3_1))));
      s3_2 = fma(own_s3.x, other_s2.x, fma(own_s3.y, other_s2.y, fma(own_s3.z, other_s2.z, fma(own_s3.w, other_s2.w, s3_2))));
      s3_3 = fma(own_s3.x, other_s3.x, fma(own_s3.y, other_s3.y, fma(own_s3.z, other_s3.z, fma(own_s3.w, other_s3.w, s3_3))));
      s3_4 = fma(own_s3.x, other_s4.x, fma(own_s3.y, other_s4.y, fma(own_s3.z, other_s4.z, fma(own_s3.w, other_s4.w, s3_4))));
      s3_5 = fma(own_s3.x, other_s5.x, fma(own_s3.y, other_s5.y, fma(own_s3.z, other_s5.z, fma(own_s3.w, other_s5.w, s3_5))));
      s3_6 = fma(own_s3.x, other_s6.x, fma(own_s3.y, other_s6.y, fma(own_s3.z, other_s6.z, fma(own_s3.w, other_s6.w, s3_6))));
      s3_7 = fma(own_s3.x, other_s7.x, fma(own_s3.y, other_s7.y, fma(own_s3.z, other_s7.z, fma(own_s3.w, other_s7.w, s3_7))));
      let own_g0 = v[row0 + d];
      let own_g1 = v[row1 + d];
      let own_g2 = v[row2 + d];
      let own_g3 = v[row3 + d];
      let other_g0 = dout[other0 + d];
      let other_g1 = dout[other1 + d];
      let other_g2 = dout[other2 + d];
      let other_g3 = dout[other3 + d];
      let other_g4 = dout[other4 + d];
      let other_g5 = dout[other5 + d];
      let other_g6 = dout[other6 + d];
      let other_g7 = dout[other7 + d];
      g0_0 = fma(own_g0.x, other_g0.x, fma(own_g0.y, other_g0.y, fma(own_g0.z, other_g0.z, fma(own_g0.w, other_g0.w, g0_0))));
      g0_1 = fma(own_g0.x, other_g1.x, fma(own_g0.y, other_g1.y, fma(own_g0.z, other_g1.z, fma(own_g0.w, other_g1.w, g0_1))));
      g0_2 = fma(own_g0.x, other_g2.x, fma(own_g0.y, other_g2.y, fma(own_g0.z, other_g2.z, fma(own_g0.w, other_g2.w, g0_2))));
      g0_3 = fma(own_g0.x, other_g3.x, fma(own_g0.y, other_g3.y, fma(own_g0.z, other_g3.z, fma(own_g0.w, other_g3.w, g0_3))));
      g0_4 = fma(own_g0.x, other_g4.x, fma(own_g0.y, other_g4.y, fma(own_g0.z, other_g4.z, fma(own_g0.w, other_g4.w, g0_4))));
      g0_5 = fma(own_g0.x, other_g5.x, fma(own_g0.y, other_g5.y, fma(own_g0.z, other_g5.z, fma(own_g0.w, other_g5.w, g0_5))));
      g0_6 = fma(own_g0.x, other_g6.x, fma(own_g0.y, other_g6.y, fma(own_g0.z, other_g6.z, fma(own_g0.w, other_g6.w, g0_6))));
      g0_7 = fma(own_g0.x, other_g7.x, fma(own_g0.y, other_g7.y, fma(own_g0.z, other_g7.z, fma(own_g0.w, other_g7.w, g0_7))));
      g1_0 = fma(own_g1.x, other_g0.x, fma(own_g1.y, other_g0.y, fma(own_g1.z, other_g0.z, fma(own_g1.w, other_g0.w, g1_0))));
      g1_1 = fma(own_g1.x, other_g1.x, fma(own_g1.y, other_g1.y, fma(own_g1.z, other_g1.z, fma(own_g1.w, other_g1.w, g1_1))));
      g1_2 = fma(own_g1.x, other_g2.x, fma(own_g1.y, other_g2.y, fma(own_g1.z, other_g2.z, fma(own_g1.w, other_g2.w, g1_2))));
      g1_3 = fma(own_g1.x, other_g3.x, fma(own_g1.y, other_g3.y, fma(own_g1.z, other_g3.z, fma(own_g1.w, other_g3.w, g1_3))));
      g1_4 = fma(own_g1.x, other_g4.x, fma(own_g1.y, other_g4.y, fma(own_g1.z, other_g4.z, fma(own_g1.w, other_g4.w, g1_4))));
      g1_5 = fma(own_g1.x, other_g5.x, fma(own_g1.y, other_g5.y, fma(own_g1.z, other_g5.z, fma(own_g1.w, other_g5.w, g1_5))));
      g1_6 = fma(own_g1.x, other_g6.x, fma(own_g1.y, other_g6.y, fma(own_g1.z, other_g6.z, fma(own_g1.w, other_g6.w, g1_6))));
      g1_7 = fma(own_g1.x, other_g7.x, fma(own_g1.y, other_g7.y, fma(own_g1.z, other_g7.z, fma(own_g1.w, other_g7.w, g1_7))));
      g2_0 = fma(own_g2.x, other_g0.x, fma(own_g2.y, other_g0.y, fma(own_g2.z, other_g0.z, fma(own_g2.w, other_g0.w, g2_0))));
      g2_1 = fma(own_g2.x, other_g1.x, fma(own_g2.y, other_g1.y, fma(own_g2.z, other_g1.z, fma(own_g2.w, other_g1.w, g2_1))));
      g2_2 = fma(own_g2.x, other_g2.x, fma(own_g2.y, other_g2.y, fma(own_g2.z, other_g2.z, fma(own_g2.w, other_g2.w, g2_2))));
      g2_3 = fma(own_g2.x, other_g3.x, fma(own_g2.y, other_g3.y, fma(own_g2.z, other_g3.z, fma(own_g2.w, other_g3.w, g2_3))));
      g2_4 = fma(own_g2.x, other_g4.x, fma(own_g2.y, other_g4.y, fma(own_g2.z, other_g4.z, fma(own_g2.w, other_g4.w, g2_4))));
      g2_5 = fma(own_g2.x, other_g5.x, fma(own_g2.y, other_g5.y, fma(own_g2.z, other_g5.z, fma(own_g2.w, other_g5.w, g2_5))));
      g2_6 = fma(own_g2.x, other_g6.x, fma(own_g2.y, other_g6.y, fma(own_g2.z, other_g6.z, fma(own_g2.w, other_g6.w, g2_6))));
      g2_7 = fma(own_g2.x, other_g7.x, fma(own_g2.y, other_g7.y, fma(own_g2.z, other_g7.z, fma(own_g2.w, other_g7.w, g2_7))));
      g3_0 = fma(own_g3.x, other_g0.x, fma(own_g3.y, other_g0.y, fma(own_g3.z, other_g0.z, fma(own_g3.w, other_g0.w, g3_0))));
      g3_1 = fma(own_g3.x, other_g1.x, fma(own_g3.y, other_g1.y, fma(own_g3.z, other_g1.z, fma(own_g3.w, other_g1.w, g3_1))));
      g3_2 = fma(own_g3.x, other_g2.x, fma(own_g3.y, other_g2.y, fma(own_g3.z, other_g2.z, fma(own_g3.w, other_g2.w, g3_2))));
      g3_3 = fma(own_g3.x, other_g3.x, fma(own_g3.y, other_g3.y, fma(own_g3.z, other_g3.z, fma(own_g3.w, other_g3.w, g3_3))));
      g3_4 = fma(own_g3.x, other_g4.x, fma(own_g3.y, other_g4.y, fma(own_g3.z, other_g4.z, fma(own_g3.w, other_g4.w, g3_4))));
      g3_5 = fma(own_g3.x, other_g5.x, fma(own_g3.y, other_g5.y, fma(own_g3.z, other_g5.z, fma(own_g3.w, other_g5.w, g3_5))));
      g3_6 = fma(own_g3.x, other_g6.x, fma(own_g3.y, other_g6.y, fma(own_g3.z, other_g6.z, fma(own_g3.w, other_g6.w, g3_6))));
      g3_7 = fma(own_g3.x, other_g7.x, fma(own_g3.y, other_g7.y, fma(own_g3.z, other_g7.z, fma(own_g3.w, other_g7.w, g3_7))));
    }
    
    let lse0 = vec4<f32>(stats[item0].x,stats[item1].x,stats[item2].x,stats[item3].x);
    let delta0 = vec4<f32>(stats[item0].y,stats[item1].y,stats[item2].y,stats[item3].y);
    let reach0 = vec4<u32>(at + 0u,at + 0u,at + 0u,at + 0u);
    let lower0 = vec4<u32>(first_key(min(at + 0u, end)),first_key(min(at + 0u, end)),first_key(min(at + 0u, end)),first_key(min(at + 0u, end)));
      
    let lse1 = vec4<f32>(stats[item4].x,stats[item5].x,stats[item6].x,stats[item7].x);
    let delta1 = vec4<f32>(stats[item4].y,stats[item5].y,stats[item6].y,stats[item7].y);
    let reach1 = vec4<u32>(at + 1u,at + 1u,at + 1u,at + 1u);
    let lower1 = vec4<u32>(first_key(min(at + 1u, end)),first_key(min(at + 1u, end)),first_key(min(at + 1u, end)),first_key(min(at + 1u, end)));
    
      let seen0_0 = (vec4<u32>(key0) >= lower0) & (vec4<u32>(key0) <= reach0) & (reach0 <= vec4<u32>(end));
      let y0_0 = vec4<f32>(s0_0,s0_1,s0_2,s0_3) * 0.125;
      let p0_0 = select(vec4<f32>(0.0), exp(min(y0_0 - lse0, vec4<f32>(0.0))), seen0_0);
      let ds0_0 = p0_0 * (vec4<f32>(g0_0,g0_1,g0_2,g0_3) - delta0) * 0.125;
      
      let seen0_1 = (vec4<u32>(key0) >= lower1) & (vec4<u32>(key0) <= reach1) & (reach1 <= vec4<u32>(end));
      let y0_1 = vec4<f32>(s0_4,s0_5,s0_6,s0_7) * 0.125;
      let p0_1 = select(vec4<f32>(0.0), exp(min(y0_1 - lse1, vec4<f32>(0.0))), seen0_1);
      let ds0_1 = p0_1 * (vec4<f32>(g0_4,g0_5,g0_6,g0_7) - delta1) * 0.125;
      
      let seen1_0 = (vec4<u32>(key1) >= lower0) & (vec4<u32>(key1) <= reach0) & (reach0 <= vec4<u32>(end));
      let y1_0 = vec4<f32>(s1_0,s1_1,s1_2,s1_3) * 0.125;
      let p1_0 = select(vec4<f32>(0.0), exp(min(y1_0 - lse0, vec4<f32>(0.0))), seen1_0);
      let ds1_0 = p1_0 * (vec4<f32>(g1_0,g1_1,g1_2,g1_3) - delta0) * 0.125;
      
      let seen1_1 = (vec4<u32>(key1) >= lower1) & (vec4<u32>(key1) <= reach1) & (reach1 <= vec4<u32>(end));
      let y1_1 = vec4<f32>(s1_4,s1_5,s1_6,s1_7) * 0.125;
      let p1_1 = select(vec4<f32>(0.0), exp(min(y1_1 - lse1, vec4<f32>(0.0))), seen1_1);
      let ds1_1 = p1_1 * (vec4<f32>(g1_4,g1_5,g1_6,g1_7) - delta1) * 0.125;
      
      let seen2_0 = (vec4<u32>(key2) >= lower0) & (vec4<u32>(key2) <= reach0) & (reach0 <= vec4<u32>(end));
      let y2_0 = vec4<f32>(s2_0,s2_1,s2_2,s2_3) * 0.125;
      let p2_0 = select(vec4<f32>(0.0), exp(min(y2_0 - lse0, vec4<f32>(0.0))), seen2_0);
      let ds2_0 = p2_0 * (vec4<f32>(g2_0,g2_1,g2_2,g2_3) - delta0) * 0.125;
      
      let seen2_1 = (vec4<u32>(key2) >= lower1) & (vec4<u32>(key2) <= reach1) & (reach1 <= vec4<u32>(end));
      let y2_1 = vec4<f32>(s2_4,s2_5,s2_6,s2_7) * 0.125;
      let p2_1 = select(vec4<f32>(0.0), exp(min(y2_1 - lse1, vec4<f32>(0.0))), seen2_1);
      let ds2_1 = p2_1 * (vec4<f32>(g2_4,g2_5,g2_6,g2_7) - delta1) * 0.125;
      
      let seen3_0 = (vec4<u32>(key3) >= lower0) & (vec4<u32>(key3) <= reach0) & (reach0 <= vec4<u32>(end));
      let y3_0 = vec4<f32>(s3_0,s3_1,s3_2,s3_3) * 0.125;
      let p3_0 = select(vec4<f32>(0.0), exp(min(y3_0 - lse0, vec4<f32>(0.0))), seen3_0);
      let ds3_0 = p3_0 * (vec4<f32>(g3_0,g3_1,g3_2,g3_3) - delta0) * 0.125;
      
      let seen3_1 = (vec4<u32>(key3) >= lower1) & (vec4<u32>(key3) <= reach1) & (reach1 <= vec4<u32>(end));
      let y3_1 = vec4<f32>(s3_4,s3_5,s3_6,s3_7) * 0.125;
      let p3_1 = select(vec4<f32>(0.0), exp(min(y3_1 - lse1, vec4<f32>(0.0))), seen3_1);
      let ds3_1 = p3_1 * (vec4<f32>(g3_4,g3_5,g3_6,g3_7) - delta1) * 0.125;
    
    for (var d = 0u; d < width; d++) {
      let other_d0 = dout[other0 + d];
      let other_d1 = dout[other1 + d];
      let other_d2 = dout[other2 + d];
      let other_d3 = dout[other3 + d];
      let other_d4 = dout[other4 + d];
      let other_d5 = dout[other5 + d];
      let other_d6 = dout[other6 + d];
      let other_d7 = dout[other7 + d];
      var sum0 = dv[row0 + d];
      sum0 = fma(vec4<f32>(p0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(p0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(p0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(p0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(p0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(p0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(p0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(p0_1.w), other_d7, sum0);
      if (live0) { dv[row0 + d] = sum0; }
      var sum1 = dv[row1 + d];
      sum1 = fma(vec4<f32>(p1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(p1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(p1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(p1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(p1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(p1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(p1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(p1_1.w), other_d7, sum1);
      if (live1) { dv[row1 + d] = sum1; }
      var sum2 = dv[row2 + d];
      sum2 = fma(vec4<f32>(p2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(p2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(p2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(p2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(p2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(p2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(p2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(p2_1.w), other_d7, sum2);
      if (live2) { dv[row2 + d] = sum2; }
      var sum3 = dv[row3 + d];
      sum3 = fma(vec4<f32>(p3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(p3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(p3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(p3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(p3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(p3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(p3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(p3_1.w), other_d7, sum3);
      if (live3) { dv[row3 + d] = sum3; }
    }
    for (var d = 0u; d < width; d++) {
      let other_d0 = q[other0 + d];
      let other_d1 = q[other1 + d];
      let other_d2 = q[other2 + d];
      let other_d3 = q[other3 + d];
      let other_d4 = q[other4 + d];
      let other_d5 = q[other5 + d];
      let other_d6 = q[other6 + d];
      let other_d7 = q[other7 + d];
      var sum0 = dk[row0 + d];
      sum0 = fma(vec4<f32>(ds0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(ds0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(ds0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(ds0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(ds0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(ds0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(ds0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(ds0_1.w), other_d7, sum0);
      if (live0) { dk[row0 + d] = sum0; }
      var sum1 = dk[row1 + d];
      sum1 = fma(vec4<f32>(ds1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(ds1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(ds1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(ds1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(ds1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(ds1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(ds1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(ds1_1.w), other_d7, sum1);
      if (live1) { dk[row1 + d] = sum1; }
      var sum2 = dk[row2 + d];
      sum2 = fma(vec4<f32>(ds2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(ds2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(ds2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(ds2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(ds2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(ds2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(ds2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(ds2_1.w), other_d7, sum2);
      if (live2) { dk[row2 + d] = sum2; }
      var sum3 = dk[row3 + d];
      sum3 = fma(vec4<f32>(ds3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(ds3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(ds3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(ds3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(ds3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(ds3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(ds3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(ds3_1.w), other_d7, sum3);
      if (live3) { dk[row3 + d] = sum3; }
    }
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// attention, width 256
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
fn soft_cap(x: vec4<f32>) -> vec4<f32> {
  let e = exp(-2.0 * min(abs(x) * 0.05, vec4<f32>(30.0)));
  return 20 * sign(x) * (1.0 - e) / (1.0 + e);
}
fn soft_cap_slope(y: vec4<f32>) -> vec4<f32> { return 1.0 - (y * 0.05) * (y * 0.05); }

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
  let head = group.x * 4u;
  let first = group.y * 32u;
  let last = min(first + 32u, step.tokens) - 1u;
  let end = last_query(last);
  let width = min(64u, arrayLength(&q));
  
  let key0 = first + 4u * local + 0u;
  let live0 = key0 <= last;
  let row0 = (min(key0, last) * 1u + group.x) * 64u;
      
  let key1 = first + 4u * local + 1u;
  let live1 = key1 <= last;
  let row1 = (min(key1, last) * 1u + group.x) * 64u;
      
  let key2 = first + 4u * local + 2u;
  let live2 = key2 <= last;
  let row2 = (min(key2, last) * 1u + group.x) * 64u;
      
  let key3 = first + 4u * local + 3u;
  let live3 = key3 <= last;
  let row3 = (min(key3, last) * 1u + group.x) * 64u;
  if (live0) { for (var d = 0u; d < width; d++) { dk[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { dk[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { dk[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { dk[row3 + d] = vec4<f32>(0.0); } }
  if (live0) { for (var d = 0u; d < width; d++) { dv[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { dv[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { dv[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { dv[row3 + d] = vec4<f32>(0.0); } }
  for (var at = first; at <= end; at += 2u) {
    let item0 = query_row(at, end, head, 0u);
      let item1 = query_row(at, end, head, 1u);
      let item2 = query_row(at, end, head, 2u);
      let item3 = query_row(at, end, head, 3u);
      let item4 = query_row(at, end, head, 4u);
      let item5 = query_row(at, end, head, 5u);
      let item6 = query_row(at, end, head, 6u);
      let item7 = query_row(at, end, head, 7u);
    let other0 = item0 * 64u;
      let other1 = item1 * 64u;
      let other2 = item2 * 64u;
      let other3 = item3 * 64u;
      let other4 = item4 * 64u;
      let other5 = item5 * 64u;
      let other6 = item6 * 64u;
      let other7 = item7 * 64u;
    
    var s0_0 = 0.0;
      var s0_1 = 0.0;
      var s0_2 = 0.0;
      var s0_3 = 0.0;
      var s0_4 = 0.0;
      var s0_5 = 0.0;
      var s0_6 = 0.0;
      var s0_7 = 0.0;
      var s1_0 = 0.0;
      var s1_1 = 0.0;
      var s1_2 = 0.0;
      var s1_3 = 0.0;
      var s1_4 = 0.0;
      var s1_5 = 0.0;
      var s1_6 = 0.0;
      var s1_7 = 0.0;
      var s2_0 = 0.0;
      var s2_1 = 0.0;
      var s2_2 = 0.0;
      var s2_3 = 0.0;
      var s2_4 = 0.0;
      var s2_5 = 0.0;
      var s2_6 = 0.0;
      var s2_7 = 0.0;
      var s3_0 = 0.0;
      var s3_1 = 0.0;
      var s3_2 = 0.0;
      var s3_3 = 0.0;
      var s3_4 = 0.0;
      var s3_5 = 0.0;
      var s3_6 = 0.0;
      var s3_7 = 0.0;
      var g0_0 = 0.0;
      var g0_1 = 0.0;
      var g0_2 = 0.0;
      var g0_3 = 0.0;
      var g0_4 = 0.0;
      var g0_5 = 0.0;
      var g0_6 = 0.0;
      var g0_7 = 0.0;
      var g1_0 = 0.0;
      var g1_1 = 0.0;
      var g1_2 = 0.0;
      var g1_3 = 0.0;
      var g1_4 = 0.0;
      var g1_5 = 0.0;
      var g1_6 = 0.0;
      var g1_7 = 0.0;
      var g2_0 = 0.0;
      var g2_1 = 0.0;
      var g2_2 = 0.0;
      var g2_3 = 0.0;
      var g2_4 = 0.0;
      var g2_5 = 0.0;
      var g2_6 = 0.0;
      var g2_7 = 0.0;
      var g3_0 = 0.0;
      var g3_1 = 0.0;
      var g3_2 = 0.0;
      var g3_3 = 0.0;
      var g3_4 = 0.0;
      var g3_5 = 0.0;
      var g3_6 = 0.0;
      var g3_7 = 0.0;
    for (var d = 0u; d < width; d++) {
      
      let own_s0 = k[row0 + d];
      let own_s1 = k[row1 + d];
      let own_s2 = k[row2 + d];
      let own_s3 = k[row3 + d];
      let other_s0 = q[other0 + d];
      let other_s1 = q[other1 + d];
      let other_s2 = q[other2 + d];
      let other_s3 = q[other3 + d];
      let other_s4 = q[other4 + d];
      let other_s5 = q[other5 + d];
      let other_s6 = q[other6 + d];
      let other_s7 = q[other7 + d];
      s0_0 = fma(own_s0.x, other_s0.x, fma(own_s0.y, other_s0.y, fma(own_s0.z, other_s0.z, fma(own_s0.w, other_s0.w, s0_0))));
      s0_1 = fma(own_s0.x, other_s1.x, fma(own_s0.y, other_s1.y, fma(own_s0.z, other_s1.z, fma(own_s0.w, other_s1.w, s0_1))));
      s0_2 = fma(own_s0.x, other_s2.x, fma(own_s0.y, other_s2.y, fma(own_s0.z, other_s2.z, fma(own_s0.w, other_s2.w, s0_2))));
      s0_3 = fma(own_s0.x, other_s3.x, fma(own_s0.y, other_s3.y, fma(own_s0.z, other_s3.z, fma(own_s0.w, other_s3.w, s0_3))));
      s0_4 = fma(own_s0.x, other_s4.x, fma(own_s0.y, other_s4.y, fma(own_s0.z, other_s4.z, fma(own_s0.w, other_s4.w, s0_4))));
      s0_5 = fma(own_s0.x, other_s5.x, fma(own_s0.y, other_s5.y, fma(own_s0.z, other_s5.z, fma(own_s0.w, other_s5.w, s0_5))));
      s0_6 = fma(own_s0.x, other_s6.x, fma(own_s0.y, other_s6.y, fma(own_s0.z, other_s6.z, fma(own_s0.w, other_s6.w, s0_6))));
      s0_7 = fma(own_s0.x, other_s7.x, fma(own_s0.y, other_s7.y, fma(own_s0.z, other_s7.z, fma(own_s0.w, other_s7.w, s0_7))));
      s1_0 = fma(own_s1.x, other_s0.x, fma(own_s1.y, other_s0.y, fma(own_s1.z, other_s0.z, fma(own_s1.w, other_s0.w, s1_0))));
      s1_1 = fma(own_s1.x, other_s1.x, fma(own_s1.y, other_s1.y, fma(own_s1.z, other_s1.z, fma(own_s1.w, other_s1.w, s1_1))));
      s1_2 = fma(own_s1.x, other_s2.x, fma(own_s1.y, other_s2.y, fma(own_s1.z, other_s2.z, fma(own_s1.w, other_s2.w, s1_2))));
      s1_3 = fma(own_s1.x, other_s3.x, fma(own_s1.y, other_s3.y, fma(own_s1.z, other_s3.z, fma(own_s1.w, other_s3.w, s1_3))));
      s1_4 = fma(own_s1.x, other_s4.x, fma(own_s1.y, other_s4.y, fma(own_s1.z, other_s4.z, fma(own_s1.w, other_s4.w, s1_4))));
      s1_5 = fma(own_s1.x, other_s5.x, fma(own_s1.y, other_s5.y, fma(own_s1.z, other_s5.z, fma(own_s1.w, other_s5.w, s1_5))));
      s1_6 = fma(own_s1.x, other_s6.x, fma(own_s1.y, other_s6.y, fma(own_s1.z, other_s6.z, fma(own_s1.w, other_s6.w, s1_6))));
      s1_7 = fma(own_s1.x, other_s7.x, fma(own_s1.y, other_s7.y, fma(own_s1.z, other_s7.z, fma(own_s1.w, other_s7.w, s1_7))));
      s2_0 = fma(own_s2.x, other_s0.x, fma(own_s2.y, other_s0.y, fma(own_s2.z, other_s0.z, fma(own_s2.w, other_s0.w, s2_0))));
      s2_1 = fma(own_s2.x, other_s1.x, fma(own_s2.y, other_s1.y, fma(own_s2.z, other_s1.z, fma(own_s2.w, other_s1.w, s2_1))));
      s2_2 = fma(own_s2.x, other_s2.x, fma(own_s2.y, other_s2.y, fma(own_s2.z, other_s2.z, fma(own_s2.w, other_s2.w, s2_2))));
      s2_3 = fma(own_s2.x, other_s3.x, fma(own_s2.y, other_s3.y, fma(own_s2.z, other_s3.z, fma(own_s2.w, other_s3.w, s2_3))));
      s2_4 = fma(own_s2.x, other_s4.x, fma(own_s2.y, other_s4.y, fma(own_s2.z, other_s4.z, fma(own_s2.w, other_s4.w, s2_4))));
      s2_5 = fma(own_s2.x, other_s5.x, fma(own_s2.y, other_s5.y, fma(own_s2.z, other_s5.z, fma(own_s2.w, other_s5.w, s2_5))));
      s2_6 = fma(own_s2.x, other_s6.x, fma(own_s2.y, other_s6.y, fma(own_s2.z, other_s6.z, fma(own_s2.w, other_s6.w, s2_6))));
      s2_7 = fma(own_s2.x, other_s7.x, fma(own_s2.y, other_s7.y, fma(own_s2.z, other_s7.z, fma(own_s2.w, other_s7.w, s2_7))));
      s3_0 = fma(own_s3.x, other_s0.x, fma(own_s3.y, other_s0.y, fma(own_s3.z, other_s0.z, fma(own_s3.w, other_s0.w, s3_0))));
      s3_1 = fma(own_s3.x, other_s1.x, fma(own_s3.y, other_s1.y, fma(own_s3.z, other_s1.z, fma(own_s3.w, other_s1.w, s3_1))));
      s3_2 = fma(own_s3.x, other_s2.x, fma(own_s3.y, other_s2.y, fma(own_s3.z, other_s2.z, fma(own_s3.w, other_s2.w, s3_2))));
      s3_3 = fma(own_s3.x, other_s3.x, fma(own_s3.y, other_s3.y, fma(own_s3.z, other_s3.z, fma(own_s3.w, other_s3.w, s3_3))));
      s3_4 = fma(own_s3.x, other_s4.x, fma(own_s3.y, other_s4.y, fma(own_s3.z, other_s4.z, fma(own_s3.w, other_s4.w, s3_4))));
      s3_5 = fma(own_s3.x, other_s5.x, fma(own_s3.y, other_s5.y, fma(own_s3.z, other_s5.z, fma(own_s3.w, other_s5.w, s3_5))));
      s3_6 = fma(own_s3.x, other_s6.x, fma(own_s3.y, other_s6.y, fma(own_s3.z, other_s6.z, fma(own_s3.w, other_s6.w, s3_6))));
      s3_7 = fma(own_s3.x, other_s7.x, fma(own_s3.y, other_s7.y, fma(own_s3.z, other_s7.z, fma(own_s3.w, other_s7.w, s3_7))));
      let own_g0 = v[row0 + d];
      let own_g1 = v[row1 + d];
      let own_g2 = v[row2 + d];
      let own_g3 = v[row3 + d];
      let other_g0 = dout[other0 + d];
      let other_g1 = dout[other1 + d];
      let other_g2 = dout[other2 + d];
      let other_g3 = dout[other3 + d];
      let other_g4 = dout[other4 + d];
      let other_g5 = dout[other5 + d];
      let other_g6 = dout[other6 + d];
      let other_g7 = dout[other7 + d];
      g0_0 = fma(own_g0.x, other_g0.x, fma(own_g0.y, other_g0.y, fma(own_g0.z, other_g0.z, fma(own_g0.w, other_g0.w, g0_0))));
      g0_1 = fma(own_g0.x, other_g1.x, fma(own_g0.y, other_g1.y, fma(own_g0.z, other_g1.z, fma(own_g0.w, other_g1.w, g0_1))));
      g0_2 = fma(own_g0.x, other_g2.x, fma(own_g0.y, other_g2.y, fma(own_g0.z, other_g2.z, fma(own_g0.w, other_g2.w, g0_2))));
      g0_3 = fma(own_g0.x, other_g3.x, fma(own_g0.y, other_g3.y, fma(own_g0.z, other_g3.z, fma(own_g0.w, other_g3.w, g0_3))));
      g0_4 = fma(own_g0.x, other_g4.x, fma(own_g0.y, other_g4.y, fma(own_g0.z, other_g4.z, fma(own_g0.w, other_g4.w, g0_4))));
      g0_5 = fma(own_g0.x, other_g5.x, fma(own_g0.y, other_g5.y, fma(own_g0.z, other_g5.z, fma(own_g0.w, other_g5.w, g0_5))));
      g0_6 = fma(own_g0.x, other_g6.x, fma(own_g0.y, other_g6.y, fma(own_g0.z, other_g6.z, fma(own_g0.w, other_g6.w, g0_6))));
      g0_7 = fma(own_g0.x, other_g7.x, fma(own_g0.y, other_g7.y, fma(own_g0.z, other_g7.z, fma(own_g0.w, other_g7.w, g0_7))));
      g1_0 = fma(own_g1.x, other_g0.x, fma(own_g1.y, other_g0.y, fma(own_g1.z, other_g0.z, fma(own_g1.w, other_g0.w, g1_0))));
      g1_1 = fma(own_g1.x, other_g1.x, fma(own_g1.y, other_g1.y, fma(own_g1.z, other_g1.z, fma(own_g1.w, other_g1.w, g1_1))));
      g1_2 = fma(own_g1.x, other_g2.x, fma(own_g1.y, other_g2.y, fma(own_g1.z, other_g2.z, fma(own_g1.w, other_g2.w, g1_2))));
      g1_3 = fma(own_g1.x, other_g3.x, fma(own_g1.y, other_g3.y, fma(own_g1.z, other_g3.z, fma(own_g1.w, other_g3.w, g1_3))));
      g1_4 = fma(own_g1.x, other_g4.x, fma(own_g1.y, other_g4.y, fma(own_g1.z, other_g4.z, fma(own_g1.w, other_g4.w, g1_4))));
      g1_5 = fma(own_g1.x, other_g5.x, fma(own_g1.y, other_g5.y, fma(own_g1.z, other_g5.z, fma(own_g1.w, other_g5.w, g1_5))));
      g1_6 = fma(own_g1.x, other_g6.x, fma(own_g1.y, other_g6.y, fma(own_g1.z, other_g6.z, fma(own_g1.w, other_g6.w, g1_6))));
      g1_7 = fma(own_g1.x, other_g7.x, fma(own_g1.y, other_g7.y, fma(own_g1.z, other_g7.z, fma(own_g1.w, other_g7.w, g1_7))));
      g2_0 = fma(own_g2.x, other_g0.x, fma(own_g2.y, other_g0.y, fma(own_g2.z, other_g0.z, fma(own_g2.w, other_g0.w, g2_0))));
      g2_1 = fma(own_g2.x, other_g1.x, fma(own_g2.y, other_g1.y, fma(own_g2.z, other_g1.z, fma(own_g2.w, other_g1.w, g2_1))));
      g2_2 = fma(own_g2.x, other_g2.x, fma(own_g2.y, other_g2.y, fma(own_g2.z, other_g2.z, fma(own_g2.w, other_g2.w, g2_2))));
      g2_3 = fma(own_g2.x, other_g3.x, fma(own_g2.y, other_g3.y, fma(own_g2.z, other_g3.z, fma(own_g2.w, other_g3.w, g2_3))));
      g2_4 = fma(own_g2.x, other_g4.x, fma(own_g2.y, other_g4.y, fma(own_g2.z, other_g4.z, fma(own_g2.w, other_g4.w, g2_4))));
      g2_5 = fma(own_g2.x, other_g5.x, fma(own_g2.y, other_g5.y, fma(own_g2.z, other_g5.z, fma(own_g2.w, other_g5.w, g2_5))));
      g2_6 = fma(own_g2.x, other_g6.x, fma(own_g2.y, other_g6.y, fma(own_g2.z, other_g6.z, fma(own_g2.w, other_g6.w, g2_6))));
      g2_7 = fma(own_g2.x, other_g7.x, fma(own_g2.y, other_g7.y, fma(own_g2.z, other_g7.z, fma(own_g2.w, other_g7.w, g2_7))));
      g3_0 = fma(own_g3.x, other_g0.x, fma(own_g3.y, other_g0.y, fma(own_g3.z, other_g0.z, fma(own_g3.w, other_g0.w, g3_0))));
      g3_1 = fma(own_g3.x, other_g1.x, fma(own_g3.y, other_g1.y, fma(own_g3.z, other_g1.z, fma(own_g3.w, other_g1.w, g3_1))));
      g3_2 = fma(own_g3.x, other_g2.x, fma(own_g3.y, other_g2.y, fma(own_g3.z, other_g2.z, fma(own_g3.w, other_g2.w, g3_2))));
      g3_3 = fma(own_g3.x, other_g3.x, fma(own_g3.y, other_g3.y, fma(own_g3.z, other_g3.z, fma(own_g3.w, other_g3.w, g3_3))));
      g3_4 = fma(own_g3.x, other_g4.x, fma(own_g3.y, other_g4.y, fma(own_g3.z, other_g4.z, fma(own_g3.w, other_g4.w, g3_4))));
      g3_5 = fma(own_g3.x, other_g5.x, fma(own_g3.y, other_g5.y, fma(own_g3.z, other_g5.z, fma(own_g3.w, other_g5.w, g3_5))));
      g3_6 = fma(own_g3.x, other_g6.x, fma(own_g3.y, other_g6.y, fma(own_g3.z, other_g6.z, fma(own_g3.w, other_g6.w, g3_6))));
      g3_7 = fma(own_g3.x, other_g7.x, fma(own_g3.y, other_g7.y, fma(own_g3.z, other_g7.z, fma(own_g3.w, other_g7.w, g3_7))));
    }
    
    let lse0 = vec4<f32>(stats[item0].x,stats[item1].x,stats[item2].x,stats[item3].x);
    let delta0 = vec4<f32>(stats[item0].y,stats[item1].y,stats[item2].y,stats[item3].y);
    let reach0 = vec4<u32>(at + 0u,at + 0u,at + 0u,at + 0u);
    let lower0 = vec4<u32>(first_key(min(at + 0u, end)),first_key(min(at + 0u, end)),first_key(min(at + 0u, end)),first_key(min(at + 0u, end)));
      
    let lse1 = vec4<f32>(stats[item4].x,stats[item5].x,stats[item6].x,stats[item7].x);
    let delta1 = vec4<f32>(stats[item4].y,stats[item5].y,stats[item6].y,stats[item7].y);
    let reach1 = vec4<u32>(at + 1u,at + 1u,at + 1u,at + 1u);
    let lower1 = vec4<u32>(first_key(min(at + 1u, end)),first_key(min(at + 1u, end)),first_key(min(at + 1u, end)),first_key(min(at + 1u, end)));
    
      let seen0_0 = (vec4<u32>(key0) >= lower0) & (vec4<u32>(key0) <= reach0) & (reach0 <= vec4<u32>(end));
      let y0_0 = soft_cap(vec4<f32>(s0_0,s0_1,s0_2,s0_3) * 0.0625);
      let p0_0 = select(vec4<f32>(0.0), exp(min(y0_0 - lse0, vec4<f32>(0.0))), seen0_0);
      let ds0_0 = p0_0 * (vec4<f32>(g0_0,g0_1,g0_2,g0_3) - delta0) * soft_cap_slope(y0_0) * 0.0625;
      
      let seen0_1 = (vec4<u32>(key0) >= lower1) & (vec4<u32>(key0) <= reach1) & (reach1 <= vec4<u32>(end));
      let y0_1 = soft_cap(vec4<f32>(s0_4,s0_5,s0_6,s0_7) * 0.0625);
      let p0_1 = select(vec4<f32>(0.0), exp(min(y0_1 - lse1, vec4<f32>(0.0))), seen0_1);
      let ds0_1 = p0_1 * (vec4<f32>(g0_4,g0_5,g0_6,g0_7) - delta1) * soft_cap_slope(y0_1) * 0.0625;
      
      let seen1_0 = (vec4<u32>(key1) >= lower0) & (vec4<u32>(key1) <= reach0) & (reach0 <= vec4<u32>(end));
      let y1_0 = soft_cap(vec4<f32>(s1_0,s1_1,s1_2,s1_3) * 0.0625);
      let p1_0 = select(vec4<f32>(0.0), exp(min(y1_0 - lse0, vec4<f32>(0.0))), seen1_0);
      let ds1_0 = p1_0 * (vec4<f32>(g1_0,g1_1,g1_2,g1_3) - delta0) * soft_cap_slope(y1_0) * 0.0625;
      
      let seen1_1 = (vec4<u32>(key1) >= lower1) & (vec4<u32>(key1) <= reach1) & (reach1 <= vec4<u32>(end));
      let y1_1 = soft_cap(vec4<f32>(s1_4,s1_5,s1_6,s1_7) * 0.0625);
      let p1_1 = select(vec4<f32>(0.0), exp(min(y1_1 - lse1, vec4<f32>(0.0))), seen1_1);
      let ds1_1 = p1_1 * (vec4<f32>(g1_4,g1_5,g1_6,g1_7) - delta1) * soft_cap_slope(y1_1) * 0.0625;
      
      let seen2_0 = (vec4<u32>(key2) >= lower0) & (vec4<u32>(key2) <= reach0) & (reach0 <= vec4<u32>(end));
      let y2_0 = soft_cap(vec4<f32>(s2_0,s2_1,s2_2,s2_3) * 0.0625);
      let p2_0 = select(vec4<f32>(0.0), exp(min(y2_0 - lse0, vec4<f32>(0.0))), seen2_0);
      let ds2_0 = p2_0 * (vec4<f32>(g2_0,g2_1,g2_2,g2_3) - delta0) * soft_cap_slope(y2_0) * 0.0625;
      
      let seen2_1 = (vec4<u32>(key2) >= lower1) & (vec4<u32>(key2) <= reach1) & (reach1 <= vec4<u32>(end));
      let y2_1 = soft_cap(vec4<f32>(s2_4,s2_5,s2_6,s2_7) * 0.0625);
      let p2_1 = select(vec4<f32>(0.0), exp(min(y2_1 - lse1, vec4<f32>(0.0))), seen2_1);
      let ds2_1 = p2_1 * (vec4<f32>(g2_4,g2_5,g2_6,g2_7) - delta1) * soft_cap_slope(y2_1) * 0.0625;
      
      let seen3_0 = (vec4<u32>(key3) >= lower0) & (vec4<u32>(key3) <= reach0) & (reach0 <= vec4<u32>(end));
      let y3_0 = soft_cap(vec4<f32>(s3_0,s3_1,s3_2,s3_3) * 0.0625);
      let p3_0 = select(vec4<f32>(0.0), exp(min(y3_0 - lse0, vec4<f32>(0.0))), seen3_0);
      let ds3_0 = p3_0 * (vec4<f32>(g3_0,g3_1,g3_2,g3_3) - delta0) * soft_cap_slope(y3_0) * 0.0625;
      
      let seen3_1 = (vec4<u32>(key3) >= lower1) & (vec4<u32>(key3) <= reach1) & (reach1 <= vec4<u32>(end));
      let y3_1 = soft_cap(vec4<f32>(s3_4,s3_5,s3_6,s3_7) * 0.0625);
      let p3_1 = select(vec4<f32>(0.0), exp(min(y3_1 - lse1, vec4<f32>(0.0))), seen3_1);
      let ds3_1 = p3_1 * (vec4<f32>(g3_4,g3_5,g3_6,g3_7) - delta1) * soft_cap_slope(y3_1) * 0.0625;
    
    for (var d = 0u; d < width; d++) {
      let other_d0 = dout[other0 + d];
      let other_d1 = dout[other1 + d];
      let other_d2 = dout[other2 + d];
      let other_d3 = dout[other3 + d];
      let other_d4 = dout[other4 + d];
      let other_d5 = dout[other5 + d];
      let other_d6 = dout[other6 + d];
      let other_d7 = dout[other7 + d];
      var sum0 = dv[row0 + d];
      sum0 = fma(vec4<f32>(p0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(p0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(p0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(p0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(p0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(p0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(p0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(p0_1.w), other_d7, sum0);
      if (live0) { dv[row0 + d] = sum0; }
      var sum1 = dv[row1 + d];
      sum1 = fma(vec4<f32>(p1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(p1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(p1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(p1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(p1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(p1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(p1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(p1_1.w), other_d7, sum1);
      if (live1) { dv[row1 + d] = sum1; }
      var sum2 = dv[row2 + d];
      sum2 = fma(vec4<f32>(p2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(p2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(p2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(p2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(p2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(p2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(p2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(p2_1.w), other_d7, sum2);
      if (live2) { dv[row2 + d] = sum2; }
      var sum3 = dv[row3 + d];
      sum3 = fma(vec4<f32>(p3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(p3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(p3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(p3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(p3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(p3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(p3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(p3_1.w), other_d7, sum3);
      if (live3) { dv[row3 + d] = sum3; }
    }
    for (var d = 0u; d < width; d++) {
      let other_d0 = q[other0 + d];
      let other_d1 = q[other1 + d];
      let other_d2 = q[other2 + d];
      let other_d3 = q[other3 + d];
      let other_d4 = q[other4 + d];
      let other_d5 = q[other5 + d];
      let other_d6 = q[other6 + d];
      let other_d7 = q[other7 + d];
      var sum0 = dk[row0 + d];
      sum0 = fma(vec4<f32>(ds0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(ds0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(ds0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(ds0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(ds0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(ds0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(ds0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(ds0_1.w), other_d7, sum0);
      if (live0) { dk[row0 + d] = sum0; }
      var sum1 = dk[row1 + d];
      sum1 = fma(vec4<f32>(ds1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(ds1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(ds1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(ds1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(ds1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(ds1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(ds1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(ds1_1.w), other_d7, sum1);
      if (live1) { dk[row1 + d] = sum1; }
      var sum2 = dk[row2 + d];
      sum2 = fma(vec4<f32>(ds2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(ds2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(ds2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(ds2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(ds2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(ds2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(ds2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(ds2_1.w), other_d7, sum2);
      if (live2) { dk[row2 + d] = sum2; }
      var sum3 = dk[row3 + d];
      sum3 = fma(vec4<f32>(ds3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(ds3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(ds3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(ds3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(ds3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(ds3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(ds3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(ds3_1.w), other_d7, sum3);
      if (live3) { dk[row3 + d] = sum3; }
    }
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
