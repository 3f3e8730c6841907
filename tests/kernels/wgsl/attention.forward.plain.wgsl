// attention, width 64
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> segmentStart: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
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
  if (live0) { for (var d = 0u; d < width; d++) { out[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { out[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { out[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { out[row3 + d] = vec4<f32>(0.0); } }
  var top0 = -1e30; var total0 = 0.0;
      var top1 = -1e30; var total1 = 0.0;
      var top2 = -1e30; var total2 = 0.0;
      var top3 = -1e30; var total3 = 0.0;
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
    
      let highest0 = max(select(vec4<f32>(-1e30), y0_0, seen0_0), select(vec4<f32>(-1e30), y0_1, seen0_1));
      let before0 = top0;
      top0 = max(max(top0, max(highest0.x, highest0.y)), max(highest0.z, highest0.w));
      let shrink0 = exp(max(before0 - top0, -100.0));
      let p0_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y0_0, seen0_0) - top0), seen0_0);
      let p0_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y0_1, seen0_1) - top0), seen0_1);
      total0 = total0 * shrink0 + dot(p0_0 + p0_1, vec4<f32>(1.0));
      
      let highest1 = max(select(vec4<f32>(-1e30), y1_0, seen1_0), select(vec4<f32>(-1e30), y1_1, seen1_1));
      let before1 = top1;
      top1 = max(max(top1, max(highest1.x, highest1.y)), max(highest1.z, highest1.w));
      let shrink1 = exp(max(before1 - top1, -100.0));
      let p1_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y1_0, seen1_0) - top1), seen1_0);
      let p1_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y1_1, seen1_1) - top1), seen1_1);
      total1 = total1 * shrink1 + dot(p1_0 + p1_1, vec4<f32>(1.0));
      
      let highest2 = max(select(vec4<f32>(-1e30), y2_0, seen2_0), select(vec4<f32>(-1e30), y2_1, seen2_1));
      let before2 = top2;
      top2 = max(max(top2, max(highest2.x, highest2.y)), max(highest2.z, highest2.w));
      let shrink2 = exp(max(before2 - top2, -100.0));
      let p2_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y2_0, seen2_0) - top2), seen2_0);
      let p2_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y2_1, seen2_1) - top2), seen2_1);
      total2 = total2 * shrink2 + dot(p2_0 + p2_1, vec4<f32>(1.0));
      
      let highest3 = max(select(vec4<f32>(-1e30), y3_0, seen3_0), select(vec4<f32>(-1e30), y3_1, seen3_1));
      let before3 = top3;
      top3 = max(max(top3, max(highest3.x, highest3.y)), max(highest3.z, highest3.w));
      let shrink3 = exp(max(before3 - top3, -100.0));
      let p3_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y3_0, seen3_0) - top3), seen3_0);
      let p3_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y3_1, seen3_1) - top3), seen3_1);
      total3 = total3 * shrink3 + dot(p3_0 + p3_1, vec4<f32>(1.0));
    
    for (var d = 0u; d < width; d++) {
      let other_d0 = v[other0 + d];
      let other_d1 = v[other1 + d];
      let other_d2 = v[other2 + d];
      let other_d3 = v[other3 + d];
      let other_d4 = v[other4 + d];
      let other_d5 = v[other5 + d];
      let other_d6 = v[other6 + d];
      let other_d7 = v[other7 + d];
      var sum0 = out[row0 + d] * shrink0;
      sum0 = fma(vec4<f32>(p0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(p0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(p0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(p0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(p0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(p0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(p0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(p0_1.w), other_d7, sum0);
      if (live0) { out[row0 + d] = sum0; }
      var sum1 = out[row1 + d] * shrink1;
      sum1 = fma(vec4<f32>(p1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(p1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(p1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(p1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(p1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(p1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(p1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(p1_1.w), other_d7, sum1);
      if (live1) { out[row1 + d] = sum1; }
      var sum2 = out[row2 + d] * shrink2;
      sum2 = fma(vec4<f32>(p2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(p2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(p2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(p2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(p2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(p2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(p2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(p2_1.w), other_d7, sum2);
      if (live2) { out[row2 + d] = sum2; }
      var sum3 = out[row3 + d] * shrink3;
      sum3 = fma(vec4<f32>(p3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(p3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(p3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(p3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(p3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(p3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(p3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(p3_1.w), other_d7, sum3);
      if (live3) { out[row3 + d] = sum3; }
    }
  }
  if (live0) {
    let share = 1.0 / total0;
    for (var d = 0u; d < width; d++) { out[row0 + d] *= share; }
    lse[item0] = top0 + log(total0);
  }
      if (live1) {
    let share = 1.0 / total1;
    for (var d = 0u; d < width; d++) { out[row1 + d] *= share; }
    lse[item1] = top1 + log(total1);
  }
      if (live2) {
    let share = 1.0 / total2;
    for (var d = 0u; d < width; d++) { out[row2 + d] *= share; }
    lse[item2] = top2 + log(total2);
  }
      if (live3) {
    let share = 1.0 / total3;
    for (var d = 0u; d < width; d++) { out[row3 + d] *= share; }
    lse[item3] = top3 + log(total3);
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
@group(0) @binding(3) var<storage, read> segmentStart: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
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
  if (live0) { for (var d = 0u; d < width; d++) { out[row0 + d] = vec4<f32>(0.0); } }
      if (live1) { for (var d = 0u; d < width; d++) { out[row1 + d] = vec4<f32>(0.0); } }
      if (live2) { for (var d = 0u; d < width; d++) { out[row2 + d] = vec4<f32>(0.0); } }
      if (live3) { for (var d = 0u; d < width; d++) { out[row3 + d] = vec4<f32>(0.0); } }
  var top0 = -1e30; var total0 = 0.0;
      var top1 = -1e30; var total1 = 0.0;
      var top2 = -1e30; var total2 = 0.0;
      var top3 = -1e30; var total3 = 0.0;
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
    
      let highest0 = max(select(vec4<f32>(-1e30), y0_0, seen0_0), select(vec4<f32>(-1e30), y0_1, seen0_1));
      let before0 = top0;
      top0 = max(max(top0, max(highest0.x, highest0.y)), max(highest0.z, highest0.w));
      let shrink0 = exp(max(before0 - top0, -100.0));
      let p0_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y0_0, seen0_0) - top0), seen0_0);
      let p0_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y0_1, seen0_1) - top0), seen0_1);
      total0 = total0 * shrink0 + dot(p0_0 + p0_1, vec4<f32>(1.0));
      
      let highest1 = max(select(vec4<f32>(-1e30), y1_0, seen1_0), select(vec4<f32>(-1e30), y1_1, seen1_1));
      let before1 = top1;
      top1 = max(max(top1, max(highest1.x, highest1.y)), max(highest1.z, highest1.w));
      let shrink1 = exp(max(before1 - top1, -100.0));
      let p1_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y1_0, seen1_0) - top1), seen1_0);
      let p1_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y1_1, seen1_1) - top1), seen1_1);
      total1 = total1 * shrink1 + dot(p1_0 + p1_1, vec4<f32>(1.0));
      
      let highest2 = max(select(vec4<f32>(-1e30), y2_0, seen2_0), select(vec4<f32>(-1e30), y2_1, seen2_1));
      let before2 = top2;
      top2 = max(max(top2, max(highest2.x, highest2.y)), max(highest2.z, highest2.w));
      let shrink2 = exp(max(before2 - top2, -100.0));
      let p2_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y2_0, seen2_0) - top2), seen2_0);
      let p2_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y2_1, seen2_1) - top2), seen2_1);
      total2 = total2 * shrink2 + dot(p2_0 + p2_1, vec4<f32>(1.0));
      
      let highest3 = max(select(vec4<f32>(-1e30), y3_0, seen3_0), select(vec4<f32>(-1e30), y3_1, seen3_1));
      let before3 = top3;
      top3 = max(max(top3, max(highest3.x, highest3.y)), max(highest3.z, highest3.w));
      let shrink3 = exp(max(before3 - top3, -100.0));
      let p3_0 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y3_0, seen3_0) - top3), seen3_0);
      let p3_1 = select(vec4<f32>(0.0), exp(select(vec4<f32>(-1e30), y3_1, seen3_1) - top3), seen3_1);
      total3 = total3 * shrink3 + dot(p3_0 + p3_1, vec4<f32>(1.0));
    
    for (var d = 0u; d < width; d++) {
      let other_d0 = v[other0 + d];
      let other_d1 = v[other1 + d];
      let other_d2 = v[other2 + d];
      let other_d3 = v[other3 + d];
      let other_d4 = v[other4 + d];
      let other_d5 = v[other5 + d];
      let other_d6 = v[other6 + d];
      let other_d7 = v[other7 + d];
      var sum0 = out[row0 + d] * shrink0;
      sum0 = fma(vec4<f32>(p0_0.x), other_d0, sum0);
      sum0 = fma(vec4<f32>(p0_0.y), other_d1, sum0);
      sum0 = fma(vec4<f32>(p0_0.z), other_d2, sum0);
      sum0 = fma(vec4<f32>(p0_0.w), other_d3, sum0);
      sum0 = fma(vec4<f32>(p0_1.x), other_d4, sum0);
      sum0 = fma(vec4<f32>(p0_1.y), other_d5, sum0);
      sum0 = fma(vec4<f32>(p0_1.z), other_d6, sum0);
      sum0 = fma(vec4<f32>(p0_1.w), other_d7, sum0);
      if (live0) { out[row0 + d] = sum0; }
      var sum1 = out[row1 + d] * shrink1;
      sum1 = fma(vec4<f32>(p1_0.x), other_d0, sum1);
      sum1 = fma(vec4<f32>(p1_0.y), other_d1, sum1);
      sum1 = fma(vec4<f32>(p1_0.z), other_d2, sum1);
      sum1 = fma(vec4<f32>(p1_0.w), other_d3, sum1);
      sum1 = fma(vec4<f32>(p1_1.x), other_d4, sum1);
      sum1 = fma(vec4<f32>(p1_1.y), other_d5, sum1);
      sum1 = fma(vec4<f32>(p1_1.z), other_d6, sum1);
      sum1 = fma(vec4<f32>(p1_1.w), other_d7, sum1);
      if (live1) { out[row1 + d] = sum1; }
      var sum2 = out[row2 + d] * shrink2;
      sum2 = fma(vec4<f32>(p2_0.x), other_d0, sum2);
      sum2 = fma(vec4<f32>(p2_0.y), other_d1, sum2);
      sum2 = fma(vec4<f32>(p2_0.z), other_d2, sum2);
      sum2 = fma(vec4<f32>(p2_0.w), other_d3, sum2);
      sum2 = fma(vec4<f32>(p2_1.x), other_d4, sum2);
      sum2 = fma(vec4<f32>(p2_1.y), other_d5, sum2);
      sum2 = fma(vec4<f32>(p2_1.z), other_d6, sum2);
      sum2 = fma(vec4<f32>(p2_1.w), other_d7, sum2);
      if (live2) { out[row2 + d] = sum2; }
      var sum3 = out[row3 + d] * shrink3;
      sum3 = fma(vec4<f32>(p3_0.x), other_d0, sum3);
      sum3 = fma(vec4<f32>(p3_0.y), other_d1, sum3);
      sum3 = fma(vec4<f32>(p3_0.z), other_d2, sum3);
      sum3 = fma(vec4<f32>(p3_0.w), other_d3, sum3);
      sum3 = fma(vec4<f32>(p3_1.x), other_d4, sum3);
      sum3 = fma(vec4<f32>(p3_1.y), other_d5, sum3);
      sum3 = fma(vec4<f32>(p3_1.z), other_d6, sum3);
      sum3 = fma(vec4<f32>(p3_1.w), other_d7, sum3);
      if (live3) { out[row3 + d] = sum3; }
    }
  }
  if (live0) {
    let share = 1.0 / total0;
    for (var d = 0u; d < width; d++) { out[row0 + d] *= share; }
    lse[item0] = top0 + log(total0);
  }
      if (live1) {
    let share = 1.0 / total1;
    for (var d = 0u; d < width; d++) { out[row1 + d] *= share; }
    lse[item1] = top1 + log(total1);
  }
      if (live2) {
    let share = 1.0 / total2;
    for (var d = 0u; d < width; d++) { out[row2 + d] *= share; }
    lse[item2] = top2 + log(total2);
  }
      if (live3) {
    let share = 1.0 / total3;
    for (var d = 0u; d < width; d++) { out[row3 + d] *= share; }
    lse[item3] = top3 + log(total3);
  }
}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
