/**
 * First key that an object anywhere in valid JSON text has twice, or null. `JSON.parse` silently keeps the last one,
 * which in a weight file would hide one tensor behind another.
 */
export function duplicateKey(text: string): string | null {
  const objects: (Set<string> | null)[] = []
  let i = 0
  while (i < text.length) {
    const c = text.charCodeAt(i)
    if (c === OPEN_OBJECT) objects.push(new Set())
    else if (c === OPEN_LIST) objects.push(null)
    else if (c === CLOSE_OBJECT || c === CLOSE_LIST) objects.pop()
    else if (c === QUOTE) {
      const start = i
      do i += text.charCodeAt(i) === BACKSLASH ? 2 : 1
      while (text.charCodeAt(i) !== QUOTE && i < text.length)
      const end = i + 1
      let next = end
      while (/\s/.test(text[next] ?? '')) next++
      const keys = objects.at(-1)
      if (keys && text[next] === ':') {
        const key = JSON.parse(text.slice(start, end)) as string
        if (keys.has(key)) return key
        keys.add(key)
      }
    }
    i++
  }
  return null
}

const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_LIST = 91
const CLOSE_LIST = 93
const QUOTE = 34
const BACKSLASH = 92
