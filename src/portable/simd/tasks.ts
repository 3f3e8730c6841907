/**
 * What threads do over a model's memory beside products: a task falls into parts, each of which writes what is its own, so that it
 * makes no difference to any bit which thread computes it. Plain numbers, told through the memory.
 */
import { uniform } from '../../lib/threefry.ts'
import { Attending, type AttentionTask, type TreeTask } from './attending.ts'
import { type AttentionPlace, QUERIES } from './attention-place.ts'
import { ROWS } from './kernels.ts'
import { type Multiplier, type PlacedProduct, partsOf } from './multiplier.ts'

/** Floats that a part passes over, about: some tens of microseconds. */
const PART_FLOATS = 16_384
const PART_PANELS = 16

/** Addresses in bytes, of floats; `rows` pieces of `width` behind one another. */
export type Task =
  | ({ kind: 'product' } & PlacedProduct)
  /** See `Multiplier.pack`. */
  | { kind: 'pack'; x: number; stride: number; rows: number; depth: number; packed: number }
  /** See `Multiplier.packTurned`. */
  | { kind: 'packTurned'; x: number; stride: number; rows: number; depth: number; packed: number }
  /** See `norm` in row-kernels.ts, as those that follow. */
  | ({ kind: 'norm'; x: number; y: number; eps: number } & Normed)
  | ({ kind: 'normGrad'; dy: number; x: number; dx: number } & Normed)
  /** Angles of each row, [rows, 2 * half]. */
  | { kind: 'turn'; x: number; angles: number; rows: number; heads: number; half: number; back: boolean }
  | { kind: 'geglu'; gate: number; up: number; out: number; rows: number; width: number }
  | { kind: 'gegluGrad'; gate: number; up: number; inner: number; rows: number; width: number }
  /** out (`add`: +=) the sum of `count` arrays, `apart` bytes from one to the next. */
  | {
      kind: 'sum'
      x: number
      out: number
      count: number
      apart: number
      rows: number
      width: number
      add: boolean
    }
  /** out [rows, kvHeads * width] (`add`: +=): of each kv head the sum over its group of x [rows, width], `apart` bytes from one to the next. */
  | {
      kind: 'sumHeads'
      x: number
      out: number
      group: number
      kvHeads: number
      apart: number
      rows: number
      width: number
      add: boolean
    }
  /** out (`add`: +=) x times the factors of inverted dropout; `stride` bytes from a row to the next. */
  | ({
      kind: 'drop'
      x: number
      out: number
      rows: number
      width: number
      stride: number
      add: boolean
    } & Drop)
  /** out (`add`: +=) x times the f64 at `factor`; strides: bytes from a row to the next. */
  | ({ kind: 'scale' } & Scaled)
  /** The same of x transposed, [width, rows]. */
  | ({ kind: 'scaleTurned' } & Scaled)
  /** See `adamw` in adamw-kernel.ts; `rows` parameters, of width 1. */
  | {
      kind: 'adamw'
      value: number
      gradient: number
      m: number
      v: number
      factors: number
      rows: number
      width: 1
    }
  | ({ kind: 'attend' } & AttentionTask)
  | ({ kind: 'attendTree' } & TreeTask)
  /** In the place of `out`: its gradient, then that of q; see `Attending.gradient`. */
  | ({ kind: 'attendGrad'; dk: number; dv: number; apart: number } & AttentionTask)

interface Normed {
  scale: number
  /** [rows]. */
  r: number
  /** What is added; 0 for nothing. */
  base: number
  rows: number
  width: number
}

interface Scaled {
  x: number
  xStride: number
  out: number
  outStride: number
  rows: number
  width: number
  factor: number
  add: boolean
}

/** See `Dropout` in forward.ts. */
interface Drop {
  keep: number
  seed: number
  counter: number
  site: number
}

/** Into how many parts a task falls. */
export function taskParts(task: Task, attending: Attending | null): number {
  switch (task.kind) {
    case 'product':
      return partsOf(task.mode, task.matrix)
    case 'pack':
      return Math.ceil(task.rows / ROWS / PART_PANELS)
    case 'packTurned':
      return 1
    case 'turn':
      return Math.ceil(task.rows / rowsOf(task.heads * task.half * 2))
    case 'attend':
      return attending!.parts(task)
    case 'attendTree':
      return task.heads * Math.ceil(task.rows / QUERIES)
    case 'attendGrad':
      return task.heads
    default:
      return Math.ceil(task.rows / rowsOf(task.width))
  }
}

const rowsOf = (width: number) => Math.max(1, Math.floor(PART_FLOATS / width))

/** Computes parts of tasks; one for each thread. */
export class TaskParts {
  readonly #memory: WebAssembly.Memory
  readonly #multiplier: Multiplier
  readonly attending: Attending | null

  constructor(
    multiplier: Multiplier,
    memory: WebAssembly.Memory,
    place: AttentionPlace | null,
    thread: number,
  ) {
    this.#multiplier = multiplier
    this.#memory = memory
    this.attending = place && new Attending(multiplier, memory, place, thread)
  }

