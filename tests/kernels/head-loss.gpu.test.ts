import { describe, expect, test } from 'vitest'
import { planMemory } from '../../src/gpu/memory.ts'
import { Tape, type Tensor } from '../../src/gpu/tape.ts'
import { KernelTimer } from '../../src/gpu/timing.ts'
import { headLoss } from '../../src/kernels/head-loss.ts'
import { shardShape, type WeightFormat } from '../../src/kernels/weight.ts'
import { extendedContext, sharedContext } from '../support/gpu.ts'
import { type Arrays, checkOperation, type OperationCase, runOperation } from '../support/operation.ts'
import { headInputs, weightOf } from './head-support.ts'

interface Shape {
  vocab: number
  hidden: number
  rows: number
  format: WeightFormat
  shards: number
  softCap: number | null
  gradient?: boolean
  /** Largest logits, roughly. */
  spread?: number
  maxRows?: number
  tie?: boolean
  choice?: string
}

const LOSS_SCALE = 0.37

function headCase(s: Shape): OperationCase {
  const gradient = s.gradient ?? true
  const { inputs, values } = headInputs({ ...s, spread: s.spread ?? 4 })
  if (s.tie) {
    // The label shares its row of W with another word: a hit only for the lower of the two.
    const [low, high] = [3, s.vocab - 2]
    const { labels } = values
    for (let n = 0; n < labels.length; n++) labels[n] = n % 2 ? low : high
  }
  const cap = (z: number) => (s.softCap ? s.softCap * Math.tanh(z / s.softCap) : z)
  const forward = (h: Float64Array) => {
    const logProbability = new Float64Array(s.rows)
    const hit = new Float64Array(s.rows)
    for (let n = 0; n < s.rows; n++) {
      const label = values.labels[n]!
      if (label >= s.vocab) continue
      const z = new Float64Array(s.vocab)
      for (let v = 0; v < s.vocab; v++) {
        let dot = 0
        for (let k = 0; k < s.hidden; k++) dot += h[n * s.hidden + k]! * values.weight[v * s.hidden + k]!
        z[v] = cap(dot)
      }
      const top = z.reduce((a, b) => Math.max(a, b))
      logProbability[n] = z[label]! - top - Math.log(z.reduce((a, b) => a + Math.exp(b - top), 0))
      hit[n] = z.indexOf(top) === label ? 1 : 0
    }
    return { logProbability, hit }
  }
  return {
    name: 'head loss',
    live: { supervised: s.rows },
    scalars: { loss_scale: LOSS_SCALE },
    inputs: { ...inputs, h: { ...inputs.h!, grad: gradient } },
    build: (tape, t) => ({
      ...headLoss(tape, t.h!, weightOf(s, t), {
        rows: 'supervised',
        labels: t.labels!,
        softCap: s.softCap,
        gradient,
        name: 'head',
        ...(s.maxRows ? { maxRows: s.maxRows } : {}),
      }),
    }),
    reference: ({ h }: Arrays) => forward(h!),
    objective: ({ h }) => -LOSS_SCALE * forward(h!).logProbability.reduce((a, b) => a + b, 0),
    tolerance: 2e-5,
    probes: 24,
    ...(s.choice
      ? { choices: { [`head.${gradient ? 'loss' : 'score'} ${s.hidden} ${s.format}`]: s.choice } }
      : {}),
  }
}

const TINY: Shape = { vocab: 300, hidden: 64, rows: 5, format: 'bf16', shards: 1, softCap: null }
const TILED = [
  'tiled32x128_256',
  'tiled64x128_512',
  'tiled16x128_128',
  'tiled32x64_256',
  'tiled16x128_256',
  'tiled32x256_256',
]

function inputsOf(tape: Tape): Record<string, Tensor> {
  const { inputs } = headCase(TINY)
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [
      name,
      tape.input(name, shape, values instanceof Float32Array ? 'f32' : 'u32'),
    ]),
  )
}

