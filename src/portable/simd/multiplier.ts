import { COLUMNS, type Kernels, kernelsOver, ROWS } from './kernels.ts'
import { BLOCK, DEPTH, stretches } from './layout.ts'
import { GROUP, type MatrixPlace, type ProductsLayout } from './matrices.ts'
import { elementSize, isScaled, TOGETHER } from './vectors.ts'

/** Rows for which a matrix is read once as it lies, instead of being packed. */
export const FEW = 8
/** Of a block of rows. */
const PANELS = BLOCK / ROWS
/** Columns of a part of a product with many rows. */
const PART_COLUMNS = 32
/** Outputs of a part of one with few, at least and at most; never so many parts that taking them costs more than they do. */
const PART_OUTPUTS = [32, 1024] as const

/** `rows`: y = x Wᵀ of few rows, as they lie; `forward`: of many, packed; `backward`: dx = dy W. */
export const MODES = ['rows', 'forward', 'backward'] as const

/** A product of one matrix; x, y and `packed` are addresses, strides bytes from a row to the next. */
export interface Product {
  /** Its place among the layout's, or where it lies. */
  matrix: number | MatrixPlace
  mode: (typeof MODES)[number]
  x: number
  y: number
  rows: number
  xStride: number
  yStride: number
  /** Where x was packed, of many rows; by default the layout's place for it. */
  packed?: number
  /** Whether y is added to; of many rows. */
  add?: boolean
}

/** A product as it is told to threads: all that it needs, its matrix included. */
export type PlacedProduct = Required<Omit<Product, 'matrix'>> & { matrix: MatrixPlace }

/** Into how many parts a product falls. Each output is computed whole in one of them: the parts have no say in its bits. */
export function partsOf(mode: Product['mode'], matrix: MatrixPlace): number {
  if (mode === 'rows') return Math.ceil(matrix.rows / outputsOf(matrix))
  return Math.ceil((mode === 'forward' ? matrix.rows : matrix.cols) / PART_COLUMNS)
}

function outputsOf({ rows }: MatrixPlace): number {
  const [least, most] = PART_OUTPUTS
  return Math.min(most, Math.max(least, Math.ceil(rows / 32 / 4) * 4))
}

/** Computes parts of products over the memory that weights lie in; one for each thread. */
export class Multiplier {
  readonly kernels: Kernels
  readonly #layout: ProductsLayout
  readonly #panel: number

  constructor(layout: ProductsLayout, memory: WebAssembly.Memory, fma: boolean, thread: number) {
    this.#layout = layout
    this.kernels = kernelsOver(memory, fma)
    this.#panel = layout.panels + layout.panelBytes * thread
  }

