import { describe, expect, test } from 'vitest'
import { type HeadLossShape, headLossCase } from '../../src/engine/check/head.ts'
import { askedBy, runOperation } from '../../src/engine/check/operation.ts'
import { planMemory } from '../../src/gpu/memory.ts'
import { Tape, type Tensor } from '../../src/gpu/tape.ts'
import { KernelTimer } from '../../src/gpu/timing.ts'
import { headLoss } from '../../src/kernels/head-loss.ts'
import { shardShape } from '../../src/kernels/weight.ts'
import { extendedContext, sharedContext } from '../support/gpu.ts'
import { checkOperation } from '../support/operation.ts'

const TINY: HeadLossShape = { vocab: 300, hidden: 64, rows: 5, format: 'bf16', shards: 1, softCap: null }
const TILED = [
  'tiled32x128_256',
  'tiled64x128_512',
  'tiled16x128_128',
  'tiled32x64_256',
  'tiled16x128_256',
  'tiled32x256_256',
]

describe('head loss', () => {
  const cases: HeadLossShape[] = [
    { vocab: 97, hidden: 64, rows: 1, format: 'f32', shards: 1, softCap: null },
    { vocab: 512, hidden: 96, rows: 5, format: 'bf16', shards: 2, softCap: null },
    { vocab: 1000, hidden: 160, rows: 37, format: 'bf16', shards: 3, softCap: 30 },
    { vocab: 1000, hidden: 64, rows: 33, format: 'f16', shards: 2, softCap: 5 },
    { vocab: 1031, hidden: 96, rows: 3, format: 'f32', shards: 3, softCap: null, spread: 60 },
    { vocab: 600, hidden: 64, rows: 9, format: 'bf16', shards: 1, softCap: 30, spread: 60 },
    { vocab: 1000, hidden: 64, rows: 6, format: 'bf16', shards: 2, softCap: null, tie: true },
    { vocab: 1000, hidden: 96, rows: 35, format: 'bf16', shards: 3, softCap: 30, gradient: false },
    { vocab: 97, hidden: 64, rows: 2, format: 'f16', shards: 1, softCap: null, gradient: false },
    { vocab: 600, hidden: 128, rows: 9, format: 'int8', shards: 2, softCap: null },
    { vocab: 600, hidden: 64, rows: 9, format: 'int4', shards: 2, softCap: 30 },
    { vocab: 600, hidden: 128, rows: 9, format: 'int8', shards: 1, softCap: null, gradient: false },
  ]
  for (const s of cases) test(JSON.stringify(s), () => checkOperation(headLossCase(s)))

  const tiled: (HeadLossShape & { choice: string })[] = [
    ...TILED.map((choice) => ({ ...TINY, choice })),
    { ...TINY, vocab: 1031, hidden: 96, rows: 35, shards: 2, choice: 'tiled32x128_256' },
    { ...TINY, vocab: 400, hidden: 160, format: 'f32', softCap: 5, spread: 60, choice: 'tiled32x128_256' },
    { ...TINY, vocab: 700, rows: 6, format: 'f16', shards: 2, tie: true, choice: 'tiled32x128_256' },
    { ...TINY, vocab: 700, rows: 34, shards: 2, softCap: 30, gradient: false, choice: 'tiled32x128_256' },
    { ...TINY, format: 'int8', choice: 'tiled32x128_256' },
    { ...TINY, format: 'int8', choice: 'tiled32x256_256' },
    { ...TINY, vocab: 1031, hidden: 192, rows: 35, shards: 2, format: 'int4', choice: 'tiled32x128_256' },
    { ...TINY, hidden: 800, choice: 'tiled16x128_256' },
    { ...TINY, hidden: 1568, choice: 'tiled8x128_256' },
  ]
  for (const s of tiled)
    test(JSON.stringify(s), async () => {
      const context = await extendedContext()
      // What an adapter cannot run is never chosen on it.
      const invocations = Number(s.choice.split('_')[1])
      if (invocations > context.gpu.limits.maxComputeInvocationsPerWorkgroup) return
      await checkOperation({ ...headLossCase(s), probes: 12 }, context)
    })

  test('every variant is a case above', () => {
    expect(Object.keys([...askedBy(headLossCase(TINY)).values()][0]!)).toEqual(['plain', ...TILED])
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
      headLossCase({
        vocab: 1000,
        hidden: 64,
        rows: 7,
        format: 'bf16',
        shards: 2,
        softCap: null,
        maxRows: 9000,
      }),
    ))

  test('rows without a word as label are left out', () => {
    const c = headLossCase({ vocab: 97, hidden: 64, rows: 4, format: 'f32', shards: 1, softCap: null })
    c.inputs.labels!.values![2] = 0xffffff9c
    return checkOperation(c)
  })

  test('two runs give the same bits', async () => {
    const s: HeadLossShape = { vocab: 1000, hidden: 96, rows: 37, format: 'bf16', shards: 2, softCap: null }
    const context = await sharedContext()
    const run = () => runOperation(context, headLossCase(s))
    const [a, b] = [await run(), await run()]
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
