import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { noise } from '../../bench/random.ts'
import { f32ToBf16, f32ToF16 } from '../../src/lib/bf16.ts'
import { BLOCK_BYTES, GROUP, isBlocked } from '../../src/lib/storage.ts'
import { quantise } from '../../src/model/quantise.ts'
import { blockedElements, hostSize, widenInto } from '../../src/model/stored.ts'
import { widen } from '../../src/model/weights.ts'
import { openBackend } from '../../src/portable/backend.ts'
import { kernelsOver } from '../../src/portable/simd/kernels.ts'
import { SimdHead } from '../../src/portable/simd/simd-head.ts'
import { threadOver } from '../../src/portable/simd/thread.ts'
import type { ThreadPort } from '../../src/portable/simd/threads.ts'
import type { WeightType } from '../../src/protocol/model.ts'

const pause = async () => {}

interface Case {
  type: WeightType
  vocab: number
  hidden: number
  words: number
  rows: number
}

// Sizes that are no multiples of a panel, a tile, a block of rows or a piece of depth; and one that is of all.
const CASES: Case[] = [
  { type: 'BF16', vocab: 1000, hidden: 77, words: 256, rows: 13 },
  { type: 'F16', vocab: 515, hidden: 40, words: 256, rows: 3 },
  { type: 'F32', vocab: 2049, hidden: 450, words: 512, rows: 261 },
  { type: 'BF16', vocab: 2048, hidden: 64, words: 1024, rows: 256 },
  { type: 'Q8_0', vocab: 515, hidden: 192, words: 256, rows: 13 },
  { type: 'Q4_0', vocab: 515, hidden: 448, words: 256, rows: 3 },
]

function stored(type: WeightType, values: Float32Array<ArrayBuffer>) {
  if (isBlocked(type)) {
    const blocks = new Uint8Array((values.length / GROUP) * BLOCK_BYTES[type])
    quantise(type, values, blocks)
    const bytes = new Uint8Array(hostSize(type, values.length))
    blockedElements(type, values.length, bytes).fill(0, blocks)
    return { bytes, widened: widen(blocks, type) }
  }
  const data = type === 'F32' ? values : type === 'BF16' ? f32ToBf16(values) : f32ToF16(values)
  const widened = new Float32Array(values.length)
  widenInto({ type, data }, 0, widened, 0, widened.length)
  return { bytes: new Uint8Array(data.buffer), widened }
}

/** In f64, all words at once. */
function reference(h: Float32Array, w: Float32Array, { rows, vocab, hidden }: Case) {
  const [logSum, best] = [new Float64Array(rows), new Int32Array(rows)]
  const mean = new Float64Array(rows * hidden)
  for (let row = 0; row < rows; row++) {
    const z = Float64Array.from({ length: vocab }, (_, word) => {
      let sum = 0
      for (let i = 0; i < hidden; i++) sum += h[row * hidden + i]! * w[word * hidden + i]!
      return sum
    })
    const top = z.reduce((a, b) => Math.max(a, b))
    best[row] = z.indexOf(top)
    const p = z.map((x) => Math.exp(x - top))
    const sum = p.reduce((a, b) => a + b)
    logSum[row] = top + Math.log(sum)
    p.forEach((share, word) => {
      for (let i = 0; i < hidden; i++) mean[row * hidden + i]! += (share / sum) * w[word * hidden + i]!
    })
  }
  return { logSum, best, mean }
}

