/**
 * Frozen projections with LoRA beside them, as linear.ts states them, and their gradients, without TensorFlow.js: tasks that all
 * threads take part in, over the memory in which the weights lie.
 */
import { projectionSite } from '../model/lora.ts'
import type { Projection } from '../protocol/model.ts'
import type { Adapter } from './adapter.ts'
import type { Dropout } from './forward.ts'
import type { OwnProducts } from './own-products.ts'
import { FACTORS } from './simd/adamw-kernel.ts'
import { pairKey } from './simd/decode-layout.ts'
import { type MatrixPlace, operandWidth, placeOf } from './simd/matrices.ts'
import type { Task } from './simd/tasks.ts'
import { PAIR_FACTORS, type TrainLayout, type TrainPair } from './simd/train-layout.ts'

/** Where a projection of some input goes. */
export interface Projected {
  projection: Projection
  y: number
  width: number
}

/** Of a projection: the gradient of what it gave, what it was given, and where the gradient of that goes (`add`: is added). */
export interface ProjectedGrad extends Projected {
  x: number
  inner: number
  dx: number | null
  add?: boolean
  /** Called when dx is there, before x is read. */
  between?(): void
}

/** Of one batch at a time. */
export class OwnProjections {
  readonly #own: OwnProducts
  readonly #at: TrainLayout
  readonly #adapter: Adapter
  /** The adapter's changes that the pairs in the memory are of. */
  #changes = -1
  #rows = 0
  #adapterOn = false
  #dropout: Dropout | null = null

  constructor(own: OwnProducts, adapter: Adapter) {
    this.#own = own
    this.#at = own.layout.train!
    this.#adapter = adapter
  }

  /** A batch's number of rows, and the adapter as it is now. */
  begin(rows: number, adapterOn: boolean, dropout: Dropout | null): void {
    this.#rows = rows
    this.#adapterOn = adapterOn
    this.#dropout = dropout && dropout.keep < 1 ? dropout : null
    if (adapterOn) this.#follow()
  }

