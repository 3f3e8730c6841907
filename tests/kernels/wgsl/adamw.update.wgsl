// AdamW
@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> results: array<f32>;
@group(0) @binding(2) var<storage, read_write> value: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;
@group(1) @binding(0) var<uniform> step: Scalars;
@group(1) @binding(1) var<uniform> slice: vec4<u32>;
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * 16384u + group.x * 256u + local;
  if (i >= 1028u || results[3] > 0.0) { return; }
  var clip = 1.0;
  if (step.max_grad_norm > 0.0) {
    clip = min(1.0, step.max_grad_norm / (sqrt(results[2]) + 1e-6));
  }
  let g = gradient[i] * clip;
  let first = step.beta1 * m[i] + step.rest1 * g;
  let second = step.beta2 * v[i] + step.rest2 * g * g;
  m[i] = first;
  v[i] = second;
  let decayed = value[i] * (1.0 - step.learning_rate * step.weight_decay);
  value[i] = decayed - step.learning_rate / step.bias1 * first / (sqrt(second / step.bias2) + step.epsilon);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32
) {
  kernel(id + vec3<u32>(0u, slice.x, 0u), local);
}
