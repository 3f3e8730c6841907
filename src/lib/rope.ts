/**
 * cos and sin of position / factor * theta^(-2i / headDim), interleaved: [maxPositions, headDim / 2, 2], computed in f64.
 * `factor` is linear position scaling (1: none); `rotated` the share of the pairs that is turned, from the quickest on (the rest
 * has angle 0), as Transformers' proportional RoPE has it.
 */
export function ropeTable(
  maxPositions: number,
  headDim: number,
  theta: number,
  factor = 1,
  rotated = 1,
): Float32Array<ArrayBuffer> {
  const table = new Float32Array(maxPositions * headDim)
  const half = headDim / 2
  const turned = Math.floor(rotated * half)
  const frequency = Float64Array.from({ length: half }, (_, i) =>
    i < turned ? theta ** ((-2 * i) / headDim) / factor : 0,
  )
  for (let p = 0; p < maxPositions; p++)
    for (let i = 0; i < half; i++) {
      const angle = p * frequency[i]!
      table[p * headDim + 2 * i] = Math.cos(angle)
      table[p * headDim + 2 * i + 1] = Math.sin(angle)
    }
  return table
}
