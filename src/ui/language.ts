/**
 * A browser may name a language that `Intl` refuses: `C`, where the system names none. Libraries ask with it, uPlot while
 * it loads, and would throw. English then. Imported before anything else.
 */
for (const name of ['language', 'languages'] as const) {
  const own = navigator[name]
  if (!isKnown(own)) Object.defineProperty(navigator, name, { value: english(own), configurable: true })
}

function isKnown(languages: string | readonly string[]): boolean {
  try {
    new Intl.NumberFormat(languages)
    return true
  } catch {
    return false
  }
}

function english(own: string | readonly string[]): string | readonly string[] {
  return typeof own === 'string' ? 'en' : [...own.filter(isKnown), 'en']
}
