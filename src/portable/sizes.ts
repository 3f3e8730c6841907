import { projectionSize } from '../model/lora.ts'
import { type ModelConfig, PROJECTIONS } from '../protocol/model.ts'

const elementsOf = (config: ModelConfig) =>
  PROJECTIONS.map((projection) => {
    const [columns, rows] = projectionSize(config, projection)
    return columns * rows
  })

/** Elements of all layers' matrices. */
export function layerElements(config: ModelConfig): number {
  return elementsOf(config).reduce((sum, size) => sum + size, 0) * config.numLayers
}

/** Elements of a layer's largest matrix. */
export function largestMatrix(config: ModelConfig): number {
  return Math.max(...elementsOf(config))
}
