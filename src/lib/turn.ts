/**
 * Lets whatever else waits in this thread have its turn. A timer would do, too, but browsers make those that follow one another wait for
 * 4 ms each.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
