import { concatBytes } from '../src/lib/concat.ts'

/**
 * Writes ONNX graphs: Protocol Buffers' wire format, the few messages of onnx.proto (IR version 8, opset 17) that a transformer
 * takes. Nodes are added as calls that give the name of their output.
 */
type Field = [number, number | string | Uint8Array]

/** A message of fields in order. Numbers are varints, as they all are here but for floats. */
function message(fields: readonly Field[]): Uint8Array {
  const pieces: Uint8Array[] = []
  for (const [field, value] of fields) {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
    if (typeof bytes === 'number') pieces.push(varint(field << 3), varint(bytes))
    else pieces.push(varint((field << 3) | 2), varint(bytes.length), bytes)
  }
  return concatBytes(pieces)
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  // Negative ones take ten bytes, as 64-bit integers.
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; ) {
    const low = Number(rest & 127n)
    rest >>= 7n
    bytes.push(rest ? low | 128 : low)
    if (!rest) return Uint8Array.from(bytes)
  }
}

const FLOAT = 1
const INT64 = 7
type Size = number | string

export class OnnxGraph {
  readonly #nodes: Field[] = []
  readonly #tensors: Field[] = []
  readonly #inputs: Field[] = []
  readonly #outputs: Field[] = []
  #count = 0

  /** A node of one output; `ints` are attributes that hold whole numbers. */
  op(type: string, inputs: readonly string[], ints: Record<string, number | number[]> = {}): string {
    return this.ops(type, inputs, 1, ints)[0]!
  }

  ops(
    type: string,
    inputs: readonly string[],
    outputs: number,
    ints: Record<string, number | number[]> = {},
  ) {
    const made = Array.from({ length: outputs }, () => `t${this.#count++}`)
    this.#node(type, inputs, made, ints)
    return made
  }

  #node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    ints: Record<string, number | number[]>,
  ) {
    const attributes = Object.entries(ints).map(([name, value]): Field => {
      const [INT, INTS] = [2, 7]
      const held: Field[] = Array.isArray(value) ? value.map((one): Field => [8, one]) : [[3, value]]
      return [5, message([[1, name], ...held, [20, Array.isArray(value) ? INTS : INT]])]
    })
    this.#nodes.push([
      1,
      message([
        ...inputs.map((name): Field => [1, name]),
        ...outputs.map((name): Field => [2, name]),
        [4, type],
        ...attributes,
      ]),
    ])
  }

  floats(values: Float32Array, shape: readonly number[]): string {
    return this.#tensor(FLOAT, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), shape)
  }

  scalar(value: number): string {
    return this.floats(Float32Array.of(value), [])
  }

  /** For shapes and sizes. */
  whole(values: readonly number[]): string {
    return this.#tensor(INT64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer), [values.length])
  }

  #tensor(type: number, bytes: Uint8Array, shape: readonly number[]): string {
    const name = `w${this.#count++}`
    this.#tensors.push([5, message([...shape.map((d): Field => [1, d]), [2, type], [8, name], [9, bytes]])])
    return name
  }

  input(name: string, shape: readonly Size[], type: 'float' | 'int64' = 'float'): string {
    this.#inputs.push([11, valueInfo(name, shape, type === 'float' ? FLOAT : INT64)])
    return name
  }

  output(name: string, from: string, shape: readonly Size[]): void {
    this.#node('Identity', [from], [name], {})
    this.#outputs.push([12, valueInfo(name, shape, FLOAT)])
  }

  bytes(): Uint8Array {
    const graph = message([...this.#nodes, [2, 'model'], ...this.#tensors, ...this.#inputs, ...this.#outputs])
    return message([
      [1, 8],
      [
        8,
        message([
          [1, ''],
          [2, 17],
        ]),
      ],
      [7, graph],
    ])
  }
}

function valueInfo(name: string, shape: readonly Size[], type: number): Uint8Array {
  const sizes = shape.map((size): Field => [1, message([typeof size === 'number' ? [1, size] : [2, size]])])
  const tensor = message([
    [1, type],
    [2, message(sizes)],
  ])
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ])
}