describe('head loss', () => {
  const cases: Shape[] = [
    { vocab: 97, hidden: 64, rows: 1, format: 'f32', shards: 1, softCap: null },
    { vocab: 512, hidden: 96, rows: 5, format: 'bf16', shards: 2, softCap: null },
    { vocab: 1000, hidden: 160, rows: 37, format: 'bf16', shards: 3, softCap: 30 },
    { vocab: 1000, hidden: 64, rows: 33, format: 'f16', shards: 2, softCap: 5 },
    { vocab: 1031, hidden: 96, rows: 3, format: 'f32', shards: 3, softCap: null, spread: 60 },
    { vocab: 600, hidden: 64, rows: 9, format: 'bf16', shards: 1, softCap: 30, spread: 60 },
    { vocab: 1000, hidden: 64, rows: 6, format: 'bf16', shards: 2, softCap: null, tie: true },
    { vocab: 1000, hidden: 96, rows: 35, format: 'bf16', shards: 3, softCap: 30, gradient: false },
    { vocab: 97, hidden: 64, rows: 2, format: 'f16', shards: 1, softCap: null, gradient: false },
  ]
  for (const s of cases) test(JSON.stringify(s), () => checkOperation(headCase(s)))

  const tiled: (Shape & { choice: string })[] = [
    ...TILED.map((choice) => ({ ...TINY, choice })),
    { ...TINY, vocab: 1031, hidden: 96, rows: 35, shards: 2, choice: 'tiled32x128_256' },
    { ...TINY, vocab: 400, hidden: 160, format: 'f32', softCap: 5, spread: 60, choice: 'tiled32x128_256' },
    { ...TINY, vocab: 700, rows: 6, format: 'f16', shards: 2, tie: true, choice: 'tiled32x128_256' },
    { ...TINY, vocab: 700, rows: 34, shards: 2, softCap: 30, gradient: false, choice: 'tiled32x128_256' },
    { ...TINY, hidden: 800, choice: 'tiled16x128_256' },
    { ...TINY, hidden: 1568, choice: 'tiled8x128_256' },
  ]
  for (const s of tiled)
    test(JSON.stringify(s), async () => {
      const context = await extendedContext()
      // What an adapter cannot run is never chosen on it.
      const invocations = Number(s.choice.split('_')[1])
      if (invocations > context.gpu.limits.maxComputeInvocationsPerWorkgroup) return
      await checkOperation({ ...headCase(s), context, probes: 12 })
    })

  test('every variant is a case above', () => {
    const tape = new Tape()
    const inputs = inputsOf(tape)
    tape.requireGrad(inputs.h!)
    headCase(TINY).build(tape, inputs)
    expect(Object.keys([...tape.asked.values()][0]!)).toEqual(['plain', ...TILED])
  })

  test('variants are timed by a smaller trial', async () => {
    const context = await sharedContext()
    const capacity = { tokens: 0, supervised: 3000, sequences: 0 }
    const tape = new Tape({}, capacity)
    const h = tape.input('h', ['supervised', 64])
    tape.requireGrad(h)
    const tensor = tape.input('w', shardShape('bf16', 200_000, 64), 'u32')
    const labels = tape.input('labels', ['supervised'], 'u32')
    headLoss(
      tape,
      h,
      {
        rows: 200_000,
        cols: 64,
        format: 'bf16',
        shards: [{ tensor, firstRow: 0, rows: 200_000 }],
      },
      { rows: 'supervised', labels, softCap: null, gradient: true, name: 'head' },
    )
    const whole = tape.dispatches[0]!.kernel
    const trial = whole.trial!()
    expect(Object.keys(trial.bindings)).toEqual(Object.keys(whole.bindings))
    expect(trial.grid(capacity)).toEqual(whole.grid(capacity))
    expect(trial.cost!(capacity).flops).toBeLessThan(whole.cost!(capacity).flops / 100)
    const live = { ...capacity, supervised: 40 }
    const timer = new KernelTimer(context)
    context.gpu.device.pushErrorScope('validation')
    expect(await timer.time(trial, live, 1e-6)).toBeGreaterThan(0)
    expect(await context.gpu.device.popErrorScope()).toBeNull()
    timer.dispose()
  })

  test('no splits where the capacity is large', () =>
    checkOperation(
      headCase({ vocab: 1000, hidden: 64, rows: 7, format: 'bf16', shards: 2, softCap: null, maxRows: 9000 }),
    ))

  test('rows without a word as label are left out', () => {
    const c = headCase({ vocab: 97, hidden: 64, rows: 4, format: 'f32', shards: 1, softCap: null })
    c.inputs.labels!.values![2] = 0xffffff9c
    return checkOperation(c)
  })

  test('two runs give the same bits', async () => {
    const s: Shape = { vocab: 1000, hidden: 96, rows: 37, format: 'bf16', shards: 2, softCap: null }
    const [a, b] = [await runOperation(headCase(s), false), await runOperation(headCase(s), false)]
    expect(b.outputs).toEqual(a.outputs)
    expect(b.grads).toEqual(a.grads)
  })

  test('8,192 rows at 262,144 x 640 plan at most 64 MiB', () => {
    const capacity = { tokens: 0, supervised: 8192, sequences: 0 }
    const tape = new Tape({}, capacity)
    const h = tape.input('h', ['supervised', 640])
    tape.requireGrad(h)
    const shards = [0, 1, 2].map((i) => {
      const rows = i < 2 ? 87_382 : 262_144 - 2 * 87_382
      const tensor: Tensor = tape.input(`w${i}`, shardShape('bf16', rows, 640), 'u32')
      return { tensor, firstRow: i * 87_382, rows }
    })
    headLoss(
      tape,
      h,
      { rows: 262_144, cols: 640, format: 'bf16', shards },
      {
        rows: 'supervised',
        labels: tape.input('labels', ['supervised'], 'u32'),
        softCap: null,
        gradient: true,
        name: 'head',
      },
    )
    const layout = planMemory(tape.dispatches, capacity)
    expect(layout.bytes).toBeGreaterThan(20 * 2 ** 20)
    expect(layout.bytes).toBeLessThanOrEqual(64 * 2 ** 20)
    expect(layout.largestBinding).toBeLessThanOrEqual(128 * 2 ** 20)
  })
})
