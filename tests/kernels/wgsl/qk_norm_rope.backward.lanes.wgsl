// QK-norm and RoPE, 3 x 64
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> scale: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> dx: array<vec4<f32>>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
var<workgroup> sum_scratch: array<f32, 64>;
fn reduce_sum(value: f32, local: u32) -> f32 {
  sum_scratch[local] = value;
  workgroupBarrier();
  for (var stride = 32u; stride > 0u; stride /= 2u) {
    if (local < stride) {
      sum_scratch[local] = sum_scratch[local] + sum_scratch[local + stride];
    }
    workgroupBarrier();
  }
  let result = sum_scratch[0];
  workgroupBarrier();
  return result;
}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let base = (row * 3u + group.x) * 16u;
  let angles = positions[row] * 16u;
  var square = vec4<f32>();
  var along = vec4<f32>();
  for (var i = local; i < 8u; i += 64u) {
    let t0 = table[angles + 2u * i];
    let t1 = table[angles + 2u * i + 1u];
    let cosine = vec4<f32>(t0.xz, t1.xz);
    let sine = vec4<f32>(t0.yw, t1.yw);
    let do1 = dout[base + i];
    let do2 = dout[base + 8u + i];
    let d1 = do1 * cosine + do2 * sine;
    let d2 = do2 * cosine - do1 * sine;
    let x1 = x[base + i];
    let x2 = x[base + 8u + i];
    square += x1 * x1 + x2 * x2;
    along += x1 * d1 * scale[i] + x2 * d2 * scale[8u + i];
  }
  let r = inverseSqrt(reduce_sum(dot(square, vec4<f32>(1.0)), local) / 64.0 + 0.000001);
  let shift = reduce_sum(dot(along, vec4<f32>(1.0)), local) / 64.0 * r * r;
  for (var i = local; i < 8u; i += 64u) {
    let t0 = table[angles + 2u * i];
    let t1 = table[angles + 2u * i + 1u];
    let cosine = vec4<f32>(t0.xz, t1.xz);
    let sine = vec4<f32>(t0.yw, t1.yw);
    let do1 = dout[base + i];
    let do2 = dout[base + 8u + i];
    let d1 = do1 * cosine + do2 * sine;
    let d2 = do2 * cosine - do1 * sine;
    dx[base + i] = r * (d1 * scale[i] - x[base + i] * shift);
    dx[base + 8u + i] = r * (d2 * scale[8u + i] - x[base + 8u + i] * shift);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
