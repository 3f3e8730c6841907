/**
 * Gives memory back at once, and not with the next collection of garbage: of a file of gigabytes that goes through in pieces, far more would
 * lie about than is in use. A browser that does not know it yet collects it in time.
 * @param bytes in memory of their own, that nobody reads any more: they are empty from here on
 */
export function free({ buffer }: ArrayBufferView<ArrayBuffer>): void {
  ;(buffer as { transfer?(bytes: number): ArrayBuffer }).transfer?.(0)
}
