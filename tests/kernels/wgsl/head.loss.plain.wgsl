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
  for (var c = local; c < live * 24u; c += 16u) { sums[base * 24u + c] = vec4<f32>(); }
  storageBarrier();

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
    z0_0 = exp(z0_0 - largest[0]); z0_1 = exp(z0_1 - largest[0]); z0_2 = exp(z0_2 - largest[0]); z0_3 = exp(z0_3 - largest[0]);
    z1_0 = exp(z1_0 - largest[1]); z1_1 = exp(z1_1 - largest[1]); z1_2 = exp(z1_2 - largest[1]); z1_3 = exp(z1_3 - largest[1]);
    z2_0 = exp(z2_0 - largest[2]); z2_1 = exp(z2_1 - largest[2]); z2_2 = exp(z2_2 - largest[2]); z2_3 = exp(z2_3 - largest[2]);
    z3_0 = exp(z3_0 - largest[3]); z3_1 = exp(z3_1 - largest[3]); z3_2 = exp(z3_2 - largest[3]); z3_3 = exp(z3_3 - largest[3]);
    z4_0 = exp(z4_0 - largest[4]); z4_1 = exp(z4_1 - largest[4]); z4_2 = exp(z4_2 - largest[4]); z4_3 = exp(z4_3 - largest[4]);
    z5_0 = exp(z5_0 - largest[5]); z5_1 = exp(z5_1 - largest[5]); z5_2 = exp(z5_2 - largest[5]); z5_3 = exp(z5_3 - largest[5]);
    z6_0 = exp(z6_0 - largest[6]); z6_1 = exp(z6_1 - largest[6]); z6_2 = exp(z6_2 - largest[6]); z6_3 = exp(z6_3 - largest[6]);
    z7_0 = exp(z7_0 - largest[7]); z7_1 = exp(z7_1 - largest[7]); z7_2 = exp(z7_2 - largest[7]); z7_3 = exp(z7_3 - largest[7]);
    logits[(local + 0u) * 2u + 0u] = vec4<f32>(z0_0, z1_0, z2_0, z3_0);
    logits[(local + 0u) * 2u + 1u] = vec4<f32>(z4_0, z5_0, z6_0, z7_0);
    logits[(local + 16u) * 2u + 0u] = vec4<f32>(z0_1, z1_1, z2_1, z3_1);
    logits[(local + 16u) * 2u + 1u] = vec4<f32>(z4_1, z5_1, z6_1, z7_1);
    logits[(local + 32u) * 2u + 0u] = vec4<f32>(z0_2, z1_2, z2_2, z3_2);
    logits[(local + 32u) * 2u + 1u] = vec4<f32>(z4_2, z5_2, z6_2, z7_2);
    logits[(local + 48u) * 2u + 0u] = vec4<f32>(z0_3, z1_3, z2_3, z3_3);
    logits[(local + 48u) * 2u + 1u] = vec4<f32>(z4_3, z5_3, z6_3, z7_3);
    workgroupBarrier();
    for (var c = local; c < 24u; c += 32u) {
      let c0 = min(c + 0u, 23u);
      let c1 = min(c + 16u, 23u);
      var sum0_0 = sums[min(base + 0u, final_pair) * 24u + c0] * shrinks[0]; var sum0_1 = sums[min(base + 0u, final_pair) * 24u + c1] * shrinks[0];
      var sum1_0 = sums[min(base + 1u, final_pair) * 24u + c0] * shrinks[1]; var sum1_1 = sums[min(base + 1u, final_pair) * 24u + c1] * shrinks[1];
      var sum2_0 = sums[min(base + 2u, final_pair) * 24u + c0] * shrinks[2]; var sum2_1 = sums[min(base + 2u, final_pair) * 24u + c1] * shrinks[2];
      var sum3_0 = sums[min(base + 3u, final_pair) * 24u + c0] * shrinks[3]; var sum3_1 = sums[min(base + 3u, final_pair) * 24u + c1] * shrinks[3];
      var sum4_0 = sums[min(base + 4u, final_pair) * 24u + c0] * shrinks[4]; var sum4_1 = sums[min(base + 4u, final_pair) * 24u + c1] * shrinks[4];
      var sum5_0 = sums[min(base + 5u, final_pair) * 24u + c0] * shrinks[5]; var sum5_1 = sums[min(base + 5u, final_pair) * 24u + c1] * shrinks[5];
      var sum6_0 = sums[min(base + 6u, final_pair) * 24u + c0] * shrinks[6]; var sum6_1 = sums[min(base + 6u, final_pair) * 24u + c1] * shrinks[6];
      var sum7_0 = sums[min(base + 7u, final_pair) * 24u + c0] * shrinks[7]; var sum7_1 = sums[min(base + 7u, final_pair) * 24u + c1] * shrinks[7];
      for (var q = 0u; q < count; q++) {
        let w0 = weight_4((first + q) * 24u + c0);
        let w1 = weight_4((first + q) * 24u + c1);
        let p0 = logits[q * 2u + 0u]; let p1 = logits[q * 2u + 1u];
        sum0_0 = fma(vec4<f32>(p0.x), w0, sum0_0); sum0_1 = fma(vec4<f32>(p0.x), w1, sum0_1);
        sum1_0 = fma(vec4<f32>(p0.y), w0, sum1_0); sum1_1 = fma(vec4<f32>(p0.y), w1, sum1_1);
        sum2_0 = fma(vec4<f32>(p0.z), w0, sum2_0); sum2_1 = fma(vec4<f32>(p0.z), w1, sum2_1);
        sum3_0 = fma(vec4<f32>(p0.w), w0, sum3_0); sum3_1 = fma(vec4<f32>(p0.w), w1, sum3_1);
        sum4_0 = fma(vec4<f32>(p1.x), w0, sum4_0); sum4_1 = fma(vec4<f32>(p1.x), w1, sum4_1);
        sum5_0 = fma(vec4<f32>(p1.y), w0, sum5_0); sum5_1 = fma(vec4<f32>(p1.y), w1, sum5_1);
        sum6_0 = fma(vec4<f32>(p1.z), w0, sum6_0); sum6_1 = fma(vec4<f32>(p1.z), w1, sum6_1);
        sum7_0 = fma(vec4<f32>(p1.w), w0, sum7_0); sum7_1 = fma(vec4<f32>(p1.w), w1, sum7_1);
      }
      if (0u < live) { sums[(base + 0u) * 24u + c0] = sum0_0; if (c + 16u < 24u) { sums[(base + 0u) * 24u + c1] = sum0_1; } }
      if (1u < live) { sums[(base + 1u) * 24u + c0] = sum1_0; if (c + 16u < 24u) { sums[(base + 1u) * 24u + c1] = sum1_1; } }
      if (2u < live) { sums[(base + 2u) * 24u + c0] = sum2_0; if (c + 16u < 24u) { sums[(base + 2u) * 24u + c1] = sum2_1; } }
      if (3u < live) { sums[(base + 3u) * 24u + c0] = sum3_0; if (c + 16u < 24u) { sums[(base + 3u) * 24u + c1] = sum3_1; } }
      if (4u < live) { sums[(base + 4u) * 24u + c0] = sum4_0; if (c + 16u < 24u) { sums[(base + 4u) * 24u + c1] = sum4_1; } }
      if (5u < live) { sums[(base + 5u) * 24u + c0] = sum5_0; if (c + 16u < 24u) { sums[(base + 5u) * 24u + c1] = sum5_1; } }
      if (6u < live) { sums[(base + 6u) * 24u + c0] = sum6_0; if (c + 16u < 24u) { sums[(base + 6u) * 24u + c1] = sum6_1; } }
      if (7u < live) { sums[(base + 7u) * 24u + c0] = sum7_0; if (c + 16u < 24u) { sums[(base + 7u) * 24u + c1] = sum7_1; } }
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
    z0_0 = exp(z0_0 - largest[0]); z0_1 = exp(z0_1 - largest[0]); z0_2 = exp(z0_2 - largest[0]); z0_3 = exp(z0_3 - largest[0]);
    z1_0 = exp(z1_0 - largest[1]); z1_1 = exp(z1_1 - largest[1]); z1_2 = exp(z1_2 - largest[1]); z1_3 = exp(z1_3 - largest[1]);
    z2_0 = exp(z2_0 - largest[2]); z2_1 = exp(z2_1 - largest[2]); z2_2 = exp(z2_2 - largest[2]); z2_3 = exp(z2_3 - largest[2]);
    z3_0 = exp(z3_0 - largest[3]); z3_1 = exp(z3_1 - largest[3]); z3_2 = exp(z3_2 - largest[3]); z3_3 = exp(z3_3 - largest[3]);
    z4_0 = exp(z4_0 - largest[4]); z4_1 = exp(z4_1 - largest[4]); z4_2 = exp(z4_2 - largest[4]); z4_3 = exp(z4_3 - largest[4]);
    z5_0 = exp(z5_0 - largest[5]); z5_1 = exp(z5_1 - largest[5]); z5_2 = exp(z5_2 - largest[5]); z5_3 = exp(z5_3 - largest[5]);
    z6_0 = exp(z6_0 - largest[6]); z6_1 = exp(z6_1 - largest[6]); z6_2 = exp(z6_2 - largest[6]); z6_3 = exp(z6_3 - largest[6]);
    z7_0 = exp(z7_0 - largest[7]); z7_1 = exp(z7_1 - largest[7]); z7_2 = exp(z7_2 - largest[7]); z7_3 = exp(z7_3 - largest[7]);
    logits[(local + 0u) * 2u + 0u] = vec4<f32>(z0_0, z1_0, z2_0, z3_0);
    logits[(local + 0u) * 2u + 1u] = vec4<f32>(z4_0, z5_0, z6_0, z7_0);
    logits[(local + 16u) * 2u + 0u] = vec4<f32>(z0_1, z1_1, z2_1, z3_1);
    logits[(local + 16u) * 2u + 1u] = vec4<f32>(z4_1, z5_1, z6_1, z7_1);
    logits[(local + 32u) * 2u + 0u] = vec4<f32>(z0_2, z1_2, z2_2, z3_2);
    logits[(local + 32u) * 2u + 1u] = vec4<f32>(z4_2, z5_2, z6_2, z7_2);
    logits[(local + 48u) * 2u + 0u] = vec4<f32>(z0_3, z1_3, z2_3, z3_3);
    logits[(local + 48u) * 2u + 1u] = vec4<f32>(z4_3, z5_3, z6_3, z7_3);
    workgroupBarrier();
    for (var c = local; c < 24u; c += 32u) {
      let c0 = min(c + 0u, 23u);
      let c1 = min(c + 16u, 23u);
      var sum0_0 = sums[min(base + 0u, final_pair) * 24u + c0] * shrinks[0]; var sum0_1 = sums[min(base + 0u, final_pair) * 24u + c1] * shrinks[0];
      var sum1_0 = sums[min(base + 1u, final_pair) * 24u + c0] * shrinks[1]; var sum1_1 = sums[min(base + 1u, final_pair) * 24u + c1] * shrinks[1];
      var sum2_0 = sums[min(base + 2u, final_pair) * 24u + c0] * shrinks[2]; var sum2_1 = sums[min(base + 2u, final_pair) * 24u + c1] * shrinks[2];
      var sum3_0 = sums[min(base + 3u, final_pair) * 24u + c0] * shrinks[3]; var sum3_1 = sums[min(base + 3u, final_pair) * 24u + c1] * shrinks[3];
      var sum4_0 = sums[min(base + 4u, final_pair) * 24u + c0] * shrinks[4]; var sum4_1 = sums[min(base + 4u, final_pair) * 24u + c1] * shrinks[4];
      var sum5_0 = sums[min(base + 5u, final_pair) * 24u + c0] * shrinks[5]; var sum5_1 = sums[min(base + 5u, final_pair) * 24u + c1] * shrinks[5];
      var sum6_0 = sums[min(base + 6u, final_pair) * 24u + c0] * shrinks[6]; var sum6_1 = sums[min(base + 6u, final_pair) * 24u + c1] * shrinks[6];
      var sum7_0 = sums[min(base + 7u, final_pair) * 24u + c0] * shrinks[7]; var sum7_1 = sums[min(base + 7u, final_pair) * 24u + c1] * shrinks[7];
      for (var q = 0u; q < count; q++) {
        let w0 = weight_4((first + q) * 24u + c0);
        let w1 = weight_4((first + q) * 24u + c1);
        let p0 = logits[q * 2u + 0u]; let p1 = logits[q * 2u + 1u];
        sum0_0 = fma(vec4<f32>(p0.x), w0, sum0_0); sum0_1 = fma(vec4<f32>(p0.x), w1, sum0_1);
        sum1_0 = fma(vec4<f32>(p0.y), w0, sum1_0); sum1_1 = fma(vec4<f32>(p0.y), w1, sum1_1);
        sum2_0 = fma(vec4<f32>(p0.z), w0, sum2_0); sum2_1 = fma(vec4<f32>(p0.z), w1, sum2_1);
        sum3_0 = fma(vec4<f32>(p0.w), w0, sum3_0); sum3_1 = fma(vec4<f32>(p0.w), w1, sum3_1);
        sum4_0 = fma(vec4<f32>(p1.x), w0, sum4_0); sum4_1 = fma(vec4<f32>(p1.x), w1, sum4_1);
        sum5_0 = fma(vec4<f32>(p1.y), w0, sum5_0); sum5_1 = fma(vec4<f32>(p1.y), w1, sum5_1);
        sum6_0 = fma(vec4<f32>(p1.z), w0, sum6_0); sum6_1 = fma(vec4<f32>(p1.z), w1, sum6_1);
        sum7_0 = fma(vec4<f32>(p1.w), w0, sum7_0); sum7_1 = fma(vec4<f32>(p1.w), w1, sum7_1);
      }
      if (0u < live) { sums[(base + 0u) * 24u + c0] = sum0_0; if (c + 16u < 24u) { sums[(base + 0u) * 24u + c1] = sum0_1; } }
      if (1u < live) { sums[(base + 1u) * 24u + c0] = sum1_0; if (c + 16u < 24u) { sums[(base + 1u) * 24u + c1] = sum1_1; } }
      if (2u < live) { sums[(base + 2u) * 24u + c0] = sum2_0; if (c + 16u < 24u) { sums[(base + 2u) * 24u + c1] = sum2_1; } }
      if (3u < live) { sums[(base + 3u) * 24u + c0] = sum3_0; if (c + 16u < 24u) { sums[(base + 3u) * 24u + c1] = sum3_1; } }
      if (4u < live) { sums[(base + 4u) * 24u + c0] = sum4_0; if (c + 16u < 24u) { sums[(base + 4u) * 24u + c1] = sum4_1; } }
      if (5u < live) { sums[(base + 5u) * 24u + c0] = sum5_0; if (c + 16u < 24u) { sums[(base + 5u) * 24u + c1] = sum5_1; } }
      if (6u < live) { sums[(base + 6u) * 24u + c0] = sum6_0; if (c + 16u < 24u) { sums[(base + 6u) * 24u + c1] = sum6_1; } }
      if (7u < live) { sums[(base + 7u) * 24u + c0] = sum7_0; if (c + 16u < 24u) { sums[(base + 7u) * 24u + c1] = sum7_1; } }
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
// head loss, 1031 x 96 f16
@group(0) @binding(0) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> label_logit: array<f32>;
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return unpack2x16float(word); }
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
  let splits = max(1u, min(4u, 36u / max(1u, step.supervised)));
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
  for (var c = local; c < live * 24u; c += 16u) { sums[base * 24u + c] = vec4<f32>(); }
  storageBarrier();

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
    z0_0 = 30.0 * tanh(clamp(z0_0 / 30.0, -15.0, 15.0)); z0_1 = 30.0 * tanh(clamp(z0_1 / 30.0, -15.0, 15.0)); z0_2 = 30.0 * tanh(clamp(z0_2 / 30.0, -15.0, 15.0)); z0_3 = 30.0 * tanh(clamp(z0_3 / 30.0, -15.0, 15.0));
    z1_0 = 30.0 * tanh(clamp(z1_0 / 30.0, -15.0, 15.0)); z1_1 = 30.0 * tanh(clamp(z1_1 / 30.0, -15.0, 15.0)); z1_2 = 30.0 * tanh(clamp(z1_2 / 30.0, -15.0, 15.0)); z1_3 = 30.0 * tanh(clamp(z1_3 / 30.0, -15.0, 15.0));
    z2_0 = 30.0 * tanh(clamp(z2_0 / 30.0, -15.0, 15.0)); z2_1 = 30.0 * tanh(clamp(z2_1 / 30.0, -15.0, 15.0)); z2_2 = 30.0 * tanh(clamp(z2_2 / 30.0, -15.0, 15.0)); z2_3 = 30.0 * tanh(clamp(z2_3 / 30.0, -15.0, 15.0));
    z3_0 = 30.0 * tanh(clamp(z3_0 / 30.0, -15.0, 15.0)); z3_1 = 30.0 * tanh(clamp(z3_1 / 30.0, -15.0, 15.0)); z3_2 = 30.0 * tanh(clamp(z3_2 / 30.0, -15.0, 15.0)); z3_3 = 30.0 * tanh(clamp(z3_3 / 30.0, -15.0, 15.0));
    z4_0 = 30.0 * tanh(clamp(z4_0 / 30.0, -15.0, 15.0)); z4_1 = 30.0 * tanh(clamp(z4_1 / 30.0, -15.0, 15.0)); z4_2 = 30.0 * tanh(clamp(z4_2 / 30.0, -15.0, 15.0)); z4_3 = 30.0 * tanh(clamp(z4_3 / 30.0, -15.0, 15.0));
    z5_0 = 30.0 * tanh(clamp(z5_0 / 30.0, -15.0, 15.0)); z5_1 = 30.0 * tanh(clamp(z5_1 / 30.0, -15.0, 15.0)); z5_2 = 30.0 * tanh(clamp(z5_2 / 30.0, -15.0, 15.0)); z5_3 = 30.0 * tanh(clamp(z5_3 / 30.0, -15.0, 15.0));
    z6_0 = 30.0 * tanh(clamp(z6_0 / 30.0, -15.0, 15.0)); z6_1 = 30.0 * tanh(clamp(z6_1 / 30.0, -15.0, 15.0)); z6_2 = 30.0 * tanh(clamp(z6_2 / 30.0, -15.0, 15.0)); z6_3 = 30.0 * tanh(clamp(z6_3 / 30.0, -15.0, 15.0));
    z7_0 = 30.0 * tanh(clamp(z7_0 / 30.0, -15.0, 15.0)); z7_1 = 30.0 * tanh(clamp(z7_1 / 30.0, -15.0, 15.0)); z7_2 = 30.0 * tanh(clamp(z7_2 / 30.0, -15.0, 15.0)); z7_3 = 30.0 * tanh(clamp(z7_3 / 30.0, -15.0, 15.0));
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
    z0_0 = exp(z0_0 - largest[0]) * (1.0 - (z0_0 / 30.0) * (z0_0 / 30.0)); z0_1 = exp(z0_1 - largest[0]) * (1.0 - (z0_1 / 30.0) * (z0_1 / 30.0)); z0_2 = exp(z0_2 - largest[0]) * (1.0 - (z0_2 / 30.0) * (z0_2 / 30.0)); z0_3 = exp(z0_3 - largest[0]) * (1.0 - (z0_3 / 30.0) * (z0_3 / 30.0));
    z1_0 = exp(z1_0 - largest[1]) * (1.0 - (z1_0 / 30.0) * (z1_0 / 30.0)); z1_1 = exp(z1_1 - largest[1]) * (1.0 - (z1_1 / 30.0) * (z1_1 / 30.0)); z1_2 = exp(z1_2 - largest[1]) * (1.0 - (z1_2 / 30.0) * (z1_2 / 30.0)); z1_3 = exp(z1_3 - largest[1]) * (1.0 - (z1_3 / 30.0) * (z1_3 / 30.0));
    z2_0 = exp(z2_0 - largest[2]) * (1.0 - (z2_0 / 30.0) * (z2_0 / 30.0)); z2_1 = exp(z2_1 - largest[2]) * (1.0 - (z2_1 / 30.0) * (z2_1 / 30.0)); z2_2 = exp(z2_2 - largest[2]) * (1.0 - (z2_2 / 30.0) * (z2_2 / 30.0)); z2_3 = exp(z2_3 - largest[2]) * (1.0 - (z2_3 / 30.0) * (z2_3 / 30.0));
    z3_0 = exp(z3_0 - largest[3]) * (1.0 - (z3_0 / 30.0) * (z3_0 / 30.0)); z3_1 = exp(z3_1 - largest[3]) * (1.0 - (z3_1 / 30.0) * (z3_1 / 30.0)); z3_2 = exp(z3_2 - largest[3]) * (1.0 - (z3_2 / 30.0) * (z3_2 / 30.0)); z3_3 = exp(z3_3 - largest[3]) * (1.0 - (z3_3 / 30.0) * (z3_3 / 30.0));
    z4_0 = exp(z4_0 - largest[4]) * (1.0 - (z4_0 / 30.0) * (z4_0 / 30.0)); z4_1 = exp(z4_1 - largest[4]) * (1.0 - (z4_1 / 30.0) * (z4_1 / 30.0)); z4_2 = exp(z4_2 - largest[4]) * (1.0 - (z4_2 / 30.0) * (z4_2 / 30.0)); z4_3 = exp(z4_3 - largest[4]) * (1.0 - (z4_3 / 30.0) * (z4_3 / 30.0));
    z5_0 = exp(z5_0 - largest[5]) * (1.0 - (z5_0 / 30.0) * (z5_0 / 30.0)); z5_1 = exp(z5_1 - largest[5]) * (1.0 - (z5_1 / 30.0) * (z5_1 / 30.0)); z5_2 = exp(z5_2 - largest[5]) * (1.0 - (z5_2 / 30.0) * (z5_2 / 30.0)); z5_3 = exp(z5_3 - largest[5]) * (1.0 - (z5_3 / 30.0) * (z5_3 / 30.0));
    z6_0 = exp(z6_0 - largest[6]) * (1.0 - (z6_0 / 30.0) * (z6_0 / 30.0)); z6_1 = exp(z6_1 - largest[6]) * (1.0 - (z6_1 / 30.0) * (z6_1 / 30.0)); z6_2 = exp(z6_2 - largest[6]) * (1.0 - (z6_2 / 30.0) * (z6_2 / 30.0)); z6_3 = exp(z6_3 - largest[6]) * (1.0 - (z6_3 / 30.0) * (z6_3 / 30.0));
    z7_0 = exp(z7_0 - largest[7]) * (1.0 - (z7_0 / 30.0) * (z7_0 / 30.0)); z7_1 = exp(z7_1 - largest[7]) * (1.0 - (z7_1 / 30.0) * (z7_1 / 30.0)); z7_2 = exp(z7_2 - largest[7]) * (1.0 - (z7_2 / 30.0) * (z7_2 / 30.0)); z7_3 = exp(z7_3 - largest[7]) * (1.0 - (z7_3 / 30.0) * (z7_3 / 30.0));
    logits[(local + 0u) * 2u + 0u] = vec4<f32>(z0_0, z1_0, z2_0, z3_0);
    logits[(local + 0u) * 2u + 1u] = vec4<f32>(z4_0, z5_0, z6_0, z7_0);
    logits[(local + 16u) * 2u + 0u] = vec4<f32>(z0_1, z1_1, z2_1, z3_1);
    logits[(local + 16u) * 2u + 1u] = vec4<f32>(z4_1, z5_1, z6_1, z7_1);
    logits[(local + 32u) * 2u + 0u] = vec4<f32>(z0_2, z1_2, z2_2, z3_2);
    logits[(local + 32u) * 2u + 1u] = vec4<f32>(z4_2, z5_2, z6_2, z7_2);
    logits[(local + 48u) * 2u + 0u] = vec4<f32>(z0_3, z1_3, z2_3, z3_3);
    logits[(local + 48u) * 2u + 1u] = vec4<f32>(z4_3, z5_3, z6_3, z7_3);
    workgroupBarrier();
    for (var c = local; c < 24u; c += 32u) {
      let c0 = min(c + 0u, 23u);
      let c1 = min(c + 16u, 23u);
      var sum0_0 = sums[min(base + 0u, final_pair) * 24u + c0] * shrinks[0]; var sum0_1 = sums[min(base + 0u, final_pair) * 24u + c1] * shrinks[0];
      var sum1_0 = sums[min(base + 1u, final_pair) * 24u + c0] * shrinks[1]; var sum1_1 = sums[min(base + 1u, final_pair) * 24u + c1] * shrinks[1];
      var sum2_0 = sums[min(base + 2u, final_pair) * 24u + c0] * shrinks[2]; var sum2_1 = sums[min(base + 2u, final_pair) * 24u + c1] * shrinks[2];
      var sum3_0 = sums[min(base + 3u, final_pair) * 24u + c0] * shrinks[3]; var sum3_1 = sums[min(base + 3u, final_pair) * 24u + c1] * shrinks[3];
      var sum4_0 = sums[min(base + 4u, final_pair) * 24u + c0] * shrinks[4]; var sum4_1 = sums[min(base + 4u, final_pair) * 24u + c1] * shrinks[4];
      var sum5_0 = sums[min(base + 5u, final_pair) * 24u + c0] * shrinks[5]; var sum5_1 = sums[min(base + 5u, final_pair) * 24u + c1] * shrinks[5];
      var sum6_0 = sums[min(base + 6u, final_pair) * 24u + c0] * shrinks[6]; var sum6_1 = sums[min(base + 6u, final_pair) * 24u + c1] * shrinks[6];
      var sum7_0 = sums[min(base + 7u, final_pair) * 24u + c0] * shrinks[7]; var sum7_1 = sums[min(base + 7u, final_pair) * 24u + c1] * shrinks[7];
      for (var q = 0u; q < count; q++) {
        let w0 = weight_4((first + q) * 24u + c0);
        let w1 = weight_4((first + q) * 24u + c1);
        let p0 = logits[q * 2u + 0u]; let p1 = logits[q * 2u + 1u];
        sum0_0 = fma(vec4<f32>(p0.x), w0, sum0_0); sum0_1 = fma(vec4<f32>(p0.x), w1, sum0_1);
        sum1_0 = fma(vec4<f32>(p0.y), w0, sum1_0); sum1_1 = fma(vec4<f32>(p0.y), w1, sum1_1);
        sum2_0 = fma(vec4<f32>(p0.z), w0, sum2_0); sum2_1 = fma(vec4<f32>(p0.z), w1, sum2_1);
        sum3_0 = fma(vec4<f32>(p0.w), w0, sum3_0); sum3_1 = fma(vec4<f32>(p0.w), w1, sum3_1);
        sum4_0 = fma(vec4<f32>(p1.x), w0, sum4_0); sum4_1 = fma(vec4<f32>(p1.x), w1, sum4_1);
        sum5_0 = fma(vec4<f32>(p1.y), w0, sum5_0); sum5_1 = fma(vec4<f32>(p1.y), w1, sum5_1);
        sum6_0 = fma(vec4<f32>(p1.z), w0, sum6_0); sum6_1 = fma(vec4<f32>(p1.z), w1, sum6_1);
        sum7_0 = fma(vec4<f32>(p1.w), w0, sum7_0); sum7_1 = fma(vec4<f32>(p1.w), w1, sum7_1);
      }
      if (0u < live) { sums[(base + 0u) * 24u + c0] = sum0_0; if (c + 16u < 24u) { sums[(base + 0u) * 24u + c1] = sum0_1; } }
      if (1u < live) { sums[(base + 1u) * 24u + c0] = sum1_0; if (c + 16u < 24u) { sums[(base + 1u) * 24u + c1] = sum1_1; } }
      if (2u < live) { sums[(base + 2u) * 24u + c0] = sum2_0; if (c + 16u < 24u) { sums[(base + 2u) * 24u + c1] = sum2_1; } }
      if (3u < live) { sums[(base + 3u) * 24u + c0] = sum3_0; if (c + 16u < 24u) { sums[(base + 3u) * 24u + c1] = sum3_1; } }
      if (4u < live) { sums[(base + 4u) * 24u + c0] = sum4_0; if (c + 16u < 24u) { sums[(base + 4u) * 24u + c1] = sum4_1; } }
      if (5u < live) { sums[(base + 5u) * 24u + c0] = sum5_0; if (c + 16u < 24u) { sums[(base + 5u) * 24u + c1] = sum5_1; } }
      if (6u < live) { sums[(base + 6u) * 24u + c0] = sum6_0; if (c + 16u < 24u) { sums[(base + 6u) * 24u + c1] = sum6_1; } }
      if (7u < live) { sums[(base + 7u) * 24u + c0] = sum7_0; if (c + 16u < 24u) { sums[(base + 7u) * 24u + c1] = sum7_1; } }
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