describe('the head in WebAssembly', () => {
  for (const c of CASES)
    test(`${c.type}, ${c.vocab} words by ${c.hidden}, ${c.rows} rows`, async () => {
      const { bytes, widened } = stored(c.type, noise(c.vocab * c.hidden, 3))
      const h = noise(c.rows * c.hidden, 5).map((x) => x / 4)
      const head = SimdHead.alone(c.vocab, c.hidden, c.type, c.words, c.rows)
      head.matrix.set(bytes)
      const want = reference(h, widened, c)
      // Twice: nothing of the first pass may be left in the second.
      for (const gradient of [true, true]) {
        const got = await head.pass(h, gradient, pause)
        expect([...got.best]).toEqual([...want.best])
        for (let row = 0; row < c.rows; row++) {
          const error = Math.abs(got.top[row]! + Math.log(got.sum[row]!) - want.logSum[row]!)
          if (!(error <= 2e-5)) expect.fail(`row ${row}: log-sum-exp is off by ${error}`)
        }
        let worst = 0
        want.mean.forEach((x, i) => {
          const error = Math.abs(got.dh![i]! / got.sum[Math.floor(i / c.hidden)]! - x)
          if (!(error <= worst)) worst = error
        })
        expect(worst).toBeLessThan(2e-5)
      }
      expect((await head.pass(h, false, pause)).dh).toBeNull()
    })

  test('the lowest of equal words is the best, in whichever tile', async () => {
    const head = SimdHead.alone(600, 8, 'F32', 256, 1)
    const w = new Float32Array(600 * 8)
    for (const word of [300, 301, 599]) w[word * 8] = 1
    head.matrix.set(new Uint8Array(w.buffer))
    expect((await head.pass(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0), false, pause)).best[0]).toBe(300)
  })

  test('what is far below the top counts as nothing, and NaN is not lost', async () => {
    const head = SimdHead.alone(256, 4, 'F32', 256, 2)
    const w = new Float32Array(256 * 4).fill(-50)
    w.fill(50, 0, 4)
    head.matrix.set(new Uint8Array(w.buffer))
    const { top, sum, dh } = await head.pass(Float32Array.of(1, 1, 1, 1, Number.NaN, 0, 0, 0), true, pause)
    expect([top[0], sum[0], dh![0]]).toEqual([200, 1, 50])
    expect(Math.log(sum[1]!)).not.toSatisfy(Number.isFinite)
  })

  test('memory that is not given is said so', () => {
    expect(() => SimdHead.alone(2 ** 22, 2048, 'F32', 1024, 256)).toThrow(RangeError)
  })
})

test.each(['F32', 'BF16', 'F16', 'steps'] as const)(
  '%s: panels packed four elements at a time are those packed one by one',
  (type) => {
    const memory = new WebAssembly.Memory({ initial: 2 })
    const kernels = kernelsOver(memory)
    const [depth, columns] = [64, 8]
    const size = type === 'F32' ? 4 : type === 'steps' ? 1 : 2
    const values = noise(depth * depth, 3)
    const elements =
      type === 'F32'
        ? values
        : type === 'steps'
          ? Int8Array.from(values, (x) => x * 50)
          : type === 'BF16'
            ? f32ToBf16(values)
            : f32ToF16(values)
    new Uint8Array(memory.buffer).set(new Uint8Array(elements.buffer))
    const [scales, panel, floats] = [depth * depth * 4, 2 ** 16, columns * depth]
    new Float32Array(memory.buffer, scales, (depth * depth) / GROUP).set(noise((depth * depth) / GROUP, 5))
    const packed = (pack: () => void) => {
      const own = new Float32Array(memory.buffer, panel, floats).fill(Number.NaN)
      pack()
      return own.slice()
    }
    const row = depth * size
    const one = kernels[`packRight${type}`]
    // Of a matrix whose beginning is at 0: rows 8 .. 16, then columns 40 .. 48.
    const across = packed(() => one(8 * row, panel, depth, size, row, columns, scales))
    const along = packed(() => one(40 * size, panel, depth, row, size, columns, scales))
    expect(across.every(Number.isFinite)).toBe(true)
    expect(across).not.toEqual(along)
    const groups = type === 'steps' ? [0, GROUP] : [0]
    const count = depth / groups.length
    const scaleStride = (depth / GROUP) * 4
    expect(
      packed(() => {
        for (const group of groups)
          kernels[`packAcross${type}`](
            8 * row + group,
            panel + group * columns * 4,
            count,
            row,
            scales + 8 * scaleStride + (group / GROUP) * 4,
            scaleStride,
          )
      }),
    ).toEqual(across)
    expect(
      packed(() => kernels[`packAlong${type}`](40 * size, panel, depth, row, scales + 4, scaleStride, 0)),
    ).toEqual(along)
    // And a left operand's.
    new Float32Array(memory.buffer).set(values)
    expect(packed(() => kernels.packFour(16, panel, depth, depth * 4)).subarray(0, 4 * depth)).toEqual(
      packed(() => kernels.packLeft(16, panel, depth, depth * 4)).subarray(0, 4 * depth),
    )
  },
)