  part(task: Task, index: number): void {
    const { kernels } = this.#multiplier
    const piece = (width: number): [number, number] => {
      const own = rowsOf(width)
      const { rows } = task as { rows: number }
      return [index * own, Math.min(own, rows - index * own)]
    }
    switch (task.kind) {
      case 'product':
        this.#multiplier.part(task, index)
        break
      case 'pack': {
        const { x, stride, rows, depth, packed } = task
        const end = Math.min(Math.ceil(rows / ROWS), (index + 1) * PART_PANELS)
        this.#multiplier.pack(x, stride, rows, depth, packed, [index * PART_PANELS, end])
        break
      }
      case 'packTurned':
        this.#multiplier.packTurned(task.x, task.stride, task.rows, task.depth, task.packed)
        break
      case 'norm': {
        const { x, y, scale, r, base, width, eps } = task
        const [first, count] = piece(width)
        const at = first * width * 4
        kernels.norm(x + at, y + at, scale, r + first * 4, base && base + at, count, width, eps)
        break
      }
      case 'normGrad': {
        const { dy, x, dx, scale, r, base, width } = task
        const [first, count] = piece(width)
        const at = first * width * 4
        kernels.normGrad(dy + at, x + at, dx + at, scale, r + first * 4, base && base + at, count, width)
        break
      }
      case 'turn': {
        const { x, angles, heads, half, back } = task
        const width = heads * half * 2
        const [first, count] = piece(width)
        for (let row = first; row < first + count; row++)
          kernels.turn(x + row * width * 4, angles + row * half * 8, heads, half, Number(back))
        break
      }
      case 'geglu': {
        const [first, count] = piece(task.width)
        const at = first * task.width * 4
        kernels.geglu(task.gate + at, task.up + at, task.out + at, count * task.width)
        break
      }
      case 'gegluGrad': {
        const [first, count] = piece(task.width)
        const at = first * task.width * 4
        kernels.gegluGrad(task.gate + at, task.up + at, task.inner + at, count * task.width)
        break
      }
      case 'sum': {
        const { x, out, width, apart, add } = task
        const [first, count] = piece(width)
        const [at, floats] = [first * width * 4, count * width]
        if (!add) this.#floats(out + at, floats).set(this.#floats(x + at, floats))
        for (let i = add ? 0 : 1; i < task.count; i++) kernels.plus(out + at, x + at + i * apart, floats)
        break
      }
      case 'sumHeads': {
        const [first, count] = piece(task.width)
        for (let row = first; row < first + count; row++) this.#sumHeads(task, row)
        break
      }
      case 'drop': {
        const [first, count] = piece(task.width)
        for (let row = first; row < first + count; row++) this.#drop(task, row)
        break
      }
      case 'scale':
      case 'scaleTurned': {
        const [first, count] = piece(task.width)
        for (let row = first; row < first + count; row++) this.#scale(task, row)
        break
      }
      case 'adamw': {
        const [first, count] = piece(1)
        const [value, gradient, m, v] = [task.value, task.gradient, task.m, task.v].map(
          (at) => at + first * 4,
        ) as [number, number, number, number]
        // Behind the last there is room.
        kernels.adamw(value, gradient, m, v, task.factors, count + (count % 2))
        break
      }
      case 'attend':
        this.attending!.forward(task, index)
        break
      case 'attendTree':
        this.attending!.along(task, index)
        break
      case 'attendGrad':
        this.attending!.gradient(task, index)
        break
    }
  }

  #sumHeads({ x, out, group, kvHeads, apart, width, add }: Task & { kind: 'sumHeads' }, row: number): void {
    for (let head = 0; head < kvHeads; head++) {
      const to = out + (row * kvHeads + head) * width * 4
      const from = x + head * group * apart + row * width * 4
      if (!add) this.#floats(to, width).set(this.#floats(from, width))
      for (let i = add ? 0 : 1; i < group; i++) this.#multiplier.kernels.plus(to, from + i * apart, width)
    }
  }

  #drop(
    { x, out, width, stride, add, keep, seed, counter, site }: Task & { kind: 'drop' },
    row: number,
  ): void {
    const [from, to] = [this.#floats(x + row * stride, width), this.#floats(out + row * stride, width)]
    const factor = Math.fround(1 / keep)
    for (let i = 0; i < width; i++) {
      const value = uniform(seed, counter, site, row * width + i) < keep ? Math.fround(from[i]! * factor) : 0
      to[i] = add ? to[i]! + value : value
    }
  }

  #scale(
    { kind, x, xStride, out, outStride, width, factor, add }: Task & { kind: 'scale' | 'scaleTurned' },
    row: number,
  ): void {
    const by = new Float64Array(this.#memory.buffer, factor, 1)[0]!
    const to = this.#floats(out + row * outStride, width)
    const turned = kind === 'scaleTurned'
    const step = turned ? xStride / 4 : 1
    const from = turned
      ? this.#floats(x + row * 4, (width - 1) * step + 1)
      : this.#floats(x + row * xStride, width)
    for (let i = 0; i < width; i++) {
      const value = from[i * step]! * by
      to[i] = add ? to[i]! + value : value
    }
  }

  #floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer as ArrayBuffer, at, count)
  }
}
