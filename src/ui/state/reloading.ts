let settle = (): Promise<void> => Promise.resolve()

/** What is to be ended and stored before the page may be loaded anew. */
export function settleFirst(own: () => Promise<void>): void {
  settle = own
}

/** Loads the page anew, once nothing of it is lost by that. */
export async function reloadSettled(): Promise<void> {
  await settle()
  location.reload()
}
