import { formatCount, formatNumber, formatShare } from './format.ts'
import { t } from './t.ts'

/**
 * How much a loss has changed, in words: "12.5% smaller", "8,500 times smaller". A factor is said where per cents would hide it:
 * 100.0% less is what remains of a loss at a hundredth of it and at a ten thousandth.
 * @param first and last, in nats
 * @returns null where it cannot be said: from or to nothing, or of no number
 */
export function changeInWords(first: number, last: number): string | null {
  const factor = Math.max(first, last) / Math.min(first, last)
  if (!(first > 0 && last > 0) || !Number.isFinite(factor)) return null
  const smaller = last <= first
  if (factor >= (smaller ? 10 : 2)) {
    const round = Number(factor.toPrecision(2))
    const times = round < 10 ? formatNumber(round) : formatCount(round)
    return t(smaller ? 'evaluate.change.timesSmaller' : 'evaluate.change.timesLarger', { times })
  }
  const share = formatShare(Math.abs(last / first - 1), 1)
  return t(smaller ? 'evaluate.change.smaller' : 'evaluate.change.larger', { share })
}