  /** y = x Wᵀ + u (s B)ᵀ of projections of the same x [rows, inner], u = drop(x) Aᵀ. */
  project(layer: number, x: number, inner: number, wanted: readonly Projected[]): void {
    const at = this.#at
    const { products } = this.#own
    const rows = this.#rows
    const stride = operandWidth(inner) * 4
    const pack = (from: number) =>
      ({ kind: 'pack', x: from, stride, rows, depth: inner, packed: at.packed }) as const
    const product = ({ projection, y, width }: Projected) =>
      this.#product(this.#own.place(layer, projection), 'forward', at.packed, y, operandWidth(width))
    const paired = wanted.flatMap((one) => {
      const pair = this.#pair(layer, one.projection)
      return pair ? [{ ...one, pair, low: at.layers[layer]!.low[one.projection] }] : []
    })
    const low = ({ pair, low }: (typeof paired)[number]) =>
      this.#product(pair.a, 'forward', at.packed, low, at.rankWidth)
    this.#run(pack(x))
    products.tasks([...wanted.map(product), ...(this.#dropout ? [] : paired.map(low))])
    if (this.#dropout)
      for (const one of paired) {
        this.#run(this.#drop(layer, one.projection, x, at.dropped, inner))
        this.#run(pack(at.dropped))
        this.#run(low(one))
      }
    products.tasks(
      paired.map(({ low, pair }, i) => this.#packLow('pack', low, pair.a.rows, at.lows[i]!.packed)),
    )
    products.tasks(
      paired.map(({ pair, y, width }, i) =>
        this.#product(pair.b, 'forward', at.lows[i]!.packed, y, operandWidth(width), true),
      ),
    )
  }

  /** g = dy s B; dx (+)= dy W + drop'(g A), dA = gᵀ drop(x), dBᵀ = s uᵀ dy. */
  grad(layer: number, scale: number, of: ProjectedGrad): void {
    const at = this.#at
    const { projection, y: dy, width, x, inner, dx, add = false, between } = of
    const rows = this.#rows
    const [stride, outer] = [operandWidth(inner), operandWidth(width)]
    const pair = this.#pair(layer, projection)
    const [own, other] = at.lows as [TrainLayout['lows'][number], TrainLayout['lows'][number]]
    this.#run({ kind: 'pack', x: dy, stride: outer * 4, rows, depth: width, packed: at.packed })
    this.#run(
      ...(dx
        ? [this.#product(this.#own.place(layer, projection), 'backward', at.packed, dx, stride, add)]
        : []),
      ...(pair ? [this.#product(pair.b, 'backward', at.packed, own.g, at.rankWidth)] : []),
    )
    if (pair) {
      const rank = pair.a.rows
      this.#run(
        this.#packLow('pack', own.g, rank, own.packed),
        this.#packLow('packTurned', own.g, rank, own.turned),
        this.#packLow('packTurned', at.layers[layer]!.low[projection], rank, other.turned),
      )
      if (dx) {
        const dropped = this.#dropout !== null
        this.#run(this.#product(pair.a, 'backward', own.packed, dropped ? at.dropped : dx, stride, !dropped))
        if (dropped) this.#run({ ...this.#drop(layer, projection, at.dropped, dx, inner), add: true })
      }
    }
    between?.()
    if (!pair) return
    const given = this.#dropout ? at.dropped : x
    if (this.#dropout) this.#run(this.#drop(layer, projection, x, given, inner))
    const turned = (packed: number, right: number, cols: number, y: number) => {
      const matrix = placeOf(right, operandWidth(cols) * 4, rows, cols)
      return { ...this.#product(matrix, 'backward', packed, y, operandWidth(cols)), rows: pair.a.rows }
    }
    this.#run(turned(own.turned, given, inner, own.da), turned(other.turned, dy, width, own.db))
    const rank = pair.a.rows
    const { a, b } = this.#adapter.gradientsOf(layer, projection)
    const to = (x: number, xStride: number, out: number, outStride: number) =>
      ({ x, xStride: xStride * 4, out, outStride: outStride * 4, width: outStride, add: true }) as const
    this.#run(
      {
        kind: 'scale',
        ...to(own.da, stride, a.byteOffset, inner),
        rows: rank,
        factor: this.#factor('da', scale),
      },
      {
        kind: 'scaleTurned',
        ...to(own.db, outer, b.byteOffset, rank),
        rows: width,
        factor: this.#factor('db', scale * this.#adapter.scaling),
      },
    )
  }

  /** Has a factor where tasks find it. */
  #factor(which: (typeof PAIR_FACTORS)[number], value: number): number {
    const at = this.#at.adapter.factors + (FACTORS.length + PAIR_FACTORS.indexOf(which)) * 8
    new Float64Array(this.#own.products.memory.buffer, at, 1)[0] = value
    return at
  }

  #product(
    matrix: number | TrainPair['a'],
    mode: 'forward' | 'backward',
    packed: number,
    y: number,
    yWidth: number,
    add = false,
  ): Task & { kind: 'product' } {
    const { products } = this.#own
    return {
      kind: 'product',
      ...products.placed({
        matrix,
        mode,
        x: 0,
        xStride: 0,
        packed,
        y,
        yStride: yWidth * 4,
        rows: this.#rows,
        add,
      }),
    }
  }

  /** Of [rows, rank]: a left operand, or (`packTurned`) of its transpose. */
  #packLow(kind: 'pack' | 'packTurned', x: number, rank: number, packed: number): Task {
    const [rows, depth] = kind === 'pack' ? [this.#rows, rank] : [rank, this.#rows]
    return { kind, x, stride: this.#at.rankWidth * 4, rows, depth, packed }
  }

  #pair(layer: number, projection: Projection): TrainPair | null {
    return this.#adapterOn ? (this.#at.pairs[pairKey(layer, projection)] ?? null) : null
  }

  #drop(layer: number, projection: Projection, x: number, out: number, width: number) {
    const { keep, seed, counter } = this.#dropout!
    return {
      kind: 'drop',
      x,
      out,
      rows: this.#rows,
      width,
      stride: operandWidth(width) * 4,
      add: false,
      keep: Math.fround(keep),
      seed,
      counter,
      site: projectionSite(layer, projection),
    } as const
  }

  #run(...tasks: Task[]): void {
    this.#own.products.tasks(tasks)
  }

  /** Has the adapter's pairs where products find them, as they are now. */
  #follow(): void {
    const adapter = this.#adapter
    if (adapter.changes === this.#changes) return
    this.#changes = adapter.changes
    const [one, scaling] = [this.#factor('one', 1), this.#factor('scaling', adapter.scaling)]
    const tasks = Object.entries(this.#at.pairs).flatMap(([key, pair]) => {
      const [layer, projection] = key.split('.') as [string, Projection]
      const values = adapter.values(Number(layer), projection)
      const to = ({ at, stride, rows, cols }: MatrixPlace, x: Float32Array, factor: number): Task => ({
        kind: 'scale',
        x: x.byteOffset,
        xStride: cols * 4,
        out: at,
        outStride: stride,
        rows,
        width: cols,
        factor,
        add: false,
      })
      return [to(pair.a, values.a, one), to(pair.b, values.b, scaling)]
    })
    this.#run(...tasks)
  }
}
