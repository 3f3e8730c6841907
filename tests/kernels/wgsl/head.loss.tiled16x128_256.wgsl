// head loss, 1031 x 96 bf16
@group(0) @binding(0) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> label_logit: array<f32>;
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4<f32>>;
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
  
  let row0 = origin + rg * 2u + 0u;
  let live0 = row0 < rows;
  let label0 = select(0xffffffffu, labels[min(row0, rows - 1u)], live0) - 516u;
  let pair0 = group.x * rows + min(row0, rows - 1u);
  var m0 = -1e30;
  var l0 = 0.0;
  var best0 = 1e9;

  let row1 = origin + rg * 2u + 1u;
  let live1 = row1 < rows;
  let label1 = select(0xffffffffu, labels[min(row1, rows - 1u)], live1) - 516u;
  let pair1 = group.x * rows + min(row1, rows - 1u);
  var m1 = -1e30;
  var l1 = 0.0;
  var best1 = 1e9;
  var sum0_0 = vec4<f32>();
var sum1_0 = vec4<f32>();
  
  let before0 = state[pair0];
  m0 = before0.x;
  l0 = select(0.0, before0.y, cg == 0u);
  best0 = before0.z;
  sum0_0 = sums[pair0 * 24u + min(cg + 0u, 23u)];

  let before1 = state[pair1];
  m1 = before1.x;
  l1 = select(0.0, before1.y, cg == 0u);
  best1 = before1.z;
  sum1_0 = sums[pair1 * 24u + min(cg + 0u, 23u)];

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
    for (var k0 = 0u; k0 < 24u; k0 += 4u) {
      workgroupBarrier();
      for (var e = local; e < 64u; e += 256u) {
        let r = e / 4u;
        let k = e % 4u;
        scratch[r * 5u + k] = h[min(origin + r, rows - 1u) * 24u + k0 + k];
      }
      for (var e = local; e < 512u; e += 256u) {
        let r = e / 4u;
        let k = e % 4u;
        scratch[(16u + r) * 5u + k] = weight_4(min(first + r, LAST) * 24u + k0 + k);
      }
      workgroupBarrier();
      for (var k = 0u; k < 4u; k++) {
        let x0 = scratch[(rg * 2u + 0u) * 5u + k];
let x1 = scratch[(rg * 2u + 1u) * 5u + k];
        
        let y0 = scratch[(16u + cg) * 5u + k];
        z0_0 = fma(x0.w, y0.w, fma(x0.z, y0.z, fma(x0.y, y0.y, fma(x0.x, y0.x, z0_0))));
z1_0 = fma(x1.w, y0.w, fma(x1.z, y0.z, fma(x1.y, y0.y, fma(x1.x, y0.x, z1_0))));

        let y1 = scratch[(48u + cg) * 5u + k];
        z0_1 = fma(x0.w, y1.w, fma(x0.z, y1.z, fma(x0.y, y1.y, fma(x0.x, y1.x, z0_1))));
z1_1 = fma(x1.w, y1.w, fma(x1.z, y1.z, fma(x1.y, y1.y, fma(x1.x, y1.x, z1_1))));

        let y2 = scratch[(80u + cg) * 5u + k];
        z0_2 = fma(x0.w, y2.w, fma(x0.z, y2.z, fma(x0.y, y2.y, fma(x0.x, y2.x, z0_2))));
z1_2 = fma(x1.w, y2.w, fma(x1.z, y2.z, fma(x1.y, y2.y, fma(x1.x, y2.x, z1_2))));

        let y3 = scratch[(112u + cg) * 5u + k];
        z0_3 = fma(x0.w, y3.w, fma(x0.z, y3.z, fma(x0.y, y3.y, fma(x0.x, y3.x, z0_3))));
z1_3 = fma(x1.w, y3.w, fma(x1.z, y3.z, fma(x1.y, y3.y, fma(x1.x, y3.x, z1_3))));
      }
    }
    
    let word0 = first + cg + 0u;
    
    
    if (word0 > LAST) { z0_0 = -1e30; }
    else if (word0 == label0 && live0) { label_logit[row0] = z0_0; }

    
    if (word0 > LAST) { z1_0 = -1e30; }
    else if (word0 == label1 && live1) { label_logit[row1] = z1_0; }

    let word1 = first + cg + 32u;
    
    
    if (word1 > LAST) { z0_1 = -1e30; }
    else if (word1 == label0 && live0) { label_logit[row0] = z0_1; }

    
    if (word1 > LAST) { z1_1 = -1e30; }
    else if (word1 == label1 && live1) { label_logit[row1] = z1_1; }

    let word2 = first + cg + 64u;
    
    
    if (word2 > LAST) { z0_2 = -1e30; }
    else if (word2 == label0 && live0) { label_logit[row0] = z0_2; }

    
    if (word2 > LAST) { z1_2 = -1e30; }
    else if (word2 == label1 && live1) { label_logit[row1] = z1_2; }

    let word3 = first + cg + 96u;
    
    
    if (word3 > LAST) { z0_3 = -1e30; }
    else if (word3 == label0 && live0) { label_logit[row0] = z0_3; }

    
    if (word3 > LAST) { z1_3 = -1e30; }
    else if (word3 == label1 && live1) { label_logit[row1] = z1_3; }
    workgroupBarrier();
    scratch[rg * 32u + cg] = vec4<f32>(max(max(max(z0_0, z0_1), z0_2), z0_3), max(max(max(z1_0, z1_1), z1_2), z1_3), -1e30, -1e30);
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
    sum0_0 *= shrink0;
    

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
    sum1_0 *= shrink1;
    
    
    workgroupBarrier();
    scratch[(0u + cg) * 8u + rg] = vec4<f32>(p0_0, p1_0, p0_1, p1_1);
