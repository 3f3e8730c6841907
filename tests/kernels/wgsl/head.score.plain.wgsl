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
const LAST = 515u;
const TILES = 9u;
// Logits of the tile, then exp(z - m) dz/dx in their place.
var<workgroup> logits: array<vec4<f32>, 128>;
var<workgroup> largest: array<f32, 8>;
var<workgroup> shrinks: array<f32, 8>;

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.supervised;
  let splits = max(1u, min(4u, 152u / max(1u, step.supervised)));
  let origin = group.y * 8u;
  let live = min(8u, rows - origin);
  let base = group.x * rows + origin;
  let final_pair = base + live - 1u;
  let label0 = labels[min(origin + 0u, rows - 1u)] - 0u;
  let label1 = labels[min(origin + 1u, rows - 1u)] - 0u;
  let label2 = labels[min(origin + 2u, rows - 1u)] - 0u;
  let label3 = labels[min(origin + 3u, rows - 1u)] - 0u;
  let label4 = labels[min(origin + 4u, rows - 1u)] - 0u;
  let label5 = labels[min(origin + 5u, rows - 1u)] - 0u;
  let label6 = labels[min(origin + 6u, rows - 1u)] - 0u;
  let label7 = labels[min(origin + 7u, rows - 1u)] - 0u;
  // Invocations below 8 each look after one row's state.
  let own = min(local, 7u);
  var m = -1e30;
  var l = 0.0;
  var best = 1e9;
  

  let last_tile = TILES * (group.x + 1u) / splits;
  for (var tile = TILES * group.x / splits; tile < last_tile; tile++) {
    let first = tile * 64u;
    let count = min(64u, LAST + 1u - first);
    let word0 = first + local + 0u; let at0 = min(word0, LAST) * 24u;
    let word1 = first + local + 16u; let at1 = min(word1, LAST) * 24u;
    let word2 = first + local + 32u; let at2 = min(word2, LAST) * 24u;
    let word3 = first + local + 48u; let at3 = min(word3, LAST) * 24u;
    var z0_0 = 0.0; var z0_1 = 0.0; var z0_2 = 0.0; var z0_3 = 0.0;
    var z1_0 = 0.0; var z1_1 = 0.0; var z1_2 = 0.0; var z1_3 = 0.0;
    var z2_0 = 0.0; var z2_1 = 0.0; var z2_2 = 0.0; var z2_3 = 0.0;
    var z3_0 = 0.0; var z3_1 = 0.0; var z3_2 = 0.0; var z3_3 = 0.0;
    var z4_0 = 0.0; var z4_1 = 0.0; var z4_2 = 0.0; var z4_3 = 0.0;
    var z5_0 = 0.0; var z5_1 = 0.0; var z5_2 = 0.0; var z5_3 = 0.0;
    var z6_0 = 0.0; var z6_1 = 0.0; var z6_2 = 0.0; var z6_3 = 0.0;
    var z7_0 = 0.0; var z7_1 = 0.0; var z7_2 = 0.0; var z7_3 = 0.0;
    let from0 = min(origin + 0u, rows - 1u) * 24u;
    let from1 = min(origin + 1u, rows - 1u) * 24u;
    let from2 = min(origin + 2u, rows - 1u) * 24u;
    let from3 = min(origin + 3u, rows - 1u) * 24u;
    let from4 = min(origin + 4u, rows - 1u) * 24u;
    let from5 = min(origin + 5u, rows - 1u) * 24u;
    let from6 = min(origin + 6u, rows - 1u) * 24u;
    let from7 = min(origin + 7u, rows - 1u) * 24u;
    for (var k = 0u; k < 24u; k++) {
      let w0 = weight_4(at0 + k);
      let w1 = weight_4(at1 + k);
      let w2 = weight_4(at2 + k);
      let w3 = weight_4(at3 + k);
      let h0 = h[from0 + k]; z0_0 += dot(h0, w0); z0_1 += dot(h0, w1); z0_2 += dot(h0, w2); z0_3 += dot(h0, w3);
      let h1 = h[from1 + k]; z1_0 += dot(h1, w0); z1_1 += dot(h1, w1); z1_2 += dot(h1, w2); z1_3 += dot(h1, w3);
      let h2 = h[from2 + k]; z2_0 += dot(h2, w0); z2_1 += dot(h2, w1); z2_2 += dot(h2, w2); z2_3 += dot(h2, w3);
      let h3 = h[from3 + k]; z3_0 += dot(h3, w0); z3_1 += dot(h3, w1); z3_2 += dot(h3, w2); z3_3 += dot(h3, w3);
      let h4 = h[from4 + k]; z4_0 += dot(h4, w0); z4_1 += dot(h4, w1); z4_2 += dot(h4, w2); z4_3 += dot(h4, w3);
      let h5 = h[from5 + k]; z5_0 += dot(h5, w0); z5_1 += dot(h5, w1); z5_2 += dot(h5, w2); z5_3 += dot(h5, w3);
      let h6 = h[from6 + k]; z6_0 += dot(h6, w0); z6_1 += dot(h6, w1); z6_2 += dot(h6, w2); z6_3 += dot(h6, w3);
      let h7 = h[from7 + k]; z7_0 += dot(h7, w0); z7_1 += dot(h7, w1); z7_2 += dot(h7, w2); z7_3 += dot(h7, w3);
    }
    
    if (word0 <= LAST) {
      if (word0 == label0 && 0u < live) { label_logit[origin + 0u] = z0_0; }
      if (word0 == label1 && 1u < live) { label_logit[origin + 1u] = z1_0; }
      if (word0 == label2 && 2u < live) { label_logit[origin + 2u] = z2_0; }
      if (word0 == label3 && 3u < live) { label_logit[origin + 3u] = z3_0; }
      if (word0 == label4 && 4u < live) { label_logit[origin + 4u] = z4_0; }
      if (word0 == label5 && 5u < live) { label_logit[origin + 5u] = z5_0; }
      if (word0 == label6 && 6u < live) { label_logit[origin + 6u] = z6_0; }
      if (word0 == label7 && 7u < live) { label_logit[origin + 7u] = z7_0; }
    }
    logits[(local + 0u) * 2u + 0u] = vec4<f32>(z0_0, z1_0, z2_0, z3_0);
    logits[(local + 0u) * 2u + 1u] = vec4<f32>(z4_0, z5_0, z6_0, z7_0);
    if (word1 <= LAST) {
      if (word1 == label0 && 0u < live) { label_logit[origin + 0u] = z0_1; }
      if (word1 == label1 && 1u < live) { label_logit[origin + 1u] = z1_1; }
      if (word1 == label2 && 2u < live) { label_logit[origin + 2u] = z2_1; }
      if (word1 == label3 && 3u < live) { label_logit[origin + 3u] = z3_1; }
      if (word1 == label4 && 4u < live) { label_logit[origin + 4u] = z4_1; }
      if (word1 == label5 && 5u < live) { label_logit[origin + 5u] = z5_1; }
      if (word1 == label6 && 6u < live) { label_logit[origin + 6u] = z6_1; }
      if (word1 == label7 && 7u < live) { label_logit[origin + 7u] = z7_1; }
    }
    logits[(local + 16u) * 2u + 0u] = vec4<f32>(z0_1, z1_1, z2_1, z3_1);
    logits[(local + 16u) * 2u + 1u] = vec4<f32>(z4_1, z5_1, z6_1, z7_1);
    if (word2 <= LAST) {
      if (word2 == label0 && 0u < live) { label_logit[origin + 0u] = z0_2; }
      if (word2 == label1 && 1u < live) { label_logit[origin + 1u] = z1_2; }
      if (word2 == label2 && 2u < live) { label_logit[origin + 2u] = z2_2; }
      if (word2 == label3 && 3u < live) { label_logit[origin + 3u] = z3_2; }
      if (word2 == label4 && 4u < live) { label_logit[origin + 4u] = z4_2; }
      if (word2 == label5 && 5u < live) { label_logit[origin + 5u] = z5_2; }
      if (word2 == label6 && 6u < live) { label_logit[origin + 6u] = z6_2; }
      if (word2 == label7 && 7u < live) { label_logit[origin + 7u] = z7_2; }
    }
    logits[(local + 32u) * 2u + 0u] = vec4<f32>(z0_2, z1_2, z2_2, z3_2);
    logits[(local + 32u) * 2u + 1u] = vec4<f32>(z4_2, z5_2, z6_2, z7_2);
    if (word3 <= LAST) {
      if (word3 == label0 && 0u < live) { label_logit[origin + 0u] = z0_3; }
      if (word3 == label1 && 1u < live) { label_logit[origin + 1u] = z1_3; }
      if (word3 == label2 && 2u < live) { label_logit[origin + 2u] = z2_3; }
      if (word3 == label3 && 3u < live) { label_logit[origin + 3u] = z3_3; }
      if (word3 == label4 && 4u < live) { label_logit[origin + 4u] = z4_3; }
      if (word3 == label5 && 5u < live) { label_logit[origin + 5u] = z5_3; }
      if (word3 == label6 && 6u < live) { label_logit[origin + 6u] = z6_3; }
      if (word3 == label7 && 7u < live) { label_logit[origin + 7u] = z7_3; }
    }
    logits[(local + 48u) * 2u + 0u] = vec4<f32>(z0_3, z1_3, z2_3, z3_3);
    logits[(local + 48u) * 2u + 1u] = vec4<f32>(z4_3, z5_3, z6_3, z7_3);
    workgroupBarrier();
    if (local < 8u) {
      let part = local / 4u;
      let lane = local % 4u;
      var next = m;
      for (var q = 0u; q < count; q++) {
        let z = logits[q * 2u + part][lane];
        if (z > next) {
          next = z;
          best = f32(first + q + 0u);
        }
      }
      shrinks[local] = exp(m - next);
      largest[local] = next;
      l *= exp(m - next);
      for (var q = 0u; q < count; q++) { l += exp(logits[q * 2u + part][lane] - next); }
      m = next;
    }
    workgroupBarrier();
  }
  if (local < live) { state[base + local] = vec4<f32>(m, l, best, 0.0); }
}
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
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
const TILES = 9u;
// Logits of the tile, then exp(z - m) dz/dx in their place.
var<workgroup> logits: array<vec4<f32>, 128>;
var<workgroup> largest: array<f32, 8>;
var<workgroup> shrinks: array<f32, 8>;

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.supervised;
  let splits = max(1u, min(4u, 152u / max(1u, step.supervised)));
  let origin = group.y * 8u;
  let live = min(8u, rows - origin);
  let base = group.x * rows + origin;
  let final_pair = base + live - 1u;
  let label0 = labels[min(origin + 0u, rows - 1u)] - 516u;
  let label1 = labels[min(origin + 1u, rows - 1u)] - 516u;
  let label2 = labels[min(origin + 2u, rows - 1u)] - 516u;
  let label3 = labels[min(origin + 3u, rows - 1u)] - 516u;
  let label4 = labels[min(origin + 4u, rows - 1u)] - 516u;
  let label5 = labels[min(origin + 5u, rows - 1u)] - 516u;
  let label6 = labels[min(origin + 6u, rows - 1u)] - 516u;
  let label7 = labels[min(origin + 7u, rows - 1u)] - 516u;
  // Invocations below 8 each look after one row's state.
  let own = min(local, 7u);
  var m = -1e30;
  var l = 0.0;
  var best = 1e9;
  let before = state[min(base + own, final_pair)];
  m = before.x;
  l = before.y;
  best = before.z;

  let last_tile = TILES * (group.x + 1u) / splits;
  for (var tile = TILES * group.x / splits; tile < last_tile; tile++) {
    let first = tile * 64u;
    let count = min(64u, LAST + 1u - first);
    let word0 = first + local + 0u; let at0 = min(word0, LAST) * 24u;
    let word1 = first + local + 16u; let at1 = min(word1, LAST) * 24u;
    let word2 = first + local + 32u; let at2 = min(word2, LAST) * 24u;
    let word3 = first + local + 48u; let at3 = min(word3, LAST) * 24u;
    var z0_0 = 0.0; var z0_1 = 0.0; var z0_2 = 0.0; var z0_3 = 0.0;
    var z1_0 = 0.0; var z1_1 = 0.0; var z1_2 = 0.0; var z1_3 = 0.0;
    var z2_0 = 0.0; var z2_1 = 0.0; var z2_2 = 0.0; var z2_3 = 0.0;
    var z3_0 = 0.0; var z3_1 = 0.0; var z3_2 = 0.0; var z3_3 = 0.0;
    var z4_0 = 0.0; var z4_1 = 0.0; var z4_2 = 0.0; var z4_3 = 0.0;
    var z5_0 = 0.0; var z5_1 = 0.0; var z5_2 = 0.0; var z5_3 = 0.0;
    var z6_0 = 0.0; var z6_1 = 0.0; var z6_2 = 0.0; var z6_3 = 0.0;
    var z7_0 = 0.0; var z7_1 = 0.0; var z7_2 = 0.0; var z7_3 = 0.0;
    let from0 = min(origin + 0u, rows - 1u) * 24u;
    let from1 = min(origin + 1u, rows - 1u) * 24u;
    let from2 = min(origin + 2u, rows - 1u) * 24u;
    let from3 = min(origin + 3u, rows - 1u) * 24u;
    let from4 = min(origin + 4u, rows - 1u) * 24u;
    let from5 = min(origin + 5u, rows - 1u) * 24u;
    let from6 = min(origin + 6u, rows - 1u) * 24u;
    let from7 = min(origin + 7u, rows - 1u) * 24u;
    for (var k = 0u; k < 24u; k++) {
      let w0 = weight_4(at0 + k);
      let w1 = weight_4(at1 + k);
      let w2 = weight_4(at2 + k);
      let w3 = weight_4(at3 + k);
      let h0 = h[from0 + k]; z0_0 += dot(h0, w0); z0_1 += dot(h0, w1); z0_2 += dot(h0, w2); z0_3 += dot(h0, w3);
      let h1 = h[from1 + k]; z1_0 += dot(h1, w0); z1_1 += dot(h1, w1); z1_2 += dot(h1, w2); z1_3 += dot(h1, w3);
      let h2 = h[from2 + k]; z2_0 += dot(h2, w0); z2_1 += dot(h2, w1); z2_2 += dot(h2, w2); z2_3 += dot(h2, w3);
      let h3 = h[from3 + k]; z3_0 += dot(h3, w0); z3_1 += dot(h3, w1); z3_2 += dot(h3, w2); z3_3 += dot(h3, w3);
      let h4 = h[from4 + k]; z4_0 += dot(h4, w0); z4_1 += dot(h4, w1); z4_2 += dot(h4, w2); z4_3 += dot(h4, w3);
      let h5 = h[from5 + k]; z5_0 += dot(h5, w0); z5_1 += dot(h5, w1); z5_2 += dot(h5, w2); z5_3 += dot(h5, w3);
      let h6 = h[from6 + k]; z6_0 += dot(h6, w0); z6_1 += dot(h6, w1); z6_2 += dot(h6, w2); z6_3 += dot(h6, w3);
      let h7 = h[from7 + k]; z7_0 += dot(h7, w0); z7_1 += dot(h7, w1); z7_2 += dot(h7, w2); z7_3 += dot(h7, w3);
    }
    
    if (word0 <= LAST) {
      if (word0 == label0 && 0u < live) { label_logit[origin + 0u] = z0_0; }
      if (word0 == label1 && 1u < live) { label_logit[origin + 1u] = z1_0; }
      if (word0 == label2 && 2u < live) { label_logit[origin + 2u] = z2_0; }
      if (word0 == label3 && 3u < live) { label_logit[origin + 3u] = z3_0; }
      if (word0 == label4 && 4u < live) { label_logit[origin + 4u] = z4_0; }
      if (word0 == label5 && 5u < live) { label_logit[origin + 5u] = z5_0; }
      if (word0 == label6 && 6u < live) { label_logit[origin + 6u] = z6_0; }
      if (word0 == label7 && 7u < live) { label_logit[origin + 7u] = z7_0; }
    }
    logits[(local + 0u) * 2u + 0u] = vec4<f32>(z0_0, z1_0, z2_0, z3_0);
    logits[(local + 0u) * 2u + 1u] = vec4<f32>(z4_0, z5_0, z6_0, z7_0);
    if (word1 <= LAST) {
      if (word1 == label0 && 0u < live) { label_logit[origin + 0u] = z0_1; }
      if (word1 == label1 && 1u < live) { label_logit[origin + 1u] = z1_1; }
      if (word1 == label2 && 2u < live) { label_logit[origin + 2u] = z2_1; }
      if (word1 == label3 && 3u < live) { label_logit[origin + 3u] = z3_1; }
      if (word1 == label4 && 4u < live) { label_logit[origin + 4u] = z4_1; }
      if (word1 == label5 && 5u < live) { label_logit[origin + 5u] = z5_1; }
      if (word1 == label6 && 6u < live) { label_logit[origin + 6u] = z6_1; }
      if (word1 == label7 && 7u < live) { label_logit[origin + 7u] = z7_1; }
    }
    logits[(local + 16u) * 2u + 0u] = vec4<f32>(z0_1, z1_1, z2_1, z3_1);
    logits[(local + 16u) * 2u + 1u] = vec4<f32>(z4_1, z5_1, z6_1, z7_1);
    if (word2 <= LAST) {
      if (word2 == label0 && 0u < live) { label_logit[origin + 0u] = z0_2; }
      if (word2 == label1 && 1u < live) { label_logit[origin + 1u] = z1_2; }
      if (word2 == label2 && 2u < live) { label_logit[origin + 2u] = z2_2; }
      if (word2 == label3 && 3u < live) { label_logit[origin + 3u] = z3_2; }
      if (word2 == label4 && 4u < live) { label_logit[origin + 4u] = z4_2; }
      if (word2 == label5 && 5u < live) { label_logit[origin + 5u] = z5_2; }
      if (word2 == label6 && 6u < live) { label_logit[origin + 6u] = z6_2; }
      if (word2 == label7 && 7u < live) { label_logit[origin + 7u] = z7_2; }
    }
    logits[(local + 32u) * 2u + 0u] = vec4<f32>(z0_2, z1_2, z2_2, z3_2);
    logits[(local + 32u) * 2u + 1u] = vec4<f32>(z4_2, z5_2, z6_2, z7_2);
    if (word3 <= LAST) {
      if (word3 == label0 && 0u < live) { label_logit[origin + 0u] = z0_3; }
      if (word3 == label1 && 1u < live) { label_logit[origin + 1u] = z1_3; }
      if (word3 == label2 && 2u < live) { label_logit[origin + 2u] = z2_3; }
      if (word3 == label3 && 3u < live) { label_logit[origin + 3u] = z3_3; }
      if (word3 == label4 && 4u < live) { label_logit[origin + 4u] = z4_3; }
      if (word3 == label5 && 5u < live) { label_logit[origin + 5u] = z5_3; }
      if (word3 == label6 && 6u < live) { label_logit[origin + 6u] = z6_3; }
      if (word3 == label7 && 7u < live) { label_logit[origin + 7u] = z7_3; }
    }
    logits[(local + 48u) * 2u + 0u] = vec4<f32>(z0_3, z1_3, z2_3, z3_3);
    logits[(local + 48u) * 2u + 1u] = vec4<f32>(z4_3, z5_3, z6_3, z7_3);
    workgroupBarrier();
    if (local < 8u) {
      let part = local / 4u;
      let lane = local % 4u;
      var next = m;
      for (var q = 0u; q < count; q++) {
        let z = logits[q * 2u + part][lane];
        if (z > next) {
          next = z;
          best = f32(first + q + 516u);
        }
      }
      shrinks[local] = exp(m - next);
      largest[local] = next;
      l *= exp(m - next);
      for (var q = 0u; q < count; q++) { l += exp(logits[q * 2u + part][lane] - next); }
      m = next;
    }
    workgroupBarrier();
  }
  if (local < live) { state[base + local] = vec4<f32>(m, l, best, 0.0); }
}
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
