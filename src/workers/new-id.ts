/** Sorts by time, and does not repeat; `crypto.randomUUID` is missing on plain http pages. */
export function newId(): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!
  return `${Date.now().toString(36)}-${random.toString(36)}`
}