scratch[(32u + cg) * 8u + rg] = vec4<f32>(p0_2, p1_2, p0_3, p1_3);
    workgroupBarrier();
    
    for (var q = 0u; q < 32u; q++) {
      let p = scratch[(0u + q) * 8u + rg];
      
      let at0 = min(first + q + 0u, LAST) * 24u;
      
      let w0_0 = weight_4(at0 + min(cg + 0u, 23u));
      sum0_0 = fma(vec4<f32>(p.x), w0_0, sum0_0);
sum1_0 = fma(vec4<f32>(p.y), w0_0, sum1_0);

      let at1 = min(first + q + 32u, LAST) * 24u;
      
      let w1_0 = weight_4(at1 + min(cg + 0u, 23u));
      sum0_0 = fma(vec4<f32>(p.z), w1_0, sum0_0);
sum1_0 = fma(vec4<f32>(p.w), w1_0, sum1_0);
    }

    for (var q = 0u; q < 32u; q++) {
      let p = scratch[(32u + q) * 8u + rg];
      
      let at0 = min(first + q + 64u, LAST) * 24u;
      
      let w0_0 = weight_4(at0 + min(cg + 0u, 23u));
      sum0_0 = fma(vec4<f32>(p.x), w0_0, sum0_0);
sum1_0 = fma(vec4<f32>(p.y), w0_0, sum1_0);

      let at1 = min(first + q + 96u, LAST) * 24u;
      
      let w1_0 = weight_4(at1 + min(cg + 0u, 23u));
      sum0_0 = fma(vec4<f32>(p.z), w1_0, sum0_0);
sum1_0 = fma(vec4<f32>(p.w), w1_0, sum1_0);
    }
  }

  workgroupBarrier();
  scratch[rg * 32u + cg] = vec4<f32>(l0, l1, 0.0, 0.0);
  workgroupBarrier();
  var total = vec4<f32>();
  for (var q = 0u; q < 32u; q++) { total += scratch[rg * 32u + q]; }
  workgroupBarrier();
  scratch[rg * 32u + cg] = vec4<f32>(best0, best1, 1e9, 1e9);
  workgroupBarrier();
  var word = scratch[rg * 32u];
  for (var q = 1u; q < 32u; q++) { word = min(word, scratch[rg * 32u + q]); }
  
  if (live0) {
    if (cg == 0u) { state[pair0] = vec4<f32>(m0, total.x, word.x, 0.0); }
    if (cg + 0u < 24u) { sums[pair0 * 24u + cg + 0u] = sum0_0; }
  }

  if (live1) {
    if (cg == 0u) { state[pair1] = vec4<f32>(m1, total.y, word.y, 0.0); }
    if (cg + 0u < 24u) { sums[pair1 * 24u + cg + 0u] = sum1_0; }
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
