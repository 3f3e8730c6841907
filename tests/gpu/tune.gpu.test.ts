import { describe, expect, test } from 'vitest'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { measureRates } from '../../src/gpu/measure.ts'
import { GpuContext } from '../../src/gpu/program.ts'
import { tune } from '../../src/gpu/tune.ts'
import { behindDriver, ownClock } from '../support/driver.ts'
import { sharedContext } from '../support/gpu.ts'

const DIMS = { tokens: 256, supervised: 1, sequences: 1 }

/** Doubles, once it has summed `terms` terms for nothing: the more of them, the slower. */
function summing(terms: number, more: Partial<Kernel> = {}): Kernel {
  return {
    name: `test.sum_${terms}`,
    bindings: {
      x: { type: 'f32', access: 'read', shape: ['tokens', 64] },
      y: { type: 'f32', access: 'write', shape: ['tokens', 64] },
    },
    workgroup: 64,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let at = group.y * 64u + local;
  var sum = 0.0;
  for (var i = 0u; i < ${terms}u; i++) { sum = sum * 0.5 + x[(at + i) % arrayLength(&x)]; }
  // Never so, but no compiler knows.
  y[at] = select(2.0 * x[at], sum, sum == 12345.0);
}`,
    grid: (live) => [1, live.tokens, 1],
    cost: (live) => ({ flops: live.tokens * 64 * terms, bytes: 0 }),
    ...more,
  }
}

const hopeless = summing(3, {
  wgsl: () => 'fn kernel(group: vec3<u32>, local: u32) { nonsense }',
  name: 'test.broken',
})
const impossible = summing(3, { workgroup: 4096, name: 'test.too_wide' })
const unheardOf = summing(3, { requires: ['bgra8unorm-storage'], name: 'test.feature' })
const variants = {
  slow: summing(2000),
  hopeless,
  impossible,
  unheardOf,
  quick: summing(4),
  late: summing(1000),
}

describe('tune', () => {
  // Kernels of these tests hang by their own clock alone: a machine that is busy may hold any of them up.
  const clock = ownClock()
  const options = { software: true, now: clock.now }

  test('takes the quickest variant that runs here', async () => {
    const asked = new Map([['a 1', variants]])
    expect(await tune(await sharedContext(), asked, {}, DIMS, undefined, options)).toEqual({ 'a 1': 'quick' })
  })

  test('keeps what is known, unless no such variant exists any more', async () => {
    const asked = new Map([
      ['a 1', variants],
      ['a 2', variants],
    ])
    const known = { 'a 1': 'slow', 'a 2': 'gone', other: 'kept' }
    const chosen = await tune(await sharedContext(), asked, known, DIMS, undefined, options)
    expect(chosen).toEqual({ 'a 1': 'slow', 'a 2': 'quick', other: 'kept' })
    expect(known['a 2']).toBe('gone')
  })

  test('takes nothing that is to be avoided, known before or not, unless nothing else is left', async () => {
    const asked = new Map<string, Record<string, Kernel>>([
      ['a 1', variants],
      ['a 2', variants],
      ['b 1', { quick: summing(4) }],
    ])
    const avoid = new Set(['a quick', 'a late', 'b quick'])
    const known = { 'a 2': 'quick' }
    const own = { ...options, avoid }
    expect(await tune(await sharedContext(), asked, known, DIMS, undefined, own)).toEqual({
      'a 1': 'slow',
      'a 2': 'slow',
      'b 1': 'quick',
    })
  })

  test('past its budget, further keys take what won before', async () => {
    const asked = new Map([
      ['a small', { slow: summing(500), quick: summing(2) }],
      ['a large', { slow: summing(2000), quick: summing(4) }],
    ])
    const chosen = await tune(await sharedContext(), asked, {}, DIMS, undefined, { ...options, budget: 0 })
    expect(chosen).toEqual({ 'a large': 'quick', 'a small': 'quick' })
  })

  test('measures nothing on a software adapter', async () => {
    const context = await sharedContext()
    const want = context.gpu.software ? 'slow' : 'quick'
    expect(await tune(context, new Map([['a 1', variants]]), {}, DIMS)).toEqual({ 'a 1': want })
  })

  test('on a software adapter takes what was made for one, if it runs there', async () => {
    const context = await sharedContext()
    const made = {
      quick: summing(4),
      unheardOf: { ...unheardOf, softwareOnly: true },
      made: summing(1000, { softwareOnly: true }),
    }
    const want = context.gpu.software ? 'made' : 'quick'
    expect(await tune(context, new Map([['a 1', made]]), {}, DIMS)).toEqual({ 'a 1': want })
  })

  describe('a driver that is not to be trusted', () => {
    const named = (terms: number, name: string) => summing(terms, { name: `test.${name}` })
    const trio = { right: named(300, 'right'), other: named(3000, 'other'), bad: named(2, 'bad') }
    const asked = new Map([
      ['a 1', trio],
      ['a 2', trio],
    ])
    const changed = (change: (code: string) => string) => ({
      code: (kernel: string, code: string) => (kernel === 'test.bad' ? change(code) : code),
    })
    const faults = {
      'skips a kernel': [changed((code) => code.replace('y[at] = ', 'let unused = ')), /did nothing/],
      'computes one wrongly': [
        changed((code) => code.replace('2.0 * x', '2.01 * x')),
        /y at \d+ is .* where others have/,
      ],
      'does not compile one': [changed((code) => `${code} !`), /does not compile/],
      'hangs in one for 3 s': [
        { hang: (kernel: string) => (kernel === 'test.bad' ? 3000 : 0) },
        /took \d+\.\d s/,
      ],
    } as const
    for (const [fault, [driver, why]] of Object.entries(faults))
      test(`${fault}: it is named and left out, and the rest is chosen from`, async () => {
        const context = new GpuContext(behindDriver((await sharedContext()).gpu, { ...driver, clock }))
        const told: [string, string][] = []
        const own = { ...options, onLeftOut: (...one: [string, string]) => told.push(one) }
        expect(await tune(context, asked, {}, DIMS, undefined, own)).toEqual({
          'a 1': 'right',
          'a 2': 'right',
        })
        expect(told).toEqual([['a bad', expect.stringMatching(why)]])
        context.dispose()
      })

    test('of two that differ the first is taken', async () => {
      const driver = changed((code) => code.replace('2.0 * x', '2.01 * x'))
      const context = new GpuContext(behindDriver((await sharedContext()).gpu, driver))
      const two = new Map([['a 1', { right: trio.right, bad: trio.bad }]])
      expect(await tune(context, two, {}, DIMS, undefined, options)).toEqual({ 'a 1': 'right' })
      context.dispose()
    })
  })

  test('stops when told to', async () => {
    const asked = new Map([['a 1', variants]])
    const stopped = AbortSignal.abort(new Error('enough'))
    await expect(tune(await sharedContext(), asked, {}, DIMS, stopped, options)).rejects.toThrow('enough')
  })

  test('leaves no buffer behind', async () => {
    const context = await sharedContext()
    const before = context.gpu.liveBytes
    await tune(context, new Map([['a 1', variants]]), {}, DIMS, undefined, options)
    expect(context.gpu.liveBytes).toBe(before)
  })
})

test('rates are those of a real device', async () => {
  const context = await sharedContext()
  const before = context.gpu.liveBytes
  const { flops, bandwidth } = await measureRates(context)
  // From a busy core of a small processor to the largest accelerator.
  expect(flops > 1e8 && flops < 1e15, `${flops} FLOP/s`).toBe(true)
  expect(bandwidth > 1e7 && bandwidth < 1e14, `${bandwidth} bytes/s`).toBe(true)
  expect(context.gpu.liveBytes).toBe(before)
})