  placed({ matrix, packed = this.#layout.packed, add = false, ...rest }: Product): PlacedProduct {
    return {
      ...rest,
      packed,
      add,
      matrix: typeof matrix === 'number' ? this.#layout.matrices[matrix]! : matrix,
    }
  }

  /**
   * Rows of x, `stride` bytes apart, as products of many take them.
   * @param panels of four rows, those that are packed of all there are
   */
  pack(
    x: number,
    stride: number,
    rows: number,
    depth: number,
    packed = this.#layout.packed,
    [begin, end]: readonly [number, number] = [0, Math.ceil(rows / ROWS)],
  ): void {
    this.#packed(rows, depth, packed, [begin, end], (panel, from, count, target) => {
      const pack = count % 4 === 0 ? this.kernels.packFour : this.kernels.packLeft
      pack(x + panel * ROWS * stride + from * 4, target, count, stride)
    })
  }

  /** Columns of x as the rows of a left operand: [rows, depth] is x transposed. */
  packTurned(x: number, stride: number, rows: number, depth: number, packed: number): void {
    this.#packed(rows, depth, packed, [0, Math.ceil(rows / ROWS)], (panel, from, count, target) => {
      this.kernels.packTurned(x + from * stride + panel * ROWS * 4, target, count, stride)
    })
  }

  part(product: PlacedProduct, index: number): void {
    if (product.mode === 'rows') this.#few(product, index)
    else this.#many(product, index * PART_COLUMNS, (index + 1) * PART_COLUMNS)
  }

  /** A product of many rows by this thread alone. */
  whole(product: PlacedProduct): void {
    this.#many(product, 0, Number.POSITIVE_INFINITY)
  }

  #packed(
    rows: number,
    depth: number,
    packed: number,
    [begin, end]: readonly [number, number],
    pack: (panel: number, from: number, count: number, target: number) => void,
  ): void {
    const panels = Math.ceil(rows / ROWS)
    for (const [from, to] of pieces(depth))
      for (let panel = begin; panel < end; panel++)
        pack(panel, from, to - from, packed + (from * panels + panel * (to - from)) * ROWS * 4)
  }

  #few({ matrix: m, x, y, rows, xStride, yStride }: PlacedProduct, index: number): void {
    const outputs = outputsOf(m)
    const from = index * outputs
    const to = Math.min(m.rows, from + outputs)
    const depth = m.stride / elementSize(m.type)
    for (let row = 0; row < rows; ) {
      const together = TOGETHER.find((count) => count <= rows - row)!
      this.kernels[`dots${m.type}${together}`](
        m.at + from * m.stride,
        x + row * xStride,
        y + row * yStride + from * 4,
        Math.ceil(((to - from) * together) / 4),
        depth,
        m.stride,
        xStride,
        yStride,
        m.scales + from * m.scaleStride,
        m.scaleStride,
      )
      row += together
    }
  }

  /** Rows block by block: what is packed of them stays in the processor's cache. */
  #many(
    { matrix: m, y, rows, mode, yStride, packed, add }: PlacedProduct,
    begin: number,
    most: number,
  ): void {
    const forward = mode === 'forward'
    const [depth, columns] = forward ? [m.cols, m.rows] : [m.rows, m.cols]
    const panels = Math.ceil(rows / ROWS)
    const end = Math.min(columns, most)
    for (let panel = 0; panel < panels; panel += PANELS)
      for (const [from, to] of pieces(depth))
        for (let column = begin; column < end; column += COLUMNS) {
          if (forward) this.#across(m, column, from, to)
          else this.#along(m, column, from, to)
          this.kernels.multiply(
            packed + (from * panels + panel * (to - from)) * ROWS * 4,
            this.#panel,
            y + panel * ROWS * yStride + column * 4,
            to - from,
            Math.min(PANELS, panels - panel),
            yStride,
            from === 0 && !add ? 1 : 0,
          )
        }
  }

  /** Rows `column` .. of W, their elements from .. to. */
  #across(m: MatrixPlace, column: number, from: number, to: number): void {
    const pack = this.kernels[`packAcross${m.type}`]
    const at = m.at + column * m.stride
    if (!isScaled(m.type)) {
      pack(at + from * elementSize(m.type), this.#panel, Math.ceil((to - from) / 4) * 4, m.stride, 0, 0)
      return
    }
    const scales = m.scales + column * m.scaleStride
    for (let group = from; group < to; group += GROUP)
      pack(
        at + group * elementSize(m.type),
        this.#panel + (group - from) * COLUMNS * 4,
        GROUP,
        m.stride,
        scales + (group / GROUP) * 4,
        m.scaleStride,
      )
  }

  /** Columns `column` .. of W in the rows from .. to. */
  #along(m: MatrixPlace, column: number, from: number, to: number): void {
    const inGroup = column % GROUP
    const above = m.type === 'nibbles' && inGroup >= GROUP / 2
    const offset =
      m.type === 'nibbles' ? (column - inGroup) / 2 + (inGroup % (GROUP / 2)) : column * elementSize(m.type)
    this.kernels[`packAlong${m.type}`](
      m.at + from * m.stride + offset,
      this.#panel,
      to - from,
      m.stride,
      m.scales + from * m.scaleStride + Math.floor(column / GROUP) * 4,
      m.scaleStride,
      above ? 8 : 12,
    )
  }
}

/** Of about equal size, that an inner product is cut into: whole groups that share a scale. */
function pieces(depth: number): [number, number][] {
  const groups = Math.ceil(depth / GROUP)
  return stretches(groups, Math.ceil(depth / DEPTH)).map(([from, to]) => [
    from * GROUP,
    Math.min(depth, to * GROUP),
  ])
}
