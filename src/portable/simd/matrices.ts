import { isBlocked } from '../../lib/storage.ts'
import type { WeightType } from '../../protocol/model.ts'
import { COLUMNS, ROWS } from './kernels.ts'
import { BLOCK, DEPTH, roundUp } from './layout.ts'
import { elementSize, isScaled, type Layout, UNIT } from './vectors.ts'

/** Bytes at the beginning of the memory through which threads are told what to do. */
export const CONTROL = 4096
/** Rows of each matrix are filled up to panels. */
const PANEL_ROWS = 8
/** Elements that share a scale. */
export const GROUP = 32

export interface MatrixShape {
  rows: number
  cols: number
  type: WeightType
  /** Four bits are held in a byte each, as the head reads them. */
  wide?: boolean
}

/** Where a matrix lies in the memory, in bytes; plain data, as all of a layout: threads are sent it. */
export interface MatrixPlace {
  rows: number
  cols: number
  type: Layout
  at: number
  /** From a row to the next. */
  stride: number
  /** Of what is scaled alone, as `scaleStride`. */
  scales: number
  scaleStride: number
}

export interface ProductsLayout {
  matrices: MatrixPlace[]
  /** Left operand of up to BLOCK rows, each as wide as `width` floats; packed; and the result. */
  width: number
  input: number
  packed: number
  output: number
  /** For each thread a panel of a right operand. */
  panels: number
  panelBytes: number
  end: number
}

/** Bytes of a matrix as it is held: its stored width, rows filled up. */
export function matrixBytes(shape: MatrixShape): number {
  const layout = layoutOf(shape)
  const elements = roundUp(shape.rows, PANEL_ROWS) * strideOf(shape.cols)
  return elements * elementSize(layout) + (isScaled(layout) ? (elements / GROUP) * 4 : 0)
}

function layoutOf({ type, wide }: MatrixShape): Layout {
  if (!isBlocked(type)) return type
  return type === 'Q4_0' && !wide ? 'nibbles' : 'steps'
}

const strideOf = (cols: number) => roundUp(cols, UNIT)

/** Floats from a row of an operand to the next. */
export const operandWidth = (width: number) => roundUp(width, UNIT)

/**
 * @param rows most that are multiplied at a time; more are taken block by block
 * @param widest of operands and results that pass through the layout's own places
 */
export function productsLayout(
  shapes: readonly MatrixShape[],
  rows: number,
  threads: number,
  widest = Math.max(1, ...shapes.flatMap((shape) => [shape.rows, shape.cols])),
): ProductsLayout {
  let end = CONTROL
  const place = (bytes: number) => {
    const at = end
    end += roundUp(bytes, 64)
    return at
  }
  const matrices = shapes.map((shape): MatrixPlace => {
    const { rows: lines, cols } = shape
    const layout = layoutOf(shape)
    const at = place(matrixBytes(shape))
    const stride = strideOf(cols) * elementSize(layout)
    const scales = isScaled(layout) ? at + roundUp(lines, PANEL_ROWS) * stride : 0
    return { rows: lines, cols, type: layout, at, stride, scales, scaleStride: (strideOf(cols) / GROUP) * 4 }
  })
  const width = operandWidth(widest)
  const block = roundUp(Math.min(BLOCK, rows), ROWS)
  const [input, packed, output] = [0, 1, 2].map(() => place(block * width * 4)) as [number, number, number]
  const panelBytes = COLUMNS * (DEPTH + GROUP) * 4
  const panels = place(panelBytes * threads)
  return { matrices, width, input, packed, output, panels, panelBytes, end }
}

/** Floats as a matrix of products. */
export const placeOf = (at: number, stride: number, rows: number, cols: number): MatrixPlace => ({
  rows,
  cols,
  type: 'F32',
  at,
  stride,
  scales: 0,
  scaleStride: 0,
})
