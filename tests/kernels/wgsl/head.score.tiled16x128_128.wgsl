// head score, 1031 x 96 bf16
@group(0) @binding(0) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> label_logit: array<f32>;
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn weight_4(i: u32) -> vec4<f32> {
  let words = weight[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}

const LAST = 514u;
const TILES = 5u;
var<workgroup> scratch: array<vec4<f32>, 720>;

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.supervised;
  let splits = max(1u, min(4u, 152u / max(1u, step.supervised)));
  let block = local / 32u;
  let rg = (block / 4u) * 4u + (local / 8u) % 4u;
  let cg = (block % 4u) * 8u + local % 8u;
  let origin = group.y * 16u;
  
  let row0 = origin + rg * 4u + 0u;
  let live0 = row0 < rows;
  let label0 = select(0xffffffffu, labels[min(row0, rows - 1u)], live0) - 516u;
  let pair0 = group.x * rows + min(row0, rows - 1u);
  var m0 = -1e30;
  var l0 = 0.0;
  var best0 = 1e9;

  let row1 = origin + rg * 4u + 1u;
  let live1 = row1 < rows;
  let label1 = select(0xffffffffu, labels[min(row1, rows - 1u)], live1) - 516u;
  let pair1 = group.x * rows + min(row1, rows - 1u);
  var m1 = -1e30;
  var l1 = 0.0;
  var best1 = 1e9;

  let row2 = origin + rg * 4u + 2u;
  let live2 = row2 < rows;
  let label2 = select(0xffffffffu, labels[min(row2, rows - 1u)], live2) - 516u;
  let pair2 = group.x * rows + min(row2, rows - 1u);
  var m2 = -1e30;
  var l2 = 0.0;
  var best2 = 1e9;

  let row3 = origin + rg * 4u + 3u;
  let live3 = row3 < rows;
  let label3 = select(0xffffffffu, labels[min(row3, rows - 1u)], live3) - 516u;
  let pair3 = group.x * rows + min(row3, rows - 1u);
  var m3 = -1e30;
  var l3 = 0.0;
  var best3 = 1e9;
  
  
  let before0 = state[pair0];
  m0 = before0.x;
  l0 = select(0.0, before0.y, cg == 0u);
  best0 = before0.z;
  

  let before1 = state[pair1];
  m1 = before1.x;
  l1 = select(0.0, before1.y, cg == 0u);
  best1 = before1.z;
  

  let before2 = state[pair2];
  m2 = before2.x;
  l2 = select(0.0, before2.y, cg == 0u);
  best2 = before2.z;
  

  let before3 = state[pair3];
  m3 = before3.x;
  l3 = select(0.0, before3.y, cg == 0u);
  best3 = before3.z;
  

  let last_tile = TILES * (group.x + 1u) / splits;
  for (var tile = TILES * group.x / splits; tile < last_tile; tile++) {
    let first = tile * 128u;
    var z0_0 = 0.0;
var z0_1 = 0.0;
var z0_2 = 0.0;
var z0_3 = 0.0;
var z1_0 = 0.0;
var z1_1 = 0.0;
var z1_2 = 0.0;
var z1_3 = 0.0;
var z2_0 = 0.0;
var z2_1 = 0.0;
var z2_2 = 0.0;
var z2_3 = 0.0;
var z3_0 = 0.0;
var z3_1 = 0.0;
var z3_2 = 0.0;
var z3_3 = 0.0;
    for (var k0 = 0u; k0 < 24u; k0 += 4u) {
      workgroupBarrier();
      for (var e = local; e < 64u; e += 128u) {
        let r = e / 4u;
        let k = e % 4u;
        scratch[r * 5u + k] = h[min(origin + r, rows - 1u) * 24u + k0 + k];
      }
      for (var e = local; e < 512u; e += 128u) {
        let r = e / 4u;
        let k = e % 4u;
        scratch[(16u + r) * 5u + k] = weight_4(min(first + r, LAST) * 24u + k0 + k);
      }
      workgroupBarrier();
      for (var k = 0u; k < 4u; k++) {
        let x0 = scratch[(rg * 4u + 0u) * 5u + k];
let x1 = scratch[(rg * 4u + 1u) * 5u + k];
let x2 = scratch[(rg * 4u + 2u) * 5u + k];
let x3 = scratch[(rg * 4u + 3u) * 5u + k];
        
        let y0 = scratch[(16u + cg) * 5u + k];
        z0_0 = fma(x0.w, y0.w, fma(x0.z, y0.z, fma(x0.y, y0.y, fma(x0.x, y0.x, z0_0))));
z1_0 = fma(x1.w, y0.w, fma(x1.z, y0.z, fma(x1.y, y0.y, fma(x1.x, y0.x, z1_0))));
z2_0 = fma(x2.w, y0.w, fma(x2.z, y0.z, fma(x2.y, y0.y, fma(x2.x, y0.x, z2_0))));
z3_0 = fma(x3.w, y0.w, fma(x3.z, y0.z, fma(x3.y, y0.y, fma(x3.x, y0.x, z3_0))));

        let y1 = scratch[(48u + cg) * 5u + k];
        z0_1 = fma(x0.w, y1.w, fma(x0.z, y1.z, fma(x0.y, y1.y, fma(x0.x, y1.x, z0_1))));
z1_1 = fma(x1.w, y1.w, fma(x1.z, y1.z, fma(x1.y, y1.y, fma(x1.x, y1.x, z1_1))));
z2_1 = fma(x2.w, y1.w, fma(x2.z, y1.z, fma(x2.y, y1.y, fma(x2.x, y1.x, z2_1))));
z3_1 = fma(x3.w, y1.w, fma(x3.z, y1.z, fma(x3.y, y1.y, fma(x3.x, y1.x, z3_1))));

        let y2 = scratch[(80u + cg) * 5u + k];
        z0_2 = fma(x0.w, y2.w, fma(x0.z, y2.z, fma(x0.y, y2.y, fma(x0.x, y2.x, z0_2))));
z1_2 = fma(x1.w, y2.w, fma(x1.z, y2.z, fma(x1.y, y2.y, fma(x1.x, y2.x, z1_2))));
z2_2 = fma(x2.w, y2.w, fma(x2.z, y2.z, fma(x2.y, y2.y, fma(x2.x, y2.x, z2_2))));
z3_2 = fma(x3.w, y2.w, fma(x3.z, y2.z, fma(x3.y, y2.y, fma(x3.x, y2.x, z3_2))));

        let y3 = scratch[(112u + cg) * 5u + k];
        z0_3 = fma(x0.w, y3.w, fma(x0.z, y3.z, fma(x0.y, y3.y, fma(x0.x, y3.x, z0_3))));
z1_3 = fma(x1.w, y3.w, fma(x1.z, y3.z, fma(x1.y, y3.y, fma(x1.x, y3.x, z1_3))));
z2_3 = fma(x2.w, y3.w, fma(x2.z, y3.z, fma(x2.y, y3.y, fma(x2.x, y3.x, z2_3))));
z3_3 = fma(x3.w, y3.w, fma(x3.z, y3.z, fma(x3.y, y3.y, fma(x3.x, y3.x, z3_3))));
      }
    }
    
    let word0 = first + cg + 0u;
    
    
    if (word0 > LAST) { z0_0 = -1e30; }
    else if (word0 == label0 && live0) { label_logit[row0] = z0_0; }

    
    if (word0 > LAST) { z1_0 = -1e30; }
    else if (word0 == label1 && live1) { label_logit[row1] = z1_0; }

    
    if (word0 > LAST) { z2_0 = -1e30; }
    else if (word0 == label2 && live2) { label_logit[row2] = z2_0; }

    
    if (word0 > LAST) { z3_0 = -1e30; }
    else if (word0 == label3 && live3) { label_logit[row3] = z3_0; }

    let word1 = first + cg + 32u;
    
    
    if (word1 > LAST) { z0_1 = -1e30; }
    else if (word1 == label0 && live0) { label_logit[row0] = z0_1; }

    
    if (word1 > LAST) { z1_1 = -1e30; }
    else if (word1 == label1 && live1) { label_logit[row1] = z1_1; }

    
    if (word1 > LAST) { z2_1 = -1e30; }
    else if (word1 == label2 && live2) { label_logit[row2] = z2_1; }

    
    if (word1 > LAST) { z3_1 = -1e30; }
    else if (word1 == label3 && live3) { label_logit[row3] = z3_1; }

    let word2 = first + cg + 64u;
    
    
    if (word2 > LAST) { z0_2 = -1e30; }
    else if (word2 == label0 && live0) { label_logit[row0] = z0_2; }

    
    if (word2 > LAST) { z1_2 = -1e30; }
    else if (word2 == label1 && live1) { label_logit[row1] = z1_2; }

    
    if (word2 > LAST) { z2_2 = -1e30; }
    else if (word2 == label2 && live2) { label_logit[row2] = z2_2; }

    
    if (word2 > LAST) { z3_2 = -1e30; }
    else if (word2 == label3 && live3) { label_logit[row3] = z3_2; }

    let word3 = first + cg + 96u;
    
    
    if (word3 > LAST) { z0_3 = -1e30; }
    else if (word3 == label0 && live0) { label_logit[row0] = z0_3; }

    
    if (word3 > LAST) { z1_3 = -1e30; }
    else if (word3 == label1 && live1) { label_logit[row1] = z1_3; }

    
    if (word3 > LAST) { z2_3 = -1e30; }
    else if (word3 == label2 && live2) { label_logit[row2] = z2_3; }

    
    if (word3 > LAST) { z3_3 = -1e30; }
    else if (word3 == label3 && live3) { label_logit[row3] = z3_3; }
    workgroupBarrier();
    scratch[rg * 32u + cg] = vec4<f32>(max(max(max(z0_0, z0_1), z0_2), z0_3), max(max(max(z1_0, z1_1), z1_2), z1_3), max(max(max(z2_0, z2_1), z2_2), z2_3), max(max(max(z3_0, z3_1), z3_2), z3_3));
    workgroupBarrier();
    var top = scratch[rg * 32u];
    for (var q = 1u; q < 32u; q++) { top = max(top, scratch[rg * 32u + q]); }
    
    let next0 = max(m0, top.x);
    if (next0 > m0) {
      best0 = 1e9;
      if (z0_3 == next0) { best0 = f32(word3 + 516u); }
if (z0_2 == next0) { best0 = f32(word2 + 516u); }
if (z0_1 == next0) { best0 = f32(word1 + 516u); }
if (z0_0 == next0) { best0 = f32(word0 + 516u); }
    }
    let shrink0 = exp(m0 - next0);
    m0 = next0;
    var p0_0 = exp(z0_0 - m0);
var p0_1 = exp(z0_1 - m0);
var p0_2 = exp(z0_2 - m0);
var p0_3 = exp(z0_3 - m0);
    l0 = l0 * shrink0 + (p0_0 + p0_1 + p0_2 + p0_3);
    
    

    let next1 = max(m1, top.y);
    if (next1 > m1) {
      best1 = 1e9;
      if (z1_3 == next1) { best1 = f32(word3 + 516u); }
if (z1_2 == next1) { best1 = f32(word2 + 516u); }
if (z1_1 == next1) { best1 = f32(word1 + 516u); }
if (z1_0 == next1) { best1 = f32(word0 + 516u); }
    }
    let shrink1 = exp(m1 - next1);
    m1 = next1;
    var p1_0 = exp(z1_0 - m1);
var p1_1 = exp(z1_1 - m1);
var p1_2 = exp(z1_2 - m1);
var p1_3 = exp(z1_3 - m1);
    l1 = l1 * shrink1 + (p1_0 + p1_1 + p1_2 + p1_3);
    
    

    let next2 = max(m2, top.z);
    if (next2 > m2) {
      best2 = 1e9;
      if (z2_3 == next2) { best2 = f32(word3 + 516u); }
if (z2_2 == next2) { best2 = f32(word2 + 516u); }
if (z2_1 == next2) { best2 = f32(word1 + 516u); }
if (z2_0 == next2) { best2 = f32(word0 + 516u); }
    }
    let shrink2 = exp(m2 - next2);
    m2 = next2;
    var p2_0 = exp(z2_0 - m2);
var p2_1 = exp(z2_1 - m2);
var p2_2 = exp(z2_2 - m2);
var p2_3 = exp(z2_3 - m2);
    l2 = l2 * shrink2 + (p2_0 + p2_1 + p2_2 + p2_3);
    
    

    let next3 = max(m3, top.w);
    if (next3 > m3) {
      best3 = 1e9;
      if (z3_3 == next3) { best3 = f32(word3 + 516u); }
if (z3_2 == next3) { best3 = f32(word2 + 516u); }
if (z3_1 == next3) { best3 = f32(word1 + 516u); }
if (z3_0 == next3) { best3 = f32(word0 + 516u); }
    }
    let shrink3 = exp(m3 - next3);
    m3 = next3;
    var p3_0 = exp(z3_0 - m3);
var p3_1 = exp(z3_1 - m3);
var p3_2 = exp(z3_2 - m3);
var p3_3 = exp(z3_3 - m3);
    l3 = l3 * shrink3 + (p3_0 + p3_1 + p3_2 + p3_3);
    
    
    
  }

  workgroupBarrier();
  scratch[rg * 32u + cg] = vec4<f32>(l0, l1, l2, l3);
  workgroupBarrier();
  var total = vec4<f32>();
  for (var q = 0u; q < 32u; q++) { total += scratch[rg * 32u + q]; }
  workgroupBarrier();
  scratch[rg * 32u + cg] = vec4<f32>(best0, best1, best2, best3);
  workgroupBarrier();
  var word = scratch[rg * 32u];
  for (var q = 1u; q < 32u; q++) { word = min(word, scratch[rg * 32u + q]); }
  
  if (live0) {
    if (cg == 0u) { state[pair0] = vec4<f32>(m0, total.x, word.x, 0.0); }
    
  }

  if (live1) {
    if (cg == 0u) { state[pair1] = vec4<f32>(m1, total.y, word.y, 0.0); }
    
  }

  if (live2) {
    if (cg == 0u) { state[pair2] = vec4<f32>(m2, total.z, word.z, 0.0); }
    
  }

  if (live3) {
    if (cg == 0u) { state[pair3] = vec4<f32>(m3, total.w, word.w, 0.0); }
    
  }
}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