describe('on several threads', () => {
  const [vocab, hidden, words, rows] = [5000, 72, 512, 300]
  const h = noise(rows * hidden, 5).map((x) => x / 4)
  const { bytes } = stored('BF16', noise(vocab * hidden, 3))
  /** A thread in this one: what it is sent is done when this one waits. */
  const port = (fails = false): ThreadPort => {
    const made: ThreadPort = {
      onmessage: null,
      onerror: null,
      terminate: () => open--,
      postMessage: () => {},
    }
    const answer = threadOver(
      (data) => made.onmessage?.({ data }),
      async () => null,
    )
    made.postMessage = (message) => {
      if (fails && message.kind === 'run') made.onmessage?.({ data: { error: 'broken' } })
      else void Promise.resolve().then(() => answer(message))
    }
    open++
    return made
  }
  let open = 0

  const passed = async (threads: number, openPort?: () => ThreadPort) => {
    const head = SimdHead.alone(vocab, hidden, 'BF16', words, rows, threads, openPort)
    head.matrix.set(bytes)
    try {
      return await head.pass(h, true, pause)
    } finally {
      head.dispose()
    }
  }

  test('the same bits on any number of them, more than there are parts included', async () => {
    const alone = await passed(1)
    for (const threads of [2, 3, 8, 40]) expect(await passed(threads, () => port())).toEqual(alone)
    await Promise.resolve()
    expect(open).toBe(0)
  })

  test('where they cannot begin, one does all', async () => {
    const refused = () => {
      throw new Error('no workers here')
    }
    expect(await passed(4, refused)).toEqual(await passed(1))
  })

  test('one that breaks is an error', async () => {
    await expect(passed(2, () => port(true))).rejects.toThrow('broken')
  })

  test('one that ends by itself, in the middle of its work or before it, is told of, and one does all from there on', async () => {
    for (const early of [true, false]) {
      let end: () => void = () => {}
      const locks = {
        request: async (_: string, __: object, granted: () => void) => {
          end = granted
        },
      }
      vi.stubGlobal('navigator', { locks })
      const dying = (): ThreadPort => {
        const made = port()
        const answer = threadOver(
          (data) => made.onmessage?.({ data }),
          async () => 'its lock',
        )
        made.postMessage = (message) => {
          if (message.kind === 'open') void answer(message)
        }
        return made
      }
      const head = SimdHead.alone(vocab, hidden, 'BF16', words, rows, 2, dying)
      head.matrix.set(bytes)
      const pass = head.pass(h, true, async () => {
        if (!early) end()
      })
      if (early) setTimeout(() => end())
      await expect(pass).rejects.toMatchObject({
        code: 'internal',
        message: expect.stringContaining('has stopped in the middle of its work'),
      })
      vi.unstubAllGlobals()
      expect(await head.pass(h, true, pause)).toEqual(await passed(1))
      expect(open).toBe(0)
    }
  })

  test('a stop between tiles waits for the others', async () => {
    const head = SimdHead.alone(vocab, hidden, 'BF16', words, rows, 2, () => port())
    head.matrix.set(bytes)
    const stop = async () => {
      throw new Error('enough')
    }
    await expect(head.pass(h, true, stop)).rejects.toThrow('enough')
    expect(await head.pass(h, true, pause)).toEqual(await passed(1))
  })
})

describe('its products', () => {
  beforeAll(async () => void (await openBackend()))

  test('are as exact as those of TensorFlow.js', async () => {
    const [rows, hidden, vocab] = [37, 640, 1024]
    const [h, w] = [noise(rows * hidden, 3), noise(vocab * hidden, 5)]
    const head = SimdHead.alone(vocab, hidden, 'F32', 512, rows)
    head.matrix.set(new Uint8Array(w.buffer))
    const { top } = await head.pass(h, false, pause)
    const z = tf.matMul(tf.tensor2d(h, [rows, hidden]), tf.tensor2d(w, [vocab, hidden]), false, true)
    const highest = await tf.max(z, 1).data()
    for (let row = 0; row < rows; row++) expect(top[row]! / highest[row]!).toBeCloseTo(1, 5)
  })
})
