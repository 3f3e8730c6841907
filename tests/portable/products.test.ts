import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { noise } from '../../bench/random.ts'
import { f32ToBf16, f32ToF16 } from '../../src/lib/bf16.ts'
import { BLOCK_BYTES, GROUP, isBlocked } from '../../src/lib/storage.ts'
import { quantise } from '../../src/model/quantise.ts'
import { widen } from '../../src/model/weights.ts'
import { hasFma } from '../../src/portable/simd/kernels.ts'
import { matrixBytes, operandWidth, productsLayout } from '../../src/portable/simd/matrices.ts'
import { type CrewPort, Products } from '../../src/portable/simd/products.ts'
import type { WeightType } from '../../src/protocol/model.ts'
import { nodeThread, threadsRunning } from '../support/threads.ts'

interface Case {
  type: WeightType
  out: number
  in: number
}

// Sizes that are no multiples of a panel, a unit, a part or a piece of depth; and one that is of all.
const CASES: Case[] = [
  { type: 'BF16', out: 101, in: 77 },
  { type: 'F16', out: 515, in: 40 },
  { type: 'F32', out: 37, in: 450 },
  { type: 'BF16', out: 640, in: 2048 },
  { type: 'Q8_0', out: 515, in: 192 },
  { type: 'Q4_0', out: 68, in: 832 },
]

function stored(type: WeightType, values: Float32Array<ArrayBuffer>) {
  if (isBlocked(type)) {
    const bytes = new Uint8Array((values.length / GROUP) * BLOCK_BYTES[type])
    quantise(type, values, bytes)
    return { bytes, widened: widen(bytes, type) }
  }
  const data = type === 'F32' ? values : type === 'BF16' ? f32ToBf16(values) : f32ToF16(values)
  const bytes = new Uint8Array(data.buffer)
  return { bytes, widened: widen(bytes, type) }
}

/** In f64. */
function reference(x: Float32Array, w: Float32Array, rows: number, c: Case, backward: boolean): Float64Array {
  const [from, to] = backward ? [c.out, c.in] : [c.in, c.out]
  const y = new Float64Array(rows * to)
  for (let row = 0; row < rows; row++)
    for (let o = 0; o < to; o++) {
      let sum = 0
      for (let i = 0; i < from; i++) sum += x[row * from + i]! * w[backward ? i * c.in + o : o * c.in + i]!
      y[row * to + o] = sum
    }
  return y
}

const worst = (got: ArrayLike<number>, want: ArrayLike<number>) =>
  Array.from(got).reduce((most, value, i) => {
    const error = Math.abs(value - want[i]!)
    return error <= most ? most : error
  }, 0)

async function opened(
  cases: readonly Case[],
  rows: number,
  threads = 1,
  openPort?: () => CrewPort,
  patience?: number,
) {
  const shapes = cases.map((c) => ({ type: c.type, rows: c.out, cols: c.in }))
  const products = await Products.open(shapes, productsLayout(shapes, rows, threads), {
    threads,
    fma: hasFma(),
    ...(openPort && { openPort }),
    ...(patience !== undefined && { patience }),
  })
  const widened = cases.map((c, i) => {
    const { bytes, widened } = stored(c.type, noise(c.out * c.in, 3 + i))
    const half = Math.floor(c.out / 2) * (bytes.length / c.out)
    products.matrices[i]!.write(0, bytes.subarray(0, half))
    products.matrices[i]!.write(Math.floor(c.out / 2), bytes.subarray(half))
    return widened
  })
  return { products, widened }
}

