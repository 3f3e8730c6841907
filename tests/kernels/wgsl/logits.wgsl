// logits, 1031 x 96 bf16
@group(0) @binding(0) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn weight_4(i: u32) -> vec4<f32> {
  let words = weight[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}
var<workgroup> parts: array<vec4<f32>, 256>;

fn finish(origin: u32, first: u32, local: u32) {
  // One of 4 rows x 32 words each.
  let row = origin + local / 32u;
  let word = first + local % 32u;
  if (local < 128u && row < step.supervised && word < 516u) {
    var z = 0.0;
    for (var lane = 0u; lane < 8u; lane++) {
      z += parts[(local % 32u) * 8u + lane][local / 32u];
    }
    logits[row * 1031u + 0u + word] = z;
  }
}

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.supervised;
  let origin = group.y * 8u;
  let lane = local % 8u;
  let first = group.x * 64u;
  let mine = first + local / 8u;
  let at0 = min(origin + 0u, rows - 1u) * 24u;
  let at1 = min(origin + 1u, rows - 1u) * 24u;
  let at2 = min(origin + 2u, rows - 1u) * 24u;
  let at3 = min(origin + 3u, rows - 1u) * 24u;
  let at4 = min(origin + 4u, rows - 1u) * 24u;
  let at5 = min(origin + 5u, rows - 1u) * 24u;
  let at6 = min(origin + 6u, rows - 1u) * 24u;
  let at7 = min(origin + 7u, rows - 1u) * 24u;
  let word0 = min(mine + 0u, 515u) * 24u;
  let word1 = min(mine + 32u, 515u) * 24u;
  var z0_0 = 0.0; var z0_1 = 0.0;
  var z1_0 = 0.0; var z1_1 = 0.0;
  var z2_0 = 0.0; var z2_1 = 0.0;
  var z3_0 = 0.0; var z3_1 = 0.0;
  var z4_0 = 0.0; var z4_1 = 0.0;
  var z5_0 = 0.0; var z5_1 = 0.0;
  var z6_0 = 0.0; var z6_1 = 0.0;
  var z7_0 = 0.0; var z7_1 = 0.0;
  for (var k = lane; k < 24u; k += 8u) {
    let w0 = weight_4(word0 + k);
    let w1 = weight_4(word1 + k);
    let h0 = h[at0 + k]; z0_0 += dot(h0, w0); z0_1 += dot(h0, w1);
    let h1 = h[at1 + k]; z1_0 += dot(h1, w0); z1_1 += dot(h1, w1);
    let h2 = h[at2 + k]; z2_0 += dot(h2, w0); z2_1 += dot(h2, w1);
    let h3 = h[at3 + k]; z3_0 += dot(h3, w0); z3_1 += dot(h3, w1);
    let h4 = h[at4 + k]; z4_0 += dot(h4, w0); z4_1 += dot(h4, w1);
    let h5 = h[at5 + k]; z5_0 += dot(h5, w0); z5_1 += dot(h5, w1);
    let h6 = h[at6 + k]; z6_0 += dot(h6, w0); z6_1 += dot(h6, w1);
    let h7 = h[at7 + k]; z7_0 += dot(h7, w0); z7_1 += dot(h7, w1);
  }
  parts[local] = vec4<f32>(z0_0, z1_0, z2_0, z3_0);
  workgroupBarrier();
  finish(origin + 0u, first + 0u, local);
  workgroupBarrier();
  parts[local] = vec4<f32>(z4_0, z5_0, z6_0, z7_0);
  workgroupBarrier();
  finish(origin + 4u, first + 0u, local);
  workgroupBarrier();
  parts[local] = vec4<f32>(z0_1, z1_1, z2_1, z3_1);
  workgroupBarrier();
  finish(origin + 0u, first + 32u, local);
  workgroupBarrier();
  parts[local] = vec4<f32>(z4_1, z5_1, z6_1, z7_1);
  workgroupBarrier();
  finish(origin + 4u, first + 32u, local);
  workgroupBarrier();
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
// Gemma 3 270M, decode
@group(0) @binding(0) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn unpack_weight(word: u32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn weight_4(i: u32) -> vec4<f32> {
  let words = weight[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));
}
var<workgroup> parts: array<vec4<f32>, 256>;

fn finish(origin: u32, first: u32, local: u32) {
  // One of 4 rows x 32 words each.
  let row = origin + local / 32u;
  let word = first + local % 32u;
  if (local < 128u && row < step.tokens && word < 104857u) {
    var z = 0.0;
    for (var lane = 0u; lane < 8u; lane++) {
      z += parts[(local % 32u) * 8u + lane][local / 32u];
    }
    logits[row * 262144u + 0u + word] = z;
  }
}

fn kernel(group: vec3<u32>, local: u32) {
  let rows = step.tokens;
  let origin = group.y * 4u;
  let lane = local % 8u;
  let first = group.x * 128u;
  let mine = first + local / 8u;
  let at0 = min(origin + 0u, rows - 1u) * 160u;
  let at1 = min(origin + 1u, rows - 1u) * 160u;
  let at2 = min(origin + 2u, rows - 1u) * 160u;
  let at3 = min(origin + 3u, rows - 1u) * 160u;
  let word0 = min(mine + 0u, 104856u) * 160u;
  let word1 = min(mine + 32u, 104856u) * 160u;
  let word2 = min(mine + 64u, 104856u) * 160u;
  let word3 = min(mine + 96u, 104856u) * 160u;
  var z0_0 = 0.0; var z0_1 = 0.0; var z0_2 = 0.0; var z0_3 = 0.0;
  var z1_0 = 0.0; var z1_1 = 0.0; var z1_2 = 0.0; var z1_3 = 0.0;
  var z2_0 = 0.0; var z2_1 = 0.0; var z2_2 = 0.0; var z2_3 = 0.0;
  var z3_0 = 0.0; var z3_1 = 0.0; var z3_2 = 0.0; var z3_3 = 0.0;
  for (var k = lane; k < 160u; k += 8u) {
    let w0 = weight_4(word0 + k);
    let w1 = weight_4(word1 + k);
    let w2 = weight_4(word2 + k);
    let w3 = weight_4(word3 + k);
    let h0 = h[at0 + k]; z0_0 += dot(h0, w0); z0_1 += dot(h0, w1); z0_2 += dot(h0, w2); z0_3 += dot(h0, w3);
    let h1 = h[at1 + k]; z1_0 += dot(h1, w0); z1_1 += dot(h1, w1); z1_2 += dot(h1, w2); z1_3 += dot(h1, w3);
    let h2 = h[at2 + k]; z2_0 += dot(h2, w0); z2_1 += dot(h2, w1); z2_2 += dot(h2, w2); z2_3 += dot(h2, w3);
    let h3 = h[at3 + k]; z3_0 += dot(h3, w0); z3_1 += dot(h3, w1); z3_2 += dot(h3, w2); z3_3 += dot(h3, w3);
  }
  parts[local] = vec4<f32>(z0_0, z1_0, z2_0, z3_0);
  workgroupBarrier();
  finish(origin + 0u, first + 0u, local);
  workgroupBarrier();
  parts[local] = vec4<f32>(z0_1, z1_1, z2_1, z3_1);
  workgroupBarrier();
  finish(origin + 0u, first + 32u, local);
  workgroupBarrier();
  parts[local] = vec4<f32>(z0_2, z1_2, z2_2, z3_2);
  workgroupBarrier();
  finish(origin + 0u, first + 64u, local);
  workgroupBarrier();
  parts[local] = vec4<f32>(z0_3, z1_3, z2_3, z3_3);
  workgroupBarrier();
  finish(origin + 0u, first + 96u, local);
  workgroupBarrier();
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
