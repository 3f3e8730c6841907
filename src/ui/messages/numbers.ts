/** Plain numbers, which texts are filled in with; with units: format.ts. */

let count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** From here on as in this language: `en` until this is called. */
export function useNumbers(tag: string): void {
  count = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 })
}

/** Without digits behind the point: 14,210. */
export const formatWhole = (value: number): string => count.format(value)

export function formatCount(value: number): string {
  return Number.isInteger(value) ? formatWhole(value) : formatNumber(value)
}

/** Up to six significant digits; exponential notation where plain digits would hide the size: 0.00001 is 1e-5. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return ''
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return exponential(value)
  return String(Number(value.toPrecision(6)))
}

function exponential(value: number): string {
  const [digits = '', exponent = ''] = Number(value.toPrecision(6)).toExponential().split('e')
  return `${digits}e${exponent.replace('+', '')}`
}
