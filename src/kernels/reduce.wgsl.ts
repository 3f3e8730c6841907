/**
 * WGSL for sums and maxima over a workgroup, in a fixed order (a halving tree), so that the same inputs give the same
 * bits. Every invocation must call it; every invocation gets the result.
 */
export const reduceSum = (workgroup: number) => reduction('sum', workgroup, (a, b) => `${a} + ${b}`)
export const reduceMax = (workgroup: number) => reduction('max', workgroup, (a, b) => `max(${a}, ${b})`)

function reduction(name: string, workgroup: number, join: (a: string, b: string) => string) {
  if ((workgroup & (workgroup - 1)) !== 0) throw new Error('a reduction needs a power of two')
  return `
var<workgroup> ${name}_scratch: array<f32, ${workgroup}>;
fn reduce_${name}(value: f32, local: u32) -> f32 {
  ${name}_scratch[local] = value;
  workgroupBarrier();
  for (var stride = ${workgroup / 2}u; stride > 0u; stride /= 2u) {
    if (local < stride) {
      ${name}_scratch[local] = ${join(`${name}_scratch[local]`, `${name}_scratch[local + stride]`)};
    }
    workgroupBarrier();
  }
  let result = ${name}_scratch[0];
  workgroupBarrier();
  return result;
}`
}
