/** Small things this browser should remember between visits. Never data, never secrets; losing them costs nothing. */
const PREFIX = 'lapidary.'

export function recall<T>(key: string): Partial<T> | null {
  try {
    const text = localStorage.getItem(PREFIX + key)
    const value: unknown = text === null ? null : JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Partial<T>) : null
  } catch {
    return null
  }
}

export function remember(key: string, value: object | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key)
    else localStorage.setItem(PREFIX + key, JSON.stringify(value))
  } catch {
    // Storage may be switched off or full; the page works without.
  }
}
