import type * as tf from '@tensorflow/tfjs-core'
import type { MatrixTensor } from '../model/tensors.ts'
import type { Projection } from '../protocol/model.ts'
import type { Choices } from './choices-made.ts'
import type { PortablePlan } from './plan.ts'
import { Company } from './simd/company.ts'
import { type ModelLayout, matricesOf, modelLayout, shapesOf } from './simd/model-layout.ts'
import { FEW } from './simd/multiplier.ts'
import { Products } from './simd/products.ts'
import { SimdHead } from './simd/simd-head.ts'
import type { StoredMatrix } from './simd/stored-matrix.ts'
import { matrixOf, valuesOf } from './wasm.ts'

/** A model's matrices in one memory of their own, and products with them that TensorFlow.js has no part in. */
export class OwnProducts {
  readonly products: Products
  readonly layout: ModelLayout
  readonly head: SimdHead | null
  /** Whose tokens the caches hold, of those who decode. */
  user: object | null = null
  /** Who computes tokens, by how many rows go through the layers together; see `Company`. */
  readonly #companies = new Map<number, Company>()
  /** By layer and projection, or role. */
  readonly #index: Map<string, number>

  private constructor(
    products: Products,
    layout: ModelLayout,
    head: SimdHead | null,
    index: Map<string, number>,
  ) {
    this.products = products
    this.layout = layout
    this.head = head
    this.#index = index
  }

  static async open(
    { request, tileWords, keptLayers }: PortablePlan,
    choices: Choices,
    threads: number,
  ): Promise<OwnProducts> {
    const ownHead = choices.head === 'simd'
    const fma = choices.products === 'fma'
    const kept = choices.layers === 'own' ? keptLayers : null
    const layout = modelLayout({ request, tileWords, ownHead, kept, threads })
    const products = await Products.open(shapesOf(request), layout.products, {
      threads,
      fma,
      end: layout.end,
      attention: layout.train?.attention ?? null,
    })
    const head = layout.head && new SimdHead(layout.head, products.memory, { threads, fma })
    const index = new Map(matricesOf(request.model).map((tensor, i) => [keyOf(tensor), i]))
    return new OwnProducts(products, layout, head, index)
  }

  get bytes(): number {
    return this.products.bytes
  }

  /** Its place among the products' matrices. */
  place(layer: number | null, role: MatrixTensor['role']): number {
    return this.#index.get(keyOf({ layer, role }))!
  }

  matrix({ layer, role }: MatrixTensor): StoredMatrix {
    return this.products.matrices[this.place(layer, role)]!
  }

  /** x Wᵀ, or (`backward`) x W, from and into the backend's memory. */
  times(layer: number, projection: Projection, x: tf.Tensor2D, backward: boolean): tf.Tensor2D {
    const at = this.place(layer, projection)
    const { rows, cols } = this.products.matrices[at]!
    return matrixOf(x.shape[0], backward ? cols : rows, (values) =>
      // Asked for after room was made for the product, which may move the memory.
      this.products.multiply(at, valuesOf(x), values, x.shape[0], backward),
    )
  }

  /** Null where every thread takes part: the products of so many rows are large, or there is but one. */
  company(rows: number): Company | null {
    const { matrices, others } = this.products
    if (others === 0 || rows > FEW || rows * meanSize(matrices) > SMALL) return null
    const own = this.#companies.get(rows) ?? new Company()
    this.#companies.set(rows, own)
    return own
  }

  dispose(): void {
    this.products.dispose()
  }
}

/** Multiplications of a product below which one thread may be as fast as all of them. */
const SMALL = 400_000

/** Of a layer's matrices: the words' own is one of many, and larger. */
function meanSize(matrices: readonly StoredMatrix[]): number {
  const sizes = matrices.map(({ rows, cols }) => rows * cols).sort((a, b) => a - b)
  return sizes[Math.floor(sizes.length / 2)] ?? 0
}

const keyOf = ({ layer, role }: { layer: number | null; role: string }) => `${layer}.${role}`
