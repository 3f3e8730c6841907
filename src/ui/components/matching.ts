/** A longer list is not opened but searched by name; as thousands of elements it would hold the page up. */
export const MOST_LISTED = 200
const MOST_FOUND = 50

/** The first names that hold these letters, in any case. */
export function matching(names: readonly string[], letters: string): string[] {
  const wanted = letters.toLowerCase()
  const found: string[] = []
  for (const name of names) {
    if (!name.toLowerCase().includes(wanted)) continue
    if (found.push(name) === MOST_FOUND) break
  }
  return found
}
