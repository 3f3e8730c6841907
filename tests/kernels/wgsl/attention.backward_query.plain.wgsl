// attention, width 64
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> segmentStart: array<u32>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
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
fn kernel(group: vec3<u32>, local: u32) {
  
  let first = group.y * 8u;
  let last = min(first + 8u, step.tokens) - 1u;
  let width = min(16u, arrayLength(&q));
  
  let live0 = first + (4u * local + 0u) / 4u <= last;
  let token0 = min(first + (4u * local + 0u) / 4u, last);
  let item0 = query_row(first, last, group.x * 4u, 4u * local + 0u);
  let row0 = item0 * 16u;
  let lower0 = first_key(token0);
      
  let live1 = first + (4u * local + 1u) / 4u <= last;
  let token1 = min(first + (4u * local + 1u) / 4u, last);
  let item1 = query_row(first, last, group.x * 4u, 4u * local + 1u);
  let row1 = item1 * 16u;
  let lower1 = first_key(token1);
      
  let live2 = first + (4u * local + 2u) / 4u <= last;
  let token2 = min(first + (4u * local + 2u) / 4u, last);
  let item2 = query_row(first, last, group.x * 4u, 4u * local + 2u);
  let row2 = item2 * 16u;
  let lower2 = first_key(token2);
      
  let live3 = first + (4u * local + 3u) / 4u <= last;
  let token3 = min(first + (4u * local + 3u) / 4u, last);
  let item3 = query_row(first, last, group.x * 4u, 4u * local + 3u);
  let row3 = item3 * 16u;
  let lower3 = first_key(token3);
  let stats0 = stats[item0];
      let stats1 = stats[item1];
      let stats2 = stats[item2];
      let stats3 = stats[item3];
  if (live0) { for (var d = 0u; d < width; d++) { dq[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { dq[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { dq[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { dq[row3 + d] = vec4<f32>(0.0); } }
  for (var at = first_key(first); at <= last; at += 8u) {
    
    let other0 = (min(at + 0u, last) * 1u + group.x) * 16u;
      let other1 = (min(at + 1u, last) * 1u + group.x) * 16u;
      let other2 = (min(at + 2u, last) * 1u + group.x) * 16u;
      let other3 = (min(at + 3u, last) * 1u + group.x) * 16u;
      let other4 = (min(at + 4u, last) * 1u + group.x) * 16u;
      let other5 = (min(at + 5u, last) * 1u + group.x) * 16u;
      let other6 = (min(at + 6u, last) * 1u + group.x) * 16u;
      let other7 = (min(at + 7u, last) * 1u + group.x) * 16u;
    
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
      
      let own_s0 = q[row0 + d];
      let own_s1 = q[row1 + d];
      let own_s2 = q[row2 + d];
      let own_s3 = q[row3 + d];
      let other_s0 = k[other0 + d];
      let other_s1 = k[other1 + d];
      let other_s2 = k[other2 + d];
      let other_s3 = k[other3 + d];
      let other_s4 = k[other4 + d];
      let other_s5 = k[other5 + d];
      let other_s6 = k[other6 + d];
      let other_s7 = k[other7 + d];
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
      let own_g0 = dout[row0 + d];
      let own_g1 = dout[row1 + d];
      let own_g2 = dout[row2 + d];
      let own_g3 = dout[row3 + d];
      let other_g0 = v[other0 + d];
      let other_g1 = v[other1 + d];
      let other_g2 = v[other2 + d];
      let other_g3 = v[other3 + d];
      let other_g4 = v[other4 + d];
      let other_g5 = v[other5 + d];
      let other_g6 = v[other6 + d];
      let other_g7 = v[other7 + d];
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
    let seen0_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower0)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token0));
      let y0_0 = vec4<f32>(s0_0,s0_1,s0_2,s0_3) * 0.125;
      let seen0_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower0)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token0));
      let y0_1 = vec4<f32>(s0_4,s0_5,s0_6,s0_7) * 0.125;
      let seen1_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower1)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token1));
      let y1_0 = vec4<f32>(s1_0,s1_1,s1_2,s1_3) * 0.125;
      let seen1_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower1)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token1));
      let y1_1 = vec4<f32>(s1_4,s1_5,s1_6,s1_7) * 0.125;
      let seen2_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower2)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token2));
      let y2_0 = vec4<f32>(s2_0,s2_1,s2_2,s2_3) * 0.125;
      let seen2_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower2)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token2));
      let y2_1 = vec4<f32>(s2_4,s2_5,s2_6,s2_7) * 0.125;
      let seen3_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower3)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token3));
      let y3_0 = vec4<f32>(s3_0,s3_1,s3_2,s3_3) * 0.125;
      let seen3_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower3)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token3));
      let y3_1 = vec4<f32>(s3_4,s3_5,s3_6,s3_7) * 0.125;
    
      let p0_0 = exp(min(y0_0 - stats0.x, vec4<f32>(0.0)));
      let ds0_0 = select(vec4<f32>(0.0), p0_0 * (vec4<f32>(g0_0,g0_1,g0_2,g0_3) - stats0.y) * 0.125, seen0_0);
      
      let p0_1 = exp(min(y0_1 - stats0.x, vec4<f32>(0.0)));
      let ds0_1 = select(vec4<f32>(0.0), p0_1 * (vec4<f32>(g0_4,g0_5,g0_6,g0_7) - stats0.y) * 0.125, seen0_1);
      
      let p1_0 = exp(min(y1_0 - stats1.x, vec4<f32>(0.0)));
      let ds1_0 = select(vec4<f32>(0.0), p1_0 * (vec4<f32>(g1_0,g1_1,g1_2,g1_3) - stats1.y) * 0.125, seen1_0);
      
      let p1_1 = exp(min(y1_1 - stats1.x, vec4<f32>(0.0)));
      let ds1_1 = select(vec4<f32>(0.0), p1_1 * (vec4<f32>(g1_4,g1_5,g1_6,g1_7) - stats1.y) * 0.125, seen1_1);
      
      let p2_0 = exp(min(y2_0 - stats2.x, vec4<f32>(0.0)));
      let ds2_0 = select(vec4<f32>(0.0), p2_0 * (vec4<f32>(g2_0,g2_1,g2_2,g2_3) - stats2.y) * 0.125, seen2_0);
      
      let p2_1 = exp(min(y2_1 - stats2.x, vec4<f32>(0.0)));
      let ds2_1 = select(vec4<f32>(0.0), p2_1 * (vec4<f32>(g2_4,g2_5,g2_6,g2_7) - stats2.y) * 0.125, seen2_1);
      
      let p3_0 = exp(min(y3_0 - stats3.x, vec4<f32>(0.0)));
      let ds3_0 = select(vec4<f32>(0.0), p3_0 * (vec4<f32>(g3_0,g3_1,g3_2,g3_3) - stats3.y) * 0.125, seen3_0);
      
      let p3_1 = exp(min(y3_1 - stats3.x, vec4<f32>(0.0)));
      let ds3_1 = select(vec4<f32>(0.0), p3_1 * (vec4<f32>(g3_4,g3_5,g3_6,g3_7) - stats3.y) * 0.125, seen3_1);
    
    for (var d = 0u; d < width; d++) {
      let other_d0 = k[other0 + d];
      let other_d1 = k[other1 + d];
      let other_d2 = k[other2 + d];
      let other_d3 = k[other3 + d];
      let other_d4 = k[other4 + d];
      let other_d5 = k[other5 + d];
      let other_d6 = k[other6 + d];
      let other_d7 = k[other7 + d];
      var sum0 = dq[row0 + d];
      sum0 = fma(vec4<f32>(ds0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(ds0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(ds0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(ds0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(ds0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(ds0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(ds0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(ds0_1.w), other_d7, sum0);
      if (live0) { dq[row0 + d] = sum0; }
      var sum1 = dq[row1 + d];
      sum1 = fma(vec4<f32>(ds1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(ds1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(ds1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(ds1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(ds1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(ds1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(ds1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(ds1_1.w), other_d7, sum1);
      if (live1) { dq[row1 + d] = sum1; }
      var sum2 = dq[row2 + d];
      sum2 = fma(vec4<f32>(ds2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(ds2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(ds2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(ds2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(ds2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(ds2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(ds2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(ds2_1.w), other_d7, sum2);
      if (live2) { dq[row2 + d] = sum2; }
      var sum3 = dq[row3 + d];
      sum3 = fma(vec4<f32>(ds3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(ds3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(ds3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(ds3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(ds3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(ds3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(ds3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(ds3_1.w), other_d7, sum3);
      if (live3) { dq[row3 + d] = sum3; }
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
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
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
fn kernel(group: vec3<u32>, local: u32) {
  
  let first = group.y * 8u;
  let last = min(first + 8u, step.tokens) - 1u;
  let width = min(64u, arrayLength(&q));
  
  let live0 = first + (4u * local + 0u) / 4u <= last;
  let token0 = min(first + (4u * local + 0u) / 4u, last);
  let item0 = query_row(first, last, group.x * 4u, 4u * local + 0u);
  let row0 = item0 * 64u;
  let lower0 = first_key(token0);
      
  let live1 = first + (4u * local + 1u) / 4u <= last;
  let token1 = min(first + (4u * local + 1u) / 4u, last);
  let item1 = query_row(first, last, group.x * 4u, 4u * local + 1u);
  let row1 = item1 * 64u;
  let lower1 = first_key(token1);
      
  let live2 = first + (4u * local + 2u) / 4u <= last;
  let token2 = min(first + (4u * local + 2u) / 4u, last);
  let item2 = query_row(first, last, group.x * 4u, 4u * local + 2u);
  let row2 = item2 * 64u;
  let lower2 = first_key(token2);
      
  let live3 = first + (4u * local + 3u) / 4u <= last;
  let token3 = min(first + (4u * local + 3u) / 4u, last);
  let item3 = query_row(first, last, group.x * 4u, 4u * local + 3u);
  let row3 = item3 * 64u;
  let lower3 = first_key(token3);
  let stats0 = stats[item0];
      let stats1 = stats[item1];
      let stats2 = stats[item2];
      let stats3 = stats[item3];
  if (live0) { for (var d = 0u; d < width; d++) { dq[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { dq[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { dq[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { dq[row3 + d] = vec4<f32>(0.0); } }
  for (var at = first_key(first); at <= last; at += 8u) {
    
    let other0 = (min(at + 0u, last) * 1u + group.x) * 64u;
      let other1 = (min(at + 1u, last) * 1u + group.x) * 64u;
      let other2 = (min(at + 2u, last) * 1u + group.x) * 64u;
      let other3 = (min(at + 3u, last) * 1u + group.x) * 64u;
      let other4 = (min(at + 4u, last) * 1u + group.x) * 64u;
      let other5 = (min(at + 5u, last) * 1u + group.x) * 64u;
      let other6 = (min(at + 6u, last) * 1u + group.x) * 64u;
      let other7 = (min(at + 7u, last) * 1u + group.x) * 64u;
    
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
      
      let own_s0 = q[row0 + d];
      let own_s1 = q[row1 + d];
      let own_s2 = q[row2 + d];
      let own_s3 = q[row3 + d];
      let other_s0 = k[other0 + d];
      let other_s1 = k[other1 + d];
      let other_s2 = k[other2 + d];
      let other_s3 = k[other3 + d];
      let other_s4 = k[other4 + d];
      let other_s5 = k[other5 + d];
      let other_s6 = k[other6 + d];
      let other_s7 = k[other7 + d];
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
      let own_g0 = dout[row0 + d];
      let own_g1 = dout[row1 + d];
      let own_g2 = dout[row2 + d];
      let own_g3 = dout[row3 + d];
      let other_g0 = v[other0 + d];
      let other_g1 = v[other1 + d];
      let other_g2 = v[other2 + d];
      let other_g3 = v[other3 + d];
      let other_g4 = v[other4 + d];
      let other_g5 = v[other5 + d];
      let other_g6 = v[other6 + d];
      let other_g7 = v[other7 + d];
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
    let seen0_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower0)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token0));
      let y0_0 = soft_cap(vec4<f32>(s0_0,s0_1,s0_2,s0_3) * 0.0625);
      let seen0_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower0)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token0));
      let y0_1 = soft_cap(vec4<f32>(s0_4,s0_5,s0_6,s0_7) * 0.0625);
      let seen1_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower1)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token1));
      let y1_0 = soft_cap(vec4<f32>(s1_0,s1_1,s1_2,s1_3) * 0.0625);
      let seen1_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower1)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token1));
      let y1_1 = soft_cap(vec4<f32>(s1_4,s1_5,s1_6,s1_7) * 0.0625);
      let seen2_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower2)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token2));
      let y2_0 = soft_cap(vec4<f32>(s2_0,s2_1,s2_2,s2_3) * 0.0625);
      let seen2_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower2)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token2));
      let y2_1 = soft_cap(vec4<f32>(s2_4,s2_5,s2_6,s2_7) * 0.0625);
      let seen3_0 = ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower3)) & ((vec4<u32>(at + 0u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token3));
      let y3_0 = soft_cap(vec4<f32>(s3_0,s3_1,s3_2,s3_3) * 0.0625);
      let seen3_1 = ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) >= vec4<u32>(lower3)) & ((vec4<u32>(at + 4u) + vec4<u32>(0u, 1u, 2u, 3u)) <= vec4<u32>(token3));
      let y3_1 = soft_cap(vec4<f32>(s3_4,s3_5,s3_6,s3_7) * 0.0625);
    
      let p0_0 = exp(min(y0_0 - stats0.x, vec4<f32>(0.0)));
      let ds0_0 = select(vec4<f32>(0.0), p0_0 * (vec4<f32>(g0_0,g0_1,g0_2,g0_3) - stats0.y) * soft_cap_slope(y0_0) * 0.0625, seen0_0);
      
      let p0_1 = exp(min(y0_1 - stats0.x, vec4<f32>(0.0)));
      let ds0_1 = select(vec4<f32>(0.0), p0_1 * (vec4<f32>(g0_4,g0_5,g0_6,g0_7) - stats0.y) * soft_cap_slope(y0_1) * 0.0625, seen0_1);
      
      let p1_0 = exp(min(y1_0 - stats1.x, vec4<f32>(0.0)));
      let ds1_0 = select(vec4<f32>(0.0), p1_0 * (vec4<f32>(g1_0,g1_1,g1_2,g1_3) - stats1.y) * soft_cap_slope(y1_0) * 0.0625, seen1_0);
      
      let p1_1 = exp(min(y1_1 - stats1.x, vec4<f32>(0.0)));
      let ds1_1 = select(vec4<f32>(0.0), p1_1 * (vec4<f32>(g1_4,g1_5,g1_6,g1_7) - stats1.y) * soft_cap_slope(y1_1) * 0.0625, seen1_1);
      
      let p2_0 = exp(min(y2_0 - stats2.x, vec4<f32>(0.0)));
      let ds2_0 = select(vec4<f32>(0.0), p2_0 * (vec4<f32>(g2_0,g2_1,g2_2,g2_3) - stats2.y) * soft_cap_slope(y2_0) * 0.0625, seen2_0);
      
      let p2_1 = exp(min(y2_1 - stats2.x, vec4<f32>(0.0)));
      let ds2_1 = select(vec4<f32>(0.0), p2_1 * (vec4<f32>(g2_4,g2_5,g2_6,g2_7) - stats2.y) * soft_cap_slope(y2_1) * 0.0625, seen2_1);
      
      let p3_0 = exp(min(y3_0 - stats3.x, vec4<f32>(0.0)));
      let ds3_0 = select(vec4<f32>(0.0), p3_0 * (vec4<f32>(g3_0,g3_1,g3_2,g3_3) - stats3.y) * soft_cap_slope(y3_0) * 0.0625, seen3_0);
      
      let p3_1 = exp(min(y3_1 - stats3.x, vec4<f32>(0.0)));
      let ds3_1 = select(vec4<f32>(0.0), p3_1 * (vec4<f32>(g3_4,g3_5,g3_6,g3_7) - stats3.y) * soft_cap_slope(y3_1) * 0.0625, seen3_1);
    
    for (var d = 0u; d < width; d++) {
      let other_d0 = k[other0 + d];
      let other_d1 = k[other1 + d];
      let other_d2 = k[other2 + d];
      let other_d3 = k[other3 + d];
      let other_d4 = k[other4 + d];
      let other_d5 = k[other5 + d];
      let other_d6 = k[other6 + d];
      let other_d7 = k[other7 + d];
      var sum0 = dq[row0 + d];
      sum0 = fma(vec4<f32>(ds0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(ds0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(ds0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(ds0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(ds0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(ds0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(ds0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(ds0_1.w), other_d7, sum0);
      if (live0) { dq[row0 + d] = sum0; }
      var sum1 = dq[row1 + d];
      sum1 = fma(vec4<f32>(ds1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(ds1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(ds1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(ds1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(ds1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(ds1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(ds1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(ds1_1.w), other_d7, sum1);
      if (live1) { dq[row1 + d] = sum1; }
      var sum2 = dq[row2 + d];
      sum2 = fma(vec4<f32>(ds2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(ds2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(ds2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(ds2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(ds2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(ds2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(ds2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(ds2_1.w), other_d7, sum2);
      if (live2) { dq[row2 + d] = sum2; }
      var sum3 = dq[row3 + d];
      sum3 = fma(vec4<f32>(ds3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(ds3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(ds3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(ds3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(ds3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(ds3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(ds3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(ds3_1.w), other_d7, sum3);
      if (live3) { dq[row3 + d] = sum3; }
    }
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
