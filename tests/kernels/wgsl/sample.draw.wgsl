// greedy choice
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> limits: array<u32>;
@group(0) @binding(2) var<storage, read> masses: array<f32>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read_write> token: array<u32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn key_of(z: f32) -> u32 {
  let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn weight_of(z: f32, top: f32) -> f32 {
  return exp((z - top) / select(1.0, step.temperature, step.temperature > 0.0));
}

fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let k = array<u32, 3>(key.x, key.y, key.x ^ key.y ^ 0x1BD11BDAu);
  var x = counter + key;
  x.x += x.y; x.y = ((x.y << 13u) | (x.y >> 19u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 15u) | (x.y >> 17u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 26u) | (x.y >> 6u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 6u) | (x.y >> 26u)) ^ x.x; x.x += k[1]; x.y += k[2] + 1u;
  x.x += x.y; x.y = ((x.y << 17u) | (x.y >> 15u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 29u) | (x.y >> 3u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 16u) | (x.y >> 16u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 24u) | (x.y >> 8u)) ^ x.x; x.x += k[2]; x.y += k[0] + 2u;
  x.x += x.y; x.y = ((x.y << 13u) | (x.y >> 19u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 15u) | (x.y >> 17u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 26u) | (x.y >> 6u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 6u) | (x.y >> 26u)) ^ x.x; x.x += k[0]; x.y += k[1] + 3u;
  x.x += x.y; x.y = ((x.y << 17u) | (x.y >> 15u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 29u) | (x.y >> 3u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 16u) | (x.y >> 16u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 24u) | (x.y >> 8u)) ^ x.x; x.x += k[1]; x.y += k[2] + 4u;
  x.x += x.y; x.y = ((x.y << 13u) | (x.y >> 19u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 15u) | (x.y >> 17u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 26u) | (x.y >> 6u)) ^ x.x;
  x.x += x.y; x.y = ((x.y << 6u) | (x.y >> 26u)) ^ x.x; x.x += k[2]; x.y += k[0] + 5u;
  return x;
}
fn unit_float(word: u32) -> f32 { return f32(word >> 8u) * 0x1p-24; }
fn random_unit(seed: u32, counter: u32, site: u32, index: u32) -> f32 {
  return unit_float(threefry(vec2<u32>(seed, counter), vec2<u32>(site, index)).x);
}
var<workgroup> parts: array<f32, 256>;
var<workgroup> chosen: u32;
var<workgroup> below: f32;
var<workgroup> passed: f32;
fn kernel(group: vec3<u32>, local: u32) {
  let limit = limits[group.y * 2u];
  let top = bitcast<f32>(limits[group.y * 2u + 1u]);
  let first = group.y * 4u;
  var own = 0.0;
  for (var b = local * 1u; b < min((local + 1u) * 1u, 4u); b++) { own += masses[first + b]; }
  parts[local] = own;
  workgroupBarrier();
  if (local == 0u) {
    var total = 0.0;
    for (var i = 0u; i < 64u; i++) { total += parts[i]; }
    let u = select(0.0, random_unit(step.seed, positions[group.y], 4294901762u, group.y), step.temperature > 0.0);
    let goal = u * total;
    // Rounding may keep the sum from passing the goal: then it is the last part, block and word with any weight.
    var part = 0u;
    var sum = 0.0;
    var before = 0.0;
    for (var i = 0u; i < 64u && sum <= goal; i++) {
      if (parts[i] > 0.0) {
        part = i;
        before = sum;
        sum += parts[i];
      }
    }
    var block = 0u;
    sum = before;
    for (var b = part * 1u; b < min((part + 1u) * 1u, 4u) && sum <= goal; b++) {
      let m = masses[first + b];
      if (m > 0.0) {
        block = b;
        before = sum;
        sum += m;
      }
    }
    chosen = block;
    below = before;
    passed = goal;
  }
  workgroupBarrier();
  let start = chosen * 256u;
  for (var i = local; i < 256u; i += 64u) {
    var weight = 0.0;
    if (start + i < 1000u) {
      let z = logits[group.y * 1000u + start + i];
      if (key_of(z) >= limit) { weight = weight_of(z, top); }
    }
    parts[i] = weight;
  }
  workgroupBarrier();
  if (local == 0u) {
    var sum = below;
    var word = 0u;
    for (var i = 0u; i < 256u && sum <= passed; i++) {
      if (parts[i] > 0.0) {
        word = i;
        sum += parts[i];
      }
    }
    token[group.y] = start + word;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