/** A thread that takes a part, which it does not put down: it breaks off and says so, or it is gone. */
function thief(says: boolean): CrewPort {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    parentPort.once('message', ({ memory }) => {
      const [left, done, broken] = [1, 2, 3]
      const state = new Int32Array(memory.buffer)
      parentPort.postMessage(null)
      while (Atomics.load(state, left) <= 0 || Atomics.sub(state, left, 1) <= 0);
      if (!${says}) return
      Atomics.store(state, broken, 1)
      Atomics.add(state, done, 1)
      Atomics.notify(state, done)
    })`,
    { eval: true },
  )
  const port: CrewPort = {
    onmessage: null,
    onerror: null,
    postMessage: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  }
  worker.on('message', (data) => port.onmessage?.({ data }))
  return port
}

describe('products of stored matrices', () => {
  for (const c of CASES)
    test(`${c.type}, ${c.out} by ${c.in}`, async () => {
      const { products, widened } = await opened([c], 300)
      const row = new Float32Array(c.in)
      products.matrices[0]!.widen(c.out - 1, row, 0)
      expect(row).toEqual(widened[0]!.slice((c.out - 1) * c.in))
      for (const backward of [false, true])
        for (const rows of [1, 7, 9, c.out * c.in > 1e6 ? 20 : 261]) {
          const [from, to] = backward ? [c.out, c.in] : [c.in, c.out]
          const x = noise(rows * from, 5)
          const y = new Float32Array(rows * to)
          products.multiply(0, x, y, rows, backward)
          const error = worst(y, reference(x, widened[0]!, rows, c, backward))
          expect(error, `${rows} rows, ${backward ? 'backward' : 'forward'}`).toBeLessThan(2e-6 * from)
          // The same again: nothing is left of the first.
          const again = new Float32Array(rows * to)
          products.multiply(0, x, again, rows, backward)
          expect(again).toEqual(y)
        }
    })

  test('of few rows have the bits of each row by itself', async () => {
    for (const c of CASES) {
      const { products } = await opened([c], 8)
      const x = noise(8 * c.in, 5)
      const all = new Float32Array(8 * c.out)
      products.multiply(0, x, all, 8)
      for (let row = 0; row < 8; row++) {
        const one = new Float32Array(c.out)
        products.multiply(0, x.subarray(row * c.in, (row + 1) * c.in), one, 1)
        expect(one).toEqual(all.slice(row * c.out, (row + 1) * c.out))
      }
    }
  })

  test('of blocks have the bits of the values that they stand for', async () => {
    for (const type of ['Q8_0', 'Q4_0'] as const) {
      const { bytes, widened } = stored(type, noise(96 * 128, 3))
      const found = await Promise.all(
        (
          [
            [type, bytes, false],
            [type, bytes, true],
            ['F32', new Uint8Array(widened.buffer as ArrayBuffer), false],
          ] as const
        ).map(async ([stored, given, wide]) => {
          const shapes = [{ type: stored, rows: 96, cols: 128, wide }]
          const products = await Products.open(shapes, productsLayout(shapes, 20, 1), {
            threads: 1,
            fma: hasFma(),
          })
          products.matrices[0]!.write(0, given)
          return [1, 20].flatMap((rows) => {
            const [y, dx] = [new Float32Array(rows * 96), new Float32Array(rows * 128)]
            products.multiply(0, noise(rows * 128, 5), y, rows)
            products.multiply(0, noise(rows * 96, 6), dx, rows, true)
            return [y, dx]
          })
        }),
      )
      expect(found[0]).toEqual(found[2])
      expect(found[1]).toEqual(found[2])
    }
  })

  test('four bits take half a byte, but where the head reads them', () => {
    const bytes = (wide: boolean) => matrixBytes({ type: 'Q4_0', rows: 64, cols: 64, wide })
    const scales = ((64 * 64) / GROUP) * 4
    expect([bytes(false), bytes(true)]).toEqual([(64 * 64) / 2 + scales, 64 * 64 + scales])
  })

  test('memory that is not given is said so', async () => {
    const huge = { type: 'F32', rows: 2 ** 22, cols: 2048 } as const
    const layout = productsLayout([huge], 1, 1)
    await expect(Products.open([huge], layout, { threads: 1, fma: false })).rejects.toThrow(RangeError)
  })
})

describe('on several threads', () => {
  const port = (): CrewPort => nodeThread('src/portable/simd/crew.worker.ts')

  test('the same bits on any number of them', async () => {
    const results = async (threads: number) => {
      const { products } = await opened(CASES, 29, threads, port)
      expect(products.others).toBe(threads - 1)
      const found = CASES.flatMap((c, matrix) =>
        [1, 8, 29].flatMap((rows) =>
          [false, true].map((backward) => {
            const [from, to] = backward ? [c.out, c.in] : [c.in, c.out]
            const y = new Float32Array(rows * to)
            for (let turn = 0; turn < 4; turn++)
              products.multiply(matrix, noise(rows * from, turn), y, rows, backward)
            return y
          }),
        ),
      )
      products.dispose()
      return found
    }
    const alone = await results(1)
    expect(await results(2)).toEqual(alone)
    expect(await results(4)).toEqual(alone)
    expect(threadsRunning()).toBe(0)
  })

  test('the same bits where one of them computes by itself, and the others nothing', async () => {
    const { products } = await opened(CASES, 8, 2, port)
    const { input, output } = products.layout
    const ones = CASES.map((c, matrix) => {
      const width = operandWidth(c.in)
      products.floats(input, 8 * width).fill(0)
      products.floats(input, 5 * width).set(noise(5 * width, matrix))
      const y = operandWidth(c.out)
      const found = [true, false].map((alone) => {
        products.floats(output, 5 * y).fill(0)
        const strides = { xStride: width * 4, yStride: y * 4 }
        products.run([{ matrix, mode: 'rows', x: input, y: output, rows: 5, ...strides }], alone)
        return products.floats(output, 5 * y).slice()
      })
      expect(found[0]!.some((value) => value !== 0)).toBe(true)
      expect(found[0]).toEqual(found[1])
      return found[0]
    })
    expect(ones).toHaveLength(CASES.length)
    products.dispose()
  })

  test.each(['stops', 'is never heard of again'])(
    'one that %s with a part in its hands is told of, and done without',
    async (how) => {
      const [c] = CASES as [Case]
      const x = noise(29 * c.in, 5)
      const y = () => {
        const found = new Float32Array(29 * c.out)
        products.multiply(0, x, found, 29)
        return found
      }
      const { products } = await opened([c], 29, 2, () => thief(how === 'stops'), 2)
      expect(products.others).toBe(1)
      const until = () => {
        // It may come too late for a part of the first ones.
        for (let round = 0; round < 100_000; round++) y()
      }
      expect(until).toThrow(/stopped in the middle/)
      expect(products.others).toBe(0)
      const { products: alone } = await opened([c], 29)
      const want = new Float32Array(29 * c.out)
      alone.multiply(0, x, want, 29)
      expect(y()).toEqual(want)
    },
  )

  test('where they cannot begin, one does all', async () => {
    const refused = () => {
      throw new Error('no workers here')
    }
    const { products } = await opened(CASES, 8, 4, refused)
    expect(products.others).toBe(0)
    products.multiply(0, new Float32Array(77), new Float32Array(101), 1)
  })
})
