// Imports nothing beforehand: what other chunks share must not lie in this one. See entriesApart in vite.config.ts.
Promise.all([import('./bridge.ts'), import('./data-front.ts'), import('../storage/connection.ts')]).then(
  ([{ exposeRoom }, { dataFront }, { onClosed }]) => exposeRoom(dataFront(), onClosed),
  // The page hears of it as of any error that nobody caught.
  reportError,
)

export {}
