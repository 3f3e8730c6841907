import { isProjection, type MatrixTensor, type ModelTensor, tensorTable } from '../../model/tensors.ts'
import type { PlanRequest } from '../../protocol/engine.ts'
import type { ModelConfig, WeightType } from '../../protocol/model.ts'
import { type DecodeLayout, decodeLayout } from './decode-layout.ts'
import { BLOCK, type HeadLayout, headLayout } from './layout.ts'
import { type MatrixShape, type ProductsLayout, productsLayout } from './matrices.ts'
import { type TrainLayout, trainLayout } from './train-layout.ts'
import { UNIT } from './vectors.ts'

/** Where all of a model lies in one memory: matrices, what products and the head take, and what decoding takes. */
export interface ModelLayout {
  products: ProductsLayout
  /** Null where the head's words go through TensorFlow.js in tiles. */
  head: HeadLayout | null
  decode: DecodeLayout | null
  /** Null where layers of whole batches go through TensorFlow.js. */
  train: TrainLayout | null
  end: number
}

export interface ModelLayoutOptions {
  request: PlanRequest
  tileWords: number
  /** Whether the head is to have places of its own. */
  ownHead: boolean
  /** How many layers keep what their gradients need; null where layers are not to have places of their own. */
  kept: number | null
  threads: number
}

const isMatrix = (tensor: ModelTensor): tensor is MatrixTensor => tensor.shape.length === 2

/** Matrices of a model in the order in which they lie. */
export const matricesOf = (config: ModelConfig): MatrixTensor[] => tensorTable(config).filter(isMatrix)

/** Whether products of rows as they lie can take a model's hidden states and heads without filling them up. */
export const suitsProducts = ({ hiddenSize, layers }: ModelConfig): boolean =>
  hiddenSize % UNIT === 0 && layers.every(({ headDim }) => headDim % UNIT === 0)

export function shapesOf({ model, stored }: PlanRequest): MatrixShape[] {
  return matricesOf(model).map((tensor) => {
    const [rows, cols] = tensor.shape
    const type: WeightType = stored?.get(tensor.name) ?? 'BF16'
    return { rows, cols, type, wide: !isProjection(tensor) }
  })
}

export function modelLayout({ request, tileWords, ownHead, kept, threads }: ModelLayoutOptions): ModelLayout {
  const { model, maxTokens, maxSupervised, decode: room } = request
  const tensors = matricesOf(model)
  const shapes = shapesOf(request)
  const rows = Math.max(Math.min(BLOCK, maxTokens), room ? Math.min(BLOCK, room.positions) : 0)
  // Products write their results anywhere: the widest of layers is what is passed through their own places.
  const widest = Math.max(...tensors.filter(isProjection).flatMap(({ shape }) => shape), model.hiddenSize)
  const products = productsLayout(shapes, rows, threads, widest)
  const words = tensors.findIndex(({ role }) => role === (model.tiedHead ? 'embedding' : 'head'))
  const matrix = products.matrices[words]!
  const head = ownHead
    ? headLayout(model.vocabSize, model.hiddenSize, shapes[words]!.type, tileWords, maxSupervised, {
        matrix: matrix.at,
        scales: matrix.scales,
        from: products.end,
      })
    : null
  let end = head?.end ?? products.end
  const train = kept === null ? null : trainLayout(request, kept, threads, end)
  end = train?.end ?? end
  const decode = room ? decodeLayout(request, room, end) : null
  return { products, head, train, decode, end: decode?.end ?? end }
}
