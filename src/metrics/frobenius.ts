/**
 * Norms of low-rank products. ||B A||_F² = tr(Aᵀ Bᵀ B A) = tr((Bᵀ B)(A Aᵀ)), the sum over the elementwise product of two r × r
 * Gram matrices, since both are symmetric: the product itself, [out, in], is never formed. Source: the trace form of the Frobenius
 * norm and the trace's cyclic property, Golub and Van Loan, "Matrix Computations", 4th ed., 2.3.1; sums in f64.
 */

/** @param a [r, in] and b [out, r], row-major */
export function productNorm(a: ArrayLike<number>, b: ArrayLike<number>, rank: number): number {
  const [width, height] = [a.length / rank, b.length / rank]
  if (!Number.isInteger(width) || !Number.isInteger(height))
    throw new RangeError(`matrices of ${a.length} and ${b.length} values have no rank of ${rank}`)
  let sum = 0
  for (let i = 0; i < rank; i++)
    for (let j = 0; j <= i; j++) {
      let [ofA, ofB] = [0, 0]
      for (let k = 0; k < width; k++) ofA += a[i * width + k]! * a[j * width + k]!
      for (let k = 0; k < height; k++) ofB += b[k * rank + i]! * b[k * rank + j]!
      sum += (i === j ? 1 : 2) * ofA * ofB
    }
  // What cancels may leave less than nothing.
  return Math.sqrt(Math.max(0, sum))
}

export function frobenius(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!
  return Math.sqrt(sum)
}
