import { describe, expect, it } from 'vitest'
import { en } from '../../src/ui/messages/en.ts'
import { hood } from '../../src/ui/messages/en-hood.ts'
import { setup } from '../../src/ui/messages/en-setup.ts'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFigure,
  formatLarge,
  formatLoss,
  formatNumber,
  formatShare,
  parseNumber,
} from '../../src/ui/messages/format.ts'
import { t } from '../../src/ui/messages/t.ts'

describe('numbers as people type them', () => {
  it.each([
    ['0.00001', 1e-5],
    ['1e-5', 1e-5],
    ['1E-5', 1e-5],
    ['2.5e+3', 2500],
    ['.5', 0.5],
    ['5.', 5],
    ['0,5', 0.5],
    ['10^-5', 1e-5],
    ['3x10^-4', 3e-4],
    ['3 × 10^-4', 3e-4],
    ['−2', -2],
    ['5 %', 0.05],
    ['1 000', 1000],
    ['1_000', 1000],
  ])('%s', (text, value) => {
    expect(parseNumber(text)).toBeCloseTo(value, 12)
  })

  it.each(['', ' ', 'abc', '1e', 'e-5', '1.2.3', '1,2,3', '1e-5x', '--1', 'Infinity', 'NaN', '0x10'])(
    'refuses "%s"',
    (text) => {
      expect(parseNumber(text)).toBeNaN()
    },
  )

  it('reads back what it writes, over thirty decades', () => {
    for (let power = -15; power <= 15; power++)
      for (const lead of [1, 2.5, 9.99999]) {
        const value = Number(`${lead}e${power}`)
        expect(parseNumber(formatNumber(value))).toBe(value)
      }
  })
})

describe('numbers as people read them', () => {
  it('chooses exponential notation where plain digits hide the size', () => {
    expect(formatNumber(1e-5)).toBe('1e-5')
    expect(formatNumber(0.008)).toBe('0.008')
    expect(formatNumber(0.00025)).toBe('2.5e-4')
    expect(formatNumber(0)).toBe('0')
    expect(formatNumber(1e12)).toBe('1e12')
    expect(formatNumber(Number.NaN)).toBe('')
  })
  it('gives units that fit', () => {
    expect(formatBytes(999)).toBe('999 B')
    expect(formatBytes(412_000)).toBe('412 kB')
    expect(formatBytes(2_540_000)).toBe('2.5 MB')
    expect(formatBytes(536e6)).toBe('536 MB')
    expect(formatBytes(1.26e9)).toBe('1.3 GB')
    expect(formatLarge(268_098_176)).toBe('268 million')
    expect(formatLarge(1_100_000)).toBe('1.1 million')
    expect(formatLarge(2_600_000_000)).toBe('2.6 billion')
    expect(formatLarge(999_885_952)).toBe('1 billion')
    expect(formatCount(14210)).toBe('14,210')
  })
  it('carries minutes and hours over', () => {
    expect(formatDuration(59.4)).toBe('59 s')
    expect(formatDuration(59.6)).toBe('1 min')
    expect(formatDuration(80)).toBe('1 min 20 s')
    expect(formatDuration(3599)).toBe('1 h')
    expect(formatDuration(7500)).toBe('2 h 5 min')
    expect(formatDuration(7199)).toBe('2 h')
    expect(formatDuration(Number.NaN)).toBe('—')
  })
  it('says nothing where there is no number', () => {
    expect(formatLoss(Number.NaN)).toBe('—')
    expect([2.3456, 0.01234, 0.0012, 0.000123, 0].map(formatLoss)).toEqual([
      ...['2.346', '0.0123', '0.0012', '0.00012', '0.0000'],
    ])
    expect(formatShare(Number.POSITIVE_INFINITY)).toBe('—')
  })
})

describe('the message catalogue', () => {
  it('fills values in and chooses by count', () => {
    expect(t('rows', { count: 1 })).toBe('1 row')
    expect(t('rows', { count: 1480 })).toBe('1,480 rows')
    expect(t('next', { place: 'Model' })).toBe('Next: Model')
  })
  it('has no empty text, no unclosed value, and equal values in both numbers', () => {
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
    for (const [key, entry] of Object.entries({ ...en, ...hood, ...setup })) {
      const texts: string[] = typeof entry === 'string' ? [entry] : [entry.one, entry.other]
      for (const text of texts) {
        expect(text.trim(), key).not.toBe('')
        expect(text.replace(/\{\w+\}/g, ''), key).not.toMatch(/[{}]/)
      }
      if (typeof entry !== 'string') expect(names(entry.other), key).toContain('count')
    }
  })
})

it('a figure without a unit has three digits, and separators as counts have', () => {
  expect([25944.76, 1234.5, 15.04, 1.0184].map(formatFigure)).toEqual(['25,900', '1,230', '15', '1.02'])
})
