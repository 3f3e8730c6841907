import { describe, expect, test } from 'vitest'
import type { GpuReport } from '../../src/protocol/gpu-report.ts'
import { later } from '../../src/ui/messages/en-later.ts'
import { formatBrief, formatFlops } from '../../src/ui/messages/format.ts'
import { addEnglish } from '../../src/ui/messages/t.ts'
import { BytePace } from '../../src/ui/state/clock.ts'
import { reportText } from '../../src/ui/state/gpu-report.ts'

// As the page has them once a part of it is drawn.
addEnglish(later)

describe('how quickly bytes come', () => {
  test('is not said before it is known, and does not count what was here before', () => {
    const pace = new BytePace()
    pace.tick(900e6, 0)
    expect(pace.rate).toBeNaN()
    expect(pace.secondsLeft(1000e6)).toBeNaN()
    pace.tick(901e6, 500)
    expect(pace.rate).toBeNaN()
    pace.tick(910e6, 2000)
    expect(pace.rate).toBe(5e6)
    expect(pace.secondsLeft(1000e6)).toBe(18)
  })

  test('follows the last seconds, and is nothing while nothing comes', () => {
    const pace = new BytePace()
    for (let s = 0; s <= 60; s++) pace.tick(s * 10e6, s * 1000)
    expect(pace.rate).toBe(10e6)
    for (let s = 61; s <= 90; s++) pace.tick(600e6, s * 1000)
    expect(pace.rate).toBe(0)
    expect(pace.secondsLeft(1e9)).toBeNaN()
    // A file that was thrown away because it was damaged is fetched again.
    pace.tick(100e6, 91_000)
    expect(pace.rate).toBe(0)
  })
})

test('short times and speeds have their units', () => {
  expect([2, 0.00321, 8.5e-5].map(formatBrief)).toEqual(['2 s', '3.21 ms', '85 µs'])
  expect([1.25e12, 84e9, 1.5e9].map(formatFlops)).toEqual(['1.25 TFLOP/s', '84 GFLOP/s', '1.5 GFLOP/s'])
})

describe('the report on a graphics adapter', () => {
  const report: GpuReport = {
    adapter: { vendor: 'acme', description: 'Card | 3' },
    software: false,
    features: ['subgroups'],
    limits: { maxBufferSize: 2 ** 31 },
    rates: { flops: 2e12, bandwidth: 3e11 },
    check: null,
    leftOut: { 'linear wide': 'it did nothing' },
    kernels: {
      model: 'Pebble',
      at: 0,
      tokens: 512,
      rows: [
        {
          name: 'linear.forward',
          dispatches: 42,
          seconds: 0.002,
          flops: 1e12,
          bandwidth: 1e10,
          check: 'right',
        },
        { name: 'embed', dispatches: 1, seconds: null, flops: null, bandwidth: null, check: 'unchecked' },
      ],
    },
    build: 'train-abc.js',
    browser: 'Chrome 157',
  }

  test('is Markdown that says all of it: what was measured, what was left out, and why', () => {
    const text = reportText(report)
    expect(text).toContain('| description | Card \\| 3 |')
    expect(text).toContain('| multiply-adds, f32 | 2 TFLOP/s |')
    expect(text).toContain('- linear wide: it did nothing')
    expect(text).toContain('| linear.forward | 42 | 2 ms | 1 TFLOP/s | 10 GB/s | right |')
    expect(text).toContain('| embed | 1 | — | — | — | not checked |')
    expect(text).toContain('| maxBufferSize | 2147483648 |')
    expect(text).toContain('| check of every operation | not made yet |')
  })

  test('tells what a check found wrong, and leaves out what was not measured', () => {
    const failed = { name: 'Attention', runs: 3, worst: 2, failure: 'got 1, want 2' }
    const check = {
      device: 'card',
      at: 0,
      seconds: 1,
      passed: false,
      operations: [failed, { ...failed, name: 'RMSNorm', failure: null }],
      wrong: [],
      rates: { flops: 1, bandwidth: 1 },
    }
    const text = reportText({ ...report, rates: null, kernels: null, check, leftOut: {} })
    expect(text).toContain('- Attention: got 1, want 2')
    expect(text).not.toContain('RMSNorm')
    expect(text).not.toContain('multiply-adds')
    expect(text).not.toContain('linear.forward')
    expect(text).toContain('None.')
  })
})
